//! One list of what can be said "no" to, shared by laptop, HQ and interface.
//!
//! The interface translates by code (`error.<code>` in the catalogue); the English detail is for logs.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Why something was refused or failed. Stable: laptops of older versions read these from HQ.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Code {
    /// An argument has the wrong shape or an impossible value.
    Invalid,
    /// Something that is no mail address stands where one should.
    NotAMailAddress,
    /// What was typed cannot be read as one number and no other.
    NotANumber,
    /// A field that is needed is empty.
    Missing,
    /// A text, list or file is over its limit.
    TooLarge,
    /// A date or time outside the years that anything here can be about, or further ahead than people plan.
    OutOfRange,
    /// Something is said to have happened in the future.
    NotYet,
    /// A text with control characters, or with lines where it has one.
    BadText,
    /// No such record on this side.
    NotFound,
    /// The step does not follow from the visit's present state (M38).
    WrongState,
    /// A visit was to start without an agreed appointment and without a reason (M38).
    NoAppointment,
    /// A time lies before the step it follows.
    TimeOrder,
    /// The record is sealed; only an amendment changes it.
    Sealed,
    /// Required items are unanswered, or failed ones lack their remark or photo.
    ChecklistIncomplete,
    /// A checklist says otherwise than what the visit records.
    ChecklistContradicts,
    /// The text changed after it was put before the customer; it has to be put before them again.
    TextChanged,
    /// A tree of customers with a loop, or a parent below its child.
    BadTree,
    /// The record belongs to another branch or engineer.
    OutOfScope,
    /// The conflict is settled, or one of its sides changed: the person has to look again.
    ConflictMoved,
    /// The laptop is not enrolled yet.
    NotEnrolled,
    /// The laptop is enrolled already.
    AlreadyEnrolled,
    /// No such enrolment code, or it is mistyped.
    CodeWrong,
    /// The enrolment code was used before.
    CodeUsed,
    /// The enrolment code is past its date.
    CodeExpired,
    /// HQ does not know this laptop's token.
    Unauthorized,
    /// This laptop was switched off at HQ.
    DeviceRevoked,
    /// HQ orders this laptop's data to be destroyed: it was lost or stolen.
    DeviceWiped,
    /// Two machines carry one identity.
    DeviceForked,
    /// HQ cannot be reached.
    HqUnreachable,
    /// Something other than HQ answered (a hotel's login page, a proxy).
    NotHq,
    /// HQ's key is not the one from the enrolment code.
    HqKeyMismatch,
    /// This app is too old for HQ, or HQ too old for it.
    VersionUnsupported,
    /// HQ was restored from a backup; positions have to be taken anew.
    EpochChanged,
    /// HQ asks to try again later.
    Busy,
    /// What comes before this has not reached HQ.
    OutOfOrder,
    /// HQ can store nothing at the moment: its disk is full, or closed to it.
    HqCannotStore,
    /// HQ's database or one of its files is damaged where it was needed.
    HqDamaged,
    /// The work was cancelled by the person.
    Cancelled,
    /// The store is locked: the passphrase is needed.
    Locked,
    /// The passphrase is wrong.
    WrongPassphrase,
    /// The passphrase is too short.
    WeakPassphrase,
    /// The operating system's keychain cannot be used.
    KeychainUnavailable,
    /// The key in the keychain does not open this store.
    WrongKey,
    /// Another window or host has this data folder open.
    StoreInUse,
    /// The database was written by a newer Doorstep.
    StoreNewer,
    /// A newer version wrote something in this record that this one cannot read; it is kept as it is.
    RecordNewer,
    /// The database or a file in the data folder is damaged.
    StoreDamaged,
    /// The disk is full.
    DiskFull,
    /// A folder or disk does not take what is written: it may only be read, or has a fault.
    NotWritable,
    /// An attachment's file on this laptop is damaged.
    FileDamaged,
    /// The file is not a picture that can be read.
    NotAPicture,
    /// A picture that comes as a file tells where or with what it was taken: the person is asked.
    PhotoTells,
    /// The file can do something once it is opened: the person is warned.
    DangerousFile,
    /// The picture is in the form that phones save room with (HEIC, AVIF).
    PictureHeic,
    /// The picture has more pixels than can be read.
    PictureTooLarge,
    /// Less is drawn than a signature has.
    SignatureTooLittle,
    /// The picture is nothing that a pen draws on the signature area.
    NotADrawing,
    /// The file is not a table that can be read.
    NotATable,
    /// The workbook is encrypted.
    TableEncrypted,
    /// The file is not a bundle, or it was cut or changed since it was written.
    NotABundle,
    /// The bundle is of another laptop, another headquarters, or an earlier life of this laptop.
    BundleForeign,
    /// The attachment's content does not match its hash.
    HashMismatch,
    /// A signature or seal does not verify.
    BadSeal,
    /// A character could not be put on paper, or the paper could not be made.
    PaperFailed,
    /// The printer is not there, or does not answer as printers do.
    PrinterFailed,
    /// The printer answered that it does not take the job.
    PrinterRefused,
    /// The printer wants a user's name and password, or those given are wrong.
    PrinterPassword,
    /// The printer is to be reached at another address.
    PrinterMoved,
    /// The printer takes jobs over an encrypted line only.
    PrinterTls,
    /// The printer takes no PDF.
    PrinterNoPdf,
    /// A fault of ours; the id finds it in the log.
    Internal,
}

impl Code {
    /// Whether trying the same again later can help.
    #[must_use]
    pub fn retryable(self) -> bool {
        matches!(
            self,
            Self::HqUnreachable
                | Self::NotHq
                | Self::Busy
                | Self::OutOfOrder
                | Self::HqCannotStore
                | Self::StoreInUse
                | Self::PrinterFailed
        )
    }
}

/// A rule said no: the code for the interface, the field it concerns, and a detail for the log.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize, Deserialize, JsonSchema)]
#[error("{code:?}: {detail}")]
pub struct Refusal {
    /// What kind of "no".
    pub code: Code,
    /// The field or item it concerns, when there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// English, for people who read logs; no personal data.
    pub detail: String,
}

impl Refusal {
    /// A refusal with a detail.
    pub fn new(code: Code, detail: impl Into<String>) -> Self {
        Self { code, field: None, detail: detail.into() }
    }

    /// The same, naming the field it concerns.
    #[must_use]
    pub fn on(mut self, field: impl Into<String>) -> Self {
        self.field = Some(field.into());
        self
    }
}
