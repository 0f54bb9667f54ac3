//! A program that runs beside the verb that started it, and ends with it.

use anyhow::{Context, Result, bail};
use std::{
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

/// Time a program has to end by itself before it is ended.
const ENDING_MAX: Duration = Duration::from_secs(10);
/// Between two looks at something that has no way to tell.
const LOOK_AGAIN: Duration = Duration::from_millis(50);

/// A running program. Dropping it asks the program to end and waits until it has.
pub(crate) struct Companion {
    name: String,
    child: Child,
}

impl Companion {
    /// Starts a program that needs no watching.
    ///
    /// # Errors
    /// When it cannot start.
    pub(crate) fn start(name: &str, command: &mut Command) -> Result<Self> {
        let child = command.stdin(Stdio::null()).spawn().with_context(|| format!("starting {name}"))?;
        Ok(Self { name: name.to_owned(), child })
    }

    /// Starts a program that prints a line once it is ready, and gives that line.
    ///
    /// # Errors
    /// When it cannot start, or ends without a line.
    pub(crate) fn start_until_ready(name: &str, command: &mut Command) -> Result<(Self, String)> {
        let mut companion = Self::start(name, command.stdout(Stdio::piped()))?;
        let mut line = String::new();
        let out = companion.child.stdout.take().context("its output is piped")?;
        let mut out = BufReader::new(out);
        if out.read_line(&mut line)? == 0 {
            let status = companion.child.wait()?;
            bail!("{name} did not start ({status})");
        }
        // Kept read, or the program would meet a closed pipe when it prints again.
        thread::spawn(move || out.lines().map_while(std::result::Result::ok).for_each(drop));
        Ok((companion, line.trim().to_owned()))
    }

    /// Waits until the program ends by itself, and says whether it went well.
    ///
    /// # Errors
    /// The system's.
    pub(crate) fn wait(mut self) -> Result<bool> {
        Ok(self.child.wait().with_context(|| format!("waiting for {}", self.name))?.success())
    }

    fn end(&mut self) {
        if self.child.try_wait().is_ok_and(|status| status.is_some()) {
            return;
        }
        ask_to_end(self.child.id());
        let child = &mut self.child;
        let ended = wait_until(ENDING_MAX, || child.try_wait().is_ok_and(|status| status.is_some()));
        if !ended {
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }
}

impl Drop for Companion {
    fn drop(&mut self) {
        self.end();
    }
}

/// A program that the system ends, should this verb be ended before it can.
pub(crate) fn tied(program: &Path) -> Command {
    if cfg!(target_os = "linux") && Path::new("/usr/bin/setpriv").exists() {
        let mut command = Command::new("/usr/bin/setpriv");
        command.args(["--pdeathsig", "TERM", "--"]).arg(program);
        return command;
    }
    Command::new(program)
}

/// Looks until something is so, and says whether it became so in time.
pub(crate) fn wait_until(longest: Duration, mut is_so: impl FnMut() -> bool) -> bool {
    let started = Instant::now();
    while !is_so() {
        if started.elapsed() > longest {
            return false;
        }
        thread::sleep(LOOK_AGAIN);
    }
    true
}

/// Asks one process, by its id, to end. Where there is no such request, the caller's patience ends it.
fn ask_to_end(id: u32) {
    if cfg!(unix) {
        let _ = Command::new("sh").args(["-c", "kill -TERM \"$1\"", "sh"]).arg(id.to_string()).status();
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn a_companion_ends_when_it_is_dropped_and_may_clean_up() {
        let folder = tempfile::tempdir().unwrap();
        let trace = folder.path().join("ended");
        let script = r#"trap 'echo done > "$1"; kill $!; exit 0' TERM; sleep 60 & echo ready; wait"#;
        let mut command = Command::new("sh");
        command.args(["-c", script, "sh"]).arg(&trace);
        let (companion, line) = Companion::start_until_ready("a shell", &mut command).unwrap();
        assert_eq!(line, "ready");
        drop(companion);
        assert_eq!(std::fs::read_to_string(&trace).unwrap(), "done\n");
    }

    #[test]
    fn a_program_that_ends_before_it_is_ready_is_named() {
        let refused = Companion::start_until_ready("HQ", Command::new("sh").args(["-c", "exit 3"]));
        assert!(refused.err().unwrap().to_string().starts_with("HQ did not start"));
    }
}
