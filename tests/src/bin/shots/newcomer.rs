//! A laptop's first minutes: first start, enrolment, empty screens, a sync that runs and one that fails.

use crate::camera::{self, Camera, LOOKS, SIZES};
use anyhow::Result;
use doorstep_tests::{
    headquarters::Headquarters,
    home::Home,
    window::{Window, id},
};
use tokio::process::Command;

const PASSPHRASE: &str = "doorstep-demo";

/// Takes the pictures; the laptop and its HQ are gone afterwards.
pub async fn pictures(camera: &mut Camera) -> Result<()> {
    let screens =
        ["first-start", "passphrase", "locked", "enrolment", "empty", "sync-first", "sync-running", "sync-error"];
    if !screens.iter().any(|screen| camera.wants(screen)) {
        return Ok(());
    }
    let folder = tempfile::tempdir()?;
    let hq = Headquarters::start(folder.path()).await?;
    // Before the store is open there are no settings: the system's theme shows, in Chinese.
    let [light, dark] = [Home::new()?, Home::new()?];
    for (home, theme) in [(&light, "light"), (&dark, "dark")] {
        first_start(camera, home, theme).await?;
        locked(camera, home, theme).await?;
    }
    let window = Window::open(&light, "newcomer", Some(PASSPHRASE)).await?;
    let each = async |camera: &mut Camera, taken: &[(&str, &str, &str)]| -> Result<()> {
        for size in SIZES {
            for look in LOOKS {
                camera.look(&window, size, look).await?;
                for (screen, place, sign) in taken {
                    camera::at(&window, place, sign).await?;
                    camera.take(&window, screen).await?;
                }
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
    for size in SIZES {
        for look in LOOKS {
            camera.look(&window, size, look).await?;
            // A line that stands still is given up after a while.
            window.go("sync").await?;
            window.see(&format!("{}, {}", id("sync-start"), id("sync-cancel"))).await?;
            if window.has(&id("sync-start")).await? {
                window.click(&id("sync-start")).await?;
            }
            window.see(&id("sync-cancel")).await?;
            camera.take(&window, "sync-running").await?;
        }
    }
    window.click(&id("sync-cancel")).await?;
    window.click(&id("sync-start")).await?;
    drop(hq);
    window.see(&id("error")).await?;
    each(camera, &[("sync-error", "sync", &id("error"))]).await?;
    window.close().await
}

fn driver(home: &Home, theme: &str) -> Command {
    let mut driver = Command::new("WebKitWebDriver");
    home.lived_in_by(&mut driver).env("GTK_THEME", if theme == "dark" { "Adwaita:dark" } else { "Adwaita" });
    driver
}

async fn first_start(camera: &mut Camera, home: &Home, theme: &str) -> Result<()> {
    let window = Window::open_as(driver(home, theme), &home.path().join("driver.log"), "first-start").await?;
    window.until_attribute(&id("gate"), "data-phase", "first_start").await?;
    let asks_first = window.has(&id("choose-passphrase")).await?;
    for size in SIZES {
        camera.aim(&window, size, &format!("zh-{theme}")).await?;
        camera.take(&window, "first-start").await?;
    }
    if asks_first {
        window.click(&id("choose-passphrase")).await?;
    }
    window.fill(&id("passphrase"), PASSPHRASE).await?;
    window.fill(&id("passphrase-again"), "doorstep-dem").await?;
    for size in SIZES {
        camera.aim(&window, size, &format!("zh-{theme}")).await?;
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
    for size in SIZES {
        camera.aim(&window, size, &format!("zh-{theme}")).await?;
        camera.take(&window, "locked").await?;
    }
    window.close().await
}
