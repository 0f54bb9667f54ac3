//! Import in steps: the file is read, its columns are matched, its rows are checked, a person decides, and the good
//! rows are taken. Nothing is stored before the last step.

use super::taking::Taking;
use crate::{
    App, Failure, Result,
    receipts::{SavedFile, save_file},
};
use doorstep_domain::{
    Code, Kind,
    customer::{Contact, Customer, Installation},
    id::CustomerId,
};
use doorstep_roster::{Draft, Duplicate, Encoding, ExportFormat, FarCells, Format, Known, Matching, ReadError, Sheet};
use doorstep_store::Store;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::{
    collections::{BTreeMap, HashMap},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
};

/// Rows shown before anything is matched.
const PREVIEW_ROWS: usize = 20;
/// Rows shown of the check, of each group.
const REVIEW_ROWS: usize = 200;
/// Imports that can be under way.
const IMPORTS_MAX: usize = 4;

/// Imports under way, in memory only.
#[derive(Default)]
pub struct Imports {
    sheets: Mutex<BTreeMap<String, Arc<UnderWay>>>,
}

/// An import under way.
pub(super) struct UnderWay {
    pub(super) sheet: Arc<Sheet>,
    pub(super) drafts: Vec<Draft>,
    /// Rows taken so far.
    pub(super) done: AtomicUsize,
    /// Set by a person while rows are being taken.
    pub(super) is_cancelled: AtomicBool,
    is_running: AtomicBool,
}

impl UnderWay {
    fn new(sheet: Arc<Sheet>, drafts: Vec<Draft>) -> Self {
        Self {
            sheet,
            drafts,
            done: AtomicUsize::new(0),
            is_cancelled: AtomicBool::new(false),
            is_running: AtomicBool::new(false),
        }
    }
}

/// An import that is running, until this is dropped, however it ends.
struct Running<'u>(&'u UnderWay);

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.0.is_running.store(false, Ordering::Relaxed);
    }
}

impl Imports {
    fn keep(&self, id: &str, under_way: UnderWay) {
        let mut sheets = self.sheets.lock().unwrap_or_else(PoisonError::into_inner);
        if sheets.len() >= IMPORTS_MAX && !sheets.contains_key(id) {
            sheets.pop_first();
        }
        sheets.insert(id.to_owned(), Arc::new(under_way));
    }

    fn get(&self, id: &str) -> Result<Arc<UnderWay>> {
        let sheets = self.sheets.lock().unwrap_or_else(PoisonError::into_inner);
        sheets.get(id).cloned().ok_or_else(|| Failure::not_found("import"))
    }

    fn end(&self, id: &str) {
        self.sheets.lock().unwrap_or_else(PoisonError::into_inner).remove(id);
    }
}

/// Arguments of `import_open`.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct Open {
    /// The uploaded file.
    upload: String,
    /// Its name.
    file_name: String,
    /// The sheet to read of a workbook, by its name; without one, that which looks most like a customer list.
    sheet: Option<String>,
}

/// The first lines of a table.
#[derive(Debug, Serialize, JsonSchema)]
pub struct SheetPreview {
    /// What it turned out to be.
    format: Format,
    /// Its name promised something else.
    name_disagrees: bool,
    /// How its text is encoded.
    encoding: Option<Encoding>,
    /// The sheet that was read.
    sheet_name: Option<String>,
    /// Headings.
    header: Vec<String>,
    /// The first rows.
    rows: Vec<Vec<String>>,
    /// How many rows there are.
    row_count: usize,
    /// Other sheets that can be read instead.
    other_sheets: Vec<String>,
    /// Those of them, and perhaps this one, that are hidden.
    hidden_sheets: Vec<String>,
    /// How many rows are hidden or filtered out.
    hidden_rows: usize,
    /// Columns that are hidden, from 0.
    hidden_columns: Vec<usize>,
    /// Cells far to the right of the table, which were not read.
    far: Option<FarCells>,
}

/// A table that was read, and what its columns seem to mean.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ImportPreview {
    /// Names the import in the next steps.
    import: String,
    /// The first lines.
    sheet: SheetPreview,
    /// What the columns seem to mean.
    matching: Matching,
}

/// Arguments of `import_check`.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct Check {
    /// The import.
    import: String,
    /// What the columns mean.
    matching: Matching,
    /// Whether hidden rows and columns are taken too; must be said where there are any.
    with_hidden: Option<bool>,
}

/// The rows checked.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ImportReview {
    /// Rows that can be taken.
    good: usize,
    /// Rows of them that are taken without some of their cells, which nobody can read.
    incomplete: usize,
    /// Rows that cannot.
    bad: usize,
    /// Rows that are probably no customer, left out unless a decision wants them.
    no_customer: usize,
    /// Up to 200 rows each: bad ones, probably none, incomplete ones, whole ones.
    drafts: Vec<Draft>,
    /// Rows that may be a customer there already is, or another row.
    duplicates: Vec<DuplicateRow>,
}

/// A possible duplicate with the name of the other.
#[derive(Debug, Serialize, JsonSchema)]
pub struct DuplicateRow {
    /// The rows and what they share.
    duplicate: Duplicate,
    /// Name in the row.
    name: String,
    /// Name of the other.
    other: String,
}

/// Arguments of `import_errors`.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct Errors {
    /// The import.
    import: String,
    /// The sentence for each code, from the interface's catalogue.
    sentences: HashMap<String, String>,
    /// The heading of the column that says why.
    heading: String,
}

/// What to do with a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// A new customer.
    New,
    /// Leave it out.
    Skip,
    /// Add what is missing to a customer there already is.
    Merge,
}

/// A person's decision on a row.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
pub struct Decision {
    /// The row's line.
    pub(super) line: u32,
    /// What to do.
    pub(super) action: Action,
    /// Into which customer, for a merge.
    pub(super) into: Option<CustomerId>,
}

/// Arguments of `import_run`.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct Run {
    /// The import.
    import: String,
    /// Decisions on rows; a good row without one is new.
    decisions: Vec<Decision>,
}

/// Arguments of `import_progress` and `import_cancel`.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct Named {
    /// The import.
    import: String,
}

/// How far an import is.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ImportProgress {
    /// Rows taken so far.
    done: usize,
    /// Rows in all.
    total: usize,
}

/// What was taken.
#[derive(Debug, Default, Serialize, JsonSchema)]
pub struct ImportDone {
    /// New customers.
    pub(super) created: u32,
    /// Rows merged.
    pub(super) merged: u32,
    /// Rows left out by decision, or because they are probably no customer.
    pub(super) skipped: u32,
    /// Cells nobody can read, of rows that were taken.
    pub(super) cells_refused: u32,
    /// Rows that could not be taken.
    pub(super) bad: u32,
}

pub(crate) async fn import_open(app: Arc<App>, args: Open) -> Result<ImportPreview> {
    app.enrolled().await?;
    let content = app.desk.take_content(&args.upload)?;
    let read = tokio::task::spawn_blocking(move || {
        let bytes = content.whole()?;
        let sheet = match &args.sheet {
            Some(name) => doorstep_roster::read_sheet(&bytes, &args.file_name, name),
            None => doorstep_roster::read(&bytes, &args.file_name),
        };
        let sheet = sheet.map_err(|error| unreadable(&error))?;
        let matching = doorstep_roster::suggest(&sheet);
        Ok::<_, Failure>((sheet, matching))
    });
    let (sheet, matching) = joined(read).await??;
    let import = crate::desk::hex(&app.world.random::<8>()?);
    let preview = SheetPreview {
        format: sheet.format,
        name_disagrees: sheet.name_disagrees,
        encoding: sheet.encoding,
        sheet_name: sheet.sheet_name.clone(),
        header: sheet.header.clone(),
        rows: sheet.rows.iter().take(PREVIEW_ROWS).map(|row| row.cells.clone()).collect(),
        row_count: sheet.rows.len(),
        other_sheets: sheet.other_sheets.iter().chain(&sheet.hidden_sheets).cloned().collect(),
        hidden_sheets: sheet.hidden_sheets.clone(),
        hidden_rows: sheet.hidden_lines.len(),
        hidden_columns: sheet.hidden_columns.clone(),
        far: sheet.far,
    };
    app.imports.keep(&import, UnderWay::new(Arc::new(sheet), Vec::new()));
    Ok(ImportPreview { import, sheet: preview, matching })
}

/// The roster's own code goes along as the field, so that the interface can say exactly what is wrong.
fn unreadable(error: &ReadError) -> Failure {
    let code = match error {
        ReadError::Encrypted => Code::TableEncrypted,
        ReadError::TooLarge { .. } | ReadError::TooManyRows { .. } | ReadError::TooManyColumns { .. } => Code::TooLarge,
        _ => Code::NotATable,
    };
    let failure = Failure::new(code, error.to_string()).on(error.code());
    match error.line() {
        Some(line) => failure.at_line(line),
        None => failure,
    }
}

pub(crate) async fn import_check(app: Arc<App>, mut args: Check) -> Result<ImportReview> {
    let (store, _) = app.enrolled().await?;
    let sheet = app.imports.get(&args.import)?.sheet.clone();
    let columns = sheet.header.len();
    if args.matching.columns.iter().any(|column| column.index >= columns) {
        return Err(Failure::new(Code::Invalid, "no such column").on("matching"));
    }
    let has_hidden = !sheet.hidden_lines.is_empty() || !sheet.hidden_columns.is_empty();
    if has_hidden && args.with_hidden.is_none() {
        return Err(
            Failure::new(Code::Invalid, "whether hidden rows and columns are taken must be said").on("with_hidden")
        );
    }
    let without_hidden = has_hidden && args.with_hidden == Some(false);
    if without_hidden {
        args.matching.columns.retain(|column| !sheet.hidden_columns.contains(&column.index));
    }
    let known = known(&store).await?;
    let names: HashMap<String, String> = known.iter().map(|k| (k.id.clone(), k.name.clone())).collect();
    let checked = tokio::task::spawn_blocking(move || {
        let drafts = if without_hidden {
            let mut shown = Sheet::clone(&sheet);
            shown.leave_out_hidden_lines();
            doorstep_roster::drafts(&shown, &args.matching)
        } else {
            doorstep_roster::drafts(&sheet, &args.matching)
        };
        let customers: Vec<Draft> = drafts.iter().filter(|draft| !draft.no_customer).cloned().collect();
        let duplicates = doorstep_roster::possible_duplicates(&customers, known.into_iter());
        (sheet, drafts, duplicates)
    });
    let (sheet, drafts, duplicates) = joined(checked).await?;
    let review = ImportReview::of(&drafts, duplicates.into_iter().map(|d| named(d, &drafts, &names)).collect());
    app.imports.keep(&args.import, UnderWay::new(sheet, drafts));
    Ok(review)
}

impl ImportReview {
    fn of(drafts: &[Draft], duplicates: Vec<DuplicateRow>) -> Self {
        let (none, customers): (Vec<&Draft>, Vec<&Draft>) = drafts.iter().partition(|draft| draft.no_customer);
        let (good, bad): (Vec<&Draft>, Vec<&Draft>) = customers.into_iter().partition(|draft| draft.is_good());
        let good_count = good.len();
        let (whole, incomplete): (Vec<&Draft>, Vec<&Draft>) = good.into_iter().partition(|draft| draft.is_whole());
        let shown = [&bad, &none, &incomplete, &whole].into_iter().flat_map(|group| group.iter().take(REVIEW_ROWS));
        Self {
            good: good_count,
            incomplete: incomplete.len(),
            bad: bad.len(),
            no_customer: none.len(),
            drafts: shown.map(|draft| Draft::clone(draft)).collect(),
            duplicates,
        }
    }
}

fn named(duplicate: Duplicate, drafts: &[Draft], names: &HashMap<String, String>) -> DuplicateRow {
    let of_line = |line: u32| {
        let draft = drafts.iter().find(|d| d.line == line).and_then(Draft::customer);
        draft.map(|part| part.name.clone()).unwrap_or_default()
    };
    let other = match &duplicate.with {
        doorstep_roster::With::Known { id } => names.get(id).cloned().unwrap_or_default(),
        doorstep_roster::With::Line { line } => of_line(*line),
    };
    DuplicateRow { name: of_line(duplicate.line), other, duplicate }
}

pub(crate) async fn import_errors(app: Arc<App>, args: Errors) -> Result<SavedFile> {
    app.enrolled().await?;
    let under_way = app.imports.get(&args.import)?;
    let written =
        doorstep_roster::errors_file(&under_way.sheet, &under_way.drafts, ExportFormat::Xlsx, &args.heading, |error| {
            let code =
                serde_json::to_value(error.code).ok().and_then(|c| c.as_str().map(str::to_owned)).unwrap_or_default();
            args.sentences.get(&code).cloned().unwrap_or(code)
        });
    let written = written.map_err(|e| Failure::internal(e.to_string()))?;
    save_file(&app, "doorstep-import-errors.xlsx", written.bytes).await
}

pub(crate) async fn import_run(app: Arc<App>, args: Run) -> Result<ImportDone> {
    let (store, identity) = app.enrolled().await?;
    let under_way = app.imports.get(&args.import)?;
    if under_way.drafts.is_empty() {
        return Err(Failure::new(Code::WrongState, "the rows were not checked yet"));
    }
    let decisions: HashMap<u32, Decision> = args.decisions.into_iter().map(|d| (d.line, d)).collect();
    if under_way.is_running.swap(true, Ordering::Relaxed) {
        return Err(Failure::new(Code::Busy, "this import is running already"));
    }
    let _running = Running(&under_way);
    under_way.is_cancelled.store(false, Ordering::Relaxed);
    let taken = match Taking::begin(&app, &store, &identity).await {
        Ok(taking) => taking.take(&under_way, &decisions).await,
        Err(failure) => Err(failure),
    };
    let done = taken?;
    app.imports.end(&args.import);
    Ok(done)
}

/// How far an import is.
pub(crate) async fn import_progress(app: Arc<App>, args: Named) -> Result<ImportProgress> {
    let under_way = app.imports.get(&args.import)?;
    Ok(ImportProgress { done: under_way.done.load(Ordering::Relaxed), total: under_way.drafts.len() })
}

/// Cancels an import that is running; nothing of it is stored then.
pub(crate) async fn import_cancel(app: Arc<App>, args: Named) -> Result<()> {
    app.imports.get(&args.import)?.is_cancelled.store(true, Ordering::Relaxed);
    Ok(())
}

/// Every customer as the comparison needs it.
async fn known(store: &Store) -> Result<Vec<Known>> {
    let mut known: BTreeMap<CustomerId, Known> = BTreeMap::new();
    let mut parents = HashMap::new();
    for record in store.all(&Kind::CUSTOMER).await? {
        let customer: Customer = record.known();
        parents.insert(CustomerId(record.id), customer.parent_id);
        let entry = Known {
            id: record.id.to_string(),
            name: customer.name,
            level: Some(customer.level),
            within: None,
            phones: vec![customer.phone],
            dongles: Vec::new(),
        };
        known.insert(CustomerId(record.id), entry);
    }
    let names: HashMap<CustomerId, String> = known.iter().map(|(id, k)| (*id, k.name.clone())).collect();
    for (id, entry) in &mut known {
        let parent = parents.get(id).copied().flatten();
        entry.within = parent.and_then(|parent| names.get(&parent).cloned());
    }
    for record in store.all(&Kind::CONTACT).await? {
        let contact: Contact = record.known();
        if let Some(entry) = contact.customer_id.and_then(|id| known.get_mut(&id)) {
            entry.phones.extend([contact.mobile, contact.phone]);
        }
    }
    for record in store.all(&Kind::INSTALLATION).await? {
        let installation: Installation = record.known();
        if let Some(entry) = installation.customer_id.and_then(|id| known.get_mut(&id)) {
            entry.dongles.push(installation.dongle_number);
        }
    }
    Ok(known.into_values().collect())
}

async fn joined<T>(work: tokio::task::JoinHandle<T>) -> Result<T> {
    Ok(work.await?)
}
