//! Routes: every command, bytes in, bytes out, and the interface itself.

use crate::{Token, guard};
use axum::{
    Json, Router,
    body::Bytes,
    extract::{DefaultBodyLimit, Path, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    middleware,
    response::{IntoResponse, Response},
    routing::{get, post},
};
use doorstep_app::{App, Failure, UPLOAD_BYTES_MAX, UPLOAD_ONTO};
use serde_json::{Value, json};
use std::{path::PathBuf, sync::Arc};
use tower_http::services::ServeDir;

/// Most bytes of a command's arguments.
const ARGS_BYTES_MAX: usize = 8 * 1024 * 1024;
/// The same policy as the window's.
const CONTENT_SECURITY_POLICY: &str = "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; \
    style-src 'self' 'unsafe-inline'; img-src 'self' blob: data:; font-src 'self' data:; worker-src 'self' blob:; \
    object-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action 'none'";

/// The host's routes. `interface` is the folder of the built interface.
pub fn router(app: Arc<App>, token: Token, interface: PathBuf) -> Router {
    let commands = Router::new()
        .route("/commands", get(|| async { Json(doorstep_app::schema()) }))
        .route("/call/{name}", post(call).layer(DefaultBodyLimit::max(ARGS_BYTES_MAX)))
        .route("/upload", post(upload).layer(DefaultBodyLimit::max(UPLOAD_BYTES_MAX)))
        .route("/download/{id}", get(download))
        .layer(middleware::from_fn_with_state(token, guard::token));
    commands
        .fallback_service(ServeDir::new(interface))
        .layer(middleware::map_response(secured))
        .layer(middleware::from_fn(guard::own_pages))
        .with_state(app)
}

async fn secured(mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(CONTENT_SECURITY_POLICY));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

struct Failed(Failure);

impl IntoResponse for Failed {
    fn into_response(self) -> Response {
        (StatusCode::UNPROCESSABLE_ENTITY, Json(self.0)).into_response()
    }
}

async fn call(
    State(app): State<Arc<App>>,
    Path(name): Path<String>,
    Json(args): Json<Value>,
) -> Result<Json<Value>, Failed> {
    app.call(&name, args).await.map(Json).map_err(Failed)
}

async fn upload(State(app): State<Arc<App>>, headers: HeaderMap, bytes: Bytes) -> Result<Json<Value>, Failed> {
    let onto = headers.get(UPLOAD_ONTO).and_then(|id| id.to_str().ok());
    let id = app.upload(onto, bytes).await.map_err(Failed)?;
    Ok(Json(json!({ "id": id })))
}

async fn download(State(app): State<Arc<App>>, Path(id): Path<String>) -> Result<Bytes, Failed> {
    app.download(&id).map_err(Failed)
}
