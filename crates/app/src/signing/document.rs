//! The document that a customer reads and a seal covers, gathered from the store.

use crate::{Result, visits::VisitFile};
use doorstep_domain::{
    Kind, Noun,
    customer::{Customer, CustomerEntry, Installation},
    id::CustomerId,
    seal::{self, CustomerCard, Document, FilledChecklist, PathPart, ProductCard},
    staff::Product,
    visit::Visit,
};
use doorstep_store::{Identity, Store, Stored};

/// Gathers the document of a visit as it stands.
pub(crate) async fn document(
    store: &Store,
    identity: &Identity,
    file: &VisitFile,
    zone_minutes: i32,
) -> Result<Document> {
    let settled = file.earlier_open_points.iter().filter(|p| p.open_point.done_visit_id == Some(file.id));
    // The engineer's own notes stay the engineer's; which earlier paper counts is not this one's to say.
    let visit = Visit { internal_notes: String::new(), seal: None, ..file.visit.clone() };
    Ok(Document {
        format: seal::FORMAT,
        zone_minutes,
        visit_id: Some(file.id),
        company: whole(store.all(&Kind::COMPANY).await?.into_iter().next())?,
        branch: whole(store.get(&Kind::BRANCH, visit.branch_id.unwrap_or(identity.branch_id).into()).await?)?,
        engineer: whole(store.get(&Kind::ENGINEER, visit.engineer_id.unwrap_or(identity.engineer_id).into()).await?)?,
        customer: customer(store, file.customer.as_ref()).await?,
        product: product(store, &visit, file).await?,
        checklists: file
            .checklists
            .iter()
            .map(|c| FilledChecklist {
                template_id: Some(c.template_id),
                template: c.template.clone(),
                answers: c.answers.clone(),
            })
            .collect(),
        problems: file.problems.clone(),
        questions: file.questions.clone(),
        open_points: file.open_points.iter().chain(settled).cloned().collect(),
        attachments: file.attachments.clone(),
        visit,
    })
}

/// A record that stands on the paper: read whole or not at all, and empty while it has not come yet.
fn whole<T: Noun>(record: Option<Stored>) -> Result<T> {
    Ok(record.as_ref().map(Stored::read).transpose()?.unwrap_or_default())
}

async fn customer(store: &Store, entry: Option<&CustomerEntry>) -> Result<CustomerCard> {
    let Some(CustomerEntry { id, .. }) = entry else { return Ok(CustomerCard::default()) };
    let customer: Customer = whole(store.get(&Kind::CUSTOMER, (*id).into()).await?)?;
    let mut path = Vec::new();
    for above in store.ancestors(*id).await?.into_iter().rev() {
        if let Some(record) = store.get(&Kind::CUSTOMER, CustomerId(above).into()).await? {
            let above: Customer = record.read()?;
            path.push(PathPart { level: above.level, name: above.name });
        }
    }
    path.push(PathPart { level: customer.level, name: customer.name });
    Ok(CustomerCard { path, number: customer.number, address: customer.address, phone: customer.phone })
}

async fn product(store: &Store, visit: &Visit, file: &VisitFile) -> Result<Option<ProductCard>> {
    let installed = file.installations.iter().find(|i| Some(i.id) == visit.installation_id);
    let installed: Option<Installation> = match installed {
        Some(entry) => Some(whole(store.get(&Kind::INSTALLATION, entry.id.into()).await?)?),
        None => None,
    };
    let product_id = visit.product_id.or(installed.as_ref().and_then(|i| i.product_id));
    if product_id.is_none() && installed.is_none() {
        return Ok(None);
    }
    let Installation { product_name, version, dongle_number, quota_edition, maintenance_until, database_kind, .. } =
        installed.unwrap_or_default();
    let mut name = doorstep_domain::staff::Text { zh: product_name.clone(), en: product_name };
    if let Some(id) = product_id
        && let Some(record) = store.get(&Kind::PRODUCT, id.into()).await?
    {
        name = record.read::<Product>()?.name;
    }
    let version = if visit.product_version.is_empty() { version } else { visit.product_version.clone() };
    Ok(Some(ProductCard { name, version, dongle_number, quota_edition, maintenance_until, database_kind }))
}
