//! Building whenever sources change.

use std::fmt::Display;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::Receiver;
use std::time::Instant;

use super::Console;
use super::ansi;
use super::live::{Live, Problem};
use super::site::Output;
use super::watch::Watcher;
use crate::build::{self, build};
use crate::config::Config;
use crate::report::Report;

/// What builds, one build after the other: a change during a build makes one more, whatever the number of changes.
pub(super) struct Builder {
    pub(super) options: build::Options,
    pub(super) config: Config,
    pub(super) live: Live,
    pub(super) console: Arc<dyn Console>,
    pub(super) output: Output,
    pub(super) watcher: Watcher,
    /// One for each build that is due.
    pub(super) changes: Receiver<()>,
    pub(super) verbose: bool,
    pub(super) colors: bool,
}

impl std::fmt::Debug for Builder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Builder")
            .field("options", &self.options)
            .finish_non_exhaustive()
    }
}

impl Builder {
    /// Builds on another thread, until the sender of changes is gone.
    pub(super) fn start(self) {
        let console = self.console.clone();
        let live = self.live.clone();
        let thread = std::thread::Builder::new()
            .name("build".to_owned())
            .spawn(move || self.run());
        if let Err(error) = thread {
            console.warn(&format_args!("nothing is built: {error}"));
            live.built();
        }
    }

    fn run(self) {
        let mut first = true;
        let mut known = false;
        loop {
            self.build(first, &mut known);
            first = false;
            if self.changes.recv().is_err() {
                return;
            }
            self.live.building();
        }
    }

    fn build(&self, first: bool, known: &mut bool) {
        let started = Instant::now();
        let mut relay = Relay {
            console: &*self.console,
            is_shown: first || self.verbose,
            verbose: self.verbose,
            colors: self.colors,
            rest: Vec::new(),
            output: String::new(),
        };
        self.watcher.building();
        if !*known {
            *known = self.watch();
        }
        let result = build(&self.options, &self.config, &mut relay);
        relay.finish();
        self.watcher.built();
        match result {
            Ok(built) => {
                let folder = real(&built.folder);
                self.output.set(folder.clone());
                let inputs = built.inputs.iter().map(|path| real(path)).collect();
                self.watcher.watch(inputs, Vec::new(), Some(folder));
                self.console.built(&built.name, started.elapsed());
                self.live.built();
            }
            Err(error) => {
                self.console.failed(&error);
                self.live.failed(Problem::new(&error, &relay.output));
            }
        }
    }

    /// Watches what builds read, also if they fail. Returns whether that is known.
    fn watch(&self) -> bool {
        // The build itself tells what is wrong.
        let Ok(watched) = build::watched(&self.options, &self.config, &mut Nobody) else {
            return false;
        };
        let reals = |paths: &[PathBuf]| paths.iter().map(|path| real(path)).collect();
        self.watcher
            .watch(reals(&watched.paths), reals(&watched.ignored), None);
        true
    }
}

/// A path without symbolic links, as far as it exists.
fn real(path: &Path) -> PathBuf {
    if let Ok(path) = path.canonicalize() {
        return path;
    }
    match (path.parent(), path.file_name()) {
        (Some(parent), Some(name)) => real(parent).join(name),
        _ => path.to_owned(),
    }
}

/// Is told nothing, also by other programs.
struct Nobody;

impl Report for Nobody {
    fn step(&mut self, _: &str, _: &dyn Display) {}

    fn warn(&mut self, _: &dyn Display) {}

    fn captures(&self) -> bool {
        true
    }
}

/// Tells the console, and keeps what pages are to show.
struct Relay<'a> {
    console: &'a dyn Console,
    /// Whether steps are told, also those that Cargo prints.
    is_shown: bool,
    verbose: bool,
    colors: bool,
    /// The start of a line.
    rest: Vec<u8>,
    /// Errors and warnings, with colours.
    output: String,
}

impl Report for Relay<'_> {
    fn step(&mut self, verb: &str, what: &dyn Display) {
        if self.is_shown {
            self.console.step(verb, what);
        }
    }

    fn warn(&mut self, what: &dyn Display) {
        self.console.warn(what);
    }

    fn note(&mut self, what: &dyn Display) {
        if self.verbose {
            self.console.step("Note", what);
        }
    }

    fn captures(&self) -> bool {
        true
    }

    fn output(&mut self, bytes: &[u8]) {
        self.rest.extend_from_slice(bytes);
        while let Some(end) = self.rest.iter().position(|&byte| byte == b'\n') {
            let line: Vec<u8> = self.rest.drain(..=end).collect();
            self.line(&String::from_utf8_lossy(&line));
        }
    }
}

impl Relay<'_> {
    fn finish(&mut self) {
        let rest = std::mem::take(&mut self.rest);
        if !rest.is_empty() {
            self.line(&String::from_utf8_lossy(&rest));
        }
    }

    fn line(&mut self, line: &str) {
        let line = line.trim_end_matches(['\n', '\r']);
        // What is before a carriage return was progress, which is overwritten.
        let line = line.rsplit('\r').next().unwrap_or(line);
        let plain = ansi::plain(line);
        let is_status = is_status(&plain);
        if !is_status {
            self.output.push_str(line);
            self.output.push('\n');
        }
        if !is_status || self.is_shown {
            self.console.line(if self.colors { line } else { &plain });
        }
    }
}

/// Whether a line is one of those in which Cargo says what it does: a verb, in a column of twelve, and more.
fn is_status(line: &str) -> bool {
    const COLUMN: usize = 12;
    let Some((column, rest)) = line.split_at_checked(COLUMN) else {
        return false;
    };
    let verb = column.trim_start();
    verb.starts_with(|c: char| c.is_ascii_uppercase())
        && verb.chars().all(|c| c.is_ascii_alphabetic())
        && rest.starts_with(' ')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_cargo() {
        for (line, expected) in [
            ("   Compiling hello v0.1.0 (/x)", true),
            ("    Finished `dev` profile in 0.1s", true),
            (
                "    Blocking waiting for file lock on build directory",
                true,
            ),
            ("Documentation x", false),
            ("error[E0425]: cannot find value `x`", false),
            ("  --> src/lib.rs:3:5", false),
            ("3 |     Foo bar", false),
            ("            Foo bar", false),
            (
                "error: could not compile `hello` (lib) due to 1 previous error",
                false,
            ),
            ("", false),
        ] {
            assert_eq!(is_status(line), expected, "{line}");
        }
    }
}
