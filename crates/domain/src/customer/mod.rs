//! Customers (M14): a tree of group → company → project office → section, their people, and what they use.

mod mail;
mod merged;
mod tree;

pub use mail::{is_mail_address, mail_addresses};
pub use merged::{REDIRECTS_MAX, check_merge};
pub use tree::{TreeNode, check_parent};

use crate::{
    Code, Refusal,
    id::{BranchId, ContactId, CustomerId, EngineerId, InstallationId, ProductId},
    noun::prelude::*,
    record::{at_most, needed},
};
use chrono::NaiveDate;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Where in the tree a customer stands; any level can stand alone.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// 集团
    Group,
    /// 公司
    #[default]
    Company,
    /// 项目部
    ProjectOffice,
    /// 标段
    Section,
}

/// A customer's file (M14).
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Customer {
    /// The branch that serves it.
    pub branch_id: Option<BranchId>,
    /// Who opened the file.
    pub engineer_id: Option<EngineerId>,
    /// Full name.
    pub name: String,
    /// The number the vendor gave it.
    pub number: String,
    /// Level in the tree.
    pub level: Level,
    /// The customer above it.
    pub parent_id: Option<CustomerId>,
    /// Region, e.g. 四川 成都.
    pub region: String,
    /// Street address.
    pub address: String,
    /// Postcode.
    pub postcode: String,
    /// Switchboard; several separated by 、.
    pub phone: String,
    /// Until when the file counts as valid (M14).
    pub file_valid_until: Option<NaiveDate>,
    /// Served by a dedicated team (M17).
    pub key_account: bool,
    /// Anything else.
    pub notes: String,
    /// This file was merged into that one.
    pub merged_into: Option<CustomerId>,
    /// A tombstone.
    pub deleted: bool,
}

impl Noun for Customer {
    const DESCRIPTION: Description = Description {
        settable: &[
            "name",
            "number",
            "level",
            "parent_id",
            "region",
            "address",
            "postcode",
            "phone",
            "file_valid_until",
            "key_account",
            "notes",
        ],
        creation: Creation::Direct,
        written_by: WrittenBy::Laptops,
        deletion: Deletion::Unused,
        parents: &[],
        audience: Audience::Branch,
        dispatch: Dispatch::Along,
        paper: Paper::Nothing,
        references: references!["branch_id" "branch" Home, "engineer_id" "engineer" Names, "parent_id" "customer" Tree, "merged_into" "customer" Tree],
        search: Search {
            opens: Opens::ItselfUnless("merged_into"),
            called: &["name", "number"],
            spoken: Some("name"),
            more: &["region", "address"],
            phones: &["phone"],
            notes: &["notes"],
            ..Search::NOT
        },
        called: &["name"],
        open: None,
        verbatim: Verbatim::Nothing,
        large: &[],
        retention: Retention::Years(10),
        erasure: Erasure::Untouched,
    };

    fn check(&self) -> Result<(), Refusal> {
        needed(&self.name, "name")?;
        at_most(&self.name, 200, "name")?;
        at_most(&self.number, 60, "number")?;
        at_most(&self.region, 100, "region")?;
        at_most(&self.address, 300, "address")?;
        at_most(&self.postcode, 20, "postcode")?;
        at_most(&self.phone, 200, "phone")?;
        at_most(&self.notes, 20_000, "notes")
    }
}

/// Where a contact worked, and from when to when.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Post {
    /// The office.
    pub customer_id: Option<CustomerId>,
    /// Position there.
    pub position: String,
    /// First day.
    pub from: Option<NaiveDate>,
    /// Last day; absent while they work there.
    pub to: Option<NaiveDate>,
}

/// A person at a customer, who may move between offices.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Contact {
    /// The branch.
    pub branch_id: Option<BranchId>,
    /// Who entered them.
    pub engineer_id: Option<EngineerId>,
    /// Where they work now; follows `posts`.
    pub customer_id: Option<CustomerId>,
    /// Name.
    pub name: String,
    /// Mobile number.
    pub mobile: String,
    /// Other telephone.
    pub phone: String,
    /// Mail.
    pub email: String,
    /// Position now; follows `posts`.
    pub position: String,
    /// Where they worked, oldest first; the last one is the present.
    pub posts: Vec<Post>,
    /// Anything else.
    pub notes: String,
    /// A tombstone.
    pub deleted: bool,
}

impl Noun for Contact {
    const DESCRIPTION: Description = Description {
        settable: &["customer_id", "name", "mobile", "phone", "email", "position", "notes"],
        creation: Creation::Direct,
        written_by: WrittenBy::Laptops,
        deletion: Deletion::Anytime,
        parents: &["customer_id"],
        audience: Audience::Branch,
        dispatch: Dispatch::Along,
        paper: Paper::Nothing,
        references: references!["branch_id" "branch" Home, "engineer_id" "engineer" Names, "customer_id" "customer" File, "posts[].customer_id" "customer" Names],
        search: Search {
            opens: Opens::ParentAsOwnHit,
            called: &["name"],
            spoken: Some("name"),
            more: &["position", "email"],
            phones: &["mobile", "phone"],
            notes: &["notes"],
            ..Search::NOT
        },
        called: &["name"],
        open: None,
        verbatim: Verbatim::Nothing,
        large: &[],
        retention: Retention::WithParent,
        erasure: Erasure::Tombstone,
    };

    fn check(&self) -> Result<(), Refusal> {
        needed(&self.name, "name")?;
        at_most(&self.name, 60, "name")?;
        at_most(&self.mobile, 60, "mobile")?;
        at_most(&self.phone, 60, "phone")?;
        at_most(&self.email, 120, "email")?;
        at_most(&self.position, 60, "position")?;
        at_most(&self.notes, 5_000, "notes")?;
        self.posts.iter().try_for_each(|post| at_most(&post.position, 60, "posts"))?;
        if self.posts.len() > 100 {
            return Err(Refusal::new(Code::TooLarge, "more than 100 posts").on("posts"));
        }
        Ok(())
    }
}

impl Contact {
    /// The posts after a move to `to` on the day `on`: the present one ends that day.
    ///
    /// # Errors
    /// [`Code::TimeOrder`] when the present post began after `on`.
    pub fn moved(&self, to: CustomerId, position: &str, on: NaiveDate) -> Result<Vec<Post>, Refusal> {
        let mut posts = self.posts.clone();
        if posts.is_empty() && self.customer_id.is_some() {
            posts.push(Post { customer_id: self.customer_id, position: self.position.clone(), ..Post::default() });
        }
        if let Some(present) = posts.last_mut() {
            if present.from.is_some_and(|from| from > on) {
                return Err(Refusal::new(Code::TimeOrder, "moved before the present post began").on("on"));
            }
            present.to = Some(on);
        }
        posts.push(Post { customer_id: Some(to), position: position.to_owned(), from: Some(on), to: None });
        Ok(posts)
    }
}

/// A product in use at a customer.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Installation {
    /// The branch.
    pub branch_id: Option<BranchId>,
    /// Who entered it.
    pub engineer_id: Option<EngineerId>,
    /// Where it is used.
    pub customer_id: Option<CustomerId>,
    /// The product, when it is one of the vendor's list.
    pub product_id: Option<ProductId>,
    /// Its name as it came, when it is not on the list.
    pub product_name: String,
    /// Installed version.
    pub version: String,
    /// Dongle or licence number (加密锁号 / 授权号).
    pub dongle_number: String,
    /// Quota edition (定额版本).
    pub quota_edition: String,
    /// Last day of maintenance (维护期至).
    pub maintenance_until: Option<NaiveDate>,
    /// Kind of database, e.g. Access, SQL Server.
    pub database_kind: String,
    /// Notes on the machine.
    pub machine_notes: String,
    /// A tombstone.
    pub deleted: bool,
}

impl Noun for Installation {
    const DESCRIPTION: Description = Description {
        settable: &[
            "customer_id",
            "product_id",
            "product_name",
            "version",
            "dongle_number",
            "quota_edition",
            "maintenance_until",
            "database_kind",
            "machine_notes",
        ],
        creation: Creation::Direct,
        written_by: WrittenBy::Laptops,
        deletion: Deletion::Anytime,
        parents: &["customer_id"],
        audience: Audience::Branch,
        dispatch: Dispatch::Along,
        paper: Paper::Nothing,
        references: references!["branch_id" "branch" Home, "engineer_id" "engineer" Names, "customer_id" "customer" File, "product_id" "product" Everyones],
        search: Search {
            opens: Opens::Parent,
            called: &["dongle_number"],
            more: &["product_name"],
            notes: &["machine_notes"],
            ..Search::NOT
        },
        called: &["dongle_number"],
        open: None,
        verbatim: Verbatim::Nothing,
        large: &[],
        retention: Retention::WithParent,
        erasure: Erasure::Untouched,
    };

    fn check(&self) -> Result<(), Refusal> {
        at_most(&self.product_name, 120, "product_name")?;
        at_most(&self.version, 60, "version")?;
        at_most(&self.dongle_number, 80, "dongle_number")?;
        at_most(&self.quota_edition, 120, "quota_edition")?;
        at_most(&self.database_kind, 60, "database_kind")?;
        at_most(&self.machine_notes, 5_000, "machine_notes")
    }
}

macro_rules! entries {
    ($($(#[$doc:meta])* $name:ident { $id:ty, $field:ident: $noun:ty }),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
        pub struct $name {
            /// Its id.
            pub id: $id,
            /// The record.
            pub $field: $noun,
        }
    )+};
}

entries! {
    /// A customer with its id.
    CustomerEntry { CustomerId, customer: Customer },
    /// A contact with their id.
    ContactEntry { ContactId, contact: Contact },
    /// An installation with its id.
    InstallationEntry { InstallationId, installation: Installation },
}
