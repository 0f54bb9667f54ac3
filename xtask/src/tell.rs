//! What the person at the terminal reads, and the one question they are asked.

use std::io::{self, BufRead, IsTerminal, Write};

/// Prints a line. A reader that went away is no reason to stop.
pub(crate) fn tell(line: &str) {
    let mut out = io::stdout().lock();
    let _ = writeln!(out, "{line}").and_then(|()| out.flush());
}

/// Prints the heading of what comes next.
pub(crate) fn step(what: &str) {
    tell(&heading(what));
}

/// A heading, as it stands out in this terminal.
pub(crate) fn heading(what: &str) -> String {
    if io::stdout().is_terminal() { format!("\x1b[1m» {what}\x1b[0m") } else { format!("» {what}") }
}

/// Whether somebody is there to answer.
pub(crate) fn can_ask() -> bool {
    io::stdin().is_terminal() && io::stdout().is_terminal()
}

/// Asks a question that Enter answers with yes.
///
/// # Errors
/// The terminal's.
pub(crate) fn ask(question: &str) -> io::Result<bool> {
    let mut out = io::stdout().lock();
    write!(out, "{question} [Y/n] ")?;
    out.flush()?;
    let mut answer = String::new();
    let bytes = io::stdin().lock().read_line(&mut answer)?;
    Ok(bytes > 0 && is_yes(&answer))
}

fn is_yes(answer: &str) -> bool {
    matches!(answer.trim().to_lowercase().as_str(), "" | "y" | "yes" | "是")
}

#[cfg(test)]
mod tests {
    use super::is_yes;

    #[test]
    fn enter_means_yes_and_anything_unclear_means_no() {
        assert!(is_yes("\n") && is_yes("Y\n") && is_yes("yes\n") && is_yes("是\n"));
        assert!(!is_yes("n\n") && !is_yes("no\n") && !is_yes("what?\n"));
    }
}
