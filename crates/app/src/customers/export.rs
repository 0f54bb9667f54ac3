//! Export of customers to a table that reads back.

use super::{ROWS_MAX, rows};
use crate::{
    App, Failure, Result,
    receipts::{SavedFile, save_file},
};
use doorstep_domain::{
    Kind,
    customer::{Contact, Customer, Installation, Level},
    id::{CustomerId, ProductId},
    staff::Product,
};
use doorstep_roster::{Column, Export as Table, ExportFormat};
use doorstep_store::{CustomerFilter, Store, Stored};
use schemars::JsonSchema;
use serde::Deserialize;
use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

/// Arguments of `customer_export`.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct Export {
    /// What to write.
    format: ExportFormat,
}

const COLUMNS: [Column; 23] = [
    Column::Number,
    Column::Name,
    Column::Level,
    Column::Group,
    Column::Company,
    Column::ProjectOffice,
    Column::Region,
    Column::Address,
    Column::Postcode,
    Column::Phone,
    Column::FileValidUntil,
    Column::ContactName,
    Column::ContactPosition,
    Column::ContactMobile,
    Column::ContactEmail,
    Column::Product,
    Column::ProductVersion,
    Column::DongleNumber,
    Column::QuotaEdition,
    Column::MaintenanceUntil,
    Column::DatabaseKind,
    Column::MachineNotes,
    Column::Notes,
];

pub(crate) async fn export(app: Arc<App>, args: Export) -> Result<SavedFile> {
    let (store, _) = app.enrolled().await?;
    let day = app.world.day(app.world.now());
    let header = COLUMNS.iter().map(|c| c.headings().first().copied().unwrap_or_default().to_owned()).collect();
    let table = Table { header, rows: table_rows(&store, day).await? };
    let format = args.format;
    let written = tokio::task::spawn_blocking(move || doorstep_roster::write(&table, format)).await;
    let written = written?.map_err(|e| Failure::internal(e.to_string()))?;
    let ending = if format == ExportFormat::Xlsx { "xlsx" } else { "csv" };
    save_file(&app, &format!("客户名单-{}.{ending}", day.format("%Y%m%d")), written.bytes).await
}

/// One row for every contact or product, whichever a customer has more of, and one where there is neither.
async fn table_rows(store: &Store, day: chrono::NaiveDate) -> Result<Vec<Vec<String>>> {
    let contacts = by_customer::<Contact>(&store.all(&Kind::CONTACT).await?, |c| c.customer_id);
    let mut installations = by_customer::<Installation>(&store.all(&Kind::INSTALLATION).await?, |i| i.customer_id);
    name_products(store, &mut installations).await?;
    let customers = store.all(&Kind::CUSTOMER).await?;
    let parked: HashSet<CustomerId> =
        customers.iter().filter(|r| r.parked().iter().any(|f| f == "level")).map(|r| CustomerId(r.id)).collect();
    let customers: HashMap<CustomerId, Customer> = customers.iter().map(|r| (CustomerId(r.id), r.known())).collect();
    let filter = CustomerFilter { today: day, ..CustomerFilter::default() };
    let mut table = Vec::new();
    let mut offset = 0;
    loop {
        let page = rows(store, &filter, offset, ROWS_MAX).await?.1;
        for row in &page {
            let Some(customer) = customers.get(&row.id) else { continue };
            let people = contacts.get(&row.id).map(Vec::as_slice).unwrap_or_default();
            let products = installations.get(&row.id).map(Vec::as_slice).unwrap_or_default();
            for i in 0..people.len().max(products.len()).max(1) {
                let cell = |c: &Column| match c {
                    // Of a newer version: no word here says what it is.
                    Column::Level if parked.contains(&row.id) => String::new(),
                    c => cell(*c, customer, &customers, people.get(i), products.get(i)),
                };
                table.push(COLUMNS.iter().map(cell).collect());
            }
        }
        offset += ROWS_MAX;
        if page.len() < ROWS_MAX as usize {
            return Ok(table);
        }
    }
}

/// A product chosen from the list is written by its name.
async fn name_products(store: &Store, installations: &mut HashMap<CustomerId, Vec<Installation>>) -> Result<()> {
    let products = store.all(&Kind::PRODUCT).await?;
    let names: HashMap<ProductId, String> =
        products.iter().map(|r| (ProductId(r.id), r.known::<Product>().name.zh)).collect();
    for installation in installations.values_mut().flatten().filter(|i| i.product_name.is_empty()) {
        let name = installation.product_id.and_then(|id| names.get(&id));
        installation.product_name = name.cloned().unwrap_or_default();
    }
    Ok(())
}

fn by_customer<T: doorstep_domain::Noun>(
    records: &[Stored],
    customer: impl Fn(&T) -> Option<CustomerId>,
) -> HashMap<CustomerId, Vec<T>> {
    let mut map: HashMap<CustomerId, Vec<T>> = HashMap::new();
    for record in records {
        let noun: T = record.known();
        if let Some(id) = customer(&noun) {
            map.entry(id).or_default().push(noun);
        }
    }
    map
}

fn cell(
    column: Column,
    customer: &Customer,
    all: &HashMap<CustomerId, Customer>,
    contact: Option<&Contact>,
    installation: Option<&Installation>,
) -> String {
    let date = |d: Option<chrono::NaiveDate>| d.map(|d| d.to_string()).unwrap_or_default();
    let of = |f: fn(&Contact) -> &String| contact.map(|c| f(c).clone()).unwrap_or_default();
    let with = |f: fn(&Installation) -> &String| installation.map(|i| f(i).clone()).unwrap_or_default();
    match column {
        Column::Number => customer.number.clone(),
        Column::Name => customer.name.clone(),
        Column::Level => level_word(customer.level).to_owned(),
        Column::Group => above(customer, Level::Group, all),
        Column::Company => above(customer, Level::Company, all),
        Column::ProjectOffice => above(customer, Level::ProjectOffice, all),
        Column::Region => customer.region.clone(),
        Column::Address => customer.address.clone(),
        Column::Postcode => customer.postcode.clone(),
        Column::Phone => customer.phone.clone(),
        Column::FileValidUntil => date(customer.file_valid_until),
        Column::Notes => customer.notes.clone(),
        Column::ContactName => of(|c| &c.name),
        Column::ContactPosition => of(|c| &c.position),
        Column::ContactMobile => {
            let numbers = contact.map(|c| [c.mobile.as_str(), c.phone.as_str()]).unwrap_or_default();
            numbers.into_iter().filter(|n| !n.is_empty()).collect::<Vec<_>>().join("、")
        }
        Column::ContactEmail => of(|c| &c.email),
        Column::Product => with(|i| &i.product_name),
        Column::ProductVersion => with(|i| &i.version),
        Column::DongleNumber => with(|i| &i.dongle_number),
        Column::QuotaEdition => with(|i| &i.quota_edition),
        Column::MaintenanceUntil => date(installation.and_then(|i| i.maintenance_until)),
        Column::DatabaseKind => with(|i| &i.database_kind),
        Column::MachineNotes => with(|i| &i.machine_notes),
        _ => String::new(),
    }
}

/// The name of the nearest one above at `level`.
fn above(customer: &Customer, level: Level, all: &HashMap<CustomerId, Customer>) -> String {
    let mut next = customer.parent_id;
    for _ in 0..8 {
        let Some(parent) = next.and_then(|id| all.get(&id)) else { break };
        if parent.level == level {
            return parent.name.clone();
        }
        next = parent.parent_id;
    }
    String::new()
}

fn level_word(level: Level) -> &'static str {
    match level {
        Level::Group => "集团",
        Level::Company => "公司",
        Level::ProjectOffice => "项目部",
        Level::Section => "标段",
    }
}
