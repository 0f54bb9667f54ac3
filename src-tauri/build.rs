//! Generates Tauri's context, with the three commands that the window's capability may name.

fn main() {
    let manifest = tauri_build::AppManifest::new().commands(&["call", "upload", "download"]);
    if let Err(error) = tauri_build::try_build(tauri_build::Attributes::new().app_manifest(manifest)) {
        panic!("Tauri's context was not generated: {error:#}");
    }
}
