//! Finds the fonts that `npm ci` puts below `ui/`, and tells the crate where they are.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Environment variable the crate reads, and the font's place below `ui/node_modules/@expo-google-fonts`.
const FONTS: [(&str, &str); 2] = [
    ("DOORSTEP_FONT_REGULAR", "noto-sans-sc/400Regular/NotoSansSC_400Regular.ttf"),
    ("DOORSTEP_FONT_FALLBACK", "noto-sans-jp/400Regular/NotoSansJP_400Regular.ttf"),
];

fn main() -> ExitCode {
    println!("cargo::rerun-if-changed=build.rs");
    let manifest = std::env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from).unwrap_or_default();
    let folder = manifest.join("../../ui/node_modules/@expo-google-fonts");
    for (variable, place) in FONTS {
        let file = folder.join(place);
        println!("cargo::rerun-if-changed={}", file.display());
        if !Path::is_file(&file) {
            println!(
                "cargo::error=The paper fonts are not installed ({place} is missing). \
                 Run `npm ci` in ui/, or any `cargo xtask` command, and build again."
            );
            return ExitCode::FAILURE;
        }
        println!("cargo::rustc-env={variable}={}", file.display());
    }
    ExitCode::SUCCESS
}
