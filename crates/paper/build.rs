//! Takes the fonts that `npm ci` puts below `ui/`, makes them cheaper to carry, and tells the crate where they are.

#[path = "build/compact/mod.rs"]
mod compact;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use ttf_parser::Face;

/// Environment variable the crate reads, and the font's place below `ui/node_modules/@expo-google-fonts`. A character
/// is taken from the first font that has it.
const FONTS: [(&str, &str); 3] = [
    ("DOORSTEP_FONT_REGULAR", "noto-sans-sc/400Regular/NotoSansSC_400Regular.ttf"),
    ("DOORSTEP_FONT_FALLBACK", "noto-sans-jp/400Regular/NotoSansJP_400Regular.ttf"),
    ("DOORSTEP_FONT_YI", "noto-sans-yi/400Regular/NotoSansYi_400Regular.ttf"),
];

/// The same of fonts whose letters change with their neighbours: carried whole, with the rules for it beside them.
const SHAPED: [(&str, &str, &str); 2] = [
    ("DOORSTEP_FONT_ARABIC", "DOORSTEP_RULES_ARABIC", "noto-naskh-arabic/400Regular/NotoNaskhArabic_400Regular.ttf"),
    (
        "DOORSTEP_FONT_TIBETAN",
        "DOORSTEP_RULES_TIBETAN",
        "noto-serif-tibetan/400Regular/NotoSerifTibetan_400Regular.ttf",
    ),
];

fn main() -> ExitCode {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=build/compact");
    println!("cargo::rerun-if-changed=src/fonts/cff.rs");
    match prepare() {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            println!("cargo::error={problem}");
            ExitCode::FAILURE
        }
    }
}

fn prepare() -> Result<(), String> {
    let folder = |name| std::env::var_os(name).map(PathBuf::from).unwrap_or_default();
    let (from, to) = (folder("CARGO_MANIFEST_DIR").join("../../ui/node_modules/@expo-google-fonts"), folder("OUT_DIR"));
    let mut installed: Vec<Vec<u8>> = Vec::new();
    for (variable, place) in FONTS {
        let (source, target) = (from.join(place), to.join(variable));
        println!("cargo::rerun-if-changed={}", source.display());
        let font = read(&source)?;
        let earlier: Vec<Face<'_>> = installed.iter().filter_map(|font| Face::parse(font, 0).ok()).collect();
        let missing = |character| earlier.iter().all(|face| face.glyph_index(character).is_none());
        let compact = compact::compact(&font, missing).ok_or_else(|| broken(place))?;
        write(variable, &target, &compact)?;
        installed.push(font);
    }
    for (variable, rules, place) in SHAPED {
        let source = from.join(place);
        println!("cargo::rerun-if-changed={}", source.display());
        let font = read(&source)?;
        write(variable, &to.join(variable), &compact::whole(&font).ok_or_else(|| broken(place))?)?;
        write(rules, &to.join(rules), &compact::rules(&font).ok_or_else(|| broken(place))?)?;
    }
    Ok(())
}

fn broken(place: &str) -> String {
    format!("{place} is not the TrueType font it should be. Run `npm ci` in ui/ to install it again.")
}

fn write(variable: &str, target: &Path, bytes: &[u8]) -> Result<(), String> {
    std::fs::write(target, bytes).map_err(|problem| format!("{variable} cannot be written: {problem}."))?;
    println!("cargo::rustc-env={variable}={}", target.display());
    Ok(())
}

fn read(source: &Path) -> Result<Vec<u8>, String> {
    std::fs::read(source).map_err(|problem| {
        format!(
            "{} is not installed: {problem}. Run `npm ci` in ui/, or any `cargo xtask` command, and build again.",
            source.display()
        )
    })
}
