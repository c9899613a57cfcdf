//! What representative functions become. Each file in `tests/clif` is a module, with options in a
//! `;; options:` line, among them the optimizations that are on, and ends with the representation of its functions as comments. With
//! `BLESS=1` in the environment the files are rewritten.

use std::path::{Path, PathBuf};

use bolide_abi::{CodegenOptions, CompileRequest, Optimizations, VmctxLayout};
use bolide_module::DefinedFuncIndex;
use bolide_optimizing::OptimizingCompiler;

use super::{OPTIONS, compile, from_text};

const OPTIONS_LINE: &str = ";; options:";
const MARKER: &str = ";; clif:\n";

fn options(text: &str) -> (CodegenOptions, Optimizations) {
    let mut options = OPTIONS;
    let mut optimizations = "all=off".to_owned();
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix(OPTIONS_LINE));
    for option in line.unwrap_or_default().split_whitespace() {
        match option {
            "fuel" => options.consume_fuel = true,
            "interruption" => options.interruption = true,
            "dynamic-memory" => options.memory.reservation = 0,
            "deterministic-relaxed-simd" => options.deterministic_relaxed_simd = true,
            name => optimizations += &format!(",{name}=on"),
        }
    }
    (options, optimizations.parse().unwrap())
}

fn clif(text: &str) -> String {
    let (options, optimizations) = options(text);
    let compiler = OptimizingCompiler::new(options).unwrap();
    let compiler = compiler.with_optimizations(optimizations);
    let module = from_text(text);
    compile(&compiler, &module).unwrap();
    let layout = VmctxLayout::new(&module).unwrap();
    let functions: Vec<String> = (0..module.bodies.len())
        .map(|index| {
            let func = DefinedFuncIndex::from_usize(index);
            let request = CompileRequest::new(&module, &layout, func);
            compiler.clif(request).unwrap()
        })
        .collect();
    functions
        .join("\n")
        .lines()
        .map(|line| format!(";; {line}").trim_end().to_owned() + "\n")
        .collect()
}

fn check(path: &Path) -> Result<(), String> {
    let text = std::fs::read_to_string(path).unwrap();
    let (source, expected) = text.split_once(MARKER).unwrap_or((&text, ""));
    let actual = clif(source);
    if actual == expected {
        return Ok(());
    }
    if std::env::var_os("BLESS").is_some_and(|value| value == "1") {
        let source = source.trim_end();
        std::fs::write(path, format!("{source}\n\n{MARKER}{actual}")).unwrap();
        return Ok(());
    }
    Err(format!("{} differs; it is now\n{actual}", path.display()))
}

#[test]
fn golden_files() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/clif");
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|ext| ext == "wat"))
        .collect();
    files.sort();
    assert!(files.len() >= 10);
    let errors: Vec<String> = files.iter().filter_map(|file| check(file).err()).collect();
    assert!(
        errors.is_empty(),
        "run with BLESS=1 to accept:\n{}",
        errors.join("\n")
    );
}
