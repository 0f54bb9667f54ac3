//! The one list of commands. The Tauri handler, the host's routes and the TypeScript client all come from it, so
//! they cannot drift apart.

use crate::{
    App, Failure, Result, clock, conflicts, customers, damage, receipts, records, search, session, settings, signing,
    syncs, today, visits,
};
use doorstep_domain::Code;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Map, Value};
use std::{collections::BTreeMap, future::Future, pin::Pin, sync::Arc, sync::LazyLock};

type Running = Pin<Box<dyn Future<Output = Result<Value>> + Send>>;

/// A command: its name, its JSON Schemas, and what runs it.
pub struct Command {
    /// Its name, `noun_verb`.
    pub name: &'static str,
    args: fn(&mut SchemaGenerator) -> Schema,
    result: fn(&mut SchemaGenerator) -> Schema,
    /// Whether it changes what waits for HQ.
    pub(crate) writes: bool,
    run: Box<dyn Fn(Arc<App>, Value) -> Running + Send + Sync>,
}

impl Command {
    fn new<A, R, F, Fut>(name: &'static str, run: F) -> Self
    where
        A: DeserializeOwned + JsonSchema + Send + 'static,
        R: Serialize + JsonSchema + 'static,
        F: Fn(Arc<App>, A) -> Fut + Send + Sync + Copy + 'static,
        Fut: Future<Output = Result<R>> + Send + 'static,
    {
        Self {
            name,
            // Written in place: what a command takes has no name of its own.
            args: A::json_schema,
            result: SchemaGenerator::subschema_for::<R>,
            writes: false,
            run: Box::new(move |app, args| {
                Box::pin(async move {
                    let args = serde_json::from_value(args)
                        .map_err(|e| Failure::new(Code::Invalid, format!("arguments: {e}")))?;
                    Ok(serde_json::to_value(run(app, args).await?)?)
                })
            }),
        }
    }

    /// The same, changing what waits for HQ.
    fn writing(self) -> Self {
        Self { writes: true, ..self }
    }

    pub(crate) fn run(&self, app: Arc<App>, args: Value) -> Running {
        (self.run)(app, args)
    }
}

static COMMANDS: LazyLock<BTreeMap<&'static str, Command>> =
    LazyLock::new(|| list().into_iter().map(|command| (command.name, command)).collect());

/// Every command, by name.
pub fn commands() -> impl Iterator<Item = &'static Command> {
    COMMANDS.values()
}

pub(crate) fn find(name: &str) -> Option<&'static Command> {
    COMMANDS.get(name)
}

/// One JSON Schema of every command: a property for each, with its `args` and its `result`, and every type they
/// name under `$defs`.
#[must_use]
pub fn schema() -> Value {
    let mut generator = SchemaGenerator::default();
    let mut properties = Map::new();
    for command in commands() {
        let one = json_schema!({
            "type": "object",
            "properties": {"args": (command.args)(&mut generator), "result": (command.result)(&mut generator)},
            "required": ["args", "result"],
            "additionalProperties": false,
        });
        properties.insert(command.name.to_owned(), one.to_value());
    }
    let failure = generator.subschema_for::<Failure>();
    let required: Vec<Value> = properties.keys().cloned().map(Value::from).collect();
    let mut defs = generator.take_definitions(true);
    defs.entry("Failure").or_insert_with(|| failure.to_value());
    serde_json::json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Commands",
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": false,
        "$defs": defs,
    })
}

/// Arguments of a command that takes none.
#[derive(Debug, Clone, Copy, Default, serde::Deserialize, JsonSchema)]
pub(crate) struct Nothing {}

fn list() -> Vec<Command> {
    let mut list = vec![
        Command::new("session_state", session::state),
        Command::new("session_create", session::create),
        Command::new("session_unlock", session::unlock),
        Command::new("session_recover", session::recover),
        Command::new("session_enrol", session::enrol),
        Command::new("session_restore", damage::restore),
        Command::new("clock_state", clock::state),
        Command::new("clock_accept", clock::accept),
        Command::new("settings_get", settings::get),
        Command::new("settings_set", settings::set),
        Command::new("record_create", records::create).writing(),
        Command::new("record_set", records::set).writing(),
        Command::new("record_delete", records::delete).writing(),
        Command::new("today", today::today),
        Command::new("search", search::search),
    ];
    list.extend([
        Command::new("customer_list", customers::list),
        Command::new("customer_get", customers::get),
        Command::new("customer_export", customers::export),
        Command::new("customer_merge", customers::merge).writing(),
        Command::new("customer_unmerge", customers::unmerge).writing(),
        Command::new("contact_move", customers::move_contact).writing(),
        Command::new("import_open", customers::import_open),
        Command::new("import_check", customers::import_check),
        Command::new("import_progress", customers::import_progress),
        Command::new("import_cancel", customers::import_cancel),
        Command::new("import_errors", customers::import_errors),
        Command::new("import_run", customers::import_run).writing(),
        Command::new("products", visits::products),
        Command::new("engineers", visits::engineers),
        Command::new("templates", visits::templates),
        Command::new("visit_list", visits::list),
        Command::new("visit_plan", visits::plan).writing(),
        Command::new("visit_get", visits::get),
        Command::new("visit_step", visits::step).writing(),
        Command::new("checklist_add", visits::checklist_add).writing(),
        Command::new("checklist_remove", visits::checklist_remove).writing(),
        Command::new("answer_set", visits::answer_set).writing(),
        Command::new("section_as_expected", visits::section_as_expected).writing(),
        Command::new("attachment_add", visits::attachment_add).writing(),
        Command::new("attachment_open", visits::attachment_open),
        Command::new("attachment_save", visits::attachment_save),
    ]);
    list.extend([
        Command::new("amendment_drop", signing::drop_amendment).writing(),
        Command::new("visit_present", signing::present).writing(),
        Command::new("visit_sign", signing::sign).writing(),
        Command::new("receipt_open", receipts::open),
        Command::new("receipt_save", receipts::save),
        Command::new("receipt_print", receipts::print),
        Command::new("receipt_mail", receipts::mail),
        Command::new("printers", receipts::printers),
        Command::new("print_watch", receipts::watch_print),
        Command::new("file_reveal", receipts::reveal),
        Command::new("conflict_list", conflicts::list),
        Command::new("conflict_settle", conflicts::settle).writing(),
        Command::new("bundle_export", syncs::bundle_export),
        Command::new("bundle_import", syncs::bundle_import).writing(),
        Command::new("sync_state", syncs::state),
        Command::new("sync_start", syncs::start),
        Command::new("sync_cancel", syncs::cancel),
        Command::new("sync_watch", syncs::watch),
        Command::new("sync_queue", syncs::queue),
        Command::new("sync_history", syncs::history),
    ]);
    list
}
