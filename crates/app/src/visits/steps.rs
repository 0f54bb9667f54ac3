//! Planning a visit, and the steps it takes.

use super::{VisitFile, latest_templates, load};
use crate::{
    App, Failure, Result,
    records::{existing, stamp},
    signing,
};
use chrono::NaiveDate;
use doorstep_domain::{
    Code, Kind,
    id::{CustomerId, InstallationId, RecordId, VisitId},
    record,
    visit::{self, State, Step, Visit, VisitKind},
};
use doorstep_store::Edit;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Arguments of `visit_plan`.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct Plan {
    /// The customer.
    customer_id: CustomerId,
    /// What it is for.
    kind: VisitKind,
    /// In one line.
    subject: String,
    /// The day it is planned for.
    planned_on: Option<NaiveDate>,
    /// The installation it concerns.
    installation_id: Option<InstallationId>,
}

/// A visit that was planned.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Planned {
    /// Its id.
    id: RecordId,
}

/// Arguments of `visit_step`.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct TakeStep {
    /// The visit.
    id: VisitId,
    /// The step.
    step: Step,
}

pub(crate) async fn plan(app: Arc<App>, args: Plan) -> Result<Planned> {
    let (store, identity) = app.enrolled().await?;
    let fitting = latest_templates(&store).await?;
    let fitting = fitting.iter().filter(|t| t.template.visit_kinds.contains(&args.kind)).map(|t| t.id).collect();
    let id = app.world.new_id()?;
    let mut write = store.write().await?;
    existing(&mut write, &Kind::CUSTOMER, args.customer_id.into()).await?;
    let mut plan = Visit {
        customer_id: Some(args.customer_id),
        kind: args.kind,
        subject: args.subject,
        planned_on: args.planned_on,
        installation_id: args.installation_id,
        checklists: fitting,
        revision: 1,
        ..Visit::default()
    };
    if let Some(installation) = args.installation_id {
        let installed: doorstep_domain::customer::Installation =
            existing(&mut write, &Kind::INSTALLATION, installation.into()).await?.read()?;
        plan.product_id = installed.product_id;
        plan.product_version = installed.version;
    }
    let mut patch = record::changes(&Visit::default(), &plan)?;
    // Defaults that lists filter by are written out.
    patch.insert("kind".into(), serde_json::to_value(plan.kind)?);
    patch.insert("progress".into(), serde_json::to_value(&plan.progress)?);
    stamp(&mut patch, &identity);
    write.put(app.world.now(), &Edit { kind: Kind::VISIT, id, patch }).await?;
    write.commit().await?;
    Ok(Planned { id })
}

pub(crate) async fn step(app: Arc<App>, args: TakeStep) -> Result<VisitFile> {
    if matches!(args.step, Step::Present { .. }) {
        return Err(Failure::new(Code::Invalid, "a visit is presented by visit_present"));
    }
    let (store, identity) = app.enrolled().await?;
    let mut write = store.write().await?;
    let old: Visit = existing(&mut write, &Kind::VISIT, args.id.into()).await?.read()?;
    visit::check_times(&args.step, app.world.now())?;
    let new = visit::after(&old, args.step)?;
    let patch = record::changes(&old, &new)?;
    let now = app.world.now();
    write.put(now, &Edit { kind: Kind::VISIT, id: args.id.into(), patch }).await?;
    if new.progress.state == State::Working && old.progress.state == State::Sealed {
        signing::put_back(&mut write, now, &store, args.id, &old).await?;
    }
    if old.progress.state == State::Presented {
        write.release(now, args.id.into()).await?;
    }
    write.commit().await?;
    load(&store, &identity, args.id).await
}
