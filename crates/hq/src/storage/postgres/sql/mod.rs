//! The statements, one a file.

/// Begins a laptop's change. Two statements in one message, so that it is not among those that are prepared.
pub const BEGIN: &str = include_str!("begin.sql");
/// Begins a change of HQ's own.
pub const BEGIN_HQ: &str = include_str!("begin_hq.sql");

statements! {
    /// Waits for the turn in a home feed.
    LOCK_HOME = "lock_home.sql",
    /// Takes versions.
    RESERVE = "reserve.sql",
    /// HQ's own row.
    SITE = "site.sql",
    /// Writes HQ's own row as it stands, to see that it can be written.
    WRITABLE = "writable.sql",
    /// Every record, to be looked at.
    CHECK_RECORDS = "check_records.sql",
    /// Every sum of a bucket.
    CHECK_SUMS = "check_sums.sql",
    /// The root of every feed.
    CHECK_ROOTS = "check_roots.sql",
    /// Every operation.
    CHECK_OPERATIONS = "check_operations.sql",
    /// Remembers where HQ is served.
    SERVE_AT = "serve_at.sql",
    /// Announces the next key.
    ANNOUNCE_KEY = "announce_key.sql",
    /// Sets the address at which HQ will be found next.
    ANNOUNCE_ADDRESS = "announce_address.sql",
    /// Begins an epoch.
    BEGIN_EPOCH = "begin_epoch.sql",
    /// Lifts versions to an epoch's floor.
    LIFT_VERSION = "lift_version.sql",
    /// Lifts positions to an epoch's floor.
    LIFT_FEEDS = "lift_feeds.sql",
    /// Keeps a one-time code.
    ISSUE = "issue.sql",
    /// Reads a one-time code, and holds it.
    ENROLMENT = "enrolment.sql",
    /// Uses a one-time code up.
    ENROLMENT_USED = "enrolment_used.sql",
    /// The laptop that a code enrolled, by its key.
    ENROLLED_BY = "enrolled_by.sql",
    /// Gives a laptop another token.
    RENEW_TOKEN = "renew_token.sql",
    /// Adds a laptop.
    ENROL = "enrol.sql",
    /// A laptop by its token.
    DEVICE_BY_TOKEN = "device_by_token.sql",
    /// Every laptop.
    DEVICES = "devices.sql",
    /// A laptop was there; how far its operations came.
    SIGHTED = "sighted.sql",
    /// How far a laptop's operations came.
    STANDING = "standing.sql",
    /// Switches a laptop off.
    REVOKE = "revoke.sql",
    /// Moves an engineer's unused one-time codes to another branch.
    MOVE_CODES = "move_codes.sql",
    /// Moves an engineer's laptops to another branch.
    MOVE_LAPTOPS = "move_laptops.sql",
    /// Keeps a sealed store key.
    KEEP_STORE_KEY = "keep_store_key.sql",
    /// Tops of feeds.
    TOPS = "tops.sql",
    /// Sums of a feed.
    SUMS = "sums.sql",
    /// Records of some buckets of a feed.
    BUCKET = "bucket.sql",
    /// Hashes of records and the feeds they stand in.
    BEFORE = "before.sql",
    /// Adds to sums of buckets.
    ADD_SUMS = "add_sums.sql",
    /// Adds to the roots of feeds.
    ADD_ROOTS = "add_roots.sql",
    /// A stretch of a feed.
    STRETCH = "stretch.sql",
    /// Records by key.
    RECORDS = "records.sql",
    /// Records by key, held until the change ends.
    LOCK_RECORDS = "lock_records.sql",
    /// Records that hang on others, held until the change ends.
    BELOW = "below.sql",
    /// Records that left feeds.
    LEFT = "left.sql",
    /// Records of a kind.
    RECORDS_OF = "records_of.sql",
    /// Attachment records by hash.
    ATTACHMENTS_NAMED = "attachments_named.sql",
    /// Adds an account.
    ADD_ACCOUNT = "add_account.sql",
    /// Writes into the audit trail.
    AUDIT = "audit.sql",
    /// Reads the audit trail, newest first.
    AUDITED = "audited.sql",
    /// An account by its name.
    ACCOUNT = "account.sql",
    /// Every account.
    ACCOUNTS = "accounts.sql",
    /// Closes an account.
    CLOSE_ACCOUNT = "close_account.sql",
    /// Logs an account in.
    LOG_IN = "log_in.sql",
    /// Who is logged in with a token.
    LOGGED_IN = "logged_in.sql",
    /// Forgets a token.
    LOG_OUT = "log_out.sql",
    /// Forgets the tokens of an account.
    END_LOGINS_OF = "end_logins_of.sql",
    /// Forgets every token.
    END_LOGINS = "end_logins.sql",
    /// Forgets tokens that are past their time.
    END_OLD_LOGINS = "end_old_logins.sql",
    /// How far HQ has the operations of each laptop.
    ACKED = "acked.sql",
    /// Asks that a laptop be wiped.
    WIPE_ASK = "wipe_ask.sql",
    /// Confirms it.
    WIPE_CONFIRM = "wipe_confirm.sql",
    /// Takes it back.
    WIPE_WITHDRAW = "wipe_withdraw.sql",
    /// The laptop was told.
    WIPE_TOLD = "wipe_told.sql",
    /// How much is open, by whose it is.
    OPEN_COUNTS = "open_counts.sql",
    /// What is open of one branch or engineer.
    OPEN_OF = "open_of.sql",
    /// What is open.
    OPEN_ALL = "open_all.sql",
    /// Operations with their answers.
    ANSWERED = "answered.sql",
    /// A device's incarnation from now on.
    PUT_INCARNATION = "put_incarnation.sql",
    /// Stores new records.
    ADD_RECORDS = "add_records.sql",
    /// Stores records over what they were.
    SET_RECORDS = "set_records.sql",
    /// Gives out places in feeds.
    GROW_FEEDS = "grow_feeds.sql",
    /// Stores entries.
    PUT_ENTRIES = "put_entries.sql",
    /// Stores operations.
    PUT_OPERATIONS = "put_operations.sql",
}
