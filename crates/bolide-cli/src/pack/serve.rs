//! `bolide serve`.

use std::fmt::Display;
use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use bolide_pack::c::is_source;
use bolide_pack::serve::{Access, Address, Console, Options, Port, Serving, qr_code};
use bolide_pack::{Config, Error};
use clap::{Args, ValueHint};
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

use super::cargo::CargoArgs;
use super::packaging::PackagingArgs;
use crate::exit;
use crate::failure::Failure;
use crate::terminal::{Stream, Style, printable};

#[derive(Args, Debug)]
#[command(
    long_about = "Serve a folder to browsers, and keep them up to date.\n\n\
        If the folder has a Cargo.toml, its package is built first, and anew whenever a source changes; pages are \
        loaded anew after it, and when they change themselves. Style sheets are replaced without that. When a build \
        fails, pages show why.\n\n\
        Nothing outside the folder is served, and no file whose name starts with a dot."
)]
pub(crate) struct ServeArgs {
    /// The folder.
    #[arg(default_value = ".", value_hint = ValueHint::DirPath)]
    folder: PathBuf,

    /// The port; 0 is any that is free. Without this option 8080, or the next that is free.
    #[arg(long)]
    port: Option<u16>,

    /// The address to listen on; 0.0.0.0 is all that this machine has. Without this option only this machine can connect.
    #[arg(long, value_name = "ADDRESS", value_parser = address)]
    host: Option<Address>,

    /// Answer requests for this name, too (repeatable). `localhost` and IP addresses always are.
    #[arg(long, value_name = "NAME")]
    allow_host: Vec<String>,

    /// Open the page in a browser.
    #[arg(long)]
    open: bool,

    /// Show the URL as a QR code. With --host it is shown on terminals without being asked for.
    #[arg(long)]
    qr: bool,

    /// Answer with index.html of the folder where there is no file, for pages that have paths of their own.
    #[arg(long)]
    spa: bool,

    /// Leave out the headers that isolate pages from other origins. Pages have no threads then.
    #[arg(long)]
    no_isolation: bool,

    /// Add a header to every answer (repeatable).
    #[arg(long, value_name = "NAME: VALUE")]
    header: Vec<String>,

    /// Build nothing.
    #[arg(long)]
    no_build: bool,

    /// Where the package is written; `pkg` in the folder of the Cargo package by default.
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath, conflicts_with = "no_build")]
    out_dir: Option<PathBuf>,

    #[command(flatten)]
    cargo: CargoArgs,

    #[command(flatten)]
    packaging: PackagingArgs,
}

impl ServeArgs {
    fn options(&self) -> Options {
        let mut options = Options::new(&self.folder);
        options.address = self.host.unwrap_or(Address::Localhost);
        options.port = self.port.map_or(options.port, Port::Exactly);
        options.isolated = !self.no_isolation;
        options.spa = self.spa;
        options.hosts.clone_from(&self.allow_host);
        options.headers.clone_from(&self.header);
        options.verbose = self.cargo.verbose > 0;
        options.colors = Stream::Stderr.is_styled();
        if self.no_build {
            options.build = None;
        }
        if let Some(build) = &mut options.build {
            build.out_dir.clone_from(&self.out_dir);
            build.cargo = self.cargo.options("dev", &[]);
            // Requests are shown before what Cargo runs is.
            build.cargo.verbose = self.cargo.verbose.saturating_sub(1);
            build.packaging = self.packaging.packaging();
        }
        options
    }
}

/// Serves a folder until it is interrupted.
pub(crate) fn serve(args: &ServeArgs) -> Result<u8, Failure> {
    let config = Config::load()?;
    let cannot_wait = |error| Failure::new(format!("cannot wait for Ctrl-C: {error}"));
    let mut signals = Signals::new([SIGINT, SIGTERM]).map_err(cannot_wait)?;
    let console = Arc::new(Terminal {
        quiet: args.cargo.quiet,
        verbose: args.cargo.verbose > 0,
    });
    let mut serving = Serving::start(args.options(), config, console.clone())?;
    announce(args, &serving, &console);
    serving.build();
    signals.forever().next();
    // The terminal shows `^C` where the next prompt would be.
    console.write("\n");
    Ok(exit::OK)
}

/// Says where the server is.
fn announce(args: &ServeArgs, serving: &Serving, console: &Terminal) {
    let url = serving.url();
    let network = serving.network_urls();
    console.step(
        "Serving",
        &format_args!("{} at {url}", args.folder.display()),
    );
    for url in &network {
        console.step("Network", url);
    }
    if !args.no_build && !args.folder.join("Cargo.toml").is_file() {
        console.step("Note", &unbuilt(&args.folder));
    }
    let is_terminal = std::io::stderr().is_terminal();
    if args.qr || (!network.is_empty() && is_terminal) {
        let code = qr_code(network.first().unwrap_or(&url), Stream::Stderr.is_styled());
        console.write(&format!("\n{}\n", code.unwrap_or_default()));
    }
    if matches!(args.host, Some(Address::Ip(ip)) if !ip.is_loopback()) && network.is_empty() {
        console.warn(&"this machine is on no network that others could reach it by");
    }
    if args.open
        && let Err(why) = open(&url)
    {
        console.warn(&format_args!("no browser was opened: {why}"));
    }
}

/// An address to listen on.
fn address(text: &str) -> Result<Address, String> {
    match text.parse() {
        Ok(ip) => Ok(Address::Ip(ip)),
        Err(_) if text.eq_ignore_ascii_case("localhost") => Ok(Address::Localhost),
        Err(_) => Err("it is no IP address; 0.0.0.0 is all that this machine has".to_owned()),
    }
}

/// Why nothing is built in a folder that is no package.
fn unbuilt(folder: &Path) -> String {
    let what = "nothing is built: there is no Cargo.toml here";
    match source_in(folder) {
        Some(source) => format!(
            "{what}; pages are loaded anew whenever `bolide build {}` has built",
            source.display()
        ),
        None => format!("{what}; pages are loaded anew when files change"),
    }
}

/// A source in C, relative to the folder of a project.
fn source_in(folder: &Path) -> Option<PathBuf> {
    let sources = ["", "src"].map(|place| {
        let files = std::fs::read_dir(folder.join(place)).into_iter().flatten();
        let names = files.filter_map(|file| Some(Path::new(place).join(file.ok()?.file_name())));
        names.filter(|name| is_source(name)).min()
    });
    sources.into_iter().flatten().next()
}

/// Shows a URL in the user's browser.
fn open(url: &str) -> Result<(), String> {
    let own = std::env::var_os("BROWSER").filter(|browser| !browser.is_empty());
    let system = if cfg!(target_os = "macos") {
        "open"
    } else {
        "xdg-open"
    };
    let programs = own.into_iter().chain([system.into()]);
    let mut why = String::new();
    for program in programs {
        let mut command = Command::new(&program);
        command
            .arg(url)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        match command.spawn() {
            Ok(mut child) => {
                // It may stay as long as the browser does.
                std::thread::spawn(move || child.wait());
                return Ok(());
            }
            Err(error) => why = format!("cannot run `{}`: {error}", program.to_string_lossy()),
        }
    }
    Err(why)
}

/// Standard error, which several threads write to.
struct Terminal {
    quiet: bool,
    verbose: bool,
}

impl Terminal {
    fn write(&self, text: &str) {
        // Without standard error there is nobody to tell.
        let _ = std::io::stderr().lock().write_all(text.as_bytes());
    }

    fn print(&self, style: Style, word: &str, what: &dyn Display) {
        let word = style.apply(word, Stream::Stderr.is_styled());
        self.write(&format!("{word} {what}\n"));
    }
}

impl Console for Terminal {
    fn step(&self, verb: &str, what: &dyn Display) {
        if self.quiet {
            return;
        }
        self.print(Style::Step, &format!("{verb:>12}"), what);
    }

    fn warn(&self, what: &dyn Display) {
        self.print(Style::Warning, "warning:", what);
    }

    fn line(&self, line: &str) {
        self.write(&format!("{line}\n"));
    }

    fn failed(&self, error: &Error) {
        if !error.is_told() {
            Failure::from(error).print();
        }
        let word = format!("{:>12}", "Failed");
        self.print(Style::Error, &word, &"to build; waiting for a change");
    }

    fn built(&self, name: &str, time: Duration) {
        self.step("Built", &format_args!("{name} in {}", seconds(time)));
    }

    fn access(&self, access: &Access) {
        if !self.verbose {
            return;
        }
        let style = if access.status < 400 {
            Style::Quiet
        } else {
            Style::Warning
        };
        let word = format!("{:>12}", access.status);
        let path = printable(&access.path);
        self.print(
            style,
            &word,
            &format_args!("{} {path} in {}", access.method, seconds(access.time)),
        );
    }
}

fn seconds(time: Duration) -> String {
    match time.as_secs_f64() {
        time if time < 1.0 => format!("{:.0} ms", time * 1e3),
        time => format!("{time:.1} s"),
    }
}
