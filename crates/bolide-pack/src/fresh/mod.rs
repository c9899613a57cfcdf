//! Builds that would change nothing: found out without running Cargo or the compiler.
//!
//! A stamp is written after a build, with everything that it depends on: files by their identities, folders by those
//! of all files in them, programs by where they are found, and the whole environment. The next build with the same options
//! has nothing to do if all of that is as it was. Where a stamp cannot know everything, none is written: to ask Cargo
//! once too often costs time, to ask it once too seldom would be wrong.

mod identity;
mod inputs;

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::build::{Built, Options};
use crate::cargo::{Compiled, Crate, Place};
use crate::config::{Config, variable};
use crate::toolchain::{self, Toolchain};

use identity::{Identity, Moment, Tree};

/// Variables that shells set anew for each program or session, and that no program reads to decide what it builds.
const IRRELEVANT: [&str; 5] = ["_", "OLDPWD", "SHLVL", "COLUMNS", "LINES"];

/// Programs that a build may run, and that come and go in `PATH`.
const PROGRAMS: [&str; 4] = ["cargo", "rustc", "rustup", "wasm-opt"];

/// What makes a build another one, whatever is in the files: its question.
#[derive(Clone, Debug)]
pub(crate) struct Question {
    name: String,
    environment: u64,
    folder: PathBuf,
    target_dir: Option<PathBuf>,
}

/// What a build depends on, and what came out.
#[derive(Debug, Serialize, Deserialize)]
struct Stamp {
    environment: u64,
    files: BTreeMap<PathBuf, Option<Identity>>,
    trees: Vec<Tree>,
    programs: BTreeMap<String, Option<PathBuf>>,
    documents: BTreeMap<PathBuf, Vec<PathBuf>>,
    inputs: Vec<PathBuf>,
    folder: PathBuf,
    name: String,
}

impl Question {
    /// What is asked with `options`.
    pub(crate) fn new(place: &Place, options: &Options, config: &Config) -> Question {
        let mut options = options.clone();
        options.path.clone_from(&place.manifest);
        // What is only seen.
        options.cargo.quiet = false;
        options.cargo.verbose = 0;
        options.cargo.color = None;
        let mut hasher = DefaultHasher::new();
        // Derived, so that an option that is added is not forgotten here.
        format!("{options:?} {config:?}").hash(&mut hasher);
        std::env::current_dir().ok().hash(&mut hasher);
        let program = std::env::current_exe().ok();
        let identity = program.as_deref().and_then(Identity::at);
        (env!("CARGO_PKG_VERSION"), program, identity).hash(&mut hasher);
        Question {
            name: format!("{:016x}", hasher.finish()),
            environment: environment(),
            folder: place.folder.clone(),
            target_dir: options.cargo.target_dir,
        }
    }

    /// What was built, if another build would change nothing.
    pub(crate) fn answer(&self) -> Option<Built> {
        let mut candidates = self.target_dirs().into_iter();
        let text =
            candidates.find_map(|folder| std::fs::read_to_string(self.file(&folder)).ok())?;
        let stamp: Stamp = serde_json::from_str(&text).ok()?;
        stamp.is_valid(self.environment).then_some(Built {
            folder: stamp.folder,
            name: stamp.name,
            inputs: stamp.inputs,
        })
    }

    /// Where Cargo may put what it makes. Only Cargo knows for certain, and it is not asked: what is not found is built.
    fn target_dirs(&self) -> Vec<PathBuf> {
        let given = self.target_dir.clone().or_else(|| {
            let names = ["CARGO_TARGET_DIR", "CARGO_BUILD_TARGET_DIR"];
            names.into_iter().find_map(variable).map(PathBuf::from)
        });
        let given = given.or_else(|| toolchain::target_dir_in_configuration(&self.folder));
        match given.map(|folder| self.folder.join(folder)) {
            Some(folder) => vec![folder],
            None => self.folder.ancestors().map(|f| f.join("target")).collect(),
        }
    }

    fn file(&self, target_dir: &Path) -> PathBuf {
        work_folder(target_dir).join(format!("{}.json", self.name))
    }

    /// Forgets what is known, because it is about to change.
    pub(crate) fn forget(&self, target_dir: &Path) {
        // Without a stamp, or a folder for it, there is nothing to forget.
        let _ = std::fs::remove_file(self.file(target_dir));
    }

    /// Keeps what was built, and what it depends on. Not to be able to costs time only, so errors do not matter.
    pub(crate) fn keep(&self, record: &Record<'_>) -> Option<Vec<PathBuf>> {
        let stamp = record.stamp(self.environment)?;
        let file = self.file(record.target_dir);
        let mut new = tempfile::NamedTempFile::new_in(file.parent()?).ok()?;
        serde_json::to_writer(&mut new, &stamp).ok()?;
        new.persist(&file).ok()?;
        Some(stamp.inputs)
    }
}

/// Bolide's own folder in Cargo's.
pub(crate) fn work_folder(target_dir: &Path) -> PathBuf {
    target_dir.join("bolide")
}

/// When something began, by the clock of the file system of a folder: what is written to files later has a later time, or
/// the same.
pub(crate) fn now(folder: &Path) -> Option<Moment> {
    let file = tempfile::NamedTempFile::new_in(folder).ok()?;
    Some(Identity::at(file.path())?.moment())
}

/// A build that has just been done.
#[derive(Debug)]
pub(crate) struct Record<'a> {
    pub(crate) place: &'a Place,
    pub(crate) package: &'a Crate,
    pub(crate) compiled: &'a Compiled,
    pub(crate) toolchain: &'a Toolchain,
    pub(crate) target_dir: &'a Path,
    /// When Cargo began to compile.
    pub(crate) began: Moment,
    /// The folder with the result, and the files that were written there, relative to it.
    pub(crate) folder: &'a Path,
    pub(crate) written: &'a [PathBuf],
    pub(crate) name: &'a str,
}

impl Record<'_> {
    fn stamp(&self, environment: u64) -> Option<Stamp> {
        let inputs = inputs::of_cargo(self.package, self.compiled)?;
        let mut stamp = Stamp {
            environment,
            files: BTreeMap::new(),
            trees: Vec::new(),
            programs: PROGRAMS
                .iter()
                .map(|name| ((*name).to_owned(), find(name)))
                .collect(),
            documents: BTreeMap::new(),
            inputs: Vec::new(),
            folder: self.folder.to_owned(),
            name: self.name.to_owned(),
        };
        for path in inputs.needed {
            stamp.add_input(path, self)?;
        }
        let folders = [self.package.folder(), self.package.workspace()];
        let mut optional = inputs.optional;
        for folder in folders {
            let documents = inputs::documents(folder);
            optional.extend(documents.iter().cloned());
            stamp.documents.insert(folder.to_owned(), documents);
        }
        for file in toolchain::configuration_files(self.package.folder()) {
            // What it includes is not known here.
            if std::fs::read_to_string(&file).is_ok_and(|text| text.contains("include")) {
                return None;
            }
            optional.push(file);
        }
        for path in optional {
            match path.exists() {
                true => stamp.add_input(path, self)?,
                false => stamp.add(path),
            }
        }
        for folder in self.place.folder.ancestors() {
            stamp.add(folder.join("rust-toolchain"));
            stamp.add(folder.join("rust-toolchain.toml"));
        }
        self.toolchain
            .files()
            .into_iter()
            .for_each(|file| stamp.add(file));
        let programs: Vec<_> = stamp.programs.values().flatten().cloned().collect();
        programs.into_iter().for_each(|file| stamp.add(file));
        stamp.add(self.compiled.module.clone());
        for file in self.written {
            stamp.add(self.folder.join(file));
        }
        Some(stamp)
    }
}

impl Stamp {
    /// Adds what was read, unless it was written since then: nobody knows which of both was compiled.
    fn add_input(&mut self, path: PathBuf, record: &Record<'_>) -> Option<()> {
        let is_made = path.starts_with(record.target_dir);
        let identity = Identity::at(&path)?;
        let moment = if path.is_dir() {
            let ignored = [record.target_dir.to_owned(), record.folder.to_owned()];
            let (tree, moment) = Tree::of(&path, &ignored).ok()?;
            self.trees.push(tree);
            moment
        } else {
            self.files.insert(path.clone(), Some(identity));
            identity.moment()
        };
        if !is_made {
            self.inputs.push(path);
        }
        (is_made || moment < record.began).then_some(())
    }

    /// Adds a file that may be there or not.
    fn add(&mut self, path: PathBuf) {
        let identity = Identity::at(&path);
        self.files.insert(path, identity);
    }

    /// Whether everything is as it was.
    fn is_valid(&self, environment: u64) -> bool {
        self.environment == environment
            && self.programs.iter().all(|(name, path)| &find(name) == path)
            && self
                .files
                .iter()
                .all(|(path, identity)| &Identity::at(path) == identity)
            && (self.documents.iter()).all(|(folder, files)| &inputs::documents(folder) == files)
            && self.trees.iter().all(Tree::is_same)
    }
}

fn find(program: &str) -> Option<PathBuf> {
    which::which(program).ok()
}

/// All variables: what reads them, from compilers to build scripts and `env!`, need not be known.
fn environment() -> u64 {
    let variables = std::env::vars_os();
    let mut variables: Vec<_> = variables
        .filter(|(name, _)| !IRRELEVANT.iter().any(|irrelevant| name == irrelevant))
        .collect();
    variables.sort();
    let mut hasher = DefaultHasher::new();
    variables.hash(&mut hasher);
    hasher.finish()
}
