//! A headless Chromium, spoken to over its debugging pipe: messages are JSON, each ended by a zero byte.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde_json::{Value, json};

/// The names that Chromium has on different systems.
const NAMES: &[&str] = &["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

pub(crate) struct Browser {
    child: Child,
    to: ChildStdin,
    from: BufReader<ChildStdout>,
    /// The page under test.
    session: String,
    sent: u64,
    /// Set when the browser is needed no more.
    is_over: Arc<AtomicBool>,
    /// What the page has complained of, so far.
    pub(crate) complaints: Vec<String>,
    _profile: tempfile::TempDir,
}

impl Browser {
    /// Starts a browser with one page of this size; `None`, with a message, if there is no Chromium.
    pub(crate) fn start(width: u32, height: u32) -> Option<Self> {
        let is_there = |name: &&&str| {
            Command::new(name).arg("--version").output().is_ok_and(|it| it.status.success())
        };
        let Some(name) = NAMES.iter().find(is_there) else {
            eprintln!("skipped: there is no Chromium");
            return None;
        };
        let profile = tempfile::tempdir().expect("a folder");
        // The pipe is the descriptors 3 and 4.
        let script = "exec \"$@\" 3<&0 4>&1 0</dev/null 1>/dev/null 2>/dev/null";
        let mut child = Command::new("sh")
            .args(["-c", script, "sh", name, "--headless=new", "--no-sandbox", "--disable-gpu"])
            .args(["--disable-dev-shm-usage", "--no-first-run", "--remote-debugging-pipe"])
            .arg(format!("--user-data-dir={}", profile.path().display()))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("there is a shell");
        let is_over = Arc::new(AtomicBool::new(false));
        kill_if_stuck(child.id(), is_over.clone());
        let to = child.stdin.take().expect("it is piped");
        let from = BufReader::new(child.stdout.take().expect("it is piped"));
        let mut browser = Browser {
            child,
            to,
            from,
            session: String::new(),
            sent: 0,
            is_over,
            complaints: Vec::new(),
            _profile: profile,
        };
        let target = browser.call("Target.createTarget", &json!({ "url": "about:blank" }));
        let target = json!({ "targetId": target["targetId"], "flatten": true });
        let session = browser.call("Target.attachToTarget", &target);
        session["sessionId"].as_str().expect("it is attached").clone_into(&mut browser.session);
        for domain in ["Page", "Runtime", "Log", "Network"] {
            browser.call(&format!("{domain}.enable"), &json!({}));
        }
        let size = json!({
            "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false
        });
        browser.call("Emulation.setDeviceMetricsOverride", &size);
        Some(browser)
    }

    /// Opens a page from disk, and waits until it is there.
    pub(crate) fn open(&mut self, path: &Path) {
        self.call("Page.navigate", &json!({ "url": format!("file://{}", path.display()) }));
        // It may have been loaded already.
        self.eval(
            "new Promise(done => document.readyState === 'complete' ? done(0) : \
             addEventListener('load', () => done(0)))",
        );
    }

    /// The value of an expression.
    pub(crate) fn eval(&mut self, expression: &str) -> Value {
        let asked =
            json!({ "expression": expression, "returnByValue": true, "awaitPromise": true });
        let answer = self.call("Runtime.evaluate", &asked);
        assert!(answer["exceptionDetails"].is_null(), "{expression}: {answer}");
        answer["result"]["value"].clone()
    }

    /// Presses a key, as a user does.
    pub(crate) fn press(&mut self, key: &str) {
        for kind in ["keyDown", "keyUp"] {
            let code = match key {
                "End" => 35,
                "Home" => 36,
                "ArrowLeft" => 37,
                "ArrowRight" => 39,
                "Tab" => 9,
                "Enter" => 13,
                other => panic!("no code for {other}"),
            };
            let text = if key == "Enter" { "\r" } else { "" };
            let event = json!({
                "type": kind, "key": key, "code": key, "windowsVirtualKeyCode": code, "text": text
            });
            self.call("Input.dispatchKeyEvent", &event);
        }
    }

    fn call(&mut self, method: &str, params: &Value) -> Value {
        self.sent += 1;
        let id = self.sent;
        let mut message = json!({ "id": id, "method": method, "params": params });
        if !self.session.is_empty() {
            message["sessionId"] = self.session.as_str().into();
        }
        let mut bytes = message.to_string().into_bytes();
        bytes.push(0);
        self.to.write_all(&bytes).and_then(|()| self.to.flush()).expect("the browser listens");
        let answer = self.until(|message| message["id"] == id);
        assert!(answer["error"].is_null(), "{method}: {answer}");
        answer["result"].clone()
    }

    /// The next message of this sort. What the page complains of meanwhile is kept.
    fn until(&mut self, is_it: impl Fn(&Value) -> bool) -> Value {
        loop {
            let mut bytes = Vec::new();
            self.from.read_until(0, &mut bytes).expect("the browser answers");
            assert_eq!(bytes.pop(), Some(0), "the browser has ended");
            let message: Value = serde_json::from_slice(&bytes).expect("it is JSON");
            match message["method"].as_str() {
                Some("Runtime.exceptionThrown" | "Log.entryAdded" | "Runtime.consoleAPICalled") => {
                    self.complaints.push(message["params"].to_string());
                }
                Some("Network.requestWillBeSent") => {
                    let url = message["params"]["request"]["url"].as_str().unwrap_or_default();
                    if !url.starts_with("file://") {
                        self.complaints.push(format!("fetches {url}"));
                    }
                }
                _ => {}
            }
            if is_it(&message) {
                return message;
            }
        }
    }
}

/// Ends a browser that answers no more, so that who waits for it is told.
fn kill_if_stuck(child: u32, is_over: Arc<AtomicBool>) {
    std::thread::spawn(move || {
        for _ in 0..300 {
            std::thread::sleep(Duration::from_secs(1));
            if is_over.load(Ordering::Relaxed) {
                return;
            }
        }
        let _ = Command::new("kill").args(["-9", &child.to_string()]).status();
    });
}

impl Drop for Browser {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::Relaxed);
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
