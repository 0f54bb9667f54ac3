//! `doorstep`: the window. It opens the data folder and hands commands to the app; there is no rule here and no SQL.

#![cfg_attr(not(debug_assertions), windows_subsystem = "windows")]

mod ipc;
mod places;

use doorstep_app::{App, SystemClock, World};
use std::{error::Error, sync::Arc};
use tauri::{Manager, RunEvent, WebviewUrl, WebviewWindowBuilder};

fn main() -> Result<(), Box<dyn Error>> {
    let places = places::Places::find()?;
    let options = places.options();
    let app = tauri::async_runtime::block_on(open(options))?;
    let shell = tauri::Builder::default()
        .manage(Arc::clone(&app))
        .invoke_handler(tauri::generate_handler![ipc::call, ipc::upload, ipc::download])
        .setup(move |shell| {
            let language = places::system_language();
            WebviewWindowBuilder::new(shell, "main", WebviewUrl::default())
                .title(if language == "en" { "Doorstep" } else { "上门" })
                .inner_size(1366.0, 768.0)
                .min_inner_size(1024.0, 640.0)
                .data_directory(places.webview())
                // The webview's cache would be plaintext at rest (invariant 7).
                .incognito(true)
                .build()?;
            Ok(())
        })
        .build(tauri::generate_context!())?;
    shell.run(|handle, event| {
        if let RunEvent::Exit = event {
            tauri::async_runtime::block_on(handle.state::<Arc<App>>().close());
        }
    });
    Ok(())
}

/// Opens the app. A passphrase in the environment unlocks it at once: for demonstrations and tests.
async fn open(options: doorstep_app::Options) -> Result<Arc<App>, Box<dyn Error>> {
    let app = App::open(options, World::new(SystemClock)).await?;
    if let Ok(passphrase) = std::env::var("DOORSTEP_PASSPHRASE") {
        app.call("session_unlock", serde_json::json!({ "passphrase": passphrase })).await?;
    }
    Ok(app)
}
