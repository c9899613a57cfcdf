//! Headless Chromium, and `bolide serve` for it.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::host::{cached, root};
use crate::project::{bolide, cache};

/// How long a step may take: longer than what the session itself allows.
const STEP_LIMIT: Duration = Duration::from_secs(330);

/// A page in a browser of its own.
pub(crate) struct Browser {
    process: Child,
    steps: Option<ChildStdin>,
    answers: Receiver<String>,
}

/// The lines of a stream, read by a thread so that waiting for one can end.
fn lines(stream: impl std::io::Read + Send + 'static) -> Receiver<String> {
    let (sender, receiver) = channel();
    thread::spawn(move || {
        for line in BufReader::new(stream).lines().map_while(Result::ok) {
            if sender.send(line).is_err() {
                break;
            }
        }
    });
    receiver
}

impl Browser {
    /// Starts the browser that `scripts/setup` linked.
    pub(crate) fn start() -> Browser {
        let mut process = std::process::Command::new(cached("tools/node24"))
            .arg(root().join("tests/browser/session.mjs"))
            .arg(cached("packages/node_modules/playwright-core"))
            .arg(cached("tools/chromium"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let stdout: ChildStdout = process.stdout.take().unwrap();
        Browser {
            steps: process.stdin.take(),
            process,
            answers: lines(stdout),
        }
    }

    /// Does a step of `tests/browser/session.mjs`.
    fn step(&mut self, name: &str, argument: Value) -> Value {
        let steps = self.steps.as_mut().unwrap();
        writeln!(steps, "{}", json!({ name: argument })).expect("the browser is there");
        let answer = self.answers.recv_timeout(STEP_LIMIT);
        let answer = answer.unwrap_or_else(|error| panic!("{name} {argument}: {error}"));
        let mut answer: Value = serde_json::from_str(&answer).unwrap();
        if let Some(error) = answer.get("error") {
            panic!("{name} {argument}: {}", error.as_str().unwrap());
        }
        answer["value"].take()
    }

    /// Opens the URL, and returns the headers of the answer, whose status must be 200.
    pub(crate) fn open(&mut self, url: &str) -> Value {
        let mut answer = self.step("open", json!(url));
        assert_eq!(answer["status"], 200, "{url}: {answer}");
        answer["headers"].take()
    }

    /// The value of an expression of JavaScript in the page.
    pub(crate) fn evaluate(&mut self, expression: &str) -> Value {
        self.step("evaluate", json!(expression))
    }

    /// Waits until the expression is true.
    pub(crate) fn until(&mut self, expression: &str) {
        self.step("until", json!(expression));
    }

    /// Waits until the text of the page contains this one.
    pub(crate) fn until_text(&mut self, text: &str) {
        self.until(&format!(
            "document.body.innerText.includes({})",
            json!(text)
        ));
    }

    /// Enters text in a field.
    pub(crate) fn fill(&mut self, selector: &str, text: &str) {
        self.step("fill", json!([selector, text]));
    }

    /// Prefers a light or a dark page.
    pub(crate) fn scheme(&mut self, scheme: &str) {
        self.step("scheme", json!(scheme));
    }

    /// Takes a picture of the page, as `.cache/screenshots/NAME.png`.
    pub(crate) fn screenshot(&mut self, name: &str) -> PathBuf {
        let folder = cache("screenshots");
        std::fs::create_dir_all(&folder).unwrap();
        let file = folder.join(name).with_extension("png");
        self.step("screenshot", json!(file));
        file
    }

    /// What the page complained about since the last time.
    pub(crate) fn complaints(&mut self) -> Vec<String> {
        serde_json::from_value(self.step("complaints", Value::Null)).unwrap()
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // The session ends with its standard input, and takes the browser with it.
        self.steps = None;
        let end = Instant::now() + Duration::from_secs(10);
        while Instant::now() < end {
            if self.process.try_wait().is_ok_and(|status| status.is_some()) {
                return;
            }
            thread::sleep(Duration::from_millis(10));
        }
        // Without its session the browser ends by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// `bolide serve`.
pub(crate) struct Server {
    process: Child,
    url: String,
    _output: Receiver<String>,
}

impl Server {
    /// Serves the folder on a port that is free, and waits until it can be reached.
    pub(crate) fn start(folder: &Path, arguments: &[&str]) -> Server {
        let mut command = bolide(folder);
        command.args(["serve", "--port", "0"]).args(arguments);
        let mut process = command.stderr(Stdio::piped()).spawn().unwrap();
        let output = lines(process.stderr.take().unwrap());
        let mut told = Vec::new();
        let url = loop {
            let line = output.recv_timeout(Duration::from_secs(1200));
            let line = line.unwrap_or_else(|error| panic!("no URL: {error}: {told:?}"));
            let found = line
                .split_whitespace()
                .find(|word| word.starts_with("http://"));
            if let Some(url) = found {
                break url.trim_end_matches('/').to_owned();
            }
            told.push(line);
        };
        Server {
            process,
            url,
            _output: output,
        }
    }

    /// The port that it listens on.
    pub(crate) fn port(&self) -> String {
        let (_, port) = self.url.rsplit_once(':').unwrap();
        port.to_owned()
    }

    /// The URL of a file in its folder.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}/{path}", self.url)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
