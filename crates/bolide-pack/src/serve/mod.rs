//! A development server: files of a folder, built anew and loaded anew when something changes.
//!
//! A request is answered by `site`, which puts a script into pages. The script listens to `live`, which `watch` tells
//! about changes, and `builder` how the build goes.

mod address;
mod ansi;
mod builder;
mod live;
mod owner;
mod page;
mod rules;
mod site;
mod watch;

use std::fmt::Display;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use axum::http::{HeaderName, HeaderValue, header};

use crate::build;
use crate::config::Config;
use crate::error::{Error, Result};
use crate::http::{Files, Policy, Server};
use builder::Builder;
use live::Live;
use rules::Rules;
use site::{Output, Site};
use watch::Watch;

pub use address::{Address, Port, qr_code};
pub use site::Access;

/// Paths that stand for the server itself.
const RESERVED: &str = "/.bolide/";

/// The script in pages.
const CLIENT: &str = "/.bolide/client.js";

/// What the script listens to.
const EVENTS: &str = "/.bolide/events";

/// What to serve, where and how.
#[derive(Clone, Debug)]
pub struct Options {
    /// The folder that is served.
    pub folder: PathBuf,
    /// Where to listen.
    pub address: Address,
    /// The port.
    pub port: Port,
    /// Whether pages are isolated from other origins, so that they can have threads.
    pub isolated: bool,
    /// Whether a page is answered with `index.html` of the root where there is no file.
    pub spa: bool,
    /// Names of this server besides `localhost`, names in it, and all IP addresses.
    pub hosts: Vec<String>,
    /// More headers of every answer, each as `name: value`.
    pub headers: Vec<String>,
    /// What is built, and built anew when it changes.
    pub build: Option<build::Options>,
    /// Whether everything that a build prints is shown, also when it is not the first.
    pub verbose: bool,
    /// Whether the console shows colours.
    pub colors: bool,
}

impl Options {
    /// Serves `folder` on `localhost` with its package, if it has a `Cargo.toml`, built with the profile `dev`.
    pub fn new(folder: impl Into<PathBuf>) -> Options {
        let folder = folder.into();
        let build = folder.join("Cargo.toml").is_file().then(|| {
            let mut build = build::Options::new(&folder);
            build.cargo.profile = "dev".to_owned();
            build
        });
        Options {
            folder,
            address: Address::Localhost,
            port: Port::AtLeast(8080),
            isolated: true,
            spa: false,
            hosts: Vec::new(),
            headers: Vec::new(),
            build,
            verbose: false,
            colors: false,
        }
    }
}

/// Is told what happens, on any thread.
pub trait Console: Send + Sync {
    /// A step begins, as in [`Report::step`](crate::Report::step).
    fn step(&self, verb: &str, what: &dyn Display);

    /// Something that the user should know.
    fn warn(&self, what: &dyn Display);

    /// A line that another program has printed.
    fn line(&self, line: &str);

    /// A build has failed; the next one comes with the next change.
    fn failed(&self, error: &Error);

    /// A package was built.
    fn built(&self, name: &str, time: Duration);

    /// A request was answered.
    fn access(&self, access: &Access);
}

/// A server that runs until it is dropped.
#[derive(Debug)]
pub struct Serving {
    server: Server,
    live: Live,
    builder: Option<Builder>,
    /// Tells about changes until it is dropped.
    _watch: Watch,
}

impl Serving {
    /// Begins to serve and to watch. What is to be built is built from [`Serving::build`] on; requests for it wait.
    ///
    /// # Errors
    ///
    /// If the folder cannot be opened, the port cannot be taken, or an option is not valid.
    pub fn start(options: Options, config: Config, console: Arc<dyn Console>) -> Result<Serving> {
        let folder = options.folder.canonicalize();
        let folder = folder.map_err(|e| Error::io("serve", &options.folder, &e))?;
        let files = Files::open(&folder)?;
        let policy = Policy {
            isolated: options.isolated,
            hosts: options.hosts,
            headers: (options.headers.iter())
                .map(|text| parse_header(text))
                .collect::<Result<_>>()?,
        };
        let listeners = address::listen(options.address, options.port, &*console)?;
        let live = Live::new();
        let package = options
            .build
            .as_ref()
            .map(|build| package_folder(build, &folder));
        let output = Output::new(folder.clone(), package.clone());
        let rules = Rules::new(folder, package);
        let (watch, changes) = Watch::start(rules, live.clone(), console.clone())?;
        let builder = options.build.map(|mut build| {
            // They are taken out again where the console has none.
            build.cargo.color = Some("always");
            Builder {
                options: build,
                config,
                live: live.clone(),
                console: console.clone(),
                output: output.clone(),
                watcher: watch.watcher(),
                changes,
                verbose: options.verbose,
                colors: options.colors,
            }
        });
        if builder.is_some() {
            live.building();
        }
        let site = Site {
            files,
            live: live.clone(),
            spa: options.spa,
            output,
        };
        let server = Server::start(listeners, site::router(site, console), policy)?;
        Ok(Serving {
            server,
            live,
            builder,
            _watch: watch,
        })
    }

    /// Builds what is to be built, now and whenever it changes, on a thread of its own.
    pub fn build(&mut self) {
        if let Some(builder) = self.builder.take() {
            builder.start();
        }
    }

    /// The URL for this machine.
    pub fn url(&self) -> String {
        address::local_url(self.server.addresses())
    }

    /// The URLs for other machines, if they can reach this server.
    pub fn network_urls(&self) -> Vec<String> {
        address::network_urls(self.server.addresses())
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        // Streams of events would hold the server up.
        self.live.close();
    }
}

/// Where a package is written, as an absolute path.
fn package_folder(build: &build::Options, folder: &Path) -> PathBuf {
    let package = build
        .out_dir
        .clone()
        .unwrap_or_else(|| build.path.join("pkg"));
    // It may not exist yet, and symbolic links before its name matter.
    let parent = package
        .parent()
        .and_then(|parent| parent.canonicalize().ok());
    match (parent, package.file_name()) {
        (Some(parent), Some(name)) => parent.join(name),
        _ => folder.join("pkg"),
    }
}

fn parse_header(text: &str) -> Result<(HeaderName, HeaderValue)> {
    /// They say where an answer ends.
    const FRAMING: [HeaderName; 3] = [
        header::CONTENT_LENGTH,
        header::TRANSFER_ENCODING,
        header::CONNECTION,
    ];
    let parts = text.split_once(':').and_then(|(name, value)| {
        let name = HeaderName::try_from(name.trim()).ok()?;
        Some((name, HeaderValue::try_from(value.trim()).ok()?))
    });
    match parts {
        Some((name, _)) if FRAMING.contains(&name) => Err(Error::new(format!(
            "`{}` is for the server to say",
            text.split(':').next().unwrap_or_default().trim()
        ))
        .with_help("leave this --header out")),
        Some(parts) => Ok(parts),
        None => Err(Error::new(format!("`{text}` is no header"))
            .with_help("a header is written as `name: value`, such as `X-Robots-Tag: none`")),
    }
}
