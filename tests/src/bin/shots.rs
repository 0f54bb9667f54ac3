//! `shots`: a picture of every screen, from the real window, in both languages, both themes and two sizes. `cargo xtask
//! shots` starts it on the demonstration's laptop; words after it leave out every screen that has none of them in its
//! name.

use anyhow::{Context, Result};
use doorstep_tests::{
    screens::{camera::Camera, disagreement, newcomer, week},
    window::Window,
};
use std::{env, path::PathBuf};
use tokio::process::Command;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let shots = env::var_os("DOORSTEP_SHOTS").context("DOORSTEP_SHOTS names no folder")?;
    let mut camera = Camera::new(PathBuf::from(shots), env::args().skip(1).collect());
    newcomer::pictures(&mut camera).await?;
    disagreement::pictures(&mut camera).await?;
    let home = PathBuf::from(env::var_os("DOORSTEP_HOME").context("DOORSTEP_HOME names no laptop")?);
    let driver = Command::new("WebKitWebDriver");
    let window = Window::open_as(driver, &home.join("driver.log"), "shots").await?;
    let week = week::Week::prepared(&window).await?;
    for (size, look) in camera.views() {
        camera.look(&window, size, look).await?;
        week.pictures(&window, &camera).await?;
    }
    window.close().await?;
    if let Some(pictures) = env::var_os("DOORSTEP_PICTURES") {
        camera.choose_for_the_readme(&PathBuf::from(pictures))?;
    }
    Ok(())
}
