//! Runs tests in Chromium: in a page that a server on this machine gives it, or in a worker of the page. The page asks the
//! server for one test after the other, and tells it what came of each.

use std::io::{self, Write};
use std::net::{IpAddr, Ipv4Addr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Bytes;
use axum::extract::Request;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::{get, post};
use serde::Deserialize;
use serde_json::json;
use tokio::sync::{Mutex, mpsc as tasks};

use super::bindgen::Glue;
use super::browser::Browser;
use super::module::{Place, Test, Worker};
use super::outcome::{Finished, Outcome, Said};
use super::trace;
use crate::error::{Error, Result};
use crate::http::{self, Files, Found, Listeners, Policy, Server, UrlPath};

const JAVASCRIPT: &str = "text/javascript; charset=utf-8";

/// How long the browser may take to load the tests.
const START: Duration = Duration::from_secs(60);

/// How long a test may take unless something else is said.
const TEST: Duration = Duration::from_secs(20);

/// How often it is checked whether the browser still runs.
const CHECK: Duration = Duration::from_millis(100);

/// The most that a result may have, in bytes.
const LARGEST_RESULT: usize = 64 << 20;

/// What the page says.
enum Event {
    /// It has loaded the module.
    Ready,
    /// A test has written something.
    Print(String),
    /// A test is done.
    Result(Box<Answer>),
    /// It cannot go on.
    Broken(String),
}

#[derive(Deserialize)]
struct Answer {
    said: Said,
    output: String,
    /// Whether the page begins anew.
    reloads: bool,
}

/// A browser, which is started for the first test, and anew after a test that did not end.
pub(super) struct Chromium {
    program: PathBuf,
    url: String,
    timeout: Option<Duration>,
    captures: bool,
    events: Receiver<Event>,
    commands: tasks::UnboundedSender<String>,
    browser: Option<Browser>,
    _server: Server,
}

impl Chromium {
    /// With the browser `program`. With `captures`, what tests write is kept for the case that they fail; it is printed at
    /// once otherwise.
    pub(super) fn new(
        program: PathBuf,
        glue: &Glue,
        place: Place,
        timeout: Option<Duration>,
        captures: bool,
    ) -> Result<Chromium> {
        let (events_in, events) = mpsc::channel();
        let (commands, commands_out) = tasks::unbounded_channel();
        let router = router(glue.folder(), events_in, commands_out)?;
        let listeners = Listeners::bind(IpAddr::V4(Ipv4Addr::LOCALHOST), 0).map_err(|error| {
            Error::new("cannot listen on 127.0.0.1").with_cause(error.to_string())
        })?;
        let policy = Policy {
            isolated: true,
            ..Policy::default()
        };
        let server = Server::start(listeners, router, policy)?;
        let query = match place {
            Place::Worker(Worker::Dedicated) => "?in=dedicated",
            Place::Worker(Worker::Shared) => "?in=shared",
            _ => "",
        };
        Ok(Chromium {
            program,
            url: format!("{}{query}", server.url()),
            timeout,
            captures,
            events,
            commands,
            browser: None,
            _server: server,
        })
    }

    /// Starts the browser if it does not run, and waits until it has loaded the tests.
    pub(super) fn load(&mut self) -> Result<()> {
        if self.browser.is_some() {
            return Ok(());
        }
        self.browser = Some(Browser::open(&self.program, &self.url)?);
        loop {
            return match self.wait(START.max(self.limit())) {
                Waited::Event(Event::Ready) => Ok(()),
                // Of the page before.
                Waited::Event(Event::Print(_) | Event::Result(_)) => continue,
                Waited::Event(Event::Broken(why)) => {
                    Err(Error::new("cannot load the tests in Chromium")
                        .with_cause(trace::tidy(&why)))
                }
                Waited::Ended(how) => Err(self.with_log(Error::new(how))),
                Waited::TooLong => {
                    let what = format!(
                        "`{}` has not loaded the tests after {} s",
                        self.program.display(),
                        START.as_secs()
                    );
                    Err(self.with_log(Error::new(what)))
                }
            };
        }
    }

    fn limit(&self) -> Duration {
        self.timeout.unwrap_or(TEST)
    }

    /// Runs a test, even if it is ignored if `include_ignored`.
    pub(super) fn run(&mut self, test: &Test, include_ignored: bool) -> Result<Finished> {
        self.load()?;
        let command = json!({
            "export": test.export,
            "includeIgnored": include_ignored,
            "captures": self.captures,
        });
        // The receiver is in the server, which this owns.
        let _ = self.commands.send(command.to_string());
        let failed = |why: String| Finished {
            outcome: Outcome::Failed(why),
            output: String::new(),
        };
        loop {
            let why = match self.wait(self.limit()) {
                Waited::Event(Event::Ready) => continue,
                Waited::Event(Event::Print(text)) => {
                    let text = trace::tidy_output(&text, &test.name);
                    let mut stdout = io::stdout().lock();
                    stdout.write_all(text.as_bytes()).map_err(super::written)?;
                    stdout.flush().map_err(super::written)?;
                    continue;
                }
                Waited::Event(Event::Result(answer)) => {
                    if answer.reloads {
                        self.wait_for_reload();
                    }
                    return Ok(Finished {
                        outcome: answer.said.outcome(&test.name),
                        output: answer.output,
                    });
                }
                Waited::Event(Event::Broken(why)) => trace::tidy(&why),
                Waited::Ended(how) => self.with_log(Error::new(how)).to_string(),
                Waited::TooLong => {
                    format!(
                        "the test was stopped after {} s",
                        self.limit().as_secs_f64()
                    )
                }
            };
            self.browser = None;
            return Ok(failed(why));
        }
    }

    /// Waits until the page has begun anew; if it does not, so does the browser.
    fn wait_for_reload(&mut self) {
        loop {
            match self.wait(START) {
                Waited::Event(Event::Ready) => return,
                Waited::Event(Event::Print(_) | Event::Result(_)) => {}
                _ => {
                    self.browser = None;
                    return;
                }
            }
        }
    }

    fn wait(&self, limit: Duration) -> Waited {
        let started = Instant::now();
        loop {
            match self.events.recv_timeout(CHECK) {
                Ok(event) => return Waited::Event(event),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => {
                    return Waited::Ended("the server of the tests has ended".to_owned());
                }
            }
            if let Some(status) = self.browser.as_ref().and_then(Browser::ended) {
                let name = self.program.display();
                return Waited::Ended(format!("`{name}` has ended by itself ({status})"));
            }
            if started.elapsed() > limit {
                return Waited::TooLong;
            }
        }
    }

    fn with_log(&self, error: Error) -> Error {
        let log = self.browser.as_ref().map(Browser::log).unwrap_or_default();
        match log.is_empty() {
            true => error,
            false => error.with_cause(log),
        }
    }
}

/// What came while something was waited for.
enum Waited {
    Event(Event),
    /// The browser is gone; how, in a sentence.
    Ended(String),
    TooLong,
}

/// Answers the page, with files from the folder of the glue, and then from the current one.
fn router(
    glue: &Path,
    events: mpsc::Sender<Event>,
    commands: tasks::UnboundedReceiver<String>,
) -> Result<Router> {
    let folders = Arc::new([Files::open(glue)?, Files::open(Path::new("."))?]);
    let commands = Arc::new(Mutex::new(commands));
    let script = |text: &'static str| {
        get(move || async move { http::body(StatusCode::OK, JAVASCRIPT, text) })
    };
    let tells = |event: fn(String) -> Event| {
        let events = events.clone();
        post(move |body: String| async move { tell(&events, Some(event(body))) })
    };
    let results = events.clone();
    Ok(Router::new()
        .route(
            "/",
            get(async || {
                http::body(
                    StatusCode::OK,
                    "text/html; charset=utf-8",
                    include_str!("js/page.html"),
                )
            }),
        )
        .route("/page.mjs", script(include_str!("js/page.mjs")))
        .route("/run.mjs", script(include_str!("js/run.mjs")))
        .route("/bolide/ready", tells(|_| Event::Ready))
        .route("/bolide/print", tells(Event::Print))
        .route("/bolide/broken", tells(Event::Broken))
        .route(
            "/bolide/result",
            post(move |body: Bytes| async move {
                tell(
                    &results,
                    serde_json::from_slice(&body).ok().map(Event::Result),
                )
            }),
        )
        .route(
            "/bolide/next",
            get(move || async move {
                match commands.lock().await.recv().await {
                    Some(command) => http::body(StatusCode::OK, "application/json", command),
                    None => http::text(StatusCode::GONE, "there are no more tests\n"),
                }
            }),
        )
        .layer(axum::extract::DefaultBodyLimit::max(LARGEST_RESULT))
        .fallback(move |request: Request| {
            let folders = folders.clone();
            async move { file(&folders[..], request).await }
        }))
}

fn tell(events: &mpsc::Sender<Event>, event: Option<Event>) -> Response {
    match event.map(|event| events.send(event)) {
        Some(Ok(())) => http::text(StatusCode::OK, ""),
        Some(Err(_)) => http::text(StatusCode::GONE, "nobody waits for this\n"),
        None => http::text(StatusCode::BAD_REQUEST, "this is no result of a test\n"),
    }
}

/// The file of the first folder that has one.
async fn file(folders: &[Files], request: Request) -> Response {
    let path = match UrlPath::parse(request.uri().path()) {
        Ok(path) => path.to_relative(),
        Err(why) => return http::text(StatusCode::BAD_REQUEST, why),
    };
    for files in folders {
        if let Found::File(file) = files.find(path.clone()).await {
            return file.respond(request.method(), request.headers());
        }
    }
    http::text(StatusCode::NOT_FOUND, "there is no such file\n")
}
