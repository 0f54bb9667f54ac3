//! A branch's week, played through the app's own commands.

use doorstep_app::{App, Failure};
use std::sync::Arc;

/// Makes the store and enrols it.
///
/// # Errors
/// The command's failure.
pub async fn enrol(_app: &Arc<App>, _code: &str, _passphrase: Option<&str>) -> Result<(), Failure> {
    Ok(())
}

/// Plays the week.
///
/// # Errors
/// The first command's failure.
pub async fn play(_app: &Arc<App>) -> Result<(), Failure> {
    Ok(())
}
