//! What passed and what failed, and the line that says so last.

use crate::tell::heading;
use anyhow::{Context, Result};
use std::{
    io::{BufRead, BufReader},
    process::{Command, Stdio},
};

/// Sum of all checks and tests so far.
pub(crate) struct Tally {
    tell: fn(&str),
    passed: u64,
    failed: u64,
    failures: Vec<String>,
}

/// What a test program says of its tests.
#[derive(Debug, Default, PartialEq, Eq)]
struct Counts {
    passed: u64,
    failed: u64,
    failures: Vec<String>,
}

impl Tally {
    /// Nothing yet. `tell` prints a line for the person who waits.
    pub(crate) fn new(tell: fn(&str)) -> Self {
        Self { tell, passed: 0, failed: 0, failures: Vec::new() }
    }

    /// Does a check that passes or fails as one. An error is a failure that says why.
    pub(crate) fn check(&mut self, name: &str, check: impl FnOnce() -> Result<bool>) -> bool {
        (self.tell)(&heading(name));
        let passed = check().unwrap_or_else(|error| {
            (self.tell)(&format!("{error:#}"));
            false
        });
        if passed {
            self.passed += 1;
        } else {
            self.failed += 1;
            self.failures.push(name.to_owned());
        }
        passed
    }

    /// Runs a program that tests, shows what it prints, and counts its tests.
    pub(crate) fn tests(&mut self, name: &str, command: &mut Command) {
        (self.tell)(&heading(name));
        let (counts, fine) = counted(command, self.tell).unwrap_or_else(|error| {
            (self.tell)(&format!("{error:#}"));
            (Counts::default(), false)
        });
        self.passed += counts.passed;
        self.failed += counts.failed;
        self.failures.extend(counts.failures.into_iter().map(|test| format!("{name}: {test}")));
        if !fine && counts.failed == 0 {
            // It ended before it could tell: a crash, a limit, or a program that did not start.
            self.failed += 1;
            self.failures.push(format!("{name}: did not end well"));
        }
    }

    /// Names what failed and prints the sum as the last line. Nothing run is a failure too.
    pub(crate) fn close(self) -> bool {
        if !self.failures.is_empty() {
            (self.tell)(&heading("Failed"));
            self.failures.iter().for_each(|failure| (self.tell)(&format!("  {failure}")));
        }
        let (line, good) = self.sum();
        (self.tell)(&line);
        good
    }

    fn sum(&self) -> (String, bool) {
        (format!("{} passed, {} failed", self.passed, self.failed), self.passed > 0 && self.failed == 0)
    }
}

fn counted(command: &mut Command, tell: fn(&str)) -> Result<(Counts, bool)> {
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().context("starting the tests")?;
    let mut counts = Counts::default();
    let mut out = BufReader::new(child.stdout.take().context("its output is piped")?);
    let mut line = Vec::new();
    // By bytes: a test may print what is no text.
    while out.read_until(b'\n', &mut line)? > 0 {
        let text = String::from_utf8_lossy(&line).trim_end().to_owned();
        tell(&text);
        counts.add(&text);
        line.clear();
    }
    Ok((counts, child.wait()?.success()))
}

impl Counts {
    fn add(&mut self, line: &str) {
        if let Some(rest) = line.strip_prefix("test result: ") {
            self.passed += number_before(rest, " passed");
            self.failed += number_before(rest, " failed");
        } else if let Some(name) = line.strip_prefix("test ").and_then(|rest| rest.strip_suffix(" ... FAILED")) {
            self.failures.push(name.to_owned());
        }
    }
}

/// `3` in `ok. 3 passed; 0 failed`, for ` passed`.
fn number_before(line: &str, word: &str) -> u64 {
    let before = line.split_once(word).map_or("", |(before, _)| before);
    before.rsplit([' ', ';']).next().and_then(|number| number.parse().ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What these tests print would be counted by the run that they are part of.
    fn silent() -> Tally {
        Tally::new(|_| {})
    }

    fn shell(script: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        command
    }

    #[test]
    fn results_of_several_test_programs_add_up() {
        let mut tally = silent();
        tally.tests(
            "a",
            &mut shell("echo 'test result: ok. 12 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out'"),
        );
        tally.tests("b", &mut shell("echo 'test result: ok. 3 passed; 0 failed; 0 ignored; finished in 0.01s'"));
        assert!(tally.check("c", || Ok(true)));
        assert_eq!(tally.sum(), ("16 passed, 0 failed".to_owned(), true));
    }

    #[test]
    fn a_failed_test_is_counted_once_and_named() {
        let mut tally = silent();
        let script = "echo 'test visits::a_sealed_visit_stays ... FAILED'; \
                      echo 'test result: FAILED. 4 passed; 1 failed; 0 ignored'; exit 101";
        tally.tests("doorstep-app", &mut shell(script));
        assert_eq!(tally.sum(), ("4 passed, 1 failed".to_owned(), false));
        assert_eq!(tally.failures, ["doorstep-app: visits::a_sealed_visit_stays"]);
    }

    #[test]
    fn a_test_program_that_crashes_or_does_not_start_is_a_failure() {
        let mut tally = silent();
        tally.tests("crashed", &mut shell("echo 'test one ... ok'; kill -SEGV $$"));
        tally.tests("absent", &mut Command::new("/no/such/program"));
        assert!(!tally.check("stopped", || anyhow::bail!("no network")));
        assert_eq!(tally.sum(), ("0 passed, 3 failed".to_owned(), false));
    }

    #[test]
    fn nothing_run_is_no_success() {
        assert_eq!(silent().sum(), ("0 passed, 0 failed".to_owned(), false));
    }
}
