//! C and C++: compiled by the clang that is on the machine, to a program, or to a library with its ES module.

mod clang;
mod docs;
mod dwarf;
mod exports;
mod objects;
mod output;

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use clang::{Clang, Wishes};
use dwarf::DebugInfo;
use objects::Symbol;

use crate::error::{Error, Result};
use crate::plain::{self, Interface};
use crate::report::Report;

/// What a module is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A program with `main`, which runs under WASI.
    Command,
    /// Functions for JavaScript.
    Library,
}

/// What to build, and how.
#[derive(Clone, Debug)]
pub struct Options {
    /// Source files; object files and archives are linked with them.
    pub files: Vec<PathBuf>,
    /// What the module is for; if it is not given, a module with `main` is a program.
    pub kind: Option<Kind>,
    /// Where a library's package is written; `pkg` by default. A program has no package: it is written into this folder,
    /// by default the current one.
    pub out_dir: Option<PathBuf>,
    /// The module's file, instead of the one that `out_dir` and `name` give; a library's ES module is written beside it,
    /// without a `package.json`.
    pub output: Option<PathBuf>,
    /// The name of what is written; that of the first file if it is not given.
    pub name: Option<String>,
    /// Functions to export besides those whose attributes say so.
    pub exports: Vec<String>,
    /// Whether all functions that the sources define for others are exported.
    pub export_all: bool,
    /// The level of optimization as clang has it: `0` to `3`, `s` or `z`.
    pub optimization: String,
    /// Whether the module keeps its debug information.
    pub debug: bool,
    /// Arguments for the compiler: folders of headers, definitions, and whatever else.
    pub compiler_args: Vec<OsString>,
    /// Arguments for the linker besides.
    pub linker_args: Vec<OsString>,
    /// The compiler to use.
    pub clang: Option<PathBuf>,
    /// The folder with the headers and archives of the C library.
    pub sysroot: Option<PathBuf>,
}

impl Options {
    /// Builds `files` with optimization.
    pub fn new(files: Vec<PathBuf>) -> Options {
        Options {
            files,
            kind: None,
            out_dir: None,
            output: None,
            name: None,
            exports: Vec::new(),
            export_all: false,
            optimization: "2".to_owned(),
            debug: false,
            compiler_args: Vec::new(),
            linker_args: Vec::new(),
            clang: None,
            sysroot: None,
        }
    }
}

/// What was built.
#[derive(Clone, Debug)]
pub struct Built {
    /// What it is for.
    pub kind: Kind,
    /// The module.
    pub wasm: PathBuf,
    /// The ES module of a library.
    pub js: Option<PathBuf>,
}

/// The language of a file, or what it is else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Language {
    C,
    Cpp,
    /// An object file.
    Object,
    /// An archive of object files.
    Archive,
}

impl Language {
    fn of(file: &Path) -> Option<Language> {
        Some(match file.extension()?.to_str()? {
            "c" => Language::C,
            "cc" | "cpp" | "cxx" | "c++" | "C" => Language::Cpp,
            "o" => Language::Object,
            "a" => Language::Archive,
            _ => return None,
        })
    }
}

/// Whether [`build`] builds this file: whether its name ends as those of C and C++ do.
pub fn is_source(file: &Path) -> bool {
    matches!(Language::of(file), Some(Language::C | Language::Cpp))
}

/// Builds a program or a library.
///
/// # Errors
///
/// If there is no complete compiler, if the sources cannot be compiled or linked, if nothing is exported, or if the
/// output cannot be written. Nothing is written then.
pub fn build(options: &Options, report: &mut dyn Report) -> Result<Built> {
    let files = options.files.iter().map(|file| match Language::of(file) {
        Some(language) => Ok((file.as_path(), language)),
        None => Err(Error::new(format!("`{}` is no source of C or C++", file.display()))
            .with_help("their names end in .c, .cc, .cpp, .cxx or .c++; object files (.o) and archives (.a) can be linked too")),
    });
    let files = files.collect::<Result<Vec<_>>>()?;
    for (file, _) in &files {
        std::fs::File::open(file).map_err(|e| Error::io("read", file, &e))?;
    }
    let is_cpp = files.iter().any(|(_, language)| *language == Language::Cpp);
    let clang = Clang::find(&Wishes {
        clang: options.clang.as_deref(),
        sysroot: options.sysroot.as_deref(),
        needs_cpp: is_cpp,
    })?;
    let work = tempfile::tempdir()
        .map_err(|e| Error::io("create a folder in", &std::env::temp_dir(), &e))?;
    let job = Job {
        options,
        clang,
        is_cpp,
        work: work.path(),
    };
    let objects = job.compile(&files, report)?;
    let symbols = symbols(&objects)?;
    let has_main = objects::has_main(&symbols);
    let kind = options.kind.unwrap_or(if has_main {
        Kind::Command
    } else {
        Kind::Library
    });
    let exports = job.exports(kind, &symbols, &files)?;
    let output = output::Output::new(options, kind)?;
    report.step("Linking", &output.wasm.display());
    match kind {
        Kind::Command => {
            let wasm = job.link(&objects, &exports, &["-mexec-model=command"])?;
            output.write(&output::finish(wasm, options.debug)?, None)?;
        }
        Kind::Library => {
            let (wasm, interface) = job.library(&objects, &files, &exports)?;
            let glue = plain::generate(&interface, &output.wasm_name())?;
            output.write(&output::finish(wasm, options.debug)?, Some(&glue))?;
        }
    }
    let js = (kind == Kind::Library).then(|| output.wasm.with_extension("js"));
    Ok(Built {
        kind,
        wasm: output.wasm,
        js,
    })
}

/// The functions that all object files together define.
fn symbols(objects: &[PathBuf]) -> Result<Vec<Symbol>> {
    let mut symbols = Vec::new();
    for object in objects
        .iter()
        .filter(|object| object.extension().is_some_and(|e| e == "o"))
    {
        let bytes = std::fs::read(object).map_err(|e| Error::io("read", object, &e))?;
        if bytes.starts_with(BITCODE) {
            let error = Error::new(format!(
                "`{}` holds LLVM's bitcode, which does not say what it defines",
                object.display()
            ));
            return Err(error.with_help("compile without `-flto`"));
        }
        let functions = objects::functions(&bytes).map_err(|e| {
            Error::new(format!(
                "`{}` is no object file for WebAssembly",
                object.display()
            ))
            .with_cause(e.to_string())
        })?;
        symbols.extend(functions);
    }
    Ok(symbols)
}

struct Job<'a> {
    options: &'a Options,
    clang: Clang,
    is_cpp: bool,
    /// A folder for what is in between.
    work: &'a Path,
}

impl Job<'_> {
    /// Compiles the sources, and returns what is to be linked.
    fn compile(
        &self,
        files: &[(&Path, Language)],
        report: &mut dyn Report,
    ) -> Result<Vec<PathBuf>> {
        let mut objects = Vec::new();
        for (i, (file, language)) in files.iter().enumerate() {
            if matches!(language, Language::Object | Language::Archive) {
                objects.push(file.to_path_buf());
                continue;
            }
            report.step("Compiling", &file.display());
            let object = self.work.join(format!("{i}.o"));
            self.compile_one(file, *language, &self.options.optimization, &object)?;
            objects.push(object);
        }
        Ok(objects)
    }

    fn compile_one(
        &self,
        file: &Path,
        language: Language,
        optimization: &str,
        object: &Path,
    ) -> Result<()> {
        let mut command = self.clang.command(language == Language::Cpp);
        // Debug information tells the types of functions. The attributes of visibility say what is exported.
        command.args(["-c", "-g", "-fvisibility=hidden", "-Qunused-arguments"]);
        command.arg(format!("-O{optimization}"));
        if language == Language::Cpp {
            command.arg("-fno-exceptions");
        }
        command
            .args(&self.options.compiler_args)
            .arg("-o")
            .arg(object)
            .arg(file);
        run(command, || {
            format!("clang could not compile `{}`", file.display())
        })
    }

    /// What the linker is to export, by its own names.
    fn exports(
        &self,
        kind: Kind,
        symbols: &[Symbol],
        files: &[(&Path, Language)],
    ) -> Result<BTreeSet<String>> {
        let options = self.options;
        let mut exports = BTreeSet::new();
        for wish in &options.exports {
            // What is not in the sources may be in an archive or in the C library.
            let is_elsewhere = C_LIBRARY.contains(&wish.as_str())
                || !options.linker_args.is_empty()
                || files
                    .iter()
                    .any(|(_, language)| *language == Language::Archive);
            exports.insert(match find(wish, symbols) {
                Some(symbol) => symbol.name.clone(),
                None if is_elsewhere => wish.clone(),
                None => return Err(missing(wish, symbols)),
            });
        }
        if kind == Kind::Library {
            let chosen = symbols
                .iter()
                .filter(|symbol| !symbol.is_exported && (symbol.is_visible || options.export_all));
            exports.extend(chosen.map(|symbol| symbol.name.clone()));
            if exports.is_empty() && !symbols.iter().any(|symbol| symbol.is_exported) {
                return Err(nothing_exported(symbols));
            }
        }
        Ok(exports)
    }

    fn link(
        &self,
        objects: &[PathBuf],
        exports: &BTreeSet<String>,
        args: &[&str],
    ) -> Result<Vec<u8>> {
        let wasm = self.work.join("linked.wasm");
        let mut command = self.clang.link(self.is_cpp);
        command
            .arg(format!("-O{}", self.options.optimization))
            .args(args)
            .args(objects);
        command.args(
            exports
                .iter()
                .map(|export| format!("-Wl,--export={export}")),
        );
        command
            .args(&self.options.linker_args)
            .arg("-Qunused-arguments");
        command
            .args(&self.options.compiler_args)
            .arg("-o")
            .arg(&wasm);
        run(command, || "clang could not link the module".to_owned())?;
        std::fs::read(&wasm).map_err(|e| Error::io("read", &wasm, &e))
    }

    /// Links a library, with what its glue needs.
    fn library(
        &self,
        objects: &[PathBuf],
        files: &[(&Path, Language)],
        exports: &BTreeSet<String>,
    ) -> Result<(Vec<u8>, Interface)> {
        let mut args = vec!["-mexec-model=reactor"];
        let mut hidden: BTreeSet<&str> = ["_initialize", "_start"].into();
        let wasm = self.link(objects, exports, &args)?;
        let declarations = self.declarations(files, &wasm)?;
        let first = interface(&wasm, &declarations, &hidden)?;
        let mut wanted: Vec<(&str, &str)> = Vec::new();
        if first.needs_allocation() {
            wanted.extend([
                ("malloc", "-Wl,--export=malloc"),
                ("free", "-Wl,--export=free"),
            ]);
        }
        if first.needs_table() {
            args.push("-Wl,--growable-table");
            wanted.push(("__indirect_function_table", "-Wl,--export-table"));
        }
        if first.calls_back() {
            wanted.push(("__stack_pointer", "-Wl,--export=__stack_pointer"));
        }
        wanted.retain(|(name, _)| !first.exports.iter().any(|export| export == name));
        if wanted.is_empty() {
            return Ok((wasm, first));
        }
        for (name, arg) in wanted {
            hidden.insert(name);
            args.push(arg);
        }
        let wasm = self.link(objects, exports, &args)?;
        let interface = interface(&wasm, &declarations, &hidden)?;
        Ok((wasm, interface))
    }

    /// Object files that say how functions are declared that the module imports. Clang writes the types of functions
    /// that are not defined only when it optimizes, so the sources are compiled once more if need be.
    fn declarations(&self, files: &[(&Path, Language)], wasm: &[u8]) -> Result<Vec<Vec<u8>>> {
        let mut objects = Vec::new();
        if self.options.optimization != "0" || !exports::imports_functions(wasm) {
            return Ok(objects);
        }
        for (file, language) in files.iter().filter(|(file, _)| is_source(file)) {
            let object = self.work.join("declarations.o");
            self.compile_one(file, *language, "1", &object)?;
            objects.push(std::fs::read(&object).map_err(|e| Error::io("read", &object, &e))?);
        }
        Ok(objects)
    }
}

/// What the types of the functions that a module exports say.
///
/// # Errors
///
/// If the module is malformed.
pub(crate) fn interface_by_types(wasm: &[u8]) -> wasmparser::Result<Interface> {
    exports::interface(wasm, &DebugInfo::default(), &BTreeSet::new())
}

fn interface(wasm: &[u8], declarations: &[Vec<u8>], hidden: &BTreeSet<&str>) -> Result<Interface> {
    let mut info = DebugInfo::read(wasm);
    for object in declarations {
        info.add_declarations(object);
    }
    exports::interface(wasm, &info, hidden)
        .map_err(|e| Error::new("clang has linked a malformed module").with_cause(e.to_string()))
}

/// How files with LLVM's bitcode begin: what comes of `-flto`.
const BITCODE: &[u8] = b"BC\xc0\xde";

/// Functions of the C library that libraries often export for JavaScript.
const C_LIBRARY: [&str; 5] = ["malloc", "free", "calloc", "realloc", "aligned_alloc"];

/// The function that the user calls `name`: as the linker does, or as C++ does.
fn find<'a>(name: &str, symbols: &'a [Symbol]) -> Option<&'a Symbol> {
    let exact = symbols.iter().find(|symbol| symbol.name == name);
    exact.or_else(|| {
        let mut named = symbols
            .iter()
            .filter(|symbol| source_name(&symbol.name) == name);
        let only = named.next()?;
        named.next().is_none().then_some(only)
    })
}

/// The name of a function in the source, without its parameters.
fn source_name(symbol: &str) -> String {
    let demangled = cpp_demangle::Symbol::new(symbol)
        .ok()
        .and_then(|symbol| symbol.demangle().ok());
    match demangled {
        Some(name) => name.split('(').next().unwrap_or_default().to_owned(),
        None => symbol.to_owned(),
    }
}

fn missing(name: &str, symbols: &[Symbol]) -> Error {
    let error = Error::new(format!("there is no function `{name}` to export"));
    let names: Vec<String> = symbols
        .iter()
        .map(|symbol| source_name(&symbol.name))
        .collect();
    let nearest = names
        .iter()
        .map(|known| (strsim::jaro_winkler(known, name), known));
    let nearest = nearest.max_by(|(a, _), (b, _)| a.total_cmp(b));
    match nearest {
        Some((likeness, known)) if likeness > 0.8 => {
            error.with_help(format!("did you mean `{known}`?"))
        }
        _ if names.is_empty() => {
            error.with_cause("the sources define no functions but static ones")
        }
        _ => error.with_cause(format!("the sources define {}", list(&names))),
    }
}

fn nothing_exported(symbols: &[Symbol]) -> Error {
    let names: Vec<String> = symbols
        .iter()
        .map(|symbol| source_name(&symbol.name))
        .collect();
    let error = Error::new("the library exports nothing, and there is no `main`");
    if names.is_empty() {
        return error.with_cause("the sources define no functions but static ones");
    }
    error
        .with_cause(format!("the sources define {}", list(&names)))
        .with_help("mark functions in the source: __attribute__((visibility(\"default\")))")
        .with_help(format!(
            "or name them: `--export {}`, or all: `--export-all`",
            names[0]
        ))
}

fn list(names: &[String]) -> String {
    let shown: Vec<String> = names
        .iter()
        .take(8)
        .map(|name| format!("`{name}`"))
        .collect();
    let others = names.len() - shown.len();
    let more = if others > 0 {
        format!(" and {others} more")
    } else {
        String::new()
    };
    shown.join(", ") + &more
}

/// Runs clang, which tells the user itself what is wrong.
fn run(mut command: Command, what: impl FnOnce() -> String) -> Result<()> {
    let status = command.status().map_err(|e| {
        let program = command.get_program().to_string_lossy().into_owned();
        Error::new(format!("cannot run `{program}`")).with_cause(e.to_string())
    })?;
    if status.success() {
        Ok(())
    } else {
        Err(Error::told(what()))
    }
}
