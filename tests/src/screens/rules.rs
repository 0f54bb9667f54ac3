//! axe-core on a screen as it is: what it finds, in words that lead there.

use crate::window::Window;
use anyhow::{Context, Result};
use serde_json::Value;
use std::{path::Path, sync::Mutex};

/// Where npm puts it, below this package.
const SOURCE: &str = "../ui/node_modules/axe-core/axe.min.js";
/// All rules of WCAG 2.2 at A and AA, the best practices, and those that are still tried out. Once more in the dark theme for
/// what depends on it, set in place; what moves has come to its end before.
const RUN: &str = "const done = arguments[0];\
    const root = document.documentElement;\
    const still = () => Promise.all(document.getAnimations()\
      .filter((a) => a.effect?.getTiming().iterations !== Infinity).map((a) => a.finished.catch(() => null)))\
      .then(() => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn))));\
    const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice', 'experimental'];\
    const all = { runOnly: { type: 'tag', values: tags }, rules: { 'target-size': { enabled: true },\
      'label-content-name-mismatch': { enabled: true } }, resultTypes: ['violations'] };\
    const found = async (theme, options) => {\
      root.dataset.theme = theme;\
      await still();\
      const { violations } = await axe.run(document, options);\
      return violations.flatMap((rule) => rule.nodes.map((node) => [theme, rule.id, node.target.join(' '),\
        node.html.slice(0, 160), [...node.any, ...node.all, ...node.none][0]?.message ?? rule.help].join(' | ')));\
    };\
    const before = root.dataset.theme;\
    (async () => [...await found('light', all), ...await found('dark', { runOnly: ['color-contrast'] })])()\
      .then((all) => { if (before) root.dataset.theme = before; else delete root.dataset.theme; done(all); },\
        (error) => done(['axe-core did not run: ' + error]));";

/// The rules, and what was found.
#[derive(Debug)]
pub struct Rules {
    source: String,
    found: Mutex<Vec<String>>,
    screens: Mutex<usize>,
}

impl Rules {
    /// Reads axe-core.
    ///
    /// # Errors
    /// When npm has not installed it.
    pub fn new() -> Result<Self> {
        let place = Path::new(env!("CARGO_MANIFEST_DIR")).join(SOURCE);
        let source = std::fs::read_to_string(&place).with_context(|| format!("no {}", place.display()))?;
        Ok(Self { source, found: Mutex::default(), screens: Mutex::default() })
    }

    /// Holds a screen against the rules.
    ///
    /// # Errors
    /// When the window is gone.
    pub async fn judge(&self, window: &Window, screen: &str) -> Result<()> {
        if window.run("return typeof axe").await? != "object" {
            window.run(&self.source).await?;
        }
        let found = window.run_async(RUN).await?;
        let lines = found.as_array().into_iter().flatten().filter_map(Value::as_str);
        let mut all = self.found.lock().map_err(|_| anyhow::anyhow!("another screen failed"))?;
        all.extend(lines.map(|line| format!("{screen}: {line}")));
        if let Ok(mut screens) = self.screens.lock() {
            *screens += 1;
        }
        Ok(())
    }

    /// How many screens were judged, and what was found on them.
    ///
    /// # Errors
    /// When a screen failed while it was judged.
    pub fn verdict(self) -> Result<(usize, Vec<String>)> {
        let screens = self.screens.into_inner().map_err(|_| anyhow::anyhow!("a screen failed"))?;
        Ok((screens, self.found.into_inner().map_err(|_| anyhow::anyhow!("a screen failed"))?))
    }
}
