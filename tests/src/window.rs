//! The real window, driven as a person would: seen, clicked, typed into. `WebKitWebDriver` starts it as its child.

use crate::{
    home::Home,
    program::{self, Running},
    wait,
};
use anyhow::{Context, Result, anyhow};
use fantoccini::{Client, ClientBuilder, Locator, actions, elements::Element, error::CmdError};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};
use std::{
    env,
    path::{Path, PathBuf},
    time::Duration,
};
use tokio::{net::TcpStream, process::Command};

/// How long a driver or a window may take to open.
const OPEN_MAX: Duration = Duration::from_secs(60);
/// How long anything in the page may take that the laptop does by itself.
const ANSWER_MAX: Duration = Duration::from_secs(60);
/// How long a script in the page may take.
const SCRIPT_MAX: Duration = Duration::from_secs(60);

/// Finds the first element that can be seen and used.
const FIND: &str = "const usable = (e) => e.getClientRects().length > 0 && !e.disabled && \
    getComputedStyle(e).visibility !== 'hidden';\
    return [...document.querySelectorAll(arguments[0])].find(usable) ?? null;";
/// Finds the first element that can be used, stands still, and has nothing lying over it.
const FIND_TO_CLICK: &str = "const [selector, done] = arguments;\
    const usable = (e) => e.getClientRects().length > 0 && !e.disabled && \
      getComputedStyle(e).visibility !== 'hidden';\
    let last = '';\
    let still = 0;\
    const look = () => {\
      const e = [...document.querySelectorAll(selector)].find(usable);\
      if (!e) return done(null);\
      const { x, y, width, height } = e.getBoundingClientRect();\
      const now = [x, y, width, height].join();\
      still = now === last ? still + 1 : 0;\
      last = now;\
      if (still < 3) return requestAnimationFrame(look);\
      if (e.contains(document.elementFromPoint(x + width / 2, y + height / 2))) return done(e);\
      e.scrollIntoView({ block: 'center', behavior: 'instant' });\
      done(null);\
    };\
    look();";
/// Runs a command as the interface does.
const CALL: &str = "const [name, args, done] = arguments;\
    window.__TAURI_INTERNALS__.invoke('call', { name, args })\
      .then((result) => done({ result }), (error) => done({ error: error?.code ? error : String(error) }));";
/// Fetches bytes as the interface does; they cross as base64.
const DOWNLOAD: &str = "const [id, done] = arguments;\
    window.__TAURI_INTERNALS__.invoke('download', { id }).then((bytes) => {\
      const reader = new FileReader();\
      reader.onload = () => done(reader.result.split(',')[1]);\
      reader.readAsDataURL(new Blob([bytes]));\
    }, (error) => done(null));";

/// A window on a laptop's home.
#[derive(Debug)]
pub struct Window {
    client: Client,
    driver: Running,
    name: String,
}

/// The selector of an element by its test id.
#[must_use]
pub fn id(testid: &str) -> String {
    format!("[data-testid=\"{testid}\"]")
}

impl Window {
    /// Opens the window on a home, with a passphrase that unlocks the store at once where there is one.
    /// `name` names its pictures.
    ///
    /// # Errors
    /// When driver or window do not open.
    pub async fn open(home: &Home, name: &str, passphrase: Option<&str>) -> Result<Self> {
        let mut command = Command::new("WebKitWebDriver");
        home.lived_in_by(&mut command);
        if let Some(passphrase) = passphrase {
            command.env("DOORSTEP_PASSPHRASE", passphrase);
        }
        Self::open_as(command, &home.path().join("driver.log"), name).await
    }

    /// Opens the window in a driver that is set up already.
    ///
    /// # Errors
    /// As [`Window::open`].
    pub async fn open_as(mut driver: Command, log: &Path, name: &str) -> Result<Self> {
        let port = program::free_port()?;
        driver.arg(format!("--port={port}")).arg("--host=127.0.0.1");
        driver.env("TAURI_AUTOMATION", "true").env("TAURI_WEBVIEW_AUTOMATION", "true");
        let driver = Running::start(&mut driver, log)?;
        wait::until("the driver", OPEN_MAX, || async { Ok(TcpStream::connect(("127.0.0.1", port)).await.ok()) })
            .await?;
        let capabilities = json!({
            "webkitgtk:browserOptions": { "binary": program::built("doorstep")?, "args": [] },
            "timeouts": { "script": SCRIPT_MAX.as_millis() as u64 },
        });
        let mut builder = ClientBuilder::new(HttpConnector::new());
        builder.capabilities(capabilities.as_object().cloned().unwrap_or_default());
        let address = format!("http://127.0.0.1:{port}");
        let connected = tokio::time::timeout(OPEN_MAX, builder.connect(&address)).await;
        let said = || std::fs::read_to_string(log).unwrap_or_default();
        let client = connected.with_context(said)?.with_context(said)?;
        let window = Self { client, driver, name: name.to_owned() };
        window.until("the interface", "return document.querySelector('#app, main, nav') !== null").await?;
        Ok(window)
    }

    /// Waits until a script in the page returns something, and gives it: not null, not false, not empty.
    ///
    /// # Errors
    /// When it does not within a minute; a picture of the window is kept then.
    pub async fn until(&self, what: &str, script: &str) -> Result<Value> {
        self.until_with(what, ANSWER_MAX, script, Vec::new()).await
    }

    /// As [`Window::until`], with a limit of its own and arguments for the script.
    ///
    /// # Errors
    /// As [`Window::until`].
    pub async fn until_with(&self, what: &str, at_most: Duration, script: &str, args: Vec<Value>) -> Result<Value> {
        let ask = || async {
            let answer = self.client.execute(script, args.clone()).await;
            let nothing = |value: &Value| matches!(value, Value::Null | Value::Bool(false)) || value == "";
            match answer {
                Ok(value) if !nothing(&value) => Ok(Some(value)),
                // A page that is being replaced has no scripts to run yet.
                Ok(_) | Err(CmdError::Standard(_)) => Ok(None),
                Err(error) => Err(error.into()),
            }
        };
        let waited = wait::until(what, at_most, ask).await;
        self.pictured(waited).await
    }

    /// Adds to a failure where the window's picture is.
    async fn pictured<T>(&self, outcome: Result<T>) -> Result<T> {
        let Err(error) = outcome else { return outcome };
        let shown = self.alerts().await;
        match self.keep_picture().await {
            Ok(path) => Err(error.context(format!("{}: see {}; it says: {shown}", self.name, path.display()))),
            Err(_) => Err(error.context(self.name.clone())),
        }
    }

    async fn alerts(&self) -> String {
        let script =
            "return [...document.querySelectorAll('[role=alert], .toast')].map((e) => e.innerText).join(' | ')";
        let said = self.client.execute(script, Vec::new()).await;
        said.ok().and_then(|words| words.as_str().map(str::to_owned)).unwrap_or_default()
    }

    async fn keep_picture(&self) -> Result<PathBuf> {
        let folder = program::built("doorstep")?.with_file_name("window-failures");
        std::fs::create_dir_all(&folder)?;
        let path = folder.join(format!("{}.png", self.name));
        std::fs::write(&path, self.client.screenshot().await?)?;
        Ok(path)
    }

    /// A picture of the window as it is.
    ///
    /// # Errors
    /// When the driver gives none.
    pub async fn picture(&self) -> Result<Vec<u8>> {
        Ok(self.client.screenshot().await?)
    }

    /// Waits until an element can be seen and used.
    ///
    /// # Errors
    /// As [`Window::until`].
    pub async fn see(&self, selector: &str) -> Result<Element> {
        let found = self.until_with(selector, ANSWER_MAX, FIND, vec![json!(selector)]).await?;
        self.element(&found).with_context(|| format!("{selector} is no element"))
    }

    /// The element that a script returned.
    fn element(&self, found: &Value) -> Option<Element> {
        let reference = found.as_object()?.values().next()?.as_str()?.to_owned();
        Some(Element::from_element_id(self.client.clone(), reference.into()))
    }

    /// Whether an element is in the page now.
    ///
    /// # Errors
    /// When the window is gone.
    pub async fn has(&self, selector: &str) -> Result<bool> {
        Ok(!self.client.find_all(Locator::Css(selector)).await?.is_empty())
    }

    /// Clicks on an element once it can be used.
    ///
    /// # Errors
    /// As [`Window::until`].
    pub async fn click(&self, selector: &str) -> Result<()> {
        let ask = || async {
            let found = self.client.execute_async(FIND_TO_CLICK, vec![json!(selector)]).await?;
            let Some(element) = self.element(&found) else { return Ok(None) };
            match element.click().await {
                Ok(()) => Ok(Some(())),
                // It moved, was drawn anew or lay under a menu that closes: it is looked for again.
                Err(CmdError::Standard(_)) => Ok(None),
                Err(error) => Err(error.into()),
            }
        };
        let clicked = wait::until(&format!("a click on {selector}"), ANSWER_MAX, ask).await;
        self.pictured(clicked).await
    }

    /// Types a text into a field in place of what is there, and leaves the field.
    ///
    /// # Errors
    /// As [`Window::until`].
    pub async fn fill(&self, selector: &str, text: &str) -> Result<()> {
        self.fill_and_stay(selector, text).await?;
        self.client.execute("document.activeElement?.blur()", Vec::new()).await?;
        Ok(())
    }

    /// Types a text into a field in place of what is there, and stays in the field.
    ///
    /// # Errors
    /// As [`Window::until`].
    pub async fn fill_and_stay(&self, selector: &str, text: &str) -> Result<()> {
        self.click(selector).await?;
        let element = self.see(selector).await?;
        element.clear().await?;
        if text.chars().all(|c| c.len_utf16() == 1) {
            element.send_keys(text).await?;
        } else {
            // No key types characters beyond the first plane: an input method commits them.
            let commit = "document.execCommand('insertText', false, arguments[0])";
            self.client.execute(commit, vec![json!(text)]).await?;
        }
        let script = "const e = document.querySelector(arguments[0]); return e && e.value === arguments[1]";
        self.until_with(&format!("{text:?} in {selector}"), ANSWER_MAX, script, vec![json!(selector), json!(text)])
            .await?;
        Ok(())
    }

    /// Presses keys where the focus is.
    ///
    /// # Errors
    /// When nothing has it.
    pub async fn press(&self, keys: &str) -> Result<()> {
        Ok(self.client.active_element().await?.send_keys(keys).await?)
    }

    /// Types a date, and a time where there are segments for one, into a date field: `2026-11-25T14:30`.
    ///
    /// # Errors
    /// As [`Window::until`].
    pub async fn fill_date(&self, selector: &str, moment: &str) -> Result<()> {
        let parts = ["year", "month", "day", "hour", "minute"];
        for (segment, digits) in parts.iter().zip(moment.split(['-', 'T', ':'])) {
            let part = self.see(&format!("{selector} [data-segment={segment}]")).await?;
            part.click().await?;
            part.send_keys(digits).await?;
        }
        self.client.execute("document.activeElement?.blur()", Vec::new()).await?;
        Ok(())
    }

    /// Pastes what is on the clipboard where the focus is, as a person does with the keyboard.
    ///
    /// # Errors
    /// When the driver presses no keys.
    pub async fn paste(&self) -> Result<()> {
        use actions::{InputSource as _, KeyAction};
        const CONTROL: char = '\u{e009}';
        let keys = [
            KeyAction::Down { value: CONTROL },
            KeyAction::Down { value: 'v' },
            KeyAction::Up { value: 'v' },
            KeyAction::Up { value: CONTROL },
        ];
        let pressed = keys.into_iter().fold(actions::KeyActions::new("keys".to_owned()), |all, key| all.then(key));
        Ok(self.client.perform_actions(pressed).await?)
    }

    /// Drops a file onto an element, with its bytes in base64. No driver drags from another program: the events are
    /// those that the webview makes of such a drag.
    ///
    /// # Errors
    /// As [`Window::until`].
    pub async fn drop_onto(&self, selector: &str, name: &str, media_type: &str, base64: &str) -> Result<()> {
        let script = "const [selector, name, type, text] = arguments;\
                      const e = document.querySelector(selector);\
                      if (!e) return false;\
                      const bytes = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));\
                      const dataTransfer = new DataTransfer();\
                      dataTransfer.items.add(new File([bytes], name, { type }));\
                      for (const event of ['dragenter', 'dragover', 'drop'])\
                        e.dispatchEvent(new DragEvent(event, { bubbles: true, cancelable: true, dataTransfer }));\
                      return true";
        let args = vec![json!(selector), json!(name), json!(media_type), json!(base64)];
        self.until_with(&format!("a drop onto {selector}"), ANSWER_MAX, script, args).await.map(drop)
    }

    /// Scrolls to an element: pictures are fetched once they come into sight.
    ///
    /// # Errors
    /// As [`Window::until`].
    pub async fn scroll_to(&self, selector: &str) -> Result<()> {
        let script = "const e = document.querySelector(arguments[0]);\
                      e?.scrollIntoView({ block: 'center', behavior: 'instant' }); return !!e";
        self.until_with(selector, ANSWER_MAX, script, vec![json!(selector)]).await.map(drop)
    }

    /// Chooses a file in a file field, which may be hidden behind its button.
    ///
    /// # Errors
    /// When there is no such field.
    pub async fn choose_file(&self, selector: &str, file: &Path) -> Result<()> {
        let script = "return document.querySelector(arguments[0]) !== null";
        self.until_with(selector, ANSWER_MAX, script, vec![json!(selector)]).await?;
        let element = self.client.find(Locator::Css(selector)).await?;
        Ok(element.send_keys(&file.to_string_lossy()).await?)
    }

    /// Draws strokes on an element, each through points in pixels from its middle.
    ///
    /// # Errors
    /// When the driver does not move the pointer.
    pub async fn draw(&self, selector: &str, strokes: &[&[(f64, f64)]]) -> Result<()> {
        let element = self.see(selector).await?;
        let mut pen = actions::MouseActions::new("pen".to_owned());
        use actions::{InputSource as _, MOUSE_BUTTON_LEFT, PointerAction};
        for stroke in strokes {
            for (at, (x, y)) in stroke.iter().enumerate() {
                let duration = Some(Duration::from_millis(30));
                pen = pen.then(PointerAction::MoveToElement { element: element.clone(), duration, x: *x, y: *y });
                if at == 0 {
                    pen = pen.then(PointerAction::Down { button: MOUSE_BUTTON_LEFT });
                }
            }
            pen = pen.then(PointerAction::Up { button: MOUSE_BUTTON_LEFT });
        }
        Ok(self.client.perform_actions(pen).await?)
    }

    /// The text of an element.
    ///
    /// # Errors
    /// As [`Window::until`].
    pub async fn text(&self, selector: &str) -> Result<String> {
        Ok(self.see(selector).await?.text().await?)
    }

    /// Waits until an element of this kind shows these words.
    ///
    /// # Errors
    /// As [`Window::until`].
    pub async fn read(&self, selector: &str, words: &str) -> Result<()> {
        let script =
            "return [...document.querySelectorAll(arguments[0])].some((e) => e.innerText.includes(arguments[1]))";
        let args = vec![json!(selector), json!(words)];
        self.until_with(&format!("{words:?} in {selector}"), ANSWER_MAX, script, args).await.map(drop)
    }

    /// An attribute of an element, once it has one.
    ///
    /// # Errors
    /// As [`Window::until`].
    pub async fn attribute(&self, selector: &str, name: &str) -> Result<String> {
        let script = "return document.querySelector(arguments[0])?.getAttribute(arguments[1])";
        let what = format!("{name} of {selector}");
        let value = self.until_with(&what, ANSWER_MAX, script, vec![json!(selector), json!(name)]).await?;
        Ok(value.as_str().unwrap_or_default().to_owned())
    }

    /// Waits until an attribute has a value.
    ///
    /// # Errors
    /// As [`Window::until`].
    pub async fn until_attribute(&self, selector: &str, name: &str, value: &str) -> Result<()> {
        let script = "return document.querySelector(arguments[0])?.getAttribute(arguments[1]) === arguments[2]";
        let args = vec![json!(selector), json!(name), json!(value)];
        self.until_with(&format!("{selector} {name}={value}"), SCRIPT_MAX, script, args).await.map(drop)
    }

    /// Goes to a place of the interface by its address, `visits/ID`.
    ///
    /// # Errors
    /// When the window is gone.
    pub async fn go(&self, place: &str) -> Result<()> {
        self.client.execute("location.hash = '#/' + arguments[0]", vec![json!(place)]).await?;
        Ok(())
    }

    /// Runs a script in the page.
    ///
    /// # Errors
    /// When it throws.
    pub async fn run(&self, script: &str) -> Result<Value> {
        Ok(self.client.execute(script, Vec::new()).await?)
    }

    /// Runs a script in the page that answers later, by calling its last argument.
    ///
    /// # Errors
    /// When it throws or does not answer.
    pub async fn run_async(&self, script: &str) -> Result<Value> {
        Ok(self.client.execute_async(script, Vec::new()).await?)
    }

    /// Runs a command as the interface does, to look at what it is about to show.
    ///
    /// # Errors
    /// The command's failure.
    pub async fn call(&self, name: &str, args: Value) -> Result<Value> {
        let mut answer = self.client.execute_async(CALL, vec![json!(name), args]).await?;
        match answer.get_mut("result") {
            Some(result) => Ok(result.take()),
            None => Err(anyhow!("{name}: {}", answer["error"])),
        }
    }

    /// The bytes that a command offered, in base64.
    ///
    /// # Errors
    /// When there are none of that id.
    pub async fn download(&self, id: &str) -> Result<String> {
        let answer = self.client.execute_async(DOWNLOAD, vec![json!(id)]).await?;
        Ok(answer.as_str().context("no such download")?.to_owned())
    }

    /// Makes the window as large as asked, on the outside and on the inside.
    ///
    /// # Errors
    /// When it does not take the size.
    pub async fn resize(&self, width: u32, height: u32) -> Result<()> {
        self.client.set_window_rect(0, 0, width, height).await?;
        let script = "return innerWidth === arguments[0] && innerHeight === arguments[1]";
        self.until_with("the size", ANSWER_MAX, script, vec![json!(width), json!(height)]).await.map(drop)
    }

    /// Ends the window as a power cut would, and gives its number.
    ///
    /// # Errors
    /// When it does not run.
    pub async fn kill(self) -> Result<()> {
        let driver = self.driver.id().context("the driver has ended")?;
        let window = self.programs()?.into_iter().find(|id| name_of(*id).as_deref() == Some("doorstep"));
        program::signal(window.with_context(|| format!("driver {driver} has no window"))?, "KILL")?;
        self.driver.end().await
    }

    fn programs(&self) -> Result<Vec<u32>> {
        program::started_by(self.driver.id().context("the driver has ended")?)
    }

    /// Closes the window as a person does, and waits until it is gone.
    ///
    /// # Errors
    /// When it stays.
    pub async fn close(self) -> Result<()> {
        let programs = self.programs()?;
        self.client.close().await?;
        let gone = || async { Ok(programs.iter().all(|id| name_of(*id).is_none()).then_some(())) };
        wait::until("the end of the window", ANSWER_MAX, gone).await?;
        self.driver.end().await
    }
}

/// What a program is called; none when it does not run.
fn name_of(id: u32) -> Option<String> {
    let status = std::fs::read_to_string(format!("/proc/{id}/status")).ok()?;
    if status.contains("State:\tZ") {
        return None;
    }
    status.lines().next()?.strip_prefix("Name:\t").map(str::to_owned)
}

/// Whether there is a display to open windows on.
///
/// # Errors
/// When there is none: these tests do not pass unseen.
pub fn display() -> Result<()> {
    anyhow::ensure!(env::var_os("DISPLAY").is_some(), "no display: run the tests with `cargo xtask test`");
    Ok(())
}
