//! `cargo xtask test`: every check and every test, from a bare machine. It goes on after a failure, so that one run
//! reports everything, and closes with `N passed, N failed`.

use crate::{
    bindings,
    house::{self, FEATURES, House, TestProgram},
    install::{self, Need},
    interface, robots,
    session::Session,
    tally::Tally,
    tell::tell,
    tidy,
};
use anyhow::Result;
use clap::{Args, ValueEnum};
use std::process::Command;

/// The package of the tests that need a display, a keychain and a printer.
const WINDOW_TESTS: &str = "doorstep-tests";

/// Examples of each of HQ's operations: about twenty seconds.
const ROBOT_EXAMPLES: u32 = 20;

/// What to test.
#[derive(Args)]
pub(crate) struct Options {
    /// Only a part.
    #[arg(long, value_enum)]
    only: Option<Part>,
    /// Install what is missing without asking.
    #[arg(long)]
    yes: bool,
}

/// A part of the tests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Part {
    /// House rules and bindings.
    Tidy,
    /// Format, clippy and the crates' own tests.
    Rust,
    /// Types, format and build of the interface.
    Ui,
    /// End to end, in the real window.
    Window,
}

impl Options {
    fn asks_for(&self, parts: &[Part]) -> bool {
        self.only.is_none_or(|only| parts.contains(&only))
    }
}

/// Tests; `false` when anything failed or nothing ran.
///
/// # Errors
/// When what is missing was not installed.
pub(crate) fn test(house: &House, options: &Options) -> Result<bool> {
    let mut tally = Tally::new(tell);
    let ready = tally.check("what the tests need", || prepare(house, options).map(|()| true));
    if ready {
        checks(house, options, &mut tally);
        if options.asks_for(&[Part::Tidy, Part::Rust, Part::Window]) {
            programs(house, options, &mut tally);
        }
    }
    Ok(tally.close())
}

fn prepare(house: &House, options: &Options) -> Result<()> {
    use Need::{Building, Database, Papers, Printer, Robots, Session, Tidying, Window};
    install::install(&[Building, Window, Session, Tidying, Database, Papers, Printer, Robots], options.yes)?;
    install::components(house, options.yes)?;
    robots::install(house)?;
    interface::packages(house)
}

/// Everything that looks at sources only. The interface comes before clippy, since the window carries it inside.
fn checks(house: &House, options: &Options, tally: &mut Tally) {
    if options.asks_for(&[Part::Tidy]) {
        tally.check("tidy", || tidy::files_are_tidy(house));
    }
    if options.asks_for(&[Part::Rust]) {
        tally.check("cargo fmt --check", || house::run(&mut house.cargo(["fmt", "--all", "--check"])));
    }
    if options.asks_for(&[Part::Ui]) {
        tally.check("npm run check", || house::run(interface::npm(house).args(["run", "--silent", "check"])));
    }
    tally.check("npm run build", || interface::build(house).map(|()| true));
    if options.asks_for(&[Part::Rust]) {
        let mut clippy = house.cargo(["clippy", "--workspace", "--all-targets", "--keep-going"]);
        clippy.args(FEATURES).args(["--", "-D", "warnings"]);
        tally.check("cargo clippy", || house::run(&mut clippy));
    }
}

/// Everything that has to be built first.
fn programs(house: &House, options: &Options, tally: &mut Tally) {
    let mut built = Vec::new();
    let is_built = tally.check("cargo build", || {
        built = house.build_tests()?;
        Ok(true)
    });
    if !is_built {
        return;
    }
    if options.asks_for(&[Part::Tidy]) {
        tally.check("bindings", || bindings::compare(house));
    }
    let (window, crates): (Vec<_>, Vec<_>) = built.iter().partition(|program| program.package == WINDOW_TESTS);
    if options.asks_for(&[Part::Rust]) {
        for program in crates {
            run(house, program, Command::new(&program.executable), tally);
        }
        tally.check("HQ answers what its document says", || robots::ask_everything(house, ROBOT_EXAMPLES));
        let mut documentation = house.cargo(["test", "--workspace", "--doc"]);
        tally.tests("examples in the documentation", documentation.args(FEATURES));
    }
    if options.asks_for(&[Part::Window]) {
        in_a_session(house, &window, tally);
    }
}

fn in_a_session(house: &House, programs: &[&TestProgram], tally: &mut Tally) {
    let mut session = None;
    tally.check("a session for the window", || {
        session = Some(Session::open(house)?);
        Ok(true)
    });
    if let Some(session) = &session {
        for program in programs {
            run(house, program, session.command(&program.executable), tally);
        }
    }
}

/// Runs a test program as cargo would: from its package's folder.
fn run(house: &House, program: &TestProgram, mut command: Command, tally: &mut Tally) {
    command
        .current_dir(&program.folder)
        .env("CARGO_MANIFEST_DIR", &program.folder)
        .env("DOORSTEP_BIN_DIR", house.programs())
        .env("DOORSTEP_INTERFACE", house.interface())
        .env("DOORSTEP_ROBOTS", robots::folder(house));
    tally.tests(&name_of(program), &mut command);
}

/// `doorstep-app`, and the target where it is not called like the package.
fn name_of(program: &TestProgram) -> String {
    if program.package.replace('-', "_") == program.target.replace('-', "_") {
        program.package.clone()
    } else {
        format!("{} {}", program.package, program.target)
    }
}
