//! Configuring runtimes.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use bolide::Engine;

use crate::agent::{Agent, Settings};
use crate::error::{Error, Result};
use crate::files::Files;
use crate::permissions::{Net, NetRule};
use crate::runtime::{Limits, Runtime};
use crate::wasm::WasmState;

/// Configures a [`Runtime`].
///
/// ```
/// use bolide_js::Runtime;
///
/// let folder = std::env::temp_dir();
/// let mut runtime = Runtime::builder()
///     .env("MODE", "test")
///     .dir(&folder, "/data", false)
///     .allow_net("localhost:8080".parse().unwrap())
///     .max_heap(64 << 20)
///     .build()?;
/// assert_eq!(runtime.eval("[1, 2, 3].length")?.as_f64(), Some(3.0));
/// # Ok::<(), bolide_js::Error>(())
/// ```
pub struct RuntimeBuilder {
    engine: Option<Engine>,
    settings: Settings,
    dirs: Vec<(PathBuf, PathBuf, bool)>,
    own_folder: Option<PathBuf>,
    net: Net,
    import_map: Option<PathBuf>,
    stdout: Box<dyn Write>,
    stderr: Box<dyn Write>,
    max_wasm_memory: Option<usize>,
    limits: Limits,
    interruptible: bool,
}

impl RuntimeBuilder {
    pub(crate) fn new() -> RuntimeBuilder {
        RuntimeBuilder {
            engine: None,
            settings: Settings {
                args: Vec::new(),
                env: Vec::new(),
                cwd: std::env::current_dir().unwrap_or_else(|_| PathBuf::from("/")),
                colors: (false, false),
            },
            import_map: None,
            dirs: Vec::new(),
            own_folder: None,
            net: Net::default(),
            stdout: Box::new(std::io::stdout()),
            stderr: Box::new(std::io::stderr()),
            max_wasm_memory: None,
            limits: Limits::default(),
            interruptible: false,
        }
    }

    /// The engine that runs WebAssembly; a new one with the default configuration otherwise. Modules that come from
    /// the embedder must be of this engine.
    pub fn engine(mut self, engine: &Engine) -> Self {
        self.engine = Some(engine.clone());
        self
    }

    /// Adds an argument, which scripts see in `process.argv` after the path of the main script.
    pub fn arg(mut self, arg: impl Into<String>) -> Self {
        self.settings.args.push(arg.into());
        self
    }

    /// Adds a variable of the environment. Scripts see no others.
    pub fn env(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.settings.env.push((name.into(), value.into()));
        self
    }

    /// The absolute path that relative paths and specifiers are relative to; the process's own working folder
    /// otherwise.
    pub fn cwd(mut self, path: impl Into<PathBuf>) -> Self {
        self.settings.cwd = path.into();
        self
    }

    /// Lets scripts read the folder `host`, and write if `writable`, under the absolute path `guest`. Nothing else
    /// of the file system is reachable, through links neither. Of folders in each other, the innermost decides.
    pub fn dir(
        mut self,
        host: impl Into<PathBuf>,
        guest: impl Into<PathBuf>,
        writable: bool,
    ) -> Self {
        self.dirs.push((host.into(), guest.into(), writable));
        self
    }

    /// Lets scripts read the folder at the absolute path `folder` under its own name: that of the main script, say.
    /// It takes no right away that a [`dir`](RuntimeBuilder::dir) around it gives.
    pub fn own_folder(mut self, folder: impl Into<PathBuf>) -> Self {
        self.own_folder = Some(folder.into());
        self
    }

    /// Lets scripts connect to what the rule covers.
    pub fn allow_net(mut self, rule: NetRule) -> Self {
        self.net.rules.push(rule);
        self
    }

    /// The file of an import map, as the HTML standard defines it. Scripts need no permission to read it.
    pub fn import_map(mut self, file: impl Into<PathBuf>) -> Self {
        self.import_map = Some(file.into());
        self
    }

    /// Where `console.log` and `process.stdout` write; the process's standard output otherwise.
    pub fn stdout(mut self, stdout: impl Write + 'static) -> Self {
        self.stdout = Box::new(stdout);
        self
    }

    /// Where `console.error` and `process.stderr` write; the process's standard error otherwise.
    pub fn stderr(mut self, stderr: impl Write + 'static) -> Self {
        self.stderr = Box::new(stderr);
        self
    }

    /// Whether what is written to standard output and to standard error may have colours.
    pub fn colors(mut self, stdout: bool, stderr: bool) -> Self {
        self.settings.colors = (stdout, stderr);
        self
    }

    /// The largest size of each linear memory, in bytes.
    pub fn max_wasm_memory(mut self, bytes: usize) -> Self {
        self.max_wasm_memory = Some(bytes);
        self
    }

    /// The largest size of the JavaScript heap, in bytes. What goes beyond it throws an `InternalError`. Linear
    /// memories and the contents of large buffers do not count.
    pub fn max_heap(mut self, bytes: usize) -> Self {
        self.limits.heap = Some(bytes);
        self
    }

    /// How much of the thread's stack JavaScript may use, in bytes: by default 4 MiB, and never more than the
    /// thread has but for a reserve for native code. What goes beyond it throws a `RangeError` or `InternalError`.
    pub fn max_stack(mut self, bytes: usize) -> Self {
        self.limits.stack = bytes;
        self
    }

    /// Stops every single call of the runtime that takes longer, with [`Error::Interrupted`]. Implies
    /// [`interruptible`](RuntimeBuilder::interruptible).
    pub fn timeout(mut self, time: Duration) -> Self {
        self.limits.time = Some(time);
        self.interruptible(true)
    }

    /// Whether an [`InterruptHandle`](crate::InterruptHandle) also stops WebAssembly. It costs a check in every loop
    /// of WebAssembly, and has effect only if the runtime makes its own engine; an engine that is given has it by
    /// [`epoch_interruption`](bolide::Config::epoch_interruption).
    pub fn interruptible(mut self, interruptible: bool) -> Self {
        self.interruptible = interruptible;
        self
    }

    /// Makes the runtime. It stays on this thread, and measures the thread's stack from here.
    ///
    /// # Errors
    ///
    /// If a folder cannot be opened, the import map is not valid, or the engines cannot start.
    pub fn build(self) -> Result<Runtime> {
        let engine = match self.engine {
            Some(engine) => engine,
            None => {
                let mut config = bolide::Config::new();
                config.epoch_interruption(self.interruptible);
                Engine::new(&config).map_err(|error| Error::Host(format!("{error:#}")))?
            }
        };
        let mut files = Files::default();
        let cannot_open = |folder: &Path, error: std::io::Error| {
            Error::Host(format!("cannot open folder {}: {error}", folder.display()))
        };
        for (host, guest, writable) in self.dirs {
            let added = files.add(&host, guest, writable);
            added.map_err(|error| cannot_open(&host, error))?;
        }
        if let Some(folder) = self.own_folder {
            let added = files.add_own(&folder);
            added.map_err(|error| cannot_open(&folder, error))?;
        }
        let interrupted = Arc::new(AtomicBool::new(false));
        let wasm = WasmState::new(&engine, self.max_wasm_memory, interrupted.clone());
        let stdio = (self.stdout, self.stderr);
        let net = self.net;
        let agent = Agent::new(engine, self.settings, files, net, wasm, interrupted, stdio);
        if let Some(file) = &self.import_map {
            let warnings = agent.modules.set_import_map(file).map_err(Error::Host)?;
            for warning in warnings {
                // Without standard error there is nobody to warn.
                let _ = writeln!(agent.stderr.borrow_mut(), "warning: {warning}");
            }
        }
        Runtime::new(agent, self.limits)
    }
}
