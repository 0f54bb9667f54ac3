//! The vendor's side: the company block, branches, engineers, products. HQ owns them; laptops read them.

use crate::{
    Refusal,
    id::{BranchId, ProductId},
    noun::prelude::*,
    record::{at_most, needed},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A text in both languages of the product.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Text {
    /// Chinese.
    pub zh: String,
    /// English.
    pub en: String,
}

/// The vendor as it stands on every paper (M8).
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Company {
    /// Full legal name.
    pub legal_name: String,
    /// Short name for screens.
    pub short_name: String,
    /// Address of headquarters.
    pub address: String,
    /// Support hotline (M8).
    pub support_hotline: String,
    /// Supervision hotline: where customers complain about service.
    pub supervision_hotline: String,
    /// Support mailbox (M8).
    pub support_mail: String,
    /// Service site (M8).
    pub web: String,
    /// Logo, PNG or JPEG in base64; at most 128 KiB.
    pub logo: Option<String>,
    /// What the receipt's small print says; HQ edits it. Empty: the text that ships.
    pub receipt_clauses: Vec<Clause>,
    /// How personal data is handled, said before a customer signs. Empty: the text that ships.
    pub privacy_notice: String,
}

/// A paragraph of small print.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Clause {
    /// What it says.
    pub text: String,
    /// Whether it binds, and is printed bold.
    pub bold: bool,
}

impl Noun for Company {
    const DESCRIPTION: Description = Description {
        settable: &[],
        creation: Creation::Import,
        written_by: WrittenBy::Hq,
        deletion: Deletion::Never,
        parents: &[],
        audience: Audience::Everybody,
        dispatch: Dispatch::Stays,
        paper: Paper::Nothing,
        references: &[],
        search: Search::NOT,
        called: &["short_name", "legal_name"],
        open: None,
        verbatim: Verbatim::Nothing,
        large: &[],
        retention: Retention::Hq,
        erasure: Erasure::Untouched,
    };

    fn check(&self) -> Result<(), Refusal> {
        needed(&self.legal_name, "legal_name")?;
        at_most(&self.legal_name, 200, "legal_name")?;
        for (text, field) in [
            (&self.short_name, "short_name"),
            (&self.address, "address"),
            (&self.support_hotline, "support_hotline"),
            (&self.supervision_hotline, "supervision_hotline"),
            (&self.support_mail, "support_mail"),
            (&self.web, "web"),
        ] {
            at_most(text, 300, field)?;
        }
        at_most(&self.privacy_notice, 20_000, "privacy_notice")?;
        self.receipt_clauses.iter().try_for_each(|clause| at_most(&clause.text, 5_000, "receipt_clauses"))?;
        at_most(self.logo.as_deref().unwrap_or_default(), 180_000, "logo")
    }
}

/// A branch (分公司).
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Branch {
    /// Two to six letters that begin the numbers of its papers, e.g. `CD`.
    pub code: String,
    /// Its name.
    pub name: String,
    /// Region it serves.
    pub region: String,
    /// Telephone.
    pub phone: String,
    /// Address.
    pub address: String,
    /// Size of its customer base as the manual's table has it (M1).
    pub customers_planned: Option<u32>,
    /// Certified engineers it must employ (M1).
    pub engineers_required: Option<u32>,
}

impl Noun for Branch {
    const DESCRIPTION: Description = Description {
        settable: &[],
        creation: Creation::Import,
        written_by: WrittenBy::Hq,
        deletion: Deletion::Never,
        parents: &[],
        audience: Audience::Everybody,
        dispatch: Dispatch::Stays,
        paper: Paper::Nothing,
        references: &[],
        search: Search::NOT,
        called: &["name"],
        open: None,
        verbatim: Verbatim::Nothing,
        large: &[],
        retention: Retention::Hq,
        erasure: Erasure::Untouched,
    };

    fn check(&self) -> Result<(), Refusal> {
        needed(&self.code, "code")?;
        needed(&self.name, "name")?;
        at_most(&self.code, 6, "code")?;
        at_most(&self.name, 100, "name")?;
        at_most(&self.region, 100, "region")?;
        at_most(&self.phone, 200, "phone")?;
        at_most(&self.address, 300, "address")
    }
}

/// A member of the branch's staff (M6).
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Engineer {
    /// The branch.
    pub branch_id: Option<BranchId>,
    /// Name.
    pub name: String,
    /// Number on the company badge.
    pub badge: String,
    /// Mobile number.
    pub phone: String,
    /// Manages the branch, and so may settle any conflict in it.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub manager: bool,
    /// Left the company or the branch.
    pub left: bool,
}

impl Noun for Engineer {
    const DESCRIPTION: Description = Description {
        settable: &[],
        creation: Creation::Step,
        written_by: WrittenBy::Hq,
        deletion: Deletion::Never,
        parents: &[],
        audience: Audience::Branch,
        dispatch: Dispatch::Stays,
        paper: Paper::Nothing,
        references: references!["branch_id" "branch" Home],
        search: Search::NOT,
        called: &["name"],
        open: None,
        verbatim: Verbatim::Nothing,
        large: &[],
        retention: Retention::Hq,
        erasure: Erasure::Fields(&["phone"]),
    };

    fn check(&self) -> Result<(), Refusal> {
        needed(&self.name, "name")?;
        at_most(&self.name, 60, "name")?;
        at_most(&self.badge, 60, "badge")?;
        at_most(&self.phone, 60, "phone")
    }
}

/// A product of the vendor's.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Product {
    /// Short stable code.
    pub code: String,
    /// Name.
    pub name: Text,
    /// Versions in the field, newest first.
    pub versions: Vec<String>,
    /// Quota editions (定额版本) it works with, newest first.
    pub quota_editions: Vec<String>,
    /// No longer sold.
    pub retired: bool,
}

impl Noun for Product {
    const DESCRIPTION: Description = Description {
        settable: &[],
        creation: Creation::Import,
        written_by: WrittenBy::Hq,
        deletion: Deletion::Never,
        parents: &[],
        audience: Audience::Everybody,
        dispatch: Dispatch::Stays,
        paper: Paper::Nothing,
        references: &[],
        search: Search::NOT,
        called: &["name.zh"],
        open: None,
        verbatim: Verbatim::Nothing,
        large: &[],
        retention: Retention::Hq,
        erasure: Erasure::Untouched,
    };

    fn check(&self) -> Result<(), Refusal> {
        needed(&self.code, "code")?;
        needed(&self.name.zh, "name")?;
        at_most(&self.code, 60, "code")?;
        [&self.name.zh, &self.name.en].into_iter().try_for_each(|name| at_most(name, 120, "name"))
    }
}

/// A product by its id, as lists show it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ProductEntry {
    /// Its id.
    pub id: ProductId,
    /// The product.
    pub product: Product,
}
