//! Compiling a package.

use std::io::{BufReader, Read};
use std::path::PathBuf;

use cargo_metadata::{Message, PackageId};

use super::{CargoOptions, Crate, check, run};
use crate::error::{Error, Result};
use crate::report::Report;
use crate::toolchain::Toolchain;

/// What Cargo has made.
#[derive(Clone, Debug)]
pub(crate) struct Compiled {
    /// The module.
    pub(crate) module: PathBuf,
    /// The build scripts that were run, now or earlier, by their packages and the folders of their output.
    pub(crate) scripts: Vec<(PackageId, PathBuf)>,
}

impl Crate {
    /// Compiles its library or program.
    pub(crate) fn compile(
        &self,
        toolchain: &Toolchain,
        options: &CargoOptions,
        report: &mut dyn Report,
    ) -> Result<Compiled> {
        if !self.selected.declared {
            report.warn(&format_args!(
                "the library of `{}` is no `cdylib` by its manifest, and is built as one; \
                 for other tools, add to Cargo.toml:\n\n[lib]\ncrate-type = [\"cdylib\", \"rlib\"]\n",
                self.name()
            ));
        }
        let mut cargo = toolchain.compile(self.folder(), "rustc", options, report)?;
        cargo.arg("--profile").arg(&options.profile);
        cargo.args(options.compiling(report)?);
        if self.selected.is_program {
            cargo.args(["--bin", &self.selected.name]);
        } else {
            // Only this crate type: next to an `rlib`, Cargo does not optimize at link time.
            cargo.args(["--lib", "--crate-type", "cdylib"]);
        }
        cargo.arg("--message-format=json-render-diagnostics");
        let (status, (module, scripts)) =
            run(&mut cargo, report, |stdout| self.read_messages(stdout))?;
        check(status, &format!("compile `{}`", self.name()))?;
        let module = module.ok_or_else(|| {
            Error::new(format!("cargo has made no module of `{}`", self.name()))
                .with_help("arguments for cargo after `--` must leave to it what it builds")
        })?;
        Ok(Compiled { module, scripts })
    }

    /// The module and the build scripts of which Cargo tells.
    fn read_messages(&self, stdout: impl Read) -> (Option<PathBuf>, Vec<(PackageId, PathBuf)>) {
        let mut module = None;
        let mut scripts = Vec::new();
        for message in Message::parse_stream(BufReader::new(stdout)).map_while(|m| m.ok()) {
            match message {
                Message::CompilerArtifact(artifact)
                    if artifact.package_id == self.package.id
                        && artifact.target.name == self.selected.name =>
                {
                    let mut files = artifact.filenames.into_iter();
                    let file = files.find(|file| file.extension() == Some("wasm"));
                    module = file.map(|file| file.into_std_path_buf()).or(module);
                }
                Message::BuildScriptExecuted(script) => {
                    scripts.push((script.package_id, script.out_dir.into_std_path_buf()));
                }
                _ => {}
            }
        }
        (module, scripts)
    }
}
