//! Runs one process of a measurement: its time, its CPU time, and an end for it in any case.

use std::io::Read;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicI32, Ordering};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::signal::{Signal, killpg};
use nix::sys::time::TimeValLike;
use nix::unistd::Pid;

/// What a process did.
pub(crate) struct Finished {
    /// From before it was started until it was gone.
    pub(crate) wall: Duration,
    /// User and system time of the process and of what it started and waited for.
    pub(crate) cpu: Duration,
    pub(crate) status: ExitStatus,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    /// It was killed, because it took longer than it may.
    pub(crate) timed_out: bool,
}

impl Finished {
    /// How it ended, in words, unless with exit code 0.
    pub(crate) fn ending(&self) -> Option<String> {
        match (self.status.code(), self.status.signal()) {
            (Some(0), _) => None,
            (Some(code), _) => Some(format!("exit code {code}")),
            (None, Some(signal)) => {
                let name = Signal::try_from(signal).map_or("unknown signal", Signal::as_str);
                Some(format!("killed by {name} ({signal})"))
            }
            (None, None) => Some("ended in an unknown way".to_owned()),
        }
    }
}

/// The group of the process that runs, for [`end_with_children`]; 0 if there is none.
static RUNNING: AtomicI32 = AtomicI32::new(0);

/// Makes SIGINT and SIGTERM end the process that is measured, too: it has a process group of its own, which a
/// terminal does not reach.
pub(crate) fn end_with_children() -> Result<()> {
    use signal_hook::consts::{SIGINT, SIGTERM};
    let mut signals =
        signal_hook::iterator::Signals::new([SIGINT, SIGTERM]).context("handle signals")?;
    thread::spawn(move || {
        if let Some(signal) = signals.forever().next() {
            kill_group(RUNNING.load(Ordering::SeqCst));
            std::process::exit(128 + signal);
        }
    });
    Ok(())
}

fn kill_group(group: i32) {
    if group > 0 {
        // An error says that the group is gone, which is what is wanted.
        let _ = killpg(Pid::from_raw(group), Signal::SIGKILL);
    }
}

/// Runs the command in a process group of its own, which is killed after `limit`. Nothing else may be waited for at
/// the same time, because CPU time is that of all children.
pub(crate) fn run(command: &mut Command, limit: Duration) -> Result<Finished> {
    let cpu_before = children_cpu()?;
    let start = Instant::now();
    let mut child = command
        .process_group(0)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .with_context(|| format!("start {}", command.get_program().display()))?;
    let group = i32::try_from(child.id()).context("a process id out of range")?;
    RUNNING.store(group, Ordering::SeqCst);
    let (sender, done) = mpsc::channel();
    let stdout = read_all(child.stdout.take(), sender.clone());
    let stderr = read_all(child.stderr.take(), sender);
    let mut timed_out = false;
    for _ in 0..2 {
        let left = limit.saturating_sub(start.elapsed());
        if done.recv_timeout(left).is_err() {
            timed_out = true;
            kill_group(group);
            break;
        }
    }
    // A process that has closed its output may still run.
    while !timed_out && child.try_wait()?.is_none() {
        if start.elapsed() >= limit {
            timed_out = true;
            kill_group(group);
        }
        thread::sleep(Duration::from_micros(200));
    }
    let status = child.wait().context("wait for the adapter")?;
    let wall = start.elapsed();
    RUNNING.store(0, Ordering::SeqCst);
    kill_group(group);
    let text = |reader: thread::JoinHandle<Vec<u8>>| {
        let bytes = reader.join().unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    };
    Ok(Finished {
        wall,
        cpu: children_cpu()?.saturating_sub(cpu_before),
        status,
        stdout: text(stdout),
        stderr: text(stderr),
        timed_out,
    })
}

fn read_all(
    from: Option<impl Read + Send + 'static>,
    done: mpsc::Sender<()>,
) -> thread::JoinHandle<Vec<u8>> {
    thread::spawn(move || {
        let mut bytes = Vec::new();
        if let Some(mut from) = from {
            // What was read before an error is what there is.
            let _ = from.read_to_end(&mut bytes);
        }
        // Nobody listens any more after a timeout.
        let _ = done.send(());
        bytes
    })
}

fn children_cpu() -> Result<Duration> {
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN).context("getrusage")?;
    let microseconds =
        usage.user_time().num_microseconds() + usage.system_time().num_microseconds();
    Ok(Duration::from_micros(
        u64::try_from(microseconds).unwrap_or(0),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str, limit_ms: u64) -> Finished {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        run(&mut command, Duration::from_millis(limit_ms)).unwrap()
    }

    #[test]
    fn output_and_exit_code_are_told() {
        let finished = shell("echo out; echo err >&2; exit 3", 10_000);
        assert_eq!(
            (finished.stdout.as_str(), finished.stderr.as_str()),
            ("out\n", "err\n")
        );
        assert_eq!(finished.ending().as_deref(), Some("exit code 3"));
        assert!(!finished.timed_out);
        assert_eq!(shell("true", 10_000).ending(), None);
        assert_eq!(
            shell("kill -SEGV $$", 10_000).ending().as_deref(),
            Some("killed by SIGSEGV (11)")
        );
    }

    #[test]
    fn a_process_and_what_it_started_end_at_the_limit() {
        for script in [
            "sleep 60 & wait",
            "exec >&- 2>&-; sleep 60",
            "sleep 60 & exit 0",
        ] {
            let finished = shell(script, 300);
            assert!(finished.timed_out, "{script}");
            assert!(finished.wall < Duration::from_secs(20), "{script}");
        }
    }
}
