//! What every screen owes to whoever uses it by keyboard, by ear, or with weak eyes.

use anyhow::{Result, ensure};
use doorstep_tests::{
    headquarters::Headquarters,
    home::Home,
    program,
    screens::{PASSPHRASE, camera::Camera, disagreement, newcomer, rules::Rules, week::Week},
    window::{self, Window},
};
use tokio::process::Command;

/// A laptop with a branch's week on it, as `cargo xtask run` makes it.
async fn with_a_week(hq: &Headquarters) -> Result<Home> {
    let home = Home::new()?;
    let code = hq.enrolment_code("CD", "周敏").await?;
    let mut sample = Command::new(program::built("doorstep-host")?);
    home.lived_in_by(&mut sample).env("DOORSTEP_PASSPHRASE", PASSPHRASE).env("RUST_LOG", "error");
    sample.arg("sample").arg("--data").arg(home.path().join("data")).arg("--documents").arg(home.documents());
    ensure!(sample.args(["--code", &code]).status().await?.success(), "the week was not played");
    Ok(home)
}

#[tokio::test]
async fn every_screen_passes_axe_in_both_languages_and_both_themes() -> Result<()> {
    window::display()?;
    let mut camera = Camera::judging(Rules::new()?);
    newcomer::pictures(&mut camera).await?;
    disagreement::pictures(&mut camera).await?;
    let folder = tempfile::tempdir()?;
    let hq = Headquarters::start(folder.path()).await?;
    let home = with_a_week(&hq).await?;
    let window = Window::open(&home, "rules", Some(PASSPHRASE)).await?;
    let week = Week::prepared(&window).await?;
    for (size, look) in camera.views() {
        camera.look(&window, size, look).await?;
        week.pictures(&window, &camera).await?;
    }
    window.close().await?;
    let (screens, found) = camera.verdict()?;
    ensure!(screens >= 70, "only {screens} screens came up");
    ensure!(found.is_empty(), "{} of {screens} screens break rules:\n{}", found.len(), found.join("\n"));
    Ok(())
}
