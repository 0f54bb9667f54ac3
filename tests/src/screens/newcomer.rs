//! A laptop's first minutes: first start, enrolment, empty screens, a sync that runs and one that fails.

use super::{
    PASSPHRASE,
    camera::{self, Camera},
};
use crate::{
    headquarters::Headquarters,
    home::Home,
    window::{Window, id},
};
use anyhow::{Context, Result};
use tokio::process::Command;

/// Takes the pictures; the laptop and its HQ are gone afterwards.
pub async fn pictures(camera: &mut Camera) -> Result<()> {
    let screens = [
        "first-start",
        "passphrase",
        "locked",
        "enrolment",
        "empty",
        "sync-first",
        "sync-running",
        "sync-error",
        "damaged",
        "restored",
    ];
    if !screens.iter().any(|screen| camera.wants(screen)) {
        return Ok(());
    }
    let folder = tempfile::tempdir()?;
    let hq = Headquarters::start(folder.path()).await?;
    // Before the store is open the system's theme shows; the light one is taken in Chinese, the dark one in English.
    let [light, dark] = [Home::new()?, Home::new()?];
    for (home, theme) in [(&light, "light"), (&dark, "dark")] {
        first_start(camera, home, theme).await?;
        locked(camera, home, theme).await?;
    }
    let window = Window::open(&light, "newcomer", Some(PASSPHRASE)).await?;
    let each = async |camera: &mut Camera, taken: &[(&str, &str, &str)]| -> Result<()> {
        for (size, look) in camera.views() {
            camera.look(&window, size, look).await?;
            for (screen, place, sign) in taken {
                camera::at(&window, place, sign).await?;
                camera.take(&window, screen).await?;
            }
        }
        Ok(())
    };
    each(camera, &[("enrolment", "", &id("enrolment-code"))]).await?;
    window.fill(&id("enrolment-code"), &hq.enrolment_code("CD", "张伟").await?).await?;
    window.fill(&id("device-name"), "服务部的笔记本").await?;
    window.click(&id("enrol")).await?;
    window.see(&id("page-sync")).await?;
    each(
        camera,
        &[
            ("sync-first", "sync", &id("sync-first")),
            ("empty-today", "today", &id("page-today")),
            ("empty-customers", "customers", &id("import-button")),
            ("empty-visits", "visits", "[data-testid=page-visits] .list button"),
        ],
    )
    .await?;
    hq.pause()?;
    // A line that stands still is given up after a while; one that runs goes on.
    let running = async || {
        window.call("sync_start", serde_json::json!({})).await?;
        window.go("sync").await?;
        window.see(&id("sync-cancel")).await
    };
    for (size, look) in camera.views() {
        camera.look(&window, size, look).await?;
        running().await?;
        camera.take(&window, "sync-running").await?;
    }
    running().await?;
    window.click(&id("sync-cancel")).await?;
    window.click(&id("sync-start")).await?;
    drop(hq);
    window.see(&id("error")).await?;
    each(camera, &[("sync-error", "sync", &id("error"))]).await?;
    if let Some(size) = camera.sizes().first() {
        camera.look(&window, *size, ("zh", "light")).await?;
    }
    window.close().await?;
    for (home, theme) in [(&light, "light"), (&dark, "dark")] {
        damaged(camera, home, theme).await?;
    }
    Ok(())
}

/// The database's first page is not what was written.
async fn damaged(camera: &mut Camera, home: &Home, theme: &str) -> Result<()> {
    let database = home.path().join("data/doorstep.db");
    let mut bytes = std::fs::read(&database).with_context(|| format!("{}", database.display()))?;
    bytes.iter_mut().take(2_000).for_each(|byte| *byte = !*byte);
    std::fs::write(&database, bytes)?;
    let window = Window::open_as(driver(home, theme), &home.path().join("driver.log"), "damaged").await?;
    window.fill(&id("passphrase"), PASSPHRASE).await?;
    window.click(&id("unlock")).await?;
    window.see(&id("damaged")).await?;
    for &size in camera.sizes() {
        camera.aim(&window, size, &format!("{}-{theme}", language_of(theme))).await?;
        camera.take(&window, "damaged").await?;
    }
    window.close().await
}

fn driver(home: &Home, theme: &str) -> Command {
    let mut driver = Command::new("WebKitWebDriver");
    home.lived_in_by(&mut driver).env("GTK_THEME", if theme == "dark" { "Adwaita:dark" } else { "Adwaita" });
    driver
}

fn language_of(theme: &str) -> &'static str {
    if theme == "dark" { "en" } else { "zh" }
}

async fn first_start(camera: &mut Camera, home: &Home, theme: &str) -> Result<()> {
    let window = Window::open_as(driver(home, theme), &home.path().join("driver.log"), "first-start").await?;
    window.until_attribute(&id("gate"), "data-phase", "first_start").await?;
    let language = language_of(theme);
    window
        .click(&format!("{} .option:{}", id("language"), if language == "en" { "last-child" } else { "first-child" }))
        .await?;
    let shown = format!("return document.documentElement.lang.startsWith('{language}')");
    window.until("the language", &shown).await?;
    let asks_first = window.has(&id("choose-passphrase")).await?;
    for &size in camera.sizes() {
        camera.aim(&window, size, &format!("{}-{theme}", language_of(theme))).await?;
        camera.take(&window, "first-start").await?;
    }
    if asks_first {
        window.click(&id("choose-passphrase")).await?;
    }
    window.fill(&id("passphrase"), PASSPHRASE).await?;
    window.fill(&id("passphrase-again"), "doorstep-dem").await?;
    for &size in camera.sizes() {
        camera.aim(&window, size, &format!("{}-{theme}", language_of(theme))).await?;
        camera.take(&window, "passphrase").await?;
    }
    window.fill(&id("passphrase-again"), PASSPHRASE).await?;
    window.click(&id("create-with-passphrase")).await?;
    window.see(&id("enrolment-code")).await?;
    window.close().await
}

async fn locked(camera: &mut Camera, home: &Home, theme: &str) -> Result<()> {
    let window = Window::open_as(driver(home, theme), &home.path().join("driver.log"), "locked").await?;
    window.fill(&id("passphrase"), "not this one").await?;
    window.click(&id("unlock")).await?;
    window.see(&id("error")).await?;
    for &size in camera.sizes() {
        camera.aim(&window, size, &format!("{}-{theme}", language_of(theme))).await?;
        camera.take(&window, "locked").await?;
    }
    window.close().await
}
