//! New projects.

mod name;
mod templates;
mod workspace;

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

pub use name::check as check_name;
pub(crate) use name::suggest as suggest_name;
pub use templates::{TEMPLATES, Template};

use crate::error::{Error, Result};

/// The version of wasm-bindgen that new projects depend on: the one that `bolide build` makes the glue for.
const WASM_BINDGEN: &str = "0.2.130";

/// The version of wasm-bindgen-test that belongs to [`WASM_BINDGEN`].
const WASM_BINDGEN_TEST: &str = "0.3.80";

/// What to make, and where.
#[derive(Clone, Debug)]
pub struct Options {
    /// The folder of the project, which is made if it does not exist.
    pub path: PathBuf,
    /// The name of the project; that of the folder if it is not given.
    pub name: Option<String>,
    /// What the project is.
    pub template: &'static Template,
    /// Whether the project becomes a Git repository; if it is not given, it does where Git is installed and the
    /// folder is not in a repository already.
    pub git: Option<bool>,
}

/// How a project relates to the Cargo workspace whose folder it was made in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Membership {
    /// It is in no workspace.
    None,
    /// It is a member of the workspace that this manifest describes.
    Member(PathBuf),
    /// The workspace that this manifest describes does not list it, so it was made a workspace of its own.
    Apart(PathBuf),
}

/// What was made.
#[derive(Clone, Debug)]
pub struct Created {
    /// The name of the project.
    pub name: String,
    /// Its folder, as it was given.
    pub folder: PathBuf,
    /// The Cargo workspace around it.
    pub membership: Membership,
    /// The commands that build and run it, from within its folder.
    pub next: Vec<String>,
}

/// Makes a project.
///
/// # Errors
///
/// If the name is none for a package, the folder is in use, or it cannot be written. Nothing is left behind then.
pub fn create(options: &Options) -> Result<Created> {
    let name = match &options.name {
        Some(name) => name.clone(),
        None => folder_name(&options.path)?,
    };
    name::check(&name).map_err(|error| with_ways_out(error, options, &name))?;
    refuse_what_is_in_use(&options.path)?;
    let mut made = Made::default();
    match fill(options, &name, &mut made) {
        Ok(membership) => Ok(Created {
            next: (options.template.next.iter())
                .map(|line| expand(line, &name))
                .collect(),
            name,
            folder: options.path.clone(),
            membership,
        }),
        Err(error) => {
            made.remove();
            Err(error)
        }
    }
}

/// The name of the folder at `path`, which may be `.`.
fn folder_name(path: &Path) -> Result<String> {
    let absolute = match path.canonicalize() {
        Ok(path) => path,
        Err(_) => std::path::absolute(path).map_err(|e| Error::io("find", path, &e))?,
    };
    let name = absolute.file_name().map(|name| name.to_string_lossy());
    name.map(|name| name.into_owned()).ok_or_else(|| {
        Error::new(format!("`{}` has no name", path.display()))
            .with_help("name the project: `--name my-project`")
    })
}

/// Says what to type instead of a name that does not do.
fn with_ways_out(error: Error, options: &Options, name: &str) -> Error {
    let suggestion = name::suggest(name);
    let is_new = options.name.is_none() && !options.path.exists();
    if is_new {
        let folder = options.path.with_file_name(&suggestion);
        error.with_help(format!("run `bolide new {}`", folder.display()))
    } else {
        error.with_help(format!("name the project: `--name {suggestion}`"))
    }
}

/// A folder with anything in it but a new repository is somebody's work.
fn refuse_what_is_in_use(path: &Path) -> Result<()> {
    let entries = match fs::read_dir(path) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        Err(error) if error.kind() == std::io::ErrorKind::NotADirectory => {
            return Err(Error::new(format!("`{}` is a file", path.display()))
                .with_help("give the name of a folder that does not exist, or is empty"));
        }
        Err(error) => return Err(Error::io("read", path, &error)),
    };
    let names = entries.map_while(|entry| Some(entry.ok()?.file_name()));
    let mut names: Vec<_> = names
        .filter(|name| name != ".git")
        .map(|name| format!("`{}`", name.to_string_lossy()))
        .collect();
    if names.is_empty() {
        return Ok(());
    }
    names.sort();
    let others = names.len().saturating_sub(3);
    names.truncate(3);
    let mut held = names.join(", ");
    if others > 0 {
        held.push_str(&format!(" and {others} more"));
    }
    Err(
        Error::new(format!("the folder `{}` is not empty", path.display()))
            .with_cause(format!("it holds {held}"))
            .with_help("give the name of a folder that does not exist, or is empty"),
    )
}

/// What has been made so far.
#[derive(Default)]
struct Made {
    /// In the order in which they were made.
    paths: Vec<PathBuf>,
}

impl Made {
    /// Makes the folder, and those that it is in.
    fn folder(&mut self, path: &Path) -> Result<()> {
        if path.as_os_str().is_empty() || path.is_dir() {
            return Ok(());
        }
        if let Some(parent) = path.parent() {
            self.folder(parent)?;
        }
        fs::create_dir(path).map_err(|e| Error::io("create", path, &e))?;
        self.paths.push(path.to_owned());
        Ok(())
    }

    fn file(&mut self, path: &Path, text: &str) -> Result<()> {
        if let Some(folder) = path.parent() {
            self.folder(folder)?;
        }
        self.paths.push(path.to_owned());
        fs::write(path, text).map_err(|e| Error::io("write", path, &e))
    }

    fn remove(&self) {
        for path in self.paths.iter().rev() {
            // What cannot be removed, the user has been told about: it is where the error was.
            let _ = if path.is_dir() {
                fs::remove_dir(path)
            } else {
                fs::remove_file(path)
            };
        }
    }
}

fn fill(options: &Options, name: &str, made: &mut Made) -> Result<Membership> {
    made.folder(&options.path)?;
    let folder = &options.path;
    let real = folder
        .canonicalize()
        .map_err(|e| Error::io("find", folder, &e))?;
    let membership = match options.template.is_rust() {
        true => workspace::membership(&real)?,
        false => Membership::None,
    };
    for (path, text) in options.template.render(name) {
        let text = match (&membership, path.as_str()) {
            (Membership::Apart(_), "Cargo.toml") => format!("{text}\n[workspace]\n"),
            _ => text,
        };
        made.file(&folder.join(path), &text)?;
    }
    let is_wanted = options.git.unwrap_or_else(|| !is_in_repository(&real));
    if is_wanted && !real.join(".git").exists() {
        init_repository(&real, options.git.is_some())?;
    }
    Ok(membership)
}

fn is_in_repository(folder: &Path) -> bool {
    folder
        .ancestors()
        .any(|folder| folder.join(".git").exists())
}

/// Makes `folder` a Git repository; that there is no Git matters only if it was asked for.
fn init_repository(folder: &Path, is_asked_for: bool) -> Result<()> {
    let output = Command::new("git")
        .args(["init", "--quiet"])
        .current_dir(folder)
        .stdin(Stdio::null())
        .output();
    let cause = match output {
        Ok(output) if output.status.success() => return Ok(()),
        Ok(output) => String::from_utf8_lossy(&output.stderr).trim().to_owned(),
        Err(error) => error.to_string(),
    };
    if !is_asked_for {
        return Ok(());
    }
    let error = Error::new(format!(
        "cannot make `{}` a Git repository",
        folder.display()
    ));
    Err(error
        .with_cause(format!("git: {cause}"))
        .with_help("do without: `--vcs none`"))
}

/// A template's text for the project `name`.
fn expand(text: &str, name: &str) -> String {
    text.replace("{{name}}", name)
        .replace("{{crate}}", &name.replace('-', "_"))
        .replace("{{wasm-bindgen}}", WASM_BINDGEN)
        .replace("{{wasm-bindgen-test}}", WASM_BINDGEN_TEST)
}

impl fmt::Display for Membership {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Membership::None => Ok(()),
            Membership::Member(manifest) => write!(
                f,
                "it is a member of the workspace of `{}`",
                manifest.display()
            ),
            Membership::Apart(manifest) => write!(
                f,
                "it is a workspace of its own, for `{}` does not list it; to make it a member, list it there in \
                 `members` and remove `[workspace]` from its Cargo.toml",
                manifest.display()
            ),
        }
    }
}

#[cfg(test)]
mod tests;
