//! The yardsticks: where they are installed and how they are run.
//!
//! The Python ones live in a virtual environment of their own below the target folder, with pinned versions.
//! wkhtmltopdf and the libraries weasyprint loads come from the system.

use super::pictures;
use crate::row::Times;
use doorstep_paper::receipt::{Receipt, Signature};
use serde::Deserialize;
use std::{
    error::Error,
    path::{Path, PathBuf},
    process::{Command, Output},
};

/// Yardsticks by the name their script knows them by, and how the results name them.
pub const PEERS: [(&str, &str); 4] = [
    ("typst", "typst 0.15"),
    ("reportlab", "reportlab 5.1"),
    ("weasyprint", "weasyprint 70"),
    ("wkhtmltopdf", "wkhtmltopdf, a process each"),
];

/// Installed yardsticks, and the folder they work in.
pub struct Peers {
    python: PathBuf,
    scripts: PathBuf,
    work: PathBuf,
}

#[derive(Deserialize)]
struct Measured {
    runs_ms: Vec<f64>,
    bytes: f64,
}

impl Peers {
    /// Makes the virtual environment in `folder` where it is missing, and puts receipts and face beside it.
    pub fn install(folder: &Path, receipts: &[Receipt]) -> Result<Self, Box<dyn Error>> {
        let here = Path::new(env!("CARGO_MANIFEST_DIR"));
        let scripts = here.join("yardsticks");
        let font = here.join("../ui/node_modules/@expo-google-fonts/noto-sans-sc/400Regular/NotoSansSC_400Regular.ttf");
        let (environment, work) = (folder.join("python"), folder.join("receipt"));
        let python = environment.join(if cfg!(windows) { "Scripts/python.exe" } else { "bin/python" });
        if !python.exists() {
            ran(Command::new("python3").args(["-m", "venv"]).arg(&environment))?;
        }
        let requirements = scripts.join("requirements.txt");
        ran(Command::new(&python).args(["-m", "pip", "install", "--quiet", "--requirement"]).arg(requirements))?;
        let work = std::path::absolute(work)?;
        std::fs::create_dir_all(work.join("fonts"))?;
        std::fs::copy(font, work.join("fonts/regular.ttf"))?;
        std::fs::write(work.join("fonts.conf"), fonts_conf(&work))?;
        std::fs::write(work.join("receipts.json"), serde_json::to_vec(receipts)?)?;
        if let Some(receipt) = receipts.first() {
            if let Signature::Drawn { picture, .. } = &receipt.signature {
                std::fs::write(work.join("signature.png"), picture)?;
            }
            let hash = receipt.content_hash.as_deref().unwrap_or_default();
            pictures::qr(&format!("{} {hash}", receipt.number), &work.join("qr.png"))?;
        }
        Ok(Self { python, scripts, work })
    }

    /// Times of the receipts after the first `warm_up`, and the bytes of one.
    pub fn measured(&self, name: &str, warm_up: usize) -> Result<(Times, f64), Box<dyn Error>> {
        let mut command = Command::new(&self.python);
        command.arg(self.scripts.join("receipt.py")).arg(name).arg(&self.work).arg(warm_up.to_string());
        let output = ran(&mut command)?;
        let measured: Measured = serde_json::from_slice(&output.stdout)?;
        let mut times = Times::default();
        times.extend(measured.runs_ms);
        Ok((times, measured.bytes))
    }
}

/// Shows the face, beside the system's own, to programs that ask the system for fonts.
fn fonts_conf(work: &Path) -> String {
    let (fonts, cache) = (work.join("fonts"), work.join("cache"));
    format!(
        "<?xml version=\"1.0\"?><!DOCTYPE fontconfig SYSTEM \"fonts.dtd\">\
         <fontconfig><include ignore_missing=\"yes\">/etc/fonts/fonts.conf</include>\
         <dir>{}</dir><cachedir>{}</cachedir></fontconfig>",
        fonts.display(),
        cache.display()
    )
}

fn ran(command: &mut Command) -> Result<Output, Box<dyn Error>> {
    let output = command.output().map_err(|error| format!("{command:?}: {error}"))?;
    if output.status.success() {
        return Ok(output);
    }
    Err(format!("{command:?}: {}", String::from_utf8_lossy(&output.stderr)).into())
}
