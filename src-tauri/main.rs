//! `doorstep`: the window. It opens the data folder and hands commands to the app; there is no rule here and no SQL.

#![cfg_attr(not(debug_assertions), windows_subsystem = "windows")]

mod closing;
mod ipc;
mod places;

use doorstep_app::{App, Pace, SystemClock, World};
use std::{error::Error, sync::Arc};
use tauri::{Manager, RunEvent, WebviewUrl, WebviewWindowBuilder};

/// Size of the window, in the screen's own units, which are larger than pixels where everything is shown larger.
const SIZE: (f64, f64) = (1366.0, 768.0);
/// The window is never smaller: a screen of 1366×768 that shows everything a quarter larger, without its task bar.
const SIZE_MIN: (f64, f64) = (960.0, 540.0);

fn main() -> Result<(), Box<dyn Error>> {
    // Codes and ids only; what people wrote never goes into a log.
    tracing_subscriber::fmt().with_writer(std::io::stderr).with_max_level(tracing::Level::INFO).init();
    doorstep_app::log_faults();
    let places = places::Places::find()?;
    let options = places.options();
    let app = tauri::async_runtime::block_on(open(options));
    let shell = tauri::Builder::default()
        .manage(Arc::clone(&app))
        .invoke_handler(tauri::generate_handler![ipc::call, ipc::upload, ipc::download])
        .setup(move |shell| {
            // A test says itself when laptops sync.
            if !places::is_driven() {
                let app = Arc::clone(&shell.state::<Arc<App>>());
                tauri::async_runtime::spawn(app.keep_synced(Pace::default()));
            }
            let language = places::system_language();
            let window = WebviewWindowBuilder::new(shell, "main", WebviewUrl::default())
                .title(if language == "en" { "Doorstep" } else { "上门" })
                .inner_size(SIZE.0, SIZE.1)
                .min_inner_size(SIZE_MIN.0, SIZE_MIN.1)
                .data_directory(places.webview())
                // The webview's cache would be plaintext at rest (invariant 7). The library cannot drive a webview
                // without one, so tests look through the files of a webview that has it: nothing may be in them either.
                .incognito(!places::is_driven())
                // The receipt is copied as a picture, and photos are dropped onto the page itself.
                .enable_clipboard_access()
                .disable_drag_drop_handler()
                .on_document_title_changed(|window, title| closing::take_title(&window, &title))
                .build()?;
            closing::ask_first(&window);
            // On a smaller screen, and on one that shows everything larger, the window takes all there is.
            if window.primary_monitor()?.is_some_and(|screen| is_smaller(&screen)) {
                window.maximize()?;
            }
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

fn is_smaller(screen: &tauri::Monitor) -> bool {
    let room = screen.size().to_logical::<f64>(screen.scale_factor());
    room.width < SIZE.0 || room.height < SIZE.1
}

/// Opens the app. A passphrase in the environment unlocks it at once: for demonstrations and tests. An app that could
/// not be opened still has a window, which says why.
async fn open(options: doorstep_app::Options) -> Arc<App> {
    let world = World::new(SystemClock);
    let app = match App::open(options.clone(), world.clone()).await {
        Ok(app) => app,
        Err(failure) => {
            tracing::error!(code = ?failure.code, message = failure.message, "the data folder was not opened");
            App::broken(options, world, failure)
        }
    };
    if let Ok(passphrase) = std::env::var("DOORSTEP_PASSPHRASE") {
        // A wrong one, or a store that is not there yet: the window asks.
        app.call("session_unlock", serde_json::json!({ "passphrase": passphrase })).await.ok();
    }
    app
}
