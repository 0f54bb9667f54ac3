//! What is in somebody's hands stays there: a text that could not be saved, the keyboard's place, a signature.

use crate::engineer::{self, text};
use anyhow::{Result, ensure};
use doorstep_tests::{
    headquarters::Headquarters,
    home::Home,
    window::{self, Window, id},
};
use serde_json::{Value, json};

/// A text that no field takes: it would turn round what stands behind it.
const REFUSED: &str = "客户要求\u{202e}改期";
/// Two strokes from the pad's upper edge to its lower one.
const SIGNATURE: [&[(f64, f64)]; 2] = [
    &[(-220.0, -150.0), (-120.0, 150.0), (-60.0, -140.0), (0.0, 130.0)],
    &[(40.0, -150.0), (90.0, 150.0), (160.0, -120.0), (220.0, 110.0)],
];
/// As small as a window may be, and as large as most are.
const SMALL: (u32, u32) = (960, 600);
const LARGE: (u32, u32) = (1366, 768);
/// Where the ink begins and ends down the pad, in parts of its height.
const INK: &str = "
    const pad = document.querySelector('[data-testid=signature]');
    const { data } = pad.getContext('2d').getImageData(0, 0, pad.width, pad.height);
    let [from, to] = [1, 0];
    for (let at = 3; at < data.length; at += 4) {
        if (data[at] === 0) continue;
        const y = Math.floor((at - 3) / 4 / pad.width) / pad.height;
        [from, to] = [Math.min(from, y), Math.max(to, y)];
    }
    return from < to && [from, to, pad.clientHeight]";

#[tokio::test]
async fn what_is_in_somebodys_hands_stays_there() -> Result<()> {
    window::display()?;
    let folder = tempfile::tempdir()?;
    let hq = Headquarters::start(folder.path()).await?;
    let home = Home::new()?;
    let window = engineer::laptop(&hq, &home, "CD", "张伟").await?;
    let visit = engineer::planned(&window, "return_visit", "使用情况回访").await?;
    unsaved(&window, &visit).await?;
    keyboard(&window, &visit).await?;
    signature(&window, &visit).await?;
    window.close().await
}

/// A text that could not be saved is in its field when its page is opened again, with what is wrong.
async fn unsaved(window: &Window, visit: &str) -> Result<()> {
    let field = id("visit-reservations");
    window.go(&format!("visits/{visit}")).await?;
    window.fill(&field, REFUSED).await?;
    let is_refused = format!("return document.querySelector('{field}')?.getAttribute('aria-invalid') === 'true'");
    window.until("what is wrong with the text", &is_refused).await?;
    window.click(&id("nav-today")).await?;
    window.see(&id("page-today")).await?;
    window.go(&format!("visits/{visit}")).await?;
    let is_there = format!("return document.querySelector('{field}')?.value === {}", json!(REFUSED));
    window.until("the text that was not saved", &is_there).await?;
    window.until("what is wrong with it", &is_refused).await?;
    window.fill(&field, "客户要求改期").await?;
    let saved = || async {
        let file = window.call("visit_get", json!({ "id": visit })).await?;
        Ok((file["visit"]["reservations"] == "客户要求改期").then_some(()))
    };
    doorstep_tests::wait::until("the text at rest", std::time::Duration::from_secs(60), saved).await
}

/// After each step the keyboard is where the next one is taken.
async fn keyboard(window: &Window, visit: &str) -> Result<()> {
    let now = window.run("return new Date(Date.now() - 2700000).toISOString()").await?;
    let depart = json!({ "step": "depart", "at": now, "without_appointment": "在附近服务，客户来电邀请" });
    window.call("visit_step", json!({ "id": visit, "step": depart })).await?;
    window.go("today").await?;
    window.go(&format!("visits/{visit}")).await?;
    let panel = id("step-panel");
    for (step, next) in [("arrive", "begin"), ("begin", "present")] {
        window.see(&id(&format!("step-{step}"))).await?;
        window.run(&format!("document.querySelector('{}').focus()", id(&format!("step-{step}")))).await?;
        window.press("\u{e007}").await?;
        let in_panel = format!(
            "const focus = document.activeElement; return focus.closest('{panel}') && !focus.matches('{}')",
            id("step-dismiss")
        );
        window.until(&format!("the focus where {step} is asked about"), &in_panel).await?;
        window.run(&format!("document.querySelector('{}').focus()", id("step-confirm"))).await?;
        window.press("\u{e007}").await?;
        window.see(&id(&format!("step-{next}"))).await?;
        let goes_on = format!("return document.activeElement.matches('{}')", id(&format!("step-{next}")));
        window.until(&format!("the focus on {next}"), &goes_on).await?;
    }
    Ok(())
}

/// A tap is no signature; one that was drawn is whole in a window that is made smaller, and as it was when that grows again.
async fn signature(window: &Window, visit: &str) -> Result<()> {
    let file = window.call("visit_get", json!({ "id": visit })).await?;
    for checklist in file["checklists"].as_array().into_iter().flatten() {
        let args = json!({ "visit": visit, "template": checklist["template_id"] });
        window.call("checklist_remove", args).await?;
    }
    window.call("visit_present", json!({ "id": visit })).await?;
    window.go(&format!("visits/{visit}/sign")).await?;
    window.see("#signing-body canvas").await?;
    window.click(&id("signing-next")).await?;
    window.click(&id("grade-5")).await?;
    window.click(&id("signing-next")).await?;
    window.fill(&id("signer-name"), "李建国").await?;
    window.click(&id("consent")).await?;
    window.scroll_to(&id("signature")).await?;
    window.draw(&id("signature"), &[&[(0.0, 0.0)]]).await?;
    window.click(&id("signing-confirm")).await?;
    window.see("#signature-problem").await?;
    ensure!(
        text(&window.call("visit_get", json!({ "id": visit })).await?["visit"]["progress"]["state"])? == "presented"
    );
    window.draw(&id("signature"), &SIGNATURE).await?;
    window.resize(LARGE.0, LARGE.1).await?;
    let down = async |window: &Window| -> Result<(f64, f64, f64)> {
        let ink = window.until("ink on the pad", INK).await?;
        let part = |at: usize| ink[at].as_f64().unwrap_or_default();
        Ok((part(0), part(1), part(2)))
    };
    let before = down(window).await?;
    window.resize(SMALL.0, SMALL.1).await?;
    // Drawn again for its new size, not only stretched.
    let fits = |compared: &str| {
        let pad = format!("const pad = document.querySelector('{}')", id("signature"));
        let sharp = "Math.abs(pad.height - pad.clientHeight * Math.max(2, devicePixelRatio)) < 2";
        format!("{pad}; return pad.clientHeight {compared} {} && {sharp}", before.2)
    };
    window.until("a smaller pad", &fits("<")).await?;
    let small = down(window).await?;
    let is_as_drawn = |ink: (f64, f64, f64)| (ink.0 - before.0).abs() < 0.03 && (ink.1 - before.1).abs() < 0.03;
    ensure!(is_as_drawn(small), "it was {before:?} and is {small:?}");
    window.resize(LARGE.0, LARGE.1).await?;
    window.until("the pad as it was", &fits(">=")).await?;
    let again = down(window).await?;
    ensure!(is_as_drawn(again), "it was {before:?} and is {again:?}");
    window.click(&id("signing-confirm")).await?;
    window.see(&id("signing-done")).await?;
    let sealed: Value = window.call("visit_get", json!({ "id": visit })).await?;
    ensure!(sealed["visit"]["progress"]["state"] == "sealed", "{sealed}");
    Ok(())
}
