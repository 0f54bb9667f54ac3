//! A session for windows that nobody looks at: a display, a message bus and an unlocked keychain of its own, all in a
//! scratch folder. It never touches the person's own display, keychain or settings.

use crate::{
    companion::{Companion, tied, wait_until},
    house::House,
};
use anyhow::{Context, Result, ensure};
use std::{
    fs,
    path::{Path, PathBuf},
    process::{self, Command, Stdio},
    time::Duration,
};

/// Longest time that one program may take in the session, in seconds: one that hangs must not hold up the rest.
const PROGRAM_SECONDS_MAX: &str = "1500";
/// Longest time that a system service may take to start.
const SERVICE_START_MAX: Duration = Duration::from_secs(20);
/// Unlocks a keychain that is empty and gone with the session, then becomes the program.
const WITH_KEYCHAIN: &str =
    "printf session | gnome-keyring-daemon --unlock --components=secrets >/dev/null 2>&1; exec \"$@\"";

/// The session. It ends when dropped: services first, then the display, then the folder.
pub(crate) struct Session {
    _services: Vec<Companion>,
    _display_server: Companion,
    display: String,
    folder: Scratch,
}

/// A folder that is removed when dropped.
struct Scratch(PathBuf);

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

impl Session {
    /// Opens a session, with what a network printer needs to announce itself.
    ///
    /// # Errors
    /// When display or services don't start.
    pub(crate) fn open(house: &House) -> Result<Self> {
        ensure!(cfg!(target_os = "linux"), "window tests need Linux: the session is made of Xvfb and D-Bus");
        let scratch = Scratch(house.target().join(format!("session-{}", process::id())));
        let folder = &scratch.0;
        for part in ["data", "config", "cache", "runtime"] {
            fs::create_dir_all(folder.join(part)).context("making the session's folder")?;
        }
        close_to_others(&folder.join("runtime"))?;
        let log = fs::File::create(folder.join("display.log"))?;
        let mut server = tied(Path::new("Xvfb"));
        // It takes a free number itself, and says which.
        server.args(["-displayfd", "1", "-screen", "0", "1920x1080x24", "-nolisten", "tcp", "-noreset"]).stderr(log);
        let (display_server, number) = Companion::start_until_ready("Xvfb", &mut server)?;
        let services = services(folder)?;
        Ok(Self {
            _services: services,
            _display_server: display_server,
            display: format!(":{number}"),
            folder: scratch,
        })
    }

    /// A command that runs a program in the session.
    pub(crate) fn command(&self, program: &Path) -> Command {
        let mut command = Command::new("timeout");
        command.args([
            "--kill-after=20",
            PROGRAM_SECONDS_MAX,
            "dbus-run-session",
            "--",
            "sh",
            "-c",
            WITH_KEYCHAIN,
            "sh",
        ]);
        command.arg(program);
        command
            .env("DISPLAY", &self.display)
            .env_remove("WAYLAND_DISPLAY")
            .env("GDK_BACKEND", "x11")
            .env("XDG_DATA_HOME", self.folder.0.join("data"))
            .env("XDG_CONFIG_HOME", self.folder.0.join("config"))
            .env("XDG_CACHE_HOME", self.folder.0.join("cache"))
            .env("XDG_RUNTIME_DIR", self.folder.0.join("runtime"));
        command
    }
}

#[cfg(unix)]
fn close_to_others(folder: &Path) -> Result<()> {
    use std::os::unix::fs::PermissionsExt;
    Ok(fs::set_permissions(folder, fs::Permissions::from_mode(0o700))?)
}

#[cfg(not(unix))]
fn close_to_others(_folder: &Path) -> Result<()> {
    Ok(())
}

/// System services that run on any desktop and in few containers: those that don't run are started.
fn services(folder: &Path) -> Result<Vec<Companion>> {
    let mut started = Vec::new();
    if !is_bus_there() {
        fs::create_dir_all("/run/dbus").context(NEEDS_ROOT)?;
        let mut bus = tied(&system_program("dbus-daemon"));
        bus.args(["--system", "--nofork", "--nopidfile"]);
        started.push(service("dbus-daemon", &mut bus, folder, is_bus_there)?);
    }
    if !is_announcer_there() {
        let mut announcer = tied(&system_program("avahi-daemon"));
        announcer.args(["--no-rlimits", "--no-chroot"]);
        // The last started is the first to end.
        started.insert(0, service("avahi-daemon", &mut announcer, folder, is_announcer_there)?);
    }
    Ok(started)
}

const NEEDS_ROOT: &str = "The test printer needs D-Bus and Avahi, and they don't run here. Start them with \
                          `sudo systemctl start dbus avahi-daemon`, or run this as root";

/// A program for administrators, which may not be on a person's path.
fn system_program(name: &str) -> PathBuf {
    let place = Path::new("/usr/sbin").join(name);
    if place.exists() { place } else { name.into() }
}

fn service(name: &str, command: &mut Command, folder: &Path, is_there: fn() -> bool) -> Result<Companion> {
    let log = folder.join(format!("{name}.log"));
    let file = fs::File::create(&log)?;
    command.stdout(file.try_clone()?).stderr(file);
    let companion = Companion::start(name, command)?;
    if !wait_until(SERVICE_START_MAX, is_there) {
        let said = fs::read_to_string(&log).unwrap_or_default();
        ensure!(is_there(), "{NEEDS_ROOT}.\n{}", said.trim());
    }
    Ok(companion)
}

#[cfg(unix)]
fn is_bus_there() -> bool {
    std::os::unix::net::UnixStream::connect("/run/dbus/system_bus_socket").is_ok()
}

#[cfg(not(unix))]
fn is_bus_there() -> bool {
    true
}

fn is_announcer_there() -> bool {
    let mut check = Command::new(system_program("avahi-daemon"));
    check.arg("--check").stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok_and(|status| status.success())
}
