//! The table: what is needed, what for, and what it is called.

use super::System;
use std::{
    env,
    path::Path,
    process::{Command, Stdio},
};

/// Why something is needed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Need {
    /// To compile anything of ours.
    Building,
    /// To compile and show the window.
    Window,
    /// A display, a keychain and a driver for windows that nobody looks at.
    Session,
    /// To know which files are ours.
    Tidying,
    /// HQ's other database, to run its tests on.
    Database,
    /// To read papers back.
    Papers,
    /// A printer to print on.
    Printer,
    /// Programs in Python that test HQ from outside.
    Robots,
    /// The peers we measure ourselves against.
    Yardsticks,
}

/// How we see that a thing is there where no package manager of ours can be asked.
#[derive(Debug, Clone, Copy)]
pub(super) enum Sign {
    /// A program on the path.
    Program(&'static str),
    /// A library that pkg-config knows.
    Library(&'static str),
    /// Part of the system where it exists at all.
    Nothing,
}

/// A row of the table.
pub(super) struct Row {
    /// Why it is needed.
    pub need: Need,
    /// What for, for people.
    pub purpose: &'static str,
    sign: Sign,
    /// Names in Debian 12.
    pub debian: &'static [&'static str],
    fedora: &'static [&'static str],
    arch: &'static [&'static str],
    macos: &'static [&'static str],
    windows: &'static [&'static str],
}

impl Row {
    /// Names on a system; Debian's where we don't know its own.
    pub(super) fn names(&self, system: System) -> &'static [&'static str] {
        match system {
            System::Debian | System::Other => self.debian,
            System::Fedora => self.fedora,
            System::Arch => self.arch,
            System::MacOs => self.macos,
            System::Windows => self.windows,
        }
    }

    /// Whether the thing is there.
    pub(super) fn is_there(&self) -> bool {
        match self.sign {
            Sign::Program(name) => is_on_path(name),
            Sign::Library(name) => {
                let mut command = Command::new("pkg-config");
                let status = command.args(["--exists", name]).stdout(Stdio::null()).stderr(Stdio::null()).status();
                cfg!(not(target_os = "linux")) || status.is_ok_and(|status| status.success())
            }
            Sign::Nothing => true,
        }
    }
}

fn is_on_path(name: &str) -> bool {
    let name = format!("{name}{}", env::consts::EXE_SUFFIX);
    env::var_os("PATH").is_some_and(|path| env::split_paths(&path).any(|folder| Path::is_file(&folder.join(&name))))
}

/// Everything the verbs need besides Rust and Node.
pub(super) const ROWS: &[Row] = &[
    Row {
        need: Need::Building,
        purpose: "compiler, and what the bundled OpenSSL of the encrypted database is built with",
        sign: Sign::Program("perl"),
        debian: &["build-essential", "pkg-config", "perl"],
        fedora: &["gcc", "gcc-c++", "make", "pkgconf-pkg-config", "perl-core"],
        arch: &["base-devel", "pkgconf", "perl"],
        macos: &["pkgconf", "perl"],
        windows: &["Microsoft.VisualStudio.2022.BuildTools", "StrawberryPerl.StrawberryPerl"],
    },
    Row {
        need: Need::Building,
        purpose: "the system's keychain",
        sign: Sign::Library("dbus-1"),
        debian: &["libdbus-1-dev"],
        fedora: &["dbus-devel"],
        arch: &["dbus"],
        macos: &[],
        windows: &[],
    },
    Row {
        need: Need::Window,
        purpose: "the window",
        sign: Sign::Library("webkit2gtk-4.1"),
        debian: &["libwebkit2gtk-4.1-dev", "libgtk-3-dev", "librsvg2-dev"],
        fedora: &["webkit2gtk4.1-devel", "gtk3-devel", "librsvg2-devel"],
        arch: &["webkit2gtk-4.1", "gtk3", "librsvg"],
        macos: &[],
        windows: &["Microsoft.EdgeWebView2Runtime"],
    },
    Row {
        need: Need::Window,
        purpose: "Chinese on screen",
        sign: Sign::Nothing,
        debian: &["fonts-noto-cjk"],
        fedora: &["google-noto-sans-cjk-fonts"],
        arch: &["noto-fonts-cjk"],
        macos: &[],
        windows: &[],
    },
    Row {
        need: Need::Session,
        purpose: "a display nobody looks at",
        sign: Sign::Program("Xvfb"),
        debian: &["xvfb"],
        fedora: &["xorg-x11-server-Xvfb"],
        arch: &["xorg-server-xvfb"],
        macos: &[],
        windows: &[],
    },
    Row {
        need: Need::Session,
        purpose: "driving the window",
        sign: Sign::Program("WebKitWebDriver"),
        debian: &["webkit2gtk-driver"],
        fedora: &["webkitgtk6.0"],
        arch: &["webkit2gtk-4.1"],
        macos: &[],
        windows: &[],
    },
    Row {
        need: Need::Session,
        purpose: "a session with a keychain",
        sign: Sign::Program("gnome-keyring-daemon"),
        debian: &["dbus", "gnome-keyring"],
        fedora: &["dbus-daemon", "gnome-keyring"],
        arch: &["dbus", "gnome-keyring"],
        macos: &[],
        windows: &[],
    },
    Row {
        need: Need::Tidying,
        purpose: "telling our files from others",
        sign: Sign::Program("git"),
        debian: &["git"],
        fedora: &["git"],
        arch: &["git"],
        macos: &["git"],
        windows: &["Git.Git"],
    },
    Row {
        need: Need::Database,
        purpose: "HQ's other database",
        sign: Sign::Program("initdb"),
        debian: &["postgresql", "util-linux"],
        fedora: &["postgresql-server"],
        arch: &["postgresql"],
        macos: &["postgresql"],
        windows: &["PostgreSQL.PostgreSQL.17"],
    },
    Row {
        need: Need::Papers,
        purpose: "reading papers back",
        sign: Sign::Program("pdftotext"),
        debian: &["poppler-utils"],
        fedora: &["poppler-utils"],
        arch: &["poppler"],
        macos: &["poppler"],
        windows: &["oschwartz10612.Poppler"],
    },
    Row {
        need: Need::Papers,
        purpose: "checking papers",
        sign: Sign::Program("qpdf"),
        debian: &["qpdf"],
        fedora: &["qpdf"],
        arch: &["qpdf"],
        macos: &["qpdf"],
        windows: &["QPDF.QPDF"],
    },
    Row {
        need: Need::Printer,
        purpose: "a printer to print on",
        sign: Sign::Program("ippeveprinter"),
        debian: &["cups-ipp-utils"],
        fedora: &["cups-ipptool", "cups-printerapp"],
        arch: &["cups"],
        macos: &[],
        windows: &[],
    },
    Row {
        need: Need::Printer,
        purpose: "what that printer announces itself with",
        sign: Sign::Program("avahi-daemon"),
        debian: &["avahi-daemon", "dbus"],
        fedora: &["avahi"],
        arch: &["avahi"],
        macos: &[],
        windows: &[],
    },
    Row {
        need: Need::Robots,
        purpose: "programs in Python that test HQ",
        sign: Sign::Program("python3"),
        debian: &["python3-venv"],
        fedora: &["python3"],
        arch: &["python"],
        macos: &["python"],
        windows: &["Python.Python.3.12"],
    },
    Row {
        need: Need::Yardsticks,
        purpose: "typst, reportlab and weasyprint",
        sign: Sign::Program("python3"),
        debian: &["python3-venv", "libpango-1.0-0", "libpangoft2-1.0-0", "libharfbuzz-subset0"],
        fedora: &["python3", "pango"],
        arch: &["python", "pango"],
        macos: &["python", "pango"],
        windows: &["Python.Python.3.12"],
    },
    Row {
        need: Need::Yardsticks,
        purpose: "wkhtmltopdf",
        sign: Sign::Program("wkhtmltopdf"),
        debian: &["wkhtmltopdf"],
        fedora: &["wkhtmltopdf"],
        arch: &["wkhtmltopdf"],
        macos: &["wkhtmltopdf"],
        windows: &["wkhtmltopdf.wkhtmltox"],
    },
];
