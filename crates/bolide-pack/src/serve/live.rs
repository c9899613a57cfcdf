//! What open pages are told: that they are out of date, and how the build goes.
//!
//! Pages are not sent what has changed, but the whole [`State`], so that a page that missed something, because it was
//! asleep or because the server was started anew, knows what to do.

use std::convert::Infallible;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use serde::Serialize;
use tokio::sync::watch;

use super::ansi::{self, Run};
use crate::error::Error;

/// How soon a page asks again when the server is gone.
const RETRY: Duration = Duration::from_millis(500);

/// How long a request for what is being built waits.
const PATIENCE: Duration = Duration::from_secs(60);

/// How often a connection is used at least, so that nothing between takes it for dead.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// What pages know.
#[derive(Clone, Debug, Serialize)]
struct State {
    /// Another one after the server was started anew: pages of the former are out of date.
    session: String,
    /// Pages that were sent before this moment are out of date.
    reload: u64,
    /// The same for style sheets, which can be replaced in a page.
    styles: u64,
    build: Build,
    #[serde(skip)]
    now: u64,
    #[serde(skip)]
    closed: bool,
}

#[derive(Clone, Debug, Serialize)]
#[serde(tag = "status", rename_all = "lowercase")]
enum Build {
    /// The last build was good, or there is none.
    Done,
    /// Since a moment; pages that are sent from then on need not be loaded anew after it.
    Running {
        #[serde(skip)]
        since: u64,
    },
    Failed(Problem),
}

/// Why a build has failed, for people.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Problem {
    title: String,
    text: Vec<Run>,
    #[serde(skip)]
    plain: String,
}

impl Problem {
    /// An error, and what cargo printed.
    pub(super) fn new(error: &Error, output: &str) -> Problem {
        let mut text = match error.is_told() {
            true => output.trim_end().to_owned(),
            false => error.causes().collect::<Vec<_>>().join("\n"),
        };
        for help in error.help() {
            text += &format!("\n\n\x1b[1;36mhelp:\x1b[0m {help}");
        }
        Problem {
            title: error.what().to_owned(),
            plain: ansi::plain(&text),
            text: ansi::runs(&text),
        }
    }
}

/// What pages are told by, from any thread.
#[derive(Clone, Debug)]
pub(super) struct Live(watch::Sender<State>);

impl Live {
    pub(super) fn new() -> Live {
        let started = SystemTime::now().duration_since(UNIX_EPOCH);
        let session = format!("{:x}", started.unwrap_or_default().as_nanos());
        Live(watch::Sender::new(State {
            session,
            reload: 0,
            styles: 0,
            build: Build::Done,
            now: 0,
            closed: false,
        }))
    }

    fn change(&self, change: impl FnOnce(&mut State)) {
        self.0.send_modify(|state| {
            state.now += 1;
            change(state);
        });
    }

    /// Pages are out of date.
    pub(super) fn reload(&self) {
        self.change(|state| state.reload = state.now);
    }

    /// Style sheets are out of date.
    pub(super) fn restyle(&self) {
        self.change(|state| state.styles = state.now);
    }

    /// A build begins.
    pub(super) fn building(&self) {
        self.change(|state| state.build = Build::Running { since: state.now });
    }

    /// The build was good: what is shown was made by an older one.
    pub(super) fn built(&self) {
        self.change(|state| {
            if let Build::Running { since } = state.build {
                state.reload = state.reload.max(since);
            }
            state.build = Build::Done;
        });
    }

    /// The build has failed.
    pub(super) fn failed(&self, problem: Problem) {
        self.change(|state| state.build = Build::Failed(problem));
    }

    /// No more events: pages wait for the next server.
    pub(super) fn close(&self) {
        self.change(|state| state.closed = true);
    }

    /// Waits until no build is running, and returns whether that is so: no client waits forever.
    pub(super) async fn settled(&self) -> bool {
        let mut states = self.0.subscribe();
        let settled = |state: &State| state.closed || !matches!(state.build, Build::Running { .. });
        let waited = tokio::time::timeout(PATIENCE, states.wait_for(settled)).await;
        let settled = waited.is_ok();
        if !settled {
            // The page that wanted it has to be loaded anew when it is there.
            self.change(|state| {
                if let Build::Running { since } = &mut state.build {
                    *since = state.now;
                }
            });
        }
        settled
    }

    /// Why there is nothing built, if so: the problem's title and text.
    pub(super) fn problem(&self) -> Option<String> {
        match &self.0.borrow().build {
            Build::Failed(problem) => Some(format!("{}\n\n{}", problem.title, problem.plain)),
            _ => None,
        }
    }

    /// Which session a page that is sent now belongs to, and when it was sent.
    pub(super) fn stamp(&self) -> (String, u64) {
        let state = self.0.borrow();
        (state.session.clone(), state.now)
    }

    /// The state, now and whenever it changes.
    pub(super) fn events(&self) -> Response {
        let mut states = self.0.subscribe();
        states.mark_changed();
        let events = stream::unfold(states, async |mut states| {
            states.changed().await.ok()?;
            let state = states.borrow_and_update().clone();
            if state.closed {
                return None;
            }
            let data = serde_json::to_string(&state).expect("it is plain data");
            let event = Event::default().retry(RETRY).data(data);
            Some((Ok::<_, Infallible>(event), states))
        });
        let keep_alive = KeepAlive::new().interval(KEEP_ALIVE);
        Sse::new(events).keep_alive(keep_alive).into_response()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Which of the pages that were sent before each step must be loaded anew at the end.
    #[track_caller]
    fn check(steps: &str, stale: &str) {
        let live = Live::new();
        let mut pages = Vec::new();
        for step in steps.split(' ') {
            match step {
                "page" => pages.push(live.stamp().1),
                "change" => live.reload(),
                "build" => live.building(),
                "good" => live.built(),
                "bad" => live.failed(Problem::new(&Error::told("bad"), "")),
                step => panic!("{step}"),
            }
        }
        let reload = live.0.borrow().reload;
        let found: String = pages
            .iter()
            .map(|&sent| if sent < reload { '1' } else { '0' })
            .collect();
        assert_eq!(found, stale, "{steps}");
    }

    #[test]
    fn pages_that_are_out_of_date() {
        check("page", "0");
        check("page change page", "10");
        check("page build page good page", "100");
        check("page build page bad page", "000");
        check("build page bad build good page", "10");
        check("page build page change page good page", "1100");
        check("build page bad build page good", "10");
        check("build good build good page build page", "00");
    }
}
