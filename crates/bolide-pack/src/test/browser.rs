//! A Chromium without a window.

use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::{Handle, Signals};
use tempfile::TempDir;

use crate::error::{Error, Result};

/// What Chromium and browsers made of it are called.
const NAMES: [&str; 6] = [
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "chrome",
    "microsoft-edge",
];

/// Where it is on systems that do not have it in PATH.
const PLACES: [&str; 2] = [
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
];

/// The browser in `chosen`, or else `$CHROME`, or else one that is installed.
pub(super) fn find(chosen: Option<&Path>) -> Result<PathBuf> {
    let variable = std::env::var_os("CHROME").filter(|value| !value.is_empty());
    let named = |name: &Path, by: &str| {
        which::which(name).map_err(|error| {
            Error::new(format!(
                "there is no program `{}`, which {by} names",
                name.display()
            ))
            .with_cause(error.to_string())
        })
    };
    if let Some(chosen) = chosen {
        return named(chosen, "--chrome");
    }
    if let Some(variable) = variable {
        return named(Path::new(&variable), "the variable CHROME");
    }
    let in_path = NAMES.iter().find_map(|name| which::which(name).ok());
    let elsewhere = || PLACES.iter().map(PathBuf::from).find(|path| path.is_file());
    in_path.or_else(elsewhere).ok_or_else(|| {
        Error::new("there is no Chromium")
            .with_cause(format!("none of {} is in PATH", NAMES.join(", ")))
            .with_help(
                "install Chromium or Chrome (on Debian: `apt install chromium`), or say where it is by \
                 --chrome=PATH or the variable CHROME",
            )
    })
}

/// A browser that runs. It ends, and what it has written is deleted, when this is dropped, and when this process is told
/// to end.
pub(super) struct Browser {
    running: Arc<Mutex<Option<Running>>>,
    signals: Handle,
}

struct Running {
    child: Child,
    profile: TempDir,
}

impl Browser {
    /// Opens `url`.
    pub(super) fn open(program: &Path, url: &str) -> Result<Browser> {
        let cannot = |error: io::Error| {
            Error::new(format!("cannot start `{}`", program.display()))
                .with_cause(error.to_string())
        };
        let profile = tempfile::Builder::new()
            .prefix("bolide-chromium-")
            .tempdir()
            .map_err(cannot)?;
        let log = fs::File::create(profile.path().join("stderr")).map_err(cannot)?;
        let mut command = Command::new(program);
        command
            .args([
                "--headless=new",
                "--no-first-run",
                "--no-default-browser-check",
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-default-apps",
                "--disable-dev-shm-usage",
                "--disable-extensions",
                "--disable-gpu",
                "--disable-sync",
                "--disable-background-timer-throttling",
                "--disable-backgrounding-occluded-windows",
                "--disable-renderer-backgrounding",
                "--metrics-recording-only",
                "--mute-audio",
                "--password-store=basic",
            ])
            .arg(format!(
                "--user-data-dir={}",
                profile.path().join("profile").display()
            ));
        if needs_no_sandbox() {
            command.arg("--no-sandbox");
        }
        let child = command
            .arg(url)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .map_err(cannot)?;
        let running = Arc::new(Mutex::new(Some(Running { child, profile })));
        let signals = end_with_process(&running).map_err(cannot)?;
        Ok(Browser { running, signals })
    }

    /// How the browser has ended, if it has.
    pub(super) fn ended(&self) -> Option<ExitStatus> {
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        running.as_mut()?.child.try_wait().ok().flatten()
    }

    /// The end of what it has written to standard error.
    pub(super) fn log(&self) -> String {
        const LINES: usize = 10;
        let running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(running) = running.as_ref() else {
            return String::new();
        };
        let text = fs::read(running.profile.path().join("stderr")).unwrap_or_default();
        let text = String::from_utf8_lossy(&text);
        let lines: Vec<&str> = text.lines().filter(|line| !line.is_empty()).collect();
        lines[lines.len().saturating_sub(LINES)..].join("\n")
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        self.signals.close();
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        drop(running.take());
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
        // Its processes end a moment later, and write until then.
        for _ in 0..20 {
            match fs::remove_dir_all(self.profile.path()) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    std::thread::sleep(Duration::from_millis(50));
                }
                _ => break,
            }
        }
    }
}

/// Ends the browser when this process is told to end.
fn end_with_process(running: &Arc<Mutex<Option<Running>>>) -> io::Result<Handle> {
    let mut signals = Signals::new([SIGHUP, SIGINT, SIGTERM])?;
    let handle = signals.handle();
    let running = running.clone();
    std::thread::Builder::new()
        .name("signals".to_owned())
        .spawn(move || {
            if let Some(signal) = signals.forever().next() {
                let mut running = running.lock().unwrap_or_else(PoisonError::into_inner);
                drop(running.take());
                // As shells report it.
                std::process::exit(128 + signal);
            }
        })?;
    Ok(handle)
}

/// Whether Chromium's sandbox cannot work: it refuses to run as root, and containers seldom allow what it needs.
fn needs_no_sandbox() -> bool {
    let is_root = fs::metadata("/proc/self").is_ok_and(|me| me.uid() == 0);
    let is_container = ["/.dockerenv", "/run/.containerenv"]
        .iter()
        .any(|path| Path::new(path).exists());
    is_root || is_container
}
