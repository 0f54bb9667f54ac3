//! Where PostgreSQL's programs are, and as whom they run.

use std::{
    env, fs, io,
    path::{Path, PathBuf},
    process::Command,
};

/// Where packages put each major version in a folder of its own.
const PLACES: &[&str] = &["/usr/lib/postgresql", "/usr/pgsql", "/opt/homebrew/opt", "/usr/local/opt"];

/// The folder of `initdb` and `pg_ctl`, the newest where there are several.
pub fn folder() -> Option<PathBuf> {
    let on_path = env::var_os("PATH").map(|path| env::split_paths(&path).collect::<Vec<_>>()).unwrap_or_default();
    let mut packaged: Vec<PathBuf> = PLACES.iter().flat_map(|place| versions(Path::new(place))).collect();
    packaged.sort_by_key(|folder| std::cmp::Reverse(major(folder)));
    on_path
        .into_iter()
        .chain(packaged)
        .find(|folder| ["initdb", "pg_ctl"].iter().all(|name| folder.join(name).exists()))
}

fn versions(place: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(place).into_iter().flatten().flatten();
    entries.map(|entry| entry.path().join("bin")).collect()
}

/// The number in `…/15/bin` or `…/postgresql@16/bin`.
fn major(folder: &Path) -> u32 {
    let name = folder.parent().and_then(Path::file_name).map(|name| name.to_string_lossy().into_owned());
    let digits: String = name.unwrap_or_default().chars().filter(char::is_ascii_digit).collect();
    digits.parse().unwrap_or(0)
}

/// A command that runs its arguments. PostgreSQL refuses to run as root: then they run as the account that its package
/// made.
///
/// # Errors
/// When the system does not say who runs this.
pub fn as_nobody_special() -> io::Result<Command> {
    let asked = Command::new("id").arg("-u").output()?;
    if asked.stdout.trim_ascii() != b"0" {
        return Ok(Command::new("env"));
    }
    let mut command = Command::new("setpriv");
    command.args(["--reuid=postgres", "--regid=postgres", "--clear-groups"]);
    Ok(command)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_version_comes_first() {
        assert!(major(Path::new("/usr/lib/postgresql/15/bin")) < major(Path::new("/opt/x/postgresql@16/bin")));
        assert_eq!(major(Path::new("/usr/bin")), 0);
    }
}
