//! Taking checked rows: customers with their tree, people and products, in one change.

use super::import::{Action, Decision, ImportDone, UnderWay};
use crate::{
    App, Failure, Result, World,
    records::{existing, stamp},
};
use chrono::{DateTime, Utc};
use doorstep_domain::{
    Code, Kind, Noun, bounds,
    customer::{Contact, Customer, Installation, Level},
    id::{ContactId, CustomerId, ProductId, RecordId},
    record,
    staff::Product,
};
use doorstep_roster::{Draft, DraftContact, DraftInstallation};
use doorstep_store::{Edit, Identity, Store, Write};
use std::{
    collections::{HashMap, HashSet},
    sync::atomic::Ordering,
};

/// Rows being taken.
pub(super) struct Taking<'s> {
    world: World,
    identity: Identity,
    write: Write<'s>,
    now: DateTime<Utc>,
    /// Customers by parent and name, so that offices of one company meet.
    tree: HashMap<(Option<CustomerId>, Level, String), CustomerId>,
    /// Customers by level and name alone; `None` where several have it.
    only_one: HashMap<(Level, String), Option<CustomerId>>,
    /// People by customer and name with their mobile, so that a list taken twice does not double them.
    people: HashMap<(CustomerId, String), Vec<(ContactId, String)>>,
    /// Products by customer and what tells them apart.
    installed: HashSet<(CustomerId, String)>,
    products: Vec<(ProductId, Product)>,
}

impl<'s> Taking<'s> {
    pub(super) async fn begin(app: &App, store: &'s Store, identity: &Identity) -> Result<Self> {
        // Nobody writes between the reading and the taking.
        let write = store.write().await?;
        let mut tree = HashMap::new();
        let mut only_one = HashMap::new();
        for record in store.all(&Kind::CUSTOMER).await? {
            let customer: Customer = record.known();
            let id = CustomerId(record.id);
            let named = (customer.level, customer.name.clone());
            only_one.entry(named).and_modify(|one| *one = None).or_insert(Some(id));
            tree.entry((customer.parent_id, customer.level, customer.name)).or_insert(id);
        }
        let mut people: HashMap<_, Vec<_>> = HashMap::new();
        for record in store.all(&Kind::CONTACT).await? {
            let contact: Contact = record.known();
            if let Some(customer) = contact.customer_id {
                people.entry((customer, contact.name)).or_default().push((ContactId(record.id), contact.mobile));
            }
        }
        let mut installed = HashSet::new();
        for record in store.all(&Kind::INSTALLATION).await? {
            let installation: Installation = record.known();
            installed.extend(installation.customer_id.map(|id| (id, told_by(&installation))));
        }
        let products = store.all(&Kind::PRODUCT).await?;
        let products = products.iter().map(|r| (ProductId(r.id), r.known::<Product>())).collect();
        Ok(Self {
            world: app.world.clone(),
            identity: identity.clone(),
            write,
            now: app.world.now(),
            tree,
            only_one,
            people,
            installed,
            products,
        })
    }

    /// Takes the good rows as decided. All of them are stored, or none.
    pub(super) async fn take(mut self, under_way: &UnderWay, decisions: &HashMap<u32, Decision>) -> Result<ImportDone> {
        let mut done = ImportDone::default();
        under_way.done.store(0, Ordering::Relaxed);
        for draft in &under_way.drafts {
            if under_way.is_cancelled.load(Ordering::Relaxed) {
                return Err(Failure::new(Code::Cancelled, "the import was cancelled"));
            }
            under_way.done.fetch_add(1, Ordering::Relaxed);
            let decision = decisions.get(&draft.line);
            let into = decision.and_then(|d| d.into);
            // What is probably no customer is one only when a person says so.
            if draft.no_customer && decision.is_none() {
                done.skipped += 1;
                continue;
            }
            let action = decision.map_or(Action::New, |d| d.action);
            if draft.is_good() && action != Action::Skip {
                done.cells_refused += u32::try_from(draft.refused.len()).unwrap_or(u32::MAX);
            }
            match (draft.is_good(), action, into) {
                (false, _, _) => done.bad += 1,
                (true, Action::Skip, _) => done.skipped += 1,
                (true, Action::Merge, Some(into)) => {
                    self.merge(draft, into).await?;
                    done.merged += 1;
                }
                // A person who said "new" has seen the one of that name.
                (true, Action::New | Action::Merge, _) => {
                    done.created += self.create(draft, decision.is_some()).await?;
                }
            }
        }
        self.write.commit().await?;
        Ok(done)
    }

    /// A row's customer with those above it that are new. Two rows of the same office make one customer.
    async fn create(&mut self, draft: &Draft, is_decided: bool) -> Result<u32> {
        let mut created = 0;
        let mut parent = None;
        for (depth, part) in draft.path.iter().enumerate() {
            let key = (parent, part.level, part.name.clone());
            let last = depth + 1 == draft.path.len();
            // The first unit of a row may stand anywhere in the tree already, as long as only one has its name.
            let named = (part.level, part.name.clone());
            let elsewhere = self.only_one.get(&named).copied().flatten().filter(|_| parent.is_none());
            let known = self.tree.get(&key).copied().or(elsewhere).filter(|_| !(last && is_decided));
            let id = match known {
                Some(id) => id,
                None => {
                    let customer = Customer {
                        name: part.name.clone(),
                        level: part.level,
                        parent_id: parent,
                        ..if last { customer_of(draft) } else { Customer::default() }
                    };
                    created += 1;
                    CustomerId(self.add(&customer).await?)
                }
            };
            if last && known.is_some() {
                self.fill(id, draft).await?;
            }
            self.tree.insert(key, id);
            parent = Some(id);
        }
        if let Some(customer) = parent {
            self.add_people_and_products(draft, customer).await?;
        }
        Ok(created)
    }

    async fn merge(&mut self, draft: &Draft, into: CustomerId) -> Result<()> {
        self.fill(into, draft).await?;
        self.add_people_and_products(draft, into).await
    }

    /// Fills what the customer's file lacks; what is there stays.
    async fn fill(&mut self, id: CustomerId, draft: &Draft) -> Result<()> {
        let old: Customer = existing(&mut self.write, &Kind::CUSTOMER, id.into()).await?.read()?;
        let from = customer_of(draft);
        let new = Customer {
            number: filled(&old.number, from.number),
            region: filled(&old.region, from.region),
            address: filled(&old.address, from.address),
            postcode: filled(&old.postcode, from.postcode),
            phone: filled(&old.phone, from.phone),
            notes: filled(&old.notes, from.notes),
            file_valid_until: old.file_valid_until.or(from.file_valid_until),
            ..old.clone()
        };
        let mut patch = record::changes(&old, &new)?;
        bounds::fit(&Kind::CUSTOMER, &mut patch);
        if !patch.is_empty() {
            self.write.put(self.now, &Edit { kind: Kind::CUSTOMER, id: id.into(), patch }).await?;
        }
        Ok(())
    }

    async fn add_people_and_products(&mut self, draft: &Draft, customer: CustomerId) -> Result<()> {
        if let Some(contact) = &draft.contact {
            self.add_person(contact_of(contact, customer), customer).await?;
        }
        if let Some(installation) = &draft.installation {
            let installation = self.installation_of(installation, customer);
            if self.installed.insert((customer, told_by(&installation))) {
                self.add(&installation).await?;
            }
        }
        Ok(())
    }

    /// A person of that name with the same mobile is there already; one without a mobile gets it. Another mobile is
    /// another person.
    async fn add_person(&mut self, from: Contact, customer: CustomerId) -> Result<()> {
        let namesakes = self.people.entry((customer, from.name.clone())).or_default();
        let same = namesakes.iter().position(|(_, mobile)| from.mobile.is_empty() || *mobile == from.mobile);
        let known = same.or_else(|| namesakes.iter().position(|(_, mobile)| mobile.is_empty()));
        let Some((id, mobile)) = known.and_then(|at| namesakes.get_mut(at)) else {
            let id = ContactId(self.add(&from).await?);
            self.people.entry((customer, from.name)).or_default().push((id, from.mobile));
            return Ok(());
        };
        if mobile.is_empty() {
            mobile.clone_from(&from.mobile);
        }
        let id = *id;
        let old: Contact = existing(&mut self.write, &Kind::CONTACT, id.into()).await?.read()?;
        let new = Contact {
            mobile: filled(&old.mobile, from.mobile),
            email: filled(&old.email, from.email),
            position: filled(&old.position, from.position),
            ..old.clone()
        };
        let mut patch = record::changes(&old, &new)?;
        bounds::fit(&Kind::CONTACT, &mut patch);
        if !patch.is_empty() {
            self.write.put(self.now, &Edit { kind: Kind::CONTACT, id: id.into(), patch }).await?;
        }
        Ok(())
    }

    fn installation_of(&self, draft: &DraftInstallation, customer: CustomerId) -> Installation {
        let name = draft.product.clone().unwrap_or_default();
        let listed = self.products.iter().find(|(_, p)| p.name.zh == name || p.name.en == name || p.code == name);
        Installation {
            customer_id: Some(customer),
            product_id: listed.map(|(id, _)| *id),
            product_name: name,
            version: draft.version.clone().unwrap_or_default(),
            dongle_number: draft.dongle_numbers.join("、"),
            quota_edition: draft.quota_edition.clone().unwrap_or_default(),
            maintenance_until: draft.maintenance_until,
            database_kind: draft.database_kind.clone().unwrap_or_default(),
            machine_notes: draft.machine_notes.clone().unwrap_or_default(),
            ..Installation::default()
        }
    }

    async fn add<T: Noun + Default>(&mut self, noun: &T) -> Result<RecordId> {
        let id = self.world.new_id()?;
        let mut patch = record::changes(&T::default(), noun)?;
        bounds::fit(&T::KIND, &mut patch);
        stamp(&mut patch, &self.identity);
        self.write.put(self.now, &Edit { kind: T::KIND, id, patch }).await?;
        Ok(id)
    }
}

/// What is there stays.
fn filled(old: &str, new: String) -> String {
    if old.is_empty() { new } else { old.to_owned() }
}

/// What tells a customer's installation from another: its dongle, or product and version where it has none.
fn told_by(installation: &Installation) -> String {
    let Installation { dongle_number, product_name, version, .. } = installation;
    if dongle_number.is_empty() { format!("{product_name}\n{version}") } else { dongle_number.clone() }
}

fn customer_of(draft: &Draft) -> Customer {
    let region = [&draft.region, &draft.province, &draft.city];
    let region: Vec<&str> = region.into_iter().flatten().map(String::as_str).collect();
    Customer {
        number: draft.number.clone().unwrap_or_default(),
        region: region.join(" "),
        address: draft.address.clone().unwrap_or_default(),
        postcode: draft.postcode.clone().unwrap_or_default(),
        phone: draft.phones.join("、"),
        file_valid_until: draft.file_valid_until,
        notes: draft.notes.clone().unwrap_or_default(),
        ..Customer::default()
    }
}

fn contact_of(draft: &DraftContact, customer: CustomerId) -> Contact {
    Contact {
        customer_id: Some(customer),
        name: draft.name.clone(),
        mobile: draft.mobiles.join("、"),
        email: draft.emails.join("、"),
        position: draft.position.clone().unwrap_or_default(),
        ..Contact::default()
    }
}
