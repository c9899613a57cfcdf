//! Makes the glue of the gallery for every target: `bindgen-tool MODULE PLAIN-MODULE OUT` writes `OUT/TARGET/…`.
//! The plain module is built without reference types.

use std::path::Path;
use std::process::ExitCode;
use std::{env, fs};

use wasm_bindgen_cli_support::Bindgen;

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;
type Choose = fn(&mut Bindgen) -> std::result::Result<&mut Bindgen, anyhow::Error>;

/// The name of each target, how to choose it, and whether its glue is an ES module.
const TARGETS: [(&str, Choose, bool); 7] = [
    ("bundler", |b| b.bundler(true), true),
    ("web", |b| b.web(true), true),
    ("nodejs", |b| b.nodejs(true), false),
    ("nodejs-module", |b| b.nodejs_module(true), true),
    ("deno", |b| b.deno(true), true),
    ("module", |b| b.module(true), true),
    ("no-modules", |b| b.no_modules(true), false),
];

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [module, plain, out] = arguments.as_slice() else {
        eprintln!("usage: bindgen-tool MODULE PLAIN-MODULE OUT");
        return ExitCode::FAILURE;
    };
    match generate_all(Path::new(module), Path::new(plain), Path::new(out)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("bindgen-tool: {error}");
            ExitCode::FAILURE
        }
    }
}

fn generate_all(module: &Path, plain: &Path, out: &Path) -> Result<()> {
    for (name, choose, is_module) in TARGETS {
        generate(module, choose, is_module, &out.join(name))?;
    }
    generate(
        plain,
        |b| b.web(true),
        true,
        &out.join("web-without-references"),
    )
}

fn generate(module: &Path, choose: Choose, is_module: bool, out: &Path) -> Result<()> {
    let mut bindgen = Bindgen::new();
    bindgen.input_bytes("gallery", fs::read(module)?);
    bindgen.typescript(false).omit_default_module_path(false);
    choose(&mut bindgen)?.generate(out)?;
    let kind = if is_module { "module" } else { "commonjs" };
    fs::write(
        out.join("package.json"),
        format!("{{ \"type\": \"{kind}\" }}\n"),
    )?;
    Ok(())
}
