//! Noticing changes of files.

use std::collections::HashMap;
use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, SyncSender, channel, sync_channel};
use std::time::Duration;

use notify_debouncer_full::notify::event::{EventKind, ModifyKind};
use notify_debouncer_full::notify::{ErrorKind, RecommendedWatcher, RecursiveMode};
use notify_debouncer_full::{
    DebounceEventResult, DebouncedEvent, Debouncer, RecommendedCache, new_debouncer,
};
use walkdir::WalkDir;

use super::Console;
use super::live::Live;
use super::rules::{Change, LOCK, Rules};
use crate::error::{Error, Result};
use crate::http::identity;

/// What changes within this time is one change: editors and compilers write files in several steps.
const SETTLE: Duration = Duration::from_millis(50);

/// How often it is looked whether the folder that is served is still the same one.
const CHECK: Duration = Duration::from_secs(1);

/// How long to wait until all folders are watched: a home folder has very many.
const PATIENCE: Duration = Duration::from_secs(2);

/// Larger files are not read to see whether they have changed, in bytes.
const LARGEST_READ: u64 = 16 << 20;

type Watching = Debouncer<RecommendedWatcher, RecommendedCache>;

enum Message {
    Changes(DebounceEventResult),
    Watch {
        inputs: Vec<PathBuf>,
        outputs: Vec<PathBuf>,
        package: Option<PathBuf>,
    },
    Built,
    Stop,
}

/// Watches until it is dropped.
#[derive(Debug)]
pub(super) struct Watch(Watcher);

/// By which a build tells what is to be watched for it.
#[derive(Clone, Debug)]
pub(super) struct Watcher {
    messages: Sender<Message>,
    building: Arc<AtomicBool>,
}

impl Watch {
    /// Tells `live` about changes of pages, and the receiver about those of sources: once for as many as there are until
    /// it is asked.
    pub(super) fn start(
        rules: Rules,
        live: Live,
        console: Arc<dyn Console>,
    ) -> Result<(Watch, Receiver<()>)> {
        let (messages, received) = channel();
        let sender = messages.clone();
        let changed = move |changes: DebounceEventResult| {
            // The receiver is gone when the server stops.
            let _ = sender.send(Message::Changes(changes));
        };
        let cannot = |cause: String| Error::new("cannot watch files for changes").with_cause(cause);
        let debouncer = new_debouncer(SETTLE, None, changed).map_err(|e| cannot(e.to_string()))?;
        let (rebuild, builds) = sync_channel(1);
        let building = Arc::new(AtomicBool::new(false));
        let (starting, started) = channel::<()>();
        let mut observer = Observer {
            rules,
            live,
            console,
            debouncer,
            rebuild,
            seen: HashMap::new(),
            building: building.clone(),
            is_full: false,
            identity: None,
        };
        std::thread::Builder::new()
            .name("watch".to_owned())
            .spawn(move || {
                observer.find_root();
                drop(starting);
                observer.run(&received);
            })
            .map_err(|e| cannot(e.to_string()))?;
        // Nobody sees a page before, so that no change after that is missed. Nothing is sent.
        let _ = started.recv_timeout(PATIENCE);
        Ok((Watch(Watcher { messages, building }), builds))
    }

    /// For a build.
    pub(super) fn watcher(&self) -> Watcher {
        self.0.clone()
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        let _ = self.0.messages.send(Message::Stop);
    }
}

impl Watcher {
    /// A build begins.
    pub(super) fn building(&self) {
        self.building.store(true, Ordering::Relaxed);
    }

    /// The build is over.
    pub(super) fn built(&self) {
        self.building.store(false, Ordering::Relaxed);
        let _ = self.messages.send(Message::Built);
    }

    /// A build reads `inputs`, and writes to `outputs` and `package`. Paths are absolute, without symbolic links.
    pub(super) fn watch(
        &self,
        inputs: Vec<PathBuf>,
        outputs: Vec<PathBuf>,
        package: Option<PathBuf>,
    ) {
        let _ = self.messages.send(Message::Watch {
            inputs,
            outputs,
            package,
        });
    }
}

struct Observer {
    rules: Rules,
    live: Live,
    console: Arc<dyn Console>,
    debouncer: Watching,
    /// Has room for one: changes while a build waits for its turn are in that build.
    rebuild: SyncSender<()>,
    /// What was in the files that have changed: to write the same again is no change.
    seen: HashMap<PathBuf, Option<u64>>,
    building: Arc<AtomicBool>,
    /// Whether the user knows that the system watches no more folders.
    is_full: bool,
    /// Of the folder that is served, if it is there.
    identity: Option<(u64, u64)>,
}

impl Observer {
    fn run(mut self, messages: &Receiver<Message>) {
        loop {
            let message = match messages.recv_timeout(CHECK) {
                Ok(message) => message,
                Err(RecvTimeoutError::Timeout) => {
                    if self.find_root() {
                        self.tell(&[Change::Pages, Change::Sources]);
                    }
                    continue;
                }
                Err(RecvTimeoutError::Disconnected) => return,
            };
            match message {
                Message::Changes(Ok(events)) => self.changed(&events),
                Message::Changes(Err(errors)) => {
                    for error in errors {
                        self.console
                            .warn(&format_args!("cannot watch all files: {error}"));
                    }
                }
                Message::Watch {
                    inputs,
                    outputs,
                    package,
                } => {
                    self.rules.add_outputs(outputs, package);
                    self.add_inputs(inputs);
                }
                Message::Built => self.note_locks(),
                Message::Stop => return,
            }
        }
    }

    /// Watches the folder that is served if it is another one than before; then the result is `true`. What watched the
    /// former ended with it.
    fn find_root(&mut self) -> bool {
        let root = self.rules.root().to_owned();
        let before = std::mem::replace(&mut self.identity, identity(&root));
        let is_new = self.identity.is_some() && self.identity != before;
        if is_new {
            self.watch_tree(&root);
        }
        is_new
    }

    fn add_inputs(&mut self, inputs: Vec<PathBuf>) {
        for path in self.rules.add_inputs(inputs) {
            if path.is_dir() {
                self.watch_tree(&path);
            } else if let Some(folder) = path.parent() {
                self.watch(folder);
            }
        }
        self.note_locks();
    }

    /// Cargo writes lock files itself, which is no change.
    fn note_locks(&mut self) {
        for lock in self.rules.locks() {
            let digest = digest(&lock);
            self.seen.insert(lock, digest);
        }
    }

    /// Watches a folder and those in it, and returns the files that are there.
    fn watch_tree(&mut self, folder: &Path) -> Vec<PathBuf> {
        let mut files = Vec::new();
        let mut entries = WalkDir::new(folder).into_iter();
        while let Some(entry) = entries.next() {
            let Ok(entry) = entry else {
                continue;
            };
            if !entry.file_type().is_dir() {
                files.push(entry.into_path());
            } else if self.rules.skips(entry.path()) {
                entries.skip_current_dir();
            } else {
                self.watch(entry.path());
            }
        }
        files
    }

    fn watch(&mut self, folder: &Path) {
        let Err(error) = self.debouncer.watch(folder, RecursiveMode::NonRecursive) else {
            return;
        };
        match &error.kind {
            // It is gone already.
            ErrorKind::PathNotFound => {}
            ErrorKind::Io(cause) if cause.kind() == io::ErrorKind::NotFound => {}
            ErrorKind::MaxFilesWatch if self.is_full => {}
            ErrorKind::MaxFilesWatch => {
                self.is_full = true;
                self.console.warn(&format_args!(
                    "the system watches no more folders: changes in `{}` and others are not noticed\n\
                     raise the limit with `sysctl fs.inotify.max_user_watches=524288`",
                    folder.display()
                ));
            }
            _ => self.console.warn(&format_args!(
                "changes in `{}` are not noticed: {error}",
                folder.display()
            )),
        }
    }

    fn changed(&mut self, events: &[DebouncedEvent]) {
        let mut changes = Vec::new();
        for event in events {
            if event.need_rescan() {
                // Events were lost: everything may be different.
                let root = self.rules.root().to_owned();
                self.watch_tree(&root);
                changes.push(Change::Sources);
                changes.push(Change::Pages);
            }
            if matches!(event.kind, EventKind::Access(_)) {
                continue;
            }
            let may_be_new = matches!(
                event.kind,
                EventKind::Create(_) | EventKind::Modify(ModifyKind::Name(_))
            );
            for path in &event.paths {
                if !path.is_dir() {
                    changes.extend(self.change_of(path));
                } else if may_be_new && self.rules.covers(path) {
                    for file in self.watch_tree(path) {
                        changes.extend(self.change_of(&file));
                    }
                }
            }
        }
        self.tell(&changes);
    }

    fn change_of(&mut self, path: &Path) -> Option<Change> {
        let change = self.rules.classify(path)?;
        let digest = digest(path);
        let known = self.seen.insert(path.to_owned(), digest);
        let is_lock = path.file_name().is_some_and(|name| name == LOCK);
        let own = is_lock && self.building.load(Ordering::Relaxed);
        (known != Some(digest) && !own).then_some(change)
    }

    fn tell(&self, changes: &[Change]) {
        if changes.contains(&Change::Sources) {
            // When it is full, a build is to come which will see this.
            let _ = self.rebuild.try_send(());
        }
        if changes.contains(&Change::Pages) {
            self.live.reload();
        } else if changes.contains(&Change::Styles) {
            self.live.restyle();
        }
    }
}

/// What is in a file, in short; `None` if there is none.
fn digest(file: &Path) -> Option<u64> {
    let metadata = std::fs::metadata(file).ok()?;
    // To open a pipe would wait for its writer.
    if !metadata.is_file() {
        return None;
    }
    let mut hasher = DefaultHasher::new();
    if metadata.len() > LARGEST_READ {
        (metadata.len(), metadata.modified().ok()).hash(&mut hasher);
        return Some(hasher.finish());
    }
    let mut file = std::fs::File::open(file).ok()?;
    let mut buffer = vec![0; 64 * 1024];
    loop {
        match file.read(&mut buffer) {
            Ok(0) => return Some(hasher.finish()),
            Ok(read) => hasher.write(&buffer[..read]),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(_) => return None,
        }
    }
}
