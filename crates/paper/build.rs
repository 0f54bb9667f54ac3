//! Takes the fonts that `npm ci` puts below `ui/`, makes them cheaper to carry, and tells the crate where they are.

#[path = "build/outlines.rs"]
mod outlines;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Environment variable the crate reads, and the font's place below `ui/node_modules/@expo-google-fonts`.
const FONTS: [(&str, &str); 2] = [
    ("DOORSTEP_FONT_REGULAR", "noto-sans-sc/400Regular/NotoSansSC_400Regular.ttf"),
    ("DOORSTEP_FONT_FALLBACK", "noto-sans-jp/400Regular/NotoSansJP_400Regular.ttf"),
];

fn main() -> ExitCode {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=build/outlines.rs");
    let folder = |name| std::env::var_os(name).map(PathBuf::from).unwrap_or_default();
    let (from, to) = (folder("CARGO_MANIFEST_DIR").join("../../ui/node_modules/@expo-google-fonts"), folder("OUT_DIR"));
    for (variable, place) in FONTS {
        let (source, target) = (from.join(place), to.join(variable));
        println!("cargo::rerun-if-changed={}", source.display());
        if let Err(problem) = prepare(&source, &target) {
            println!("cargo::error={problem} ({place})");
            return ExitCode::FAILURE;
        }
        println!("cargo::rustc-env={variable}={}", target.display());
    }
    ExitCode::SUCCESS
}

fn prepare(source: &Path, target: &Path) -> Result<(), String> {
    let font = std::fs::read(source).map_err(|problem| {
        format!(
            "The paper fonts are not installed: {problem}. Run `npm ci` in ui/, or any `cargo xtask` command, and build again."
        )
    })?;
    let font = outlines::coarsen(&font).ok_or(
        "A paper font is not the TrueType file it should be. Run `npm ci` in ui/ to install it again.".to_owned(),
    )?;
    std::fs::write(target, font).map_err(|problem| format!("A paper font cannot be written: {problem}."))
}
