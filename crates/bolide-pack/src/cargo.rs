//! Cargo: which package is meant, and compiling it.

use std::io::{BufReader, ErrorKind, Read};
use std::path::{Path, PathBuf};
use std::process::Stdio;

use cargo_metadata::{Message, Metadata, MetadataCommand, Package};

use crate::error::{Error, Result};
use crate::report::Report;
use crate::toolchain::Toolchain;

/// A package that is to be compiled, in its workspace.
#[derive(Clone, Debug)]
pub(crate) struct Crate {
    metadata: Metadata,
    package: Package,
}

impl Crate {
    /// The package whose manifest is in `folder`.
    pub(crate) fn find(folder: &Path, toolchain: &Toolchain) -> Result<Crate> {
        let manifest = folder.join("Cargo.toml");
        let mut command = MetadataCommand::new();
        command.manifest_path(&manifest);
        let mut cargo = toolchain.cargo(folder);
        cargo.args(command.cargo_command().get_args());
        let output = cargo
            .output()
            .map_err(|e| Error::new("cannot run cargo").with_cause(e.to_string()))?;
        if !output.status.success() {
            return Err(
                Error::new(format!("cargo cannot read `{}`", manifest.display()))
                    .with_cause(String::from_utf8_lossy(&output.stderr).trim().to_owned()),
            );
        }
        let metadata = MetadataCommand::parse(String::from_utf8_lossy(&output.stdout))
            .map_err(|e| Error::new("cannot read cargo's metadata").with_cause(e.to_string()))?;
        let real = manifest
            .canonicalize()
            .map_err(|e| Error::io("read", &manifest, &e))?;
        let package = metadata
            .packages
            .iter()
            .find(|package| package.manifest_path.as_std_path() == real)
            .cloned()
            .ok_or_else(|| Error::new(format!("`{}` describes no package", manifest.display())))?;
        Ok(Crate { metadata, package })
    }

    /// Its name in Cargo.
    pub(crate) fn name(&self) -> &str {
        self.package.name.as_str()
    }

    /// What its manifest says.
    pub(crate) fn package(&self) -> &Package {
        &self.package
    }

    /// What Cargo knows about all packages.
    pub(crate) fn metadata(&self) -> &Metadata {
        &self.metadata
    }

    /// The name of its library in Rust, which may differ from its own.
    pub(crate) fn library(&self) -> &str {
        let mut targets = self.package.targets.iter();
        let library = targets.find(|target| target.is_cdylib() || target.is_lib());
        library.map_or(self.name(), |target| &target.name)
    }

    /// Where its manifest is.
    pub(crate) fn folder(&self) -> &Path {
        self.package
            .manifest_path
            .parent()
            .expect("a manifest is in a folder")
            .as_std_path()
    }

    /// The version of `dependency` that the lock file has.
    pub(crate) fn locked(&self, dependency: &str) -> Option<String> {
        let mut packages = self.metadata.packages.iter();
        let package = packages.find(|package| package.name.as_str() == dependency)?;
        Some(package.version.to_string())
    }

    /// Compiles its library with `profile`, and returns the module that came out.
    pub(crate) fn compile(
        &self,
        toolchain: &Toolchain,
        profile: &str,
        report: &mut dyn Report,
    ) -> Result<PathBuf> {
        let mut cargo = toolchain.compile(self.folder(), "build");
        cargo
            .args(["--lib", "--profile", profile])
            .arg("--message-format=json-render-diagnostics")
            .stdout(Stdio::piped());
        if report.captures() {
            cargo.args(["--color", "always"]).stderr(Stdio::piped());
        }
        let mut child = cargo
            .spawn()
            .map_err(|e| Error::new("cannot run cargo").with_cause(e.to_string()))?;
        let stdout = child.stdout.take().expect("it is piped");
        let stderr = child.stderr.take();
        let module = std::thread::scope(|scope| {
            let module = scope.spawn(|| self.module_of(stdout));
            if let Some(stderr) = stderr {
                relay(stderr, report);
            }
            module.join().expect("it does not panic")
        });
        let status = child
            .wait()
            .map_err(|e| Error::new("cannot run cargo").with_cause(e.to_string()))?;
        if !status.success() {
            return Err(Error::told(format!(
                "cargo could not compile `{}`",
                self.name()
            )));
        }
        module.ok_or_else(|| {
            Error::new(format!("the library of `{}` is no `cdylib`", self.name()))
                .with_help("add to Cargo.toml:\n[lib]\ncrate-type = [\"cdylib\", \"rlib\"]")
        })
    }
    /// The module of which cargo tells on standard output.
    fn module_of(&self, stdout: impl Read) -> Option<PathBuf> {
        let mut module = None;
        for message in Message::parse_stream(BufReader::new(stdout)).map_while(|m| m.ok()) {
            if let Message::CompilerArtifact(artifact) = message
                && artifact.package_id == self.package.id
            {
                let mut files = artifact.filenames.into_iter();
                if let Some(file) = files.find(|file| file.extension() == Some("wasm")) {
                    module = Some(file.into_std_path_buf());
                }
            }
        }
        module
    }
}

/// Passes on what a program prints.
fn relay(mut from: impl Read, report: &mut dyn Report) {
    let mut buffer = [0; 4096];
    loop {
        match from.read(&mut buffer) {
            Ok(0) => return,
            Ok(read) => report.output(&buffer[..read]),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(_) => return,
        }
    }
}
