//! The camera: sets size, language and theme, waits until the picture stands still, and files it, or holds the screen
//! against the rules instead.

use super::rules::Rules;
use crate::{wait, window::Window};
use anyhow::{Context, Result};
use serde_json::json;
use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

/// Sizes of the window, in pixels.
const SIZES: [(u32, u32); 3] = [SMALL, (1920, 1080), LARGER];
const SMALL: (u32, u32) = (1366, 768);
/// The small screen when everything is shown a quarter larger: what has no room shows here.
const LARGER: (u32, u32) = (1093, 614);
/// Languages and themes.
const LOOKS: [(&str, &str); 4] = [("zh", "light"), ("en", "dark"), ("zh", "dark"), ("en", "light")];

/// The languages that rules are tried in; themes are changed in place.
const JUDGED: [(&str, &str); 2] = [("zh", "light"), ("en", "light")];
/// A size of the window with a language and a theme.
pub type View = ((u32, u32), (&'static str, &'static str));

/// How long a picture may take to stand still.
const STILL_MAX: Duration = Duration::from_secs(15);
/// Screens that the README shows, each in its language, as they are in the smaller window; and in which theme.
const README: [(&str, &str); 5] = [
    ("today", "light"),
    ("visit-checklists", "light"),
    ("signing-sign", "light"),
    ("receipt", "light"),
    ("conflict", "dark"),
];
/// Nothing is under way, and two frames have been drawn since.
const SETTLED: &str = "const done = arguments[0]; document.fonts.ready.then(() => requestAnimationFrame(() => \
    requestAnimationFrame(() => done(true))));";

/// The camera.
#[derive(Debug)]
pub struct Camera {
    shots: PathBuf,
    wanted: Vec<String>,
    folder: PathBuf,
    rules: Option<Rules>,
}

impl Camera {
    /// A camera that files its pictures in `shots`; without words in `wanted` it takes all.
    pub fn new(shots: PathBuf, wanted: Vec<String>) -> Self {
        Self { folder: shots.clone(), shots, wanted, rules: None }
    }

    /// Takes no pictures but holds every screen against the rules.
    #[must_use]
    pub fn judging(rules: Rules) -> Self {
        Self { folder: PathBuf::new(), shots: PathBuf::new(), wanted: Vec::new(), rules: Some(rules) }
    }

    /// How many screens were judged, and what was found on them.
    ///
    /// # Errors
    /// When no rules were given.
    pub fn verdict(self) -> Result<(usize, Vec<String>)> {
        self.rules.context("this camera took pictures")?.verdict()
    }

    /// Sizes of the window: one for rules.
    #[must_use]
    pub fn sizes(&self) -> &'static [(u32, u32)] {
        if self.rules.is_some() { &SIZES[..1] } else { &SIZES }
    }

    /// Sizes with languages and themes: all of them, but for the screen that has little room each language and theme once.
    #[must_use]
    pub fn views(&self) -> Vec<View> {
        let looks = |size| match (&self.rules, size == LARGER) {
            (Some(_), _) => &JUDGED[..],
            (None, true) => &LOOKS[..2],
            (None, false) => &LOOKS[..],
        };
        self.sizes().iter().flat_map(|size| looks(*size).iter().map(|look| (*size, *look))).collect()
    }

    /// Gives the window a size, a language and a theme; pictures go into a folder of that name from now on.
    pub async fn look(&mut self, window: &Window, size: (u32, u32), (language, theme): (&str, &str)) -> Result<()> {
        let mut settings = window.call("settings_get", json!({})).await?;
        settings["language"] = json!(language);
        settings["theme"] = json!(theme);
        window.call("settings_set", json!({ "settings": settings })).await?;
        self.aim(window, size, &format!("{language}-{theme}")).await?;
        anew(window).await?;
        let shown = format!("return document.documentElement.lang.startsWith('{language}')");
        window.until("the language", &shown).await.map(drop)
    }

    /// Gives the window a size; pictures go into a folder of this name from now on.
    pub async fn aim(&mut self, window: &Window, size: (u32, u32), look: &str) -> Result<()> {
        window.resize(size.0, size.1).await?;
        if self.rules.is_some() {
            self.folder = PathBuf::from(look);
            return Ok(());
        }
        self.folder = self.shots.join(format!("{}x{}", size.0, size.1)).join(look);
        Ok(fs::create_dir_all(&self.folder)?)
    }

    /// Whether a screen of this name is asked for.
    pub fn wants(&self, screen: &str) -> bool {
        self.wanted.is_empty() || self.wanted.iter().any(|word| screen.contains(word.as_str()))
    }

    /// Takes the picture of a screen once it stands still.
    pub async fn take(&self, window: &Window, screen: &str) -> Result<()> {
        if !self.wants(screen) {
            return Ok(());
        }
        if let Some(rules) = &self.rules {
            window.run_async(SETTLED).await?;
            return rules.judge(window, &format!("{screen} {}", self.folder.display())).await;
        }
        let mut last = Vec::new();
        let mut alike = 0;
        let end = tokio::time::Instant::now() + STILL_MAX;
        // A caret blinks and a bar moves: what does not stand still is taken as it is.
        while alike < 1 && tokio::time::Instant::now() < end {
            window.run_async(SETTLED).await?;
            let now = window.picture().await?;
            alike = if now == last { alike + 1 } else { 0 };
            last = now;
        }
        Ok(fs::write(self.folder.join(format!("{screen}.png")), last)?)
    }

    /// Copies the pictures that the README shows.
    pub fn choose_for_the_readme(&self, pictures: &Path) -> Result<()> {
        fs::create_dir_all(pictures)?;
        let (width, height) = SMALL;
        for (screen, theme) in README.iter().filter(|(screen, _)| self.wants(screen)) {
            for language in ["zh", "en"] {
                let look = self.shots.join(format!("{width}x{height}")).join(format!("{language}-{theme}"));
                let from = look.join(format!("{screen}.png"));
                let to = pictures.join(format!("{screen}-{language}.png"));
                fs::copy(&from, to).with_context(|| format!("there is no picture {}", from.display()))?;
            }
        }
        Ok(())
    }
}

/// Loads the interface anew, at its first page. The page that is being left still answers for a moment; it is marked, so that
/// nobody takes it for the new one.
pub async fn anew(window: &Window) -> Result<()> {
    window.run("window.isLeft = true; location.hash = '#/'; location.reload()").await?;
    let loaded = "return window.isLeft !== true && document.querySelector('main') !== null";
    window.until("the interface anew", loaded).await.map(drop)
}

/// Waits until a place of the interface shows an element, and nothing on it is still being fetched.
pub async fn at(window: &Window, place: &str, selector: &str) -> Result<()> {
    window.go(place).await?;
    window.see(selector).await?;
    let fetched = || async { Ok((!window.has("[aria-busy=true], .skeleton").await?).then_some(())) };
    wait::until(&format!("everything on {place}"), STILL_MAX, fetched).await
}
