//! Projects in folders of their own, and `bolide` in them.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::host::{Run, root, run_within};

/// How long a command may take: the first one that compiles also builds the standard library, on a busy machine.
const TIME_LIMIT: Duration = Duration::from_secs(1200);

/// What cargo tells the tests that it runs, and what would change what is compiled.
const NOT_INHERITED: [&str; 9] = [
    "CARGO",
    "CARGO_BUILD_TARGET",
    "CARGO_MANIFEST_DIR",
    "CARGO_MANIFEST_PATH",
    "LD_LIBRARY_PATH",
    "RUSTC",
    "RUSTC_WRAPPER",
    "RUSTFLAGS",
    "RUSTUP_TOOLCHAIN",
];

/// The part of `.cache` at `path`, which need not exist.
pub(crate) fn cache(path: &str) -> PathBuf {
    root().join(".cache").join(path)
}

/// `bolide` in `folder`, with the toolchain that `scripts/setup` configured.
pub(crate) fn bolide(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_bolide"));
    command
        .current_dir(folder)
        .env("BOLIDE_CONFIG", cache("config.toml"))
        .env("CARGO_TARGET_DIR", cache("wasm-target"))
        .env("XDG_CACHE_HOME", cache("xdg"))
        .env("CARGO_TERM_COLOR", "never")
        .env("NO_COLOR", "1")
        .stdin(Stdio::null());
    for name in NOT_INHERITED {
        command.env_remove(name);
    }
    command
}

/// Runs the command to its end, with what it printed as text.
pub(crate) fn run(command: Command) -> Run {
    run_within(TIME_LIMIT, command)
}

/// A folder with files, which is removed with this value.
pub(crate) struct Project {
    folder: tempfile::TempDir,
    path: PathBuf,
}

impl Project {
    /// A folder with these files.
    pub(crate) fn new(files: &[(&str, &str)]) -> Project {
        Project::named("project", files)
    }

    /// A folder of that name with these files.
    pub(crate) fn named(name: &str, files: &[(&str, &str)]) -> Project {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().canonicalize().unwrap().join(name);
        fs::create_dir(&path).unwrap();
        let project = Project { folder, path };
        for (name, text) in files {
            project.write(name, text);
        }
        project
    }

    /// A copy of a folder of the repository, without what was built there.
    pub(crate) fn copy_of(folder: &str) -> Project {
        let project = Project::new(&[]);
        copy(&root().join(folder), &project.path);
        project
    }

    /// A package called `name`, which must not be that of another test for both are compiled in one place, with this source
    /// and what is to be added to its manifest.
    pub(crate) fn package(name: &str, source: &str, manifest: &str) -> Project {
        Project::new(&[
            ("Cargo.toml", &cargo_toml(name, manifest)),
            ("Cargo.lock", &cargo_lock()),
            ("src/lib.rs", source),
        ])
    }

    /// Its folder.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// The path of a file in it.
    pub(crate) fn join(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// Writes the file, and the folders that it is in.
    pub(crate) fn write(&self, name: &str, text: &str) {
        let file = self.path.join(name);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(&file, text).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    }

    /// The text of the file.
    pub(crate) fn read(&self, name: &str) -> String {
        let file = self.path.join(name);
        fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
    }

    /// Replaces a part of a file, which must be there.
    pub(crate) fn replace(&self, name: &str, old: &str, new: &str) {
        let text = self.read(name);
        assert!(text.contains(old), "{name} has no {old:?}:\n{text}");
        self.write(name, &text.replace(old, new));
    }

    /// Runs `bolide` with the arguments in its folder.
    pub(crate) fn bolide(&self, arguments: &[&str]) -> Run {
        let mut command = bolide(&self.path);
        command.args(arguments);
        run(command)
    }

    /// Runs `bolide`, which must end well, and returns its standard output.
    pub(crate) fn succeed(&self, arguments: &[&str]) -> String {
        let result = self.bolide(arguments);
        if let Some(failure) = result.failure {
            let (stdout, stderr) = (result.stdout, result.stderr);
            panic!("bolide {arguments:?}: {failure}\n{stdout}\n{stderr}");
        }
        result.stdout
    }

    /// Runs `bolide`, which must fail with exit code 1, and returns its standard error, where `/work` stands for the folder
    /// that the project is in.
    pub(crate) fn fail(&self, arguments: &[&str]) -> String {
        let result = self.bolide(arguments);
        let told = self.anonymous(&result.stderr);
        let failure = result.failure.unwrap_or_default();
        assert_eq!(failure, "exit status: 1", "bolide {arguments:?}:\n{told}");
        told
    }

    /// The text, with `/work` for the folder that the project is in.
    pub(crate) fn anonymous(&self, text: &str) -> String {
        let folder = self.folder.path().canonicalize().unwrap();
        text.replace(folder.to_str().unwrap(), "/work")
    }

    /// The names of what is in a folder of the project, also what is hidden.
    pub(crate) fn list(&self, folder: &str) -> Vec<String> {
        let entries = fs::read_dir(self.path.join(folder)).unwrap();
        let mut names: Vec<String> = entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }
}

/// Copies what is in a folder, without what cargo and `bolide build` have written to it.
fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name();
        if entry.path().is_file() {
            fs::copy(entry.path(), to.join(&name)).unwrap();
        } else if name != "target" && name != "pkg" {
            copy(&entry.path(), &to.join(&name));
        }
    }
}

/// The manifest of a package that uses wasm-bindgen.
pub(crate) fn cargo_toml(name: &str, more: &str) -> String {
    let mut text =
        format!("[package]\nname = \"{name}\"\nversion = \"0.1.0\"\nedition = \"2024\"\n");
    for (section, lines) in [
        ("[lib]", "crate-type = [\"cdylib\"]"),
        ("[dependencies]", "wasm-bindgen = \"0.2.130\""),
    ] {
        if !more.contains(section) {
            text.push_str(&format!("\n{section}\n{lines}\n"));
        }
    }
    format!("{text}\n{more}")
}

/// A lock file with the versions that the examples use: cargo adds what is missing, and drops the rest.
pub(crate) fn cargo_lock() -> String {
    fs::read_to_string(root().join("examples/types/Cargo.lock")).unwrap()
}

/// A source that exports a function `answer`, with this result.
pub(crate) fn answering(expression: &str) -> String {
    format!(
        "use wasm_bindgen::prelude::*;\n\n#[wasm_bindgen]\npub fn answer() -> String {{\n    \
         String::from({expression})\n}}\n"
    )
}

/// What `answer` of the package returns in Bolide.
pub(crate) fn ask(project: &Project, package: &str, name: &str) -> String {
    let import = format!("./{package}/{name}.js");
    // Packages for Node have no `init`: they are ready when they are imported.
    let script = format!(
        "import * as made from {import:?}; await made.default?.(); console.log(made.answer());"
    );
    project.write("ask.mjs", &script);
    project.succeed(&["run", "ask.mjs"]).trim_end().to_owned()
}
