//! Each rule, seen to fail on a small tree that breaks it, and to pass the same tree put right.

use super::{Finding, arrows, features, findings, tree::Tree};
use crate::house::{UNIFYING, metadata};
use std::{fs, path::Path, process::Command};
use tempfile::TempDir;

/// A checkout of these files.
fn checkout(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), files);
    assert!(Command::new("git").args(["init", "--quiet"]).current_dir(&folder).status().unwrap().success());
    folder
}

fn write(root: &Path, files: &[(&str, &str)]) {
    for (file, text) in files {
        let place = root.join(file);
        fs::create_dir_all(place.parent().unwrap()).unwrap();
        fs::write(place, text).unwrap();
    }
}

fn found(root: &Path) -> Vec<String> {
    let tree = Tree::of(root).unwrap();
    findings(&tree, &serde_json::Value::Null).unwrap().iter().map(Finding::to_string).collect()
}

fn assert_found(files: &[(&str, &str)], expected: &[&str]) {
    let found = found(checkout(files).path());
    assert_eq!(found.len(), expected.len(), "{found:#?}");
    for (found, expected) in found.iter().zip(expected) {
        assert!(found.contains(expected), "{found} does not say {expected}");
    }
}

#[test]
fn an_arrow_that_points_back_is_found_by_what_cargo_says() {
    let package = |name: &str, more: &str| format!("[package]\nname = \"{name}\"\nedition = \"2024\"\n{more}");
    let folder = checkout(&[
        ("Cargo.toml", "[workspace]\nresolver = \"3\"\nmembers = [\"crates/*\"]\n"),
        ("crates/domain/src/lib.rs", "//! Rules.\n"),
        ("crates/wire/src/lib.rs", "//! Words.\n"),
        ("crates/wire/Cargo.toml", &package("doorstep-wire", "[dependencies]\ndoorstep-domain.path = \"../domain\"\n")),
        ("crates/domain/Cargo.toml", &package("doorstep-domain", "")),
    ]);
    assert_eq!(arrows::findings(&metadata(folder.path()).unwrap()), []);

    let back = "[dev-dependencies]\ndoorstep-hq.path = \"../hq\"\n";
    write(
        folder.path(),
        &[
            ("crates/domain/Cargo.toml", &package("doorstep-domain", back)),
            ("crates/hq/Cargo.toml", &package("doorstep-hq", "")),
            ("crates/hq/src/lib.rs", "//! HQ.\n"),
            ("crates/helpers/Cargo.toml", &package("doorstep-helpers", "")),
            ("crates/helpers/src/lib.rs", "//! Odds and ends.\n"),
        ],
    );
    let found: Vec<_> = arrows::findings(&metadata(folder.path()).unwrap()).iter().map(Finding::to_string).collect();
    assert_eq!(found.len(), 2, "{found:?}");
    assert!(found.iter().any(|line| line.starts_with("package doorstep-domain: may not know doorstep-hq")));
    assert!(found.iter().any(|line| line.starts_with("package doorstep-helpers: has no place")));
}

#[test]
fn a_program_that_would_be_built_of_other_parts_than_the_tests_is_found() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let alone = features::findings(root, &["-p", "doorstep", "-p", "doorstep-hq"]).unwrap();
    assert!(alone.iter().any(|finding| finding.to_string().contains("syn v2")), "{alone:#?}");
    assert_eq!(features::findings(root, &UNIFYING).unwrap(), []);
}

#[test]
fn a_message_that_lacks_a_translation_is_found_in_either_language() {
    assert_found(
        &[
            ("messages/zh-CN.json", r#"{"a.one": "一", "a.two": "二"}"#),
            ("messages/en.json", r#"{"a.one": "one", "a.three": " "}"#),
            ("ui/laptop/src/a.ts", "t('a.one'); t('a.two'); const later = 'a.three';"),
        ],
        &[
            "messages/en.json: `a.three` is empty",
            "messages/en.json: lacks `a.two`",
            "messages/zh-CN.json: lacks `a.three`",
        ],
    );
}

#[test]
fn keys_out_of_order_or_twice_and_placeholders_that_differ_are_found() {
    assert_found(
        &[
            ("messages/zh-CN.json", r#"{"a": "{n} 次上门", "c": "丙", "b": "乙", "b": "乙"}"#),
            ("messages/en.json", r#"{"a": "{count|visit|visits}", "b": "b", "c": "c"}"#),
            ("ui/shared/a.svelte", "{t('a', { n: 1 })}{t(\"b\")}{t('c')}"),
        ],
        &["`a` fills in {\"count\"}", "`b` belongs before `c`", "`b` twice"],
    );
}

#[test]
fn a_key_that_is_used_but_missing_or_there_but_unused_is_found() {
    assert_found(
        &[
            ("messages/zh-CN.json", r#"{"paper.title": "回执", "state.planned": "待预约", "sync.old": "旧"}"#),
            ("messages/en.json", r#"{"paper.title": "Receipt", "state.planned": "planned", "sync.old": "old"}"#),
            ("ui/laptop/src/a.svelte", "{t(`state.${state}`)}\n{t('sync.new')} {set('no.key')}"),
            ("crates/paper/src/words.rs", "//! Words.\nconst WORDS: [&str; 2] = [\"paper.title\", \"paper.gone\"];\n"),
            ("ui/generated/commands.ts", "export type Code =\n  | 'invalid';\n"),
        ],
        &[
            "crates/paper/src/words.rs:2: `paper.gone` is in no catalogue",
            "messages/zh-CN.json: `sync.old` is used nowhere",
            "ui/generated/commands.ts: `error.invalid` is in no catalogue",
            "ui/laptop/src/a.svelte:2: `sync.new` is in no catalogue",
        ],
    );
}

#[test]
fn leftovers_and_tests_that_do_not_run_are_found() {
    assert_found(
        &[
            ("crates/a/src/lib.rs", "//! A.\n#[allow(dead_code)]\nfn a() { todo!() } // FIXME later\n"),
            ("crates/a/src/fine.rs", "//! Fine: TODOS is a longer word.\nfn b() { [1].iter().skip(1); }\n"),
            ("ui/laptop/src/a.test.ts", "test.only('one', () => {});\n"),
            ("docs/notes.md", "TODO lists are a fine thing to write about.\n"),
        ],
        &["lib.rs:2: `#[allow(`", "lib.rs:3: `FIXME`", "lib.rs:3: `todo!(`", "a.test.ts:1: `.only(`"],
    );
}

#[test]
fn a_long_file_and_a_module_that_does_not_say_what_it_is_are_found() {
    let long = format!("//! Long.\n{}", "// line\n".repeat(500));
    let with_tests = format!("//! Short.\n#[cfg(test)]\n{}", "// line\n".repeat(600));
    assert_found(
        &[
            ("crates/a/src/lib.rs", &long),
            ("crates/a/src/silent.rs", "use std::fs;\n"),
            ("crates/a/src/tested.rs", &with_tests),
            ("crates/a/tests/whole.rs", &long),
        ],
        &["crates/a/src/lib.rs: 501 lines", "crates/a/src/silent.rs: does not open with `//!`"],
    );
}

#[test]
fn places_of_one_machine_are_found() {
    let folder = checkout(&[
        ("Cargo.lock", "source = \"registry+https://github.com/rust-lang/crates.io-index\"\n"),
        ("a.md", "See /work/main/notes.\nInstall from https://registry.npmjs.org/x.\nA frame/work/shop is fine.\n"),
    ]);
    fs::write(folder.path().join("b.md"), folder.path().join("target").to_str().unwrap()).unwrap();
    let found = found(folder.path());
    assert_eq!(found.len(), 3, "{found:?}");
    assert!(found[0].starts_with("a.md:1: names /work/"));
    assert!(found[1].starts_with("a.md:2: names the registry npmjs.org"));
    assert!(found[2].starts_with("b.md:1: names "));
}
