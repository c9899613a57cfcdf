//! Compiles Wasm3, whose sources `./fetch` gets.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

fn main() {
    println!("cargo::rerun-if-env-changed=WASM3_SOURCE");
    let source = source();
    let mut files: Vec<PathBuf> = fs::read_dir(&source)
        .expect("the folder was found")
        .map(|entry| entry.expect("the folder can be read").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "c"))
        .collect();
    files.sort();

    let mut build = cc::Build::new();
    // Makers of Wasm3 build it so. Its operations are tail calls, which only optimizing compilers make jumps of.
    build
        .files(&files)
        .include(&source)
        .opt_level(3)
        .flags([
            "-fomit-frame-pointer",
            "-fno-stack-check",
            "-fno-stack-protector",
        ])
        .define("NDEBUG", None)
        .warnings(false);
    if env::var_os("CC").is_none()
        && let Some(clang) = clang()
    {
        build.compiler(clang);
    }
    println!("cargo::rerun-if-changed={}", source.display());
    println!("cargo::rustc-env=WASM3_VERSION={}", version(&source));
    println!(
        "cargo::rustc-env=WASM3_COMPILER={}",
        first_line(build.get_compiler().path())
    );
    build.compile("wasm3");
}

fn source() -> PathBuf {
    let manifest =
        PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").expect("Cargo runs build scripts"));
    let source = match env::var_os("WASM3_SOURCE") {
        Some(source) => PathBuf::from(source),
        None => manifest.join("../../../.cache/wasm3/wasm3"),
    };
    assert!(
        source.join("wasm3.h").is_file(),
        "{} has no wasm3.h: run bench/adapters/wasm3/fetch, or let WASM3_SOURCE be the folder that has it",
        source.display()
    );
    source
}

/// The compiler that Wasm3's makers recommend, newest first.
fn clang() -> Option<&'static str> {
    ["clang", "clang-22", "clang-21", "clang-20", "clang-19"]
        .into_iter()
        .find(|name| Command::new(name).arg("--version").output().is_ok())
}

fn version(source: &Path) -> String {
    let header = fs::read_to_string(source.join("wasm3.h")).expect("it was found");
    let line = header
        .lines()
        .find(|line| line.starts_with("#define M3_VERSION "));
    line.and_then(|line| line.split('"').nth(1))
        .expect("wasm3.h defines M3_VERSION")
        .to_owned()
}

fn first_line(compiler: &Path) -> String {
    let output = Command::new(compiler)
        .arg("--version")
        .output()
        .expect("the compiler runs");
    String::from_utf8_lossy(&output.stdout)
        .lines()
        .next()
        .unwrap_or("unknown")
        .to_owned()
}
