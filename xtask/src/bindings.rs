//! `cargo xtask bindings`: the interface's types, made from the schema of the commands.

use crate::{
    house::House,
    install::{self, Need},
    interface,
    tell::{step, tell},
};
use anyhow::{Context, Result, ensure};
use clap::Args;
use std::{
    fs,
    io::Write,
    path::Path,
    process::{Command, Stdio},
    thread,
};

/// Where the types go, below the checkout.
const PLACE: &str = "ui/generated/commands.ts";

/// How to make them.
#[derive(Args)]
pub(crate) struct Options {
    /// Write nothing; fail when the file is not what the Rust types say.
    #[arg(long)]
    check: bool,
    /// Install what is missing without asking.
    #[arg(long)]
    yes: bool,
}

/// Makes the types, or compares them.
///
/// # Errors
/// When the app does not build, or the file cannot be written.
pub(crate) fn run(house: &House, options: &Options) -> Result<bool> {
    build(house, options.yes)?;
    if options.check {
        return compare(house);
    }
    step(PLACE);
    write_whole(house, &made(house)?)?;
    Ok(true)
}

/// Builds what the types are made from, and compares.
///
/// # Errors
/// When the app does not build.
pub(crate) fn check(house: &House) -> Result<bool> {
    build(house, false)?;
    compare(house)
}

/// Compares the file with what the built host's commands say, and tells.
///
/// # Errors
/// When the types cannot be made.
pub(crate) fn compare(house: &House) -> Result<bool> {
    Ok(is_fresh(house.root(), &made(house)?))
}

/// Whether the file below `root` holds just these types; tells which it is.
fn is_fresh(root: &Path, made: &str) -> bool {
    let fresh = fs::read_to_string(root.join(PLACE)).is_ok_and(|written| written == made);
    tell(&if fresh {
        format!("{PLACE} is what the Rust types say")
    } else {
        format!("{PLACE} is stale: run `cargo xtask bindings`")
    });
    fresh
}

fn build(house: &House, yes: bool) -> Result<()> {
    install::install(&[Need::Building], yes)?;
    interface::packages(house)?;
    house.build(&["doorstep-host"])
}

fn write_whole(house: &House, text: &str) -> Result<()> {
    let place = house.root().join(PLACE);
    let scratch = place.with_extension("ts.new");
    fs::write(&scratch, text).and_then(|()| fs::rename(&scratch, &place)).with_context(|| format!("writing {PLACE}"))
}

fn made(house: &House) -> Result<String> {
    let host = Command::new(house.program("doorstep-host")).arg("commands").stderr(Stdio::inherit()).output();
    let schema = host.context("starting doorstep-host")?;
    ensure!(schema.status.success(), "doorstep-host told no commands");
    translated(house, schema.stdout)
}

/// Hands the schema to the translator, which is written in the interface's language.
fn translated(house: &House, schema: Vec<u8>) -> Result<String> {
    let mut child = Command::new("node")
        .arg(house.root().join("xtask/bindings.mjs"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .context("starting node")?;
    let mut input = child.stdin.take().context("its input is piped")?;
    // Written from the side: it may print before it has read everything.
    let writing = thread::spawn(move || input.write_all(&schema));
    let output = child.wait_with_output()?;
    ensure!(output.status.success(), "the schema of the commands was not translated");
    writing.join().ok().context("writing the schema")??;
    Ok(String::from_utf8(output.stdout)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn types_of(schema: &serde_json::Value) -> String {
        let house = House::find().unwrap();
        translated(&house, schema.to_string().into_bytes()).unwrap()
    }

    fn command(args: serde_json::Value, result: serde_json::Value) -> serde_json::Value {
        serde_json::json!({
            "type": "object", "properties": {"args": args, "result": result},
            "required": ["args", "result"], "additionalProperties": false,
        })
    }

    #[test]
    fn each_definition_becomes_one_exported_type_however_often_it_is_named() {
        let text = types_of(&serde_json::json!({
            "type": "object",
            "properties": {
                "one": command(serde_json::json!({"$ref": "#/$defs/Visit", "description": "Again."}),
                               serde_json::json!({"$ref": "#/$defs/Visit"})),
                "two": command(serde_json::json!({"type": "object"}), serde_json::json!({"type": "array",
                               "items": {"anyOf": [{"$ref": "#/$defs/Visit"}, {"type": "null"}]}})),
            },
            "required": ["one", "two"],
            "additionalProperties": false,
            "$defs": {"Visit": {"type": "object", "properties": {"id": {"$ref": "#/$defs/Id"}}, "required": ["id"]},
                      "Id": {"type": "string", "format": "uuid"}},
        }));
        assert_eq!(text.matches("export ").count(), 3, "{text}");
        assert!(text.contains("export type Id = string;"), "{text}");
        assert!(text.contains("args: Visit;\n    result: Visit;"), "{text}");
        assert!(text.contains("args: Record<string, never>;\n    result: (Visit | null)[];"), "{text}");
        assert!(!text.contains("[k: string]"), "{text}");
    }

    #[test]
    fn types_are_stale_once_a_command_changes_and_while_they_were_never_made() {
        let schema = |fields: serde_json::Value| {
            serde_json::json!({
                "type": "object",
                "properties": {"keep": command(serde_json::json!({"type": "object", "properties": fields}),
                                               serde_json::json!({"type": "null"}))},
                "required": ["keep"], "additionalProperties": false,
            })
        };
        let before = schema(serde_json::json!({"note": {"type": "string"}}));
        let after = schema(serde_json::json!({"note": {"type": "string"}, "at": {"type": "string"}}));
        let checkout = tempfile::tempdir().unwrap();
        assert!(!is_fresh(checkout.path(), &types_of(&before)), "never made");
        let place = checkout.path().join(PLACE);
        fs::create_dir_all(place.parent().unwrap()).unwrap();
        fs::write(&place, types_of(&before)).unwrap();
        assert!(is_fresh(checkout.path(), &types_of(&before)));
        assert!(!is_fresh(checkout.path(), &types_of(&after)), "a field was added");
        fs::write(&place, types_of(&before).replace("string", "number")).unwrap();
        assert!(!is_fresh(checkout.path(), &types_of(&before)), "changed by hand");
    }

    #[test]
    fn what_rust_gives_has_every_field_and_what_it_takes_may_leave_out_defaults() {
        let card = |name: &str| {
            serde_json::json!({"type": "object", "title": name,
            "properties": {"note": {"type": ["string", "null"], "default": null}}})
        };
        let text = types_of(&serde_json::json!({
            "type": "object",
            "properties": {"keep": command(serde_json::json!({"$ref": "#/$defs/Taken"}),
                                           serde_json::json!({"$ref": "#/$defs/Given"}))},
            "required": ["keep"],
            "additionalProperties": false,
            "$defs": {"Taken": card("Taken"), "Given": card("Given")},
        }));
        assert!(text.contains("export interface Given {\n  note: string | null;\n}"), "{text}");
        assert!(text.contains("export interface Taken {\n  note?: string | null;\n}"), "{text}");
    }
}
