//! Search over everything (Ctrl+K).

use crate::{App, Result};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Arguments of `search`.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct Search {
    /// Name, pinyin, initials, phone or number.
    query: String,
    /// Most hits; 50 at the most.
    limit: u32,
}

/// What was found.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Found {
    /// The hits, the best first.
    hits: Vec<doorstep_store::search::Hit>,
}

pub(crate) async fn search(app: Arc<App>, args: Search) -> Result<Found> {
    let (store, _) = app.enrolled().await?;
    Ok(Found { hits: store.search(&args.query, args.limit.min(50)).await? })
}
