//! Arrows between crates point one way. The table says who may know whom; a crate that is not in it has no place yet.

use super::Finding;
use serde_json::Value;
use std::collections::BTreeSet;

/// Who may know whom. Tests and benches may know everything.
const MAY_KNOW: &[(&str, &[&str])] = &[
    ("doorstep-domain", &[]),
    ("doorstep-wire", &["doorstep-domain"]),
    ("doorstep-store", &["doorstep-domain", "doorstep-wire"]),
    ("doorstep-sync", &["doorstep-domain", "doorstep-wire", "doorstep-store"]),
    ("doorstep-picture", &[]),
    ("doorstep-paper", &["doorstep-domain", "doorstep-picture", "doorstep-wire"]),
    ("doorstep-roster", &["doorstep-domain", "doorstep-wire"]),
    ("doorstep-vault", &["doorstep-domain", "doorstep-wire"]),
    (
        "doorstep-app",
        &[
            "doorstep-domain",
            "doorstep-paper",
            "doorstep-picture",
            "doorstep-roster",
            "doorstep-store",
            "doorstep-sync",
            "doorstep-vault",
            "doorstep-wire",
        ],
    ),
    ("doorstep-sample", &["doorstep-app", "doorstep-domain"]),
    ("doorstep-host", &["doorstep-app", "doorstep-sample"]),
    ("doorstep", &["doorstep-app"]),
    ("doorstep-hq", &["doorstep-domain", "doorstep-wire"]),
    ("doorstep-cluster", &[]),
    ("xtask", &[]),
];
/// Whom a crate may know in its tests besides: real parts on the other side, never one that builds on it.
const MAY_TEST_WITH: &[(&str, &str)] =
    &[("doorstep-hq", "doorstep-cluster"), ("doorstep-sync", "doorstep-cluster"), ("doorstep-sync", "doorstep-hq")];
const MAY_KNOW_ALL: &[&str] = &["doorstep-tests", "doorstep-benches", "doorstep-sim"];

/// What cargo's metadata says against the table, tests' and builds' dependencies included.
pub(super) fn findings(metadata: &Value) -> Vec<Finding> {
    let packages = metadata["packages"].as_array().map(Vec::as_slice).unwrap_or_default();
    let ours: BTreeSet<&str> = packages.iter().filter_map(|package| package["name"].as_str()).collect();
    packages.iter().flat_map(|package| of_package(package, &ours)).collect()
}

fn of_package(package: &Value, ours: &BTreeSet<&str>) -> Vec<Finding> {
    let name = package["name"].as_str().unwrap_or_default();
    let place = format!("package {name}");
    if MAY_KNOW_ALL.contains(&name) {
        return Vec::new();
    }
    let Some((_, may_know)) = MAY_KNOW.iter().find(|(known, _)| *known == name) else {
        return vec![Finding::new(place, "has no place in the table of arrows (xtask/src/tidy/arrows.rs)")];
    };
    let dependencies = package["dependencies"].as_array().map(Vec::as_slice).unwrap_or_default();
    let known = dependencies.iter().filter(|dependency| !is_for_tests(name, dependency));
    known
        .filter_map(|dependency| dependency["name"].as_str())
        .filter(|known| ours.contains(known) && !may_know.contains(known))
        .map(|known| Finding::new(place.clone(), format!("may not know {known}: arrows between crates point one way")))
        .collect()
}

fn is_for_tests(name: &str, dependency: &Value) -> bool {
    let other = dependency["name"].as_str().unwrap_or_default();
    dependency["kind"] == "dev" && MAY_TEST_WITH.contains(&(name, other))
}
