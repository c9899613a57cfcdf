//! `bolide build` of C and C++.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use bolide_pack::Report;
use bolide_pack::c::{Kind, Options, build, is_source};
use clap::{Args, ValueHint};

use super::report::Progress;
use crate::exit;
use crate::failure::Failure;

/// Where `--help` has these options.
const HEADING: &str = "C and C++";

#[derive(Args, Debug)]
pub(crate) struct CArgs {
    /// Further sources, object files and archives that belong to the module.
    #[arg(value_name = "FILE", value_hint = ValueHint::FilePath, help_heading = None::<&str>)]
    more: Vec<PathBuf>,

    /// Make a library for JavaScript, even if there is a `main`.
    #[arg(help_heading = HEADING, long, conflicts_with = "command")]
    lib: bool,

    /// Make a program. Without --lib and --command, it is one if there is a `main`.
    #[arg(help_heading = HEADING, long)]
    command: bool,

    /// Export this function, besides those that have an attribute for it (repeatable).
    ///
    /// The attributes are `visibility("default")` and `export_name("…")`.
    #[arg(help_heading = HEADING, long = "export", value_name = "FUNCTION")]
    exports: Vec<String>,

    /// Export all functions of the sources that are not static.
    #[arg(help_heading = HEADING, long)]
    export_all: bool,

    /// Optimize: 0, 1, 2 (the default), 3, s or z.
    #[arg(help_heading = HEADING, short = 'O', value_name = "LEVEL", value_parser = ["0", "1", "2", "3", "s", "z"])]
    optimization: Option<String>,

    /// Keep debug information.
    #[arg(help_heading = HEADING, short = 'g')]
    debug: bool,

    /// Look for headers in this folder too (repeatable).
    #[arg(help_heading = HEADING, short = 'I', value_name = "DIR", value_hint = ValueHint::DirPath)]
    include: Vec<PathBuf>,

    /// Define a macro (repeatable).
    #[arg(help_heading = HEADING, short = 'D', value_name = "NAME[=VALUE]")]
    define: Vec<OsString>,

    /// Link with this library (repeatable).
    #[arg(help_heading = HEADING, short = 'l', value_name = "NAME")]
    libraries: Vec<OsString>,

    /// Look for libraries in this folder too (repeatable).
    #[arg(help_heading = HEADING, short = 'L', value_name = "DIR", value_hint = ValueHint::DirPath)]
    library_folders: Vec<PathBuf>,

    /// The compiler: by default CC if it is clang, wasi-sdk's, `clang`, or the newest `clang-NN`.
    #[arg(help_heading = HEADING, long, value_name = "FILE", value_hint = ValueHint::ExecutablePath)]
    clang: Option<PathBuf>,

    /// The folder of the C library: by default WASI_SYSROOT, wasi-sdk's, or /usr.
    #[arg(help_heading = HEADING, long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    sysroot: Option<PathBuf>,
}

/// What `bolide build` is told besides.
pub(super) struct Common<'a> {
    pub(super) out: Option<&'a Path>,
    pub(super) name: Option<&'a str>,
    /// What is behind `--`.
    pub(super) extra: &'a [OsString],
    pub(super) debug: bool,
}

impl CArgs {
    /// Whether `path` is to be built by clang.
    pub(super) fn apply_to(path: &Path) -> bool {
        is_source(path)
    }

    /// The first option that is given, as the user wrote it: an error where Rust is built.
    pub(super) fn given(&self) -> Option<&'static str> {
        let given = [
            (!self.more.is_empty(), "a second FILE"),
            (self.lib, "--lib"),
            (self.command, "--command"),
            (!self.exports.is_empty(), "--export"),
            (self.export_all, "--export-all"),
            (self.optimization.is_some(), "-O"),
            (self.debug, "-g"),
            (!self.include.is_empty(), "-I"),
            (!self.define.is_empty(), "-D"),
            (!self.libraries.is_empty(), "-l"),
            (!self.library_folders.is_empty(), "-L"),
            (self.clang.is_some(), "--clang"),
            (self.sysroot.is_some(), "--sysroot"),
        ];
        given
            .into_iter()
            .find(|(is_given, _)| *is_given)
            .map(|(_, name)| name)
    }

    /// Builds `path` and what belongs to it.
    pub(super) fn build(
        &self,
        path: &Path,
        common: &Common,
        mut progress: Progress,
    ) -> Result<u8, Failure> {
        let files = std::iter::once(path.to_owned()).chain(self.more.iter().cloned());
        let mut options = Options::new(files.collect());
        options.kind = match self {
            CArgs { lib: true, .. } => Some(Kind::Library),
            CArgs { command: true, .. } => Some(Kind::Command),
            _ => None,
        };
        match common.out {
            // A folder has no such name; that only .wasm will do is said below.
            Some(out)
                if out
                    .extension()
                    .is_some_and(|e| e == "wasm" || e == "js" || e == "mjs") =>
            {
                options.output = Some(out.to_owned());
            }
            out => options.out_dir = out.map(Path::to_owned),
        }
        options.name = common.name.map(str::to_owned);
        options.exports.clone_from(&self.exports);
        options.export_all = self.export_all;
        if let Some(optimization) = &self.optimization {
            options.optimization.clone_from(optimization);
        }
        options.debug = self.debug || common.debug;
        let flag = |flag: &str, value: &std::ffi::OsStr| {
            let mut argument = OsString::from(flag);
            argument.push(value);
            argument
        };
        options.compiler_args = (self
            .include
            .iter()
            .map(|folder| flag("-I", folder.as_os_str())))
        .chain(self.define.iter().map(|define| flag("-D", define)))
        .chain(common.extra.iter().cloned())
        .collect();
        options.linker_args = (self.library_folders.iter())
            .map(|folder| flag("-L", folder.as_os_str()))
            .chain(self.libraries.iter().map(|library| flag("-l", library)))
            .collect();
        options.clang.clone_from(&self.clang);
        options.sysroot.clone_from(&self.sysroot);
        let built = build(&options, &mut progress)?;
        let what = match built.kind {
            Kind::Command => format!("{}: run it with `bolide run`", built.wasm.display()),
            Kind::Library => {
                let js = built.js.as_deref().unwrap_or(&built.wasm);
                format!("{}: import it in JavaScript", js.display())
            }
        };
        progress.step("Finished", &what);
        Ok(exit::OK)
    }
}
