//! The window's title, which the interface writes, and what it says when the window is to be closed: no capability is
//! needed for either. What is typed and not saved is asked about first.

use tauri::{Manager, Runtime, WebviewWindow, WindowEvent};

/// Begins the title while something typed is not saved; the same in `ui/laptop/src/title.svelte.ts`.
const UNSAVED: &str = "● ";
/// Tells the interface that somebody wants to close the window.
const ASK: &str = "window.dispatchEvent(new Event('doorstep-closing'))";

/// The title of the document becomes the window's.
pub(crate) fn take_title<R: Runtime>(window: &WebviewWindow<R>, title: &str) {
    if let Err(error) = window.set_title(title) {
        tracing::warn!(%error, "the window keeps its title");
    }
}

/// Lets the interface ask first, as long as the title says that something is not saved.
pub(crate) fn ask_first<R: Runtime>(window: &WebviewWindow<R>) {
    let asked = window.clone();
    window.on_window_event(move |event| {
        let WindowEvent::CloseRequested { api, .. } = event else { return };
        let unsaved = asked.title().is_ok_and(|title| title.starts_with(UNSAVED));
        let asking = unsaved.then(|| asked.get_webview_window("main").map(|window| window.eval(ASK)));
        // An interface that cannot be asked keeps nobody in.
        if let Some(Some(Ok(()))) = asking {
            api.prevent_close();
        }
    });
}
