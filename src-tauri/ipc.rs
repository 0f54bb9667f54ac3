//! The three verbs between webview and app: call, upload, download.

use doorstep_app::{App, Failure};
use serde_json::Value;
use std::sync::Arc;
use tauri::{
    State,
    ipc::{InvokeBody, Request, Response},
};

#[tauri::command]
pub(crate) async fn call(app: State<'_, Arc<App>>, name: String, args: Value) -> Result<Value, Failure> {
    app.call(&name, args).await
}

#[tauri::command]
pub(crate) async fn upload(app: State<'_, Arc<App>>, request: Request<'_>) -> Result<String, Failure> {
    let InvokeBody::Raw(bytes) = request.body() else {
        return Err(Failure::new(doorstep_app::Code::Invalid, "an upload is raw bytes"));
    };
    let onto = request.headers().get(doorstep_app::UPLOAD_ONTO).and_then(|id| id.to_str().ok());
    app.upload(onto, bytes.clone().into()).await
}

#[tauri::command]
pub(crate) fn download(app: State<'_, Arc<App>>, id: String) -> Result<Response, Failure> {
    Ok(Response::new(app.download(&id)?.to_vec()))
}
