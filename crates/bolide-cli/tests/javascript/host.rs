//! The two hosts that run scripts, and what came of a run.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::thread;
use std::time::{Duration, Instant};

/// How long a script may take, in a debug build on a busy machine.
const TIME_LIMIT: Duration = Duration::from_secs(300);

pub(crate) fn root() -> &'static Path {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2);
    root.expect("the crate is in crates/ of the repository")
}

/// A file or folder that `scripts/setup` puts into `.cache`.
pub(crate) fn cached(path: &str) -> PathBuf {
    let path = root().join(".cache").join(path);
    // Links are resolved, so that scripts stand in the folder that holds what they read.
    path.canonicalize()
        .unwrap_or_else(|error| panic!("{}: {error}: run scripts/setup", path.display()))
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Host {
    Bolide,
    /// With a `--strategy`.
    BolideIn(&'static str),
    Node,
}

pub(crate) const HOSTS: [Host; 2] = [Host::Bolide, Host::Node];

impl Host {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Host::Bolide => "bolide",
            Host::BolideIn(strategy) => strategy,
            Host::Node => "node",
        }
    }

    /// The command that runs the script in its own folder.
    pub(crate) fn command(self, script: &Path, flags: &Flags) -> Command {
        let mut command = match self {
            Host::Bolide | Host::BolideIn(_) => {
                let mut command = Command::new(env!("CARGO_BIN_EXE_bolide"));
                command.arg("run").args(&flags.bolide);
                if let Host::BolideIn(strategy) = self {
                    command.args(["--strategy", strategy]);
                }
                command
            }
            Host::Node => {
                let mut command = Command::new(cached("tools/node24"));
                command.arg("--no-warnings").args(&flags.node);
                command
            }
        };
        command
            .arg(script)
            .current_dir(script.parent().expect("a script is in a folder"));
        command
    }
}

/// What the hosts get before the path of a script.
#[derive(Clone, Default)]
pub(crate) struct Flags {
    pub(crate) bolide: Vec<String>,
    pub(crate) node: Vec<String>,
}

/// A script and what it prints.
pub(crate) struct Script {
    pub(crate) name: String,
    pub(crate) path: PathBuf,
    pub(crate) flags: Flags,
    pub(crate) expected: String,
}

/// What a script did.
pub(crate) struct Run {
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    /// Why it did not end well.
    pub(crate) failure: Option<String>,
    pub(crate) elapsed: Duration,
}

/// Runs the command to its end, or to the time limit of scripts.
pub(crate) fn run(command: Command) -> Run {
    run_within(TIME_LIMIT, command)
}

/// Runs the command to its end, or to the limit.
pub(crate) fn run_within(limit: Duration, mut command: Command) -> Run {
    let directory = tempfile::tempdir().unwrap();
    let file = |name| directory.path().join(name);
    let start = Instant::now();
    let mut child = command
        .stdin(Stdio::null())
        .stdout(File::create(file("stdout")).unwrap())
        .stderr(File::create(file("stderr")).unwrap())
        .spawn()
        .unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let failure = loop {
        if let Some(status) = child.try_wait().unwrap() {
            break (!status.success()).then(|| status.to_string());
        }
        if start.elapsed() > limit {
            child.kill().unwrap();
            child.wait().unwrap();
            break Some(format!("not done after {} s", limit.as_secs()));
        }
        thread::sleep(Duration::from_millis(5));
    };
    let read = |name| String::from_utf8_lossy(&fs::read(file(name)).unwrap()).into_owned();
    Run {
        stdout: read("stdout"),
        stderr: read("stderr"),
        failure,
        elapsed: start.elapsed(),
    }
}

/// The names of the files with this extension in the folder, without it, and as `ONLY` chooses.
pub(crate) fn names(folder: &Path, extension: &str) -> BTreeSet<String> {
    let only = std::env::var("ONLY").ok();
    let chosen = |name: &String| {
        only.as_ref()
            .is_none_or(|o| o.split(',').any(|n| n == name))
    };
    fs::read_dir(folder)
        .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|e| e == extension))
        .map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned())
        .filter(chosen)
        .collect()
}

/// Does the jobs on all processors; the results have the order of the jobs.
pub(crate) fn in_parallel<J: Sync, R: Send>(jobs: &[J], work: impl Fn(&J) -> R + Sync) -> Vec<R> {
    let next = Mutex::new(0..jobs.len());
    let results = Mutex::new(Vec::new());
    let workers = thread::available_parallelism().map_or(2, usize::from);
    thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                loop {
                    let index = next.lock().unwrap().next();
                    let Some(index) = index else { break };
                    let result = work(&jobs[index]);
                    results.lock().unwrap().push((index, result));
                }
            });
        }
    });
    let mut results = results.into_inner().unwrap();
    results.sort_by_key(|(index, _)| *index);
    results.into_iter().map(|(_, result)| result).collect()
}

/// Runs a script and says what is different from what it should print.
fn check(host: Host, script: &Script) -> Result<Duration, String> {
    let result = run(host.command(&script.path, &script.flags));
    let what = if let Some(failure) = result.failure {
        failure
    } else if let Some(difference) = first_difference(&result.stdout, &script.expected) {
        difference
    } else {
        return Ok(result.elapsed);
    };
    Err(format!("{what}\n{}", last_lines(&result.stderr, 12)))
}

fn first_difference(actual: &str, expected: &str) -> Option<String> {
    if actual == expected {
        return None;
    }
    let (mut actual, mut expected) = (actual.split('\n'), expected.split('\n'));
    for line in 1.. {
        let (a, e) = (actual.next(), expected.next());
        if a != e {
            return Some(format!(
                "line {line} of the output is {a:?}, expected {e:?}"
            ));
        }
    }
    None
}

pub(crate) fn last_lines(text: &str, count: usize) -> String {
    let lines: Vec<&str> = text.trim_end().lines().collect();
    lines[lines.len().saturating_sub(count)..].join("\n")
}

/// Copies the scripts of a folder, and their import maps, beside what they use.
pub(crate) fn copy_scripts(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|e| e == "mjs" || e == "json") {
            fs::copy(&path, to.join(path.file_name().unwrap())).unwrap();
        }
    }
}

/// Runs each script in each host, prints how it went, and panics if one is not as expected.
pub(crate) fn check_all(hosts: &[Host], scripts: &[Script]) {
    let jobs: Vec<_> = hosts
        .iter()
        .flat_map(|host| scripts.iter().map(move |script| (*host, script)))
        .collect();
    let results = in_parallel(&jobs, |(host, script)| {
        let result = check(*host, script);
        let run = format!("{} ({})", script.name, host.name());
        match &result {
            Ok(elapsed) => println!("ok: {run} in {elapsed:.1?}"),
            Err(why) => println!("FAILED: {run}: {why}"),
        }
        result.is_ok()
    });
    let failed: Vec<String> = std::iter::zip(&jobs, results)
        .filter(|(_, passed)| !passed)
        .map(|((host, script), _)| format!("{} ({})", script.name, host.name()))
        .collect();
    assert!(
        failed.is_empty(),
        "{} of {} runs failed: {}",
        failed.len(),
        jobs.len(),
        failed.join(", ")
    );
}
