//! Customers entered twice: one is merged into the other and stands for it, until that is undone.

use super::file::{CustomerFile, file};
use crate::{App, Failure, Result, records::existing};
use doorstep_domain::{
    Code, Doc, Kind,
    customer::{Customer, check_merge},
    id::CustomerId,
};
use doorstep_store::Edit;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;
use std::sync::Arc;

/// Arguments of `customer_merge`.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct Merge {
    /// The customer that is to go.
    id: CustomerId,
    /// The one that is to stand for it.
    into: CustomerId,
}

/// Arguments of `customer_unmerge`.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct Unmerge {
    /// The customer that was merged into another.
    id: CustomerId,
}

const MERGED_INTO: &str = "merged_into";

/// Merges a customer into another; gives the file of the one that stands. What belongs to the merged one stays its own,
/// so that it can be taken apart again.
pub(crate) async fn merge(app: Arc<App>, args: Merge) -> Result<CustomerFile> {
    let (store, identity) = app.enrolled().await?;
    let into = CustomerId(store.stands_for(args.into.into()).await?);
    let mut write = store.write().await?;
    let from_record: Customer = existing(&mut write, &Kind::CUSTOMER, args.id.into()).await?.read()?;
    let into_record: Customer = existing(&mut write, &Kind::CUSTOMER, into.into()).await?.read()?;
    let along: Vec<CustomerId> =
        store.merged_along(args.into.into()).await?.into_iter().map(CustomerId).chain([args.into]).collect();
    let above: Vec<CustomerId> = store.ancestors(into).await?.into_iter().map(CustomerId).collect();
    check_merge((args.id, &from_record), (into, &into_record), &along, &above)?;
    let patch = Doc::from_iter([(MERGED_INTO.to_owned(), Value::from(into.to_string()))]);
    write.put(app.world.now(), &Edit { kind: Kind::CUSTOMER, id: args.id.into(), patch }).await?;
    write.commit().await?;
    file(&app, &store, &identity, into).await
}

/// Takes a merged customer apart again; gives its file.
pub(crate) async fn unmerge(app: Arc<App>, args: Unmerge) -> Result<CustomerFile> {
    let (store, identity) = app.enrolled().await?;
    let mut write = store.write().await?;
    let record: Customer = existing(&mut write, &Kind::CUSTOMER, args.id.into()).await?.read()?;
    if record.merged_into.is_none() {
        return Err(Failure::new(Code::WrongState, "it was not merged").on(MERGED_INTO));
    }
    let patch = Doc::from_iter([(MERGED_INTO.to_owned(), Value::Null)]);
    write.put(app.world.now(), &Edit { kind: Kind::CUSTOMER, id: args.id.into(), patch }).await?;
    write.commit().await?;
    file(&app, &store, &identity, args.id).await
}
