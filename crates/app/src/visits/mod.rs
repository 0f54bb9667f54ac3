//! Visits from the plan to the moment they are put before the customer (M7, M8, M38–M42).

mod attachments;
mod checklists;
mod drawing;
mod file;
mod list;
mod photo;
mod steps;
mod traces;
mod unprintable;

pub(crate) use attachments::{
    attachment_add, attachment_open, attachment_save, put_attachment, read as read_attachment, store_file,
};
pub(crate) use checklists::{answer_set, checklist_add, checklist_remove, section_as_expected};
pub(crate) use file::{VisitFile, get, load};
pub(crate) use list::{VisitRow, engineer_name, list, rows};

pub(crate) use steps::{plan, step};

use crate::{App, Result, command::Nothing, session::EngineerEntry};
use doorstep_domain::{
    Kind,
    checklist::{Template, TemplateEntry},
    id::{EngineerId, ProductId, TemplateId},
    staff::ProductEntry,
};
use doorstep_store::Store;
use std::{collections::BTreeMap, sync::Arc};

pub(crate) async fn products(app: Arc<App>, _: Nothing) -> Result<Vec<ProductEntry>> {
    let store = app.store()?;
    let products = store.all(&Kind::PRODUCT).await?;
    products.iter().map(|r| Ok(ProductEntry { id: ProductId(r.id), product: r.known() })).collect()
}

pub(crate) async fn engineers(app: Arc<App>, _: Nothing) -> Result<Vec<EngineerEntry>> {
    let store = app.store()?;
    let engineers = store.all(&Kind::ENGINEER).await?;
    engineers.iter().map(|r| Ok(EngineerEntry { id: EngineerId(r.id), engineer: r.known() })).collect()
}

pub(crate) async fn templates(app: Arc<App>, _: Nothing) -> Result<Vec<TemplateEntry>> {
    latest_templates(&*app.store()?).await
}

/// The newest version of each template that is still offered. One that only a newer Doorstep reads is not: half a
/// checklist would pass as a whole one.
pub(crate) async fn latest_templates(store: &Store) -> Result<Vec<TemplateEntry>> {
    let mut latest: BTreeMap<String, TemplateEntry> = BTreeMap::new();
    for record in store.all(&Kind::TEMPLATE).await? {
        let Ok(template) = record.read::<Template>() else { continue };
        let newer = latest.get(&template.code).is_none_or(|known| known.template.version < template.version);
        if newer {
            latest.insert(template.code.clone(), TemplateEntry { id: TemplateId(record.id), template });
        }
    }
    Ok(latest.into_values().filter(|entry| !entry.template.retired).collect())
}
