//! Settling a conflict: one of the two values, with a reason.

use super::list::{ConflictRow, blocked, row, settler};
use crate::{
    App, Failure, Result,
    records::{existing, reopen_visit},
};
use doorstep_domain::{
    Doc, Kind,
    conflict::{Choice, Conflict, SETTLED, Settlement},
    id::RecordId,
};
use doorstep_store::{Edit, Write};
use schemars::JsonSchema;
use serde::Deserialize;
use std::sync::Arc;

/// Arguments of `conflict_settle`.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct Settle {
    /// The conflict.
    id: RecordId,
    /// The side that is to stand.
    choice: Choice,
    /// Why; at most 500 characters.
    reason: String,
}

/// Settles a conflict here; HQ checks it when it comes, and says so if one of the sides has changed meanwhile.
pub(crate) async fn settle(app: Arc<App>, args: Settle) -> Result<ConflictRow> {
    let (store, identity) = app.enrolled().await?;
    let who = settler(&store, &identity).await?;
    let mut write = store.write().await?;
    let conflict: Conflict = existing(&mut write, &Kind::CONFLICT, args.id).await?.read()?;
    let now = app.world.now();
    let settlement = Settlement {
        engineer_id: Some(identity.engineer_id),
        account: None,
        reason: args.reason.trim().to_owned(),
        at: now,
        value: conflict.side(args.choice).value.clone(),
    };
    conflict.check_settlement(&settlement, who)?;
    let takes_over = args.choice == Choice::Other && conflict.about_seal;
    if let Some(code) = blocked(&store, &conflict).await?.filter(|_| takes_over) {
        return Err(Failure::new(code, "a proposal for a sealed visit is taken over in an amendment"));
    }
    let patch = Doc::from_iter([(SETTLED.to_owned(), serde_json::to_value(&settlement)?)]);
    write.put(now, &Edit { kind: Kind::CONFLICT, id: args.id, patch }).await?;
    if takes_over {
        take_over(&mut write, now, &conflict).await?;
    }
    write.commit().await?;
    let record = store.get(&Kind::CONFLICT, args.id).await?.ok_or_else(|| Failure::not_found("conflict"))?;
    row(&store, &identity, who, &record).await
}

/// Writes a proposal into the record, as part of the amendment.
async fn take_over(write: &mut Write<'_>, now: chrono::DateTime<chrono::Utc>, conflict: &Conflict) -> Result<()> {
    let id = conflict.record_id.ok_or_else(|| Failure::not_found("record"))?;
    if let Some(visit) = conflict.visit_id {
        reopen_visit(write, now, visit).await?;
    }
    let patch = Doc::from_iter([(conflict.field.clone(), conflict.other.value.clone())]);
    write.put(now, &Edit { kind: Kind::parse(&conflict.record_kind)?, id, patch }).await?;
    Ok(())
}
