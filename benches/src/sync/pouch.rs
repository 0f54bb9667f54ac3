//! PouchDB, installed below the yardsticks' folder from the package list in the repository.

use crate::row::{RUNS, Times};
use doorstep_domain::{Doc, id::RecordId};
use serde::Deserialize;
use serde_json::Value;
use std::{error::Error, path::Path, process::Command};

/// What it took.
#[derive(Default)]
pub struct Pouch {
    pub push: Times,
    pub pull: Times,
    pub few_push: Times,
    pub few_pull: Times,
    pub bytes_up: Option<f64>,
    pub bytes_down: Option<f64>,
}

#[derive(Deserialize)]
struct Found {
    push_ms: Vec<f64>,
    pull_ms: Vec<f64>,
    few_push_ms: Vec<f64>,
    few_pull_ms: Vec<f64>,
    bytes_up: f64,
    bytes_down: f64,
}

/// Replicates the same documents, then `few` changes.
pub fn measured(yardsticks: &Path, docs: &[(RecordId, Doc)], few: usize) -> Result<Pouch, Box<dyn Error>> {
    let folder = std::path::absolute(yardsticks.join("pouch"))?;
    install(&folder)?;
    let documents: Vec<Value> = docs.iter().map(document).collect();
    let file = folder.join("documents.json");
    std::fs::write(&file, serde_json::to_vec(&documents)?)?;
    let place = tempfile::tempdir()?;
    let mut node = Command::new("node");
    node.arg("pouch.js").arg(&file).arg(few.to_string()).arg(place.path()).arg(RUNS.to_string());
    let said = ran(node.current_dir(&folder))?;
    let found: Found = serde_json::from_slice(&said)?;
    let times = |runs: Vec<f64>| {
        let mut times = Times::default();
        times.extend(runs);
        times
    };
    Ok(Pouch {
        push: times(found.push_ms),
        pull: times(found.pull_ms),
        few_push: times(found.few_push_ms),
        few_pull: times(found.few_pull_ms),
        bytes_up: Some(found.bytes_up),
        bytes_down: Some(found.bytes_down),
    })
}

fn document((id, doc): &(RecordId, Doc)) -> Value {
    let mut doc = doc.clone();
    doc.insert("_id".to_owned(), id.to_string().into());
    Value::Object(doc)
}

fn install(folder: &Path) -> Result<(), Box<dyn Error>> {
    let ours = Path::new(env!("CARGO_MANIFEST_DIR")).join("yardsticks/pouch");
    std::fs::create_dir_all(folder)?;
    std::fs::copy(ours.join("pouch.js"), folder.join("pouch.js"))?;
    let (wanted, there) = (std::fs::read(ours.join("package.json"))?, folder.join("package.json"));
    // The list is copied last, so that an installation that broke off is begun again.
    if std::fs::read(&there).is_ok_and(|there| there == wanted) {
        return Ok(());
    }
    let beside = folder.join("installing");
    std::fs::create_dir_all(&beside)?;
    std::fs::copy(ours.join("package.json"), beside.join("package.json"))?;
    let npm = if cfg!(windows) { "npm.cmd" } else { "npm" };
    let quiet = ["install", "--no-audit", "--no-fund", "--no-package-lock", "--loglevel=error"];
    ran(Command::new(npm).args(quiet).current_dir(&beside))?;
    let modules = folder.join("node_modules");
    if modules.exists() {
        std::fs::remove_dir_all(&modules)?;
    }
    std::fs::rename(beside.join("node_modules"), modules)?;
    Ok(std::fs::write(there, wanted)?)
}

fn ran(command: &mut Command) -> Result<Vec<u8>, Box<dyn Error>> {
    let output = command.output().map_err(|problem| format!("{command:?}: {problem}"))?;
    if output.status.success() {
        return Ok(output.stdout);
    }
    Err(format!("{command:?}: {}", String::from_utf8_lossy(&output.stderr)).into())
}
