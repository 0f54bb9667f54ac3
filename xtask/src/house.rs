//! Where things are in this checkout, and how cargo is called in it.

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use std::{
    env,
    ffi::OsStr,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

/// The feature under which the window carries its interface inside; the same everywhere, so that nothing is built twice.
pub(crate) const FEATURES: [&str; 2] = ["--features", "doorstep/custom-protocol"];

/// Selected with whatever is built or tested. Cargo unifies the features of dependencies over the packages one selects;
/// these ask together for everything that the workspace asks for (a rule of `tidy`), so that a program, a test and the
/// whole are made of the same parts. Without them `cargo xtask run` built for minutes what `cargo xtask test` had built.
pub(crate) const UNIFYING: [&str; 6] = ["-p", "doorstep", "-p", "doorstep-hq", "-p", "doorstep-tests"];

/// A checkout.
pub(crate) struct House {
    root: PathBuf,
    target: PathBuf,
    metadata: Value,
}

/// An executable that cargo built.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct TestProgram {
    /// Package it tests.
    pub package: String,
    /// Name of the target in the package.
    pub target: String,
    /// The package's folder, where tests expect to start.
    pub folder: PathBuf,
    /// The file to run.
    pub executable: PathBuf,
}

impl House {
    /// The checkout that holds the current folder.
    ///
    /// # Errors
    /// When cargo does not know it.
    pub(crate) fn find() -> Result<Self> {
        let metadata = metadata(&env::current_dir()?)?;
        let folder =
            |key: &str| metadata[key].as_str().map(PathBuf::from).with_context(|| format!("cargo told no {key}"));
        Ok(Self { root: folder("workspace_root")?, target: folder("target_directory")?, metadata })
    }

    /// The top of the checkout.
    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// Cargo's folder for what it builds; verbs keep their scratch there too.
    pub(crate) fn target(&self) -> &Path {
        &self.target
    }

    /// The folder of the interface's sources.
    pub(crate) fn ui(&self) -> PathBuf {
        self.root.join("ui")
    }

    /// The folder of the built interface.
    pub(crate) fn interface(&self) -> PathBuf {
        self.root.join("ui/dist/laptop")
    }

    /// What cargo says of the workspace.
    pub(crate) fn metadata(&self) -> &Value {
        &self.metadata
    }

    /// Folder of the programs built for development.
    pub(crate) fn programs(&self) -> PathBuf {
        self.target.join("debug")
    }

    /// Where programs are that were built as released.
    pub(crate) fn released(&self) -> PathBuf {
        self.target.join("release")
    }

    /// One of those programs.
    pub(crate) fn program(&self, name: &str) -> PathBuf {
        self.programs().join(format!("{name}{}", env::consts::EXE_SUFFIX))
    }

    /// A cargo command in this checkout.
    pub(crate) fn cargo<S: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = S>) -> Command {
        let mut command = cargo();
        command.current_dir(&self.root).args(args);
        command
    }

    /// Builds these packages' programs, with the interface inside the window.
    ///
    /// # Errors
    /// When they do not build.
    pub(crate) fn build(&self, packages: &[&str]) -> Result<()> {
        let mut command = self.cargo(["build"]);
        command.args(UNIFYING).args(FEATURES);
        for package in packages {
            command.args(["-p", package]);
            for program in programs_of(&self.metadata, package) {
                command.args(["--bin", program]);
            }
        }
        succeed(&mut command)
    }

    /// Builds everything, tests included, and names the programs that test.
    ///
    /// # Errors
    /// When something does not build.
    pub(crate) fn build_tests(&self) -> Result<Vec<TestProgram>> {
        let mut command = self.cargo(["build", "--workspace", "--all-targets"]);
        command.args(FEATURES).arg("--message-format=json-render-diagnostics");
        let output = command.stdin(Stdio::null()).stderr(Stdio::inherit()).output().context("starting cargo")?;
        ensure!(output.status.success(), "the workspace does not build");
        Ok(test_programs(&String::from_utf8_lossy(&output.stdout)))
    }
}

/// What cargo says of the workspace around a folder.
///
/// # Errors
/// When there is none.
pub(crate) fn metadata(folder: &Path) -> Result<Value> {
    let output = cargo()
        .args(["metadata", "--no-deps", "--format-version", "1"])
        .current_dir(folder)
        .output()
        .context("starting cargo")?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr).trim());
    Ok(serde_json::from_slice(&output.stdout)?)
}

/// Runs a command to its end.
///
/// # Errors
/// When it cannot start, or fails.
pub(crate) fn succeed(command: &mut Command) -> Result<()> {
    ensure!(run(command)?, "{} failed", described(command));
    Ok(())
}

/// Runs a command to its end, and says whether it succeeded.
///
/// # Errors
/// When it cannot start.
pub(crate) fn run(command: &mut Command) -> Result<bool> {
    let status = command.stdin(Stdio::null()).status().with_context(|| format!("starting {}", described(command)))?;
    Ok(status.success())
}

/// The command as a person would type it.
pub(crate) fn described(command: &Command) -> String {
    let program = Path::new(command.get_program()).file_name().unwrap_or_default();
    let words = std::iter::once(program).chain(command.get_args());
    words.map(OsStr::to_string_lossy).collect::<Vec<_>>().join(" ")
}

/// Without what cargo told this program of its own package: build scripts that watch `CARGO_MANIFEST_DIR` would build
/// half the dependencies anew whenever a person and `cargo xtask` take turns.
pub(crate) fn cargo() -> Command {
    let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.env_remove("CARGO_MANIFEST_DIR");
    command
}

/// The programs that a package is of.
fn programs_of<'m>(metadata: &'m Value, package: &str) -> Vec<&'m str> {
    let list = |value: &'m Value| value.as_array().map(Vec::as_slice).unwrap_or_default();
    let named = list(&metadata["packages"]).iter().find(|found| found["name"] == package);
    let targets = named.map(|found| list(&found["targets"])).unwrap_or_default();
    let programs = targets.iter().filter(|target| list(&target["kind"]).contains(&"bin".into()));
    programs.filter_map(|target| target["name"].as_str()).collect()
}

fn test_programs(messages: &str) -> Vec<TestProgram> {
    let mut programs: Vec<_> = messages.lines().filter_map(test_program).collect();
    programs.sort_by(|a, b| (&a.package, &a.target, &a.executable).cmp(&(&b.package, &b.target, &b.executable)));
    programs
}

fn test_program(message: &str) -> Option<TestProgram> {
    let message: Value = serde_json::from_str(message).ok()?;
    if message["reason"] != "compiler-artifact" || message["profile"]["test"] != true {
        return None;
    }
    let folder = Path::new(message["manifest_path"].as_str()?).parent()?;
    let id = message["package_id"].as_str()?;
    Some(TestProgram {
        package: package_name(id)?.to_owned(),
        target: message["target"]["name"].as_str()?.to_owned(),
        folder: folder.to_owned(),
        executable: message["executable"].as_str()?.into(),
    })
}

/// `path+file:///checkout/crates/app#doorstep-app@0.1.0`, or without the name where the folder is called the same.
fn package_name(id: &str) -> Option<&str> {
    let (place, fragment) = id.rsplit_once('#')?;
    match fragment.split_once('@') {
        Some((name, _)) => Some(name),
        None => place.rsplit('/').next(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programs_that_test_are_told_from_the_others_that_cargo_built() {
        let artifact = |id: &str, name: &str, test: bool, executable: Value| {
            serde_json::json!({
                "reason": "compiler-artifact", "package_id": id, "manifest_path": "/h/crates/app/Cargo.toml",
                "target": {"name": name}, "profile": {"test": test}, "executable": executable,
            })
            .to_string()
        };
        let messages = [
            artifact("path+file:///h/crates/app#doorstep-app@0.1.0", "doorstep_app", false, Value::Null),
            artifact("path+file:///h/crates/app#doorstep-app@0.1.0", "doorstep_app", true, "/t/deps/app-1".into()),
            artifact("path+file:///h/xtask#0.1.0", "xtask", true, "/t/deps/xtask-1".into()),
            r#"{"reason":"build-finished","success":true}"#.to_owned(),
            "not JSON".to_owned(),
        ];
        let found = test_programs(&messages.join("\n"));
        let names: Vec<_> = found.iter().map(|p| (p.package.as_str(), p.target.as_str())).collect();
        assert_eq!(names, [("doorstep-app", "doorstep_app"), ("xtask", "xtask")]);
        assert_eq!(found[0].folder, Path::new("/h/crates/app"));
    }

    #[test]
    fn the_programs_of_a_package_are_those_that_cargo_knows() {
        let metadata = metadata(Path::new(env!("CARGO_MANIFEST_DIR"))).unwrap();
        assert_eq!(programs_of(&metadata, "doorstep-hq"), ["doorstep-hq"]);
        assert_eq!(programs_of(&metadata, "doorstep-domain"), Vec::<&str>::new());
    }

    #[test]
    fn a_failing_command_is_named_as_it_would_be_typed() {
        let error = succeed(Command::new("cargo").args(["no-such-verb-here"]).stderr(Stdio::null())).unwrap_err();
        assert_eq!(error.to_string(), "cargo no-such-verb-here failed");
    }
}
