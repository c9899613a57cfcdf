//! Every public item of the crate has an example in its documentation. `cargo test --doc` runs them.

mod common;

use std::fs;
use std::path::{Path, PathBuf};

use common::rust_files;

/// What `lib.rs` re-exports: the crate or module that it comes from, and the name.
fn public_items(lib: &str) -> Vec<(&str, &str)> {
    let uses = lib.split("\npub use ").skip(1);
    let uses = uses.map(|rest| rest.split(';').next().unwrap());
    uses.flat_map(|path| {
        let (origin, names) = path.split_once("::").unwrap();
        let names = names.trim_start_matches('{').trim_end_matches('}');
        let names = names.split(',').map(str::trim);
        names.map(move |name| (origin, name))
    })
    .filter(|(_, name)| !name.is_empty())
    .collect()
}

/// Whether `line` defines `name`, or re-exports it alone.
fn introduces(line: &str, name: &str) -> bool {
    let line = line.trim_start();
    let Some(rest) = line.strip_prefix("pub ") else {
        return false;
    };
    if let Some(path) = rest.strip_prefix("use ") {
        return path.strip_suffix(';').and_then(|p| p.rsplit("::").next()) == Some(name);
    }
    let rest = rest.strip_prefix("unsafe ").unwrap_or(rest);
    let kinds = [
        "struct ", "enum ", "union ", "trait ", "fn ", "type ", "const ",
    ];
    kinds.iter().any(|kind| {
        let after = rest.strip_prefix(kind).and_then(|r| r.strip_prefix(name));
        after.is_some_and(|r| !r.starts_with(|c: char| c.is_alphanumeric() || c == '_'))
    })
}

/// Whether the documentation above line `index` has an example.
fn has_example(lines: &[&str], index: usize) -> bool {
    let above = lines[..index].iter().rev().map(|line| line.trim_start());
    above
        .take_while(|line| line.starts_with("///") || line.starts_with("#["))
        .any(|line| line.starts_with("/// ```"))
}

/// The lines of all sources in a folder.
fn sources(folder: &Path) -> Vec<String> {
    let mut files = Vec::new();
    rust_files(folder, &mut files);
    let read = |file: &PathBuf| fs::read_to_string(file).unwrap();
    files.iter().map(read).collect()
}

#[test]
fn every_public_item_has_an_example() {
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let lib = fs::read_to_string(crates.join("bolide/src/lib.rs")).unwrap();
    let items = public_items(&lib);
    assert!(items.len() > 70, "the list is parsed wrongly: {items:?}");
    let by_origin = [
        ("bolide_module", sources(&crates.join("bolide-module/src"))),
        (
            "bolide_runtime",
            sources(&crates.join("bolide-runtime/src")),
        ),
        ("linker", sources(&crates.join("bolide/src"))),
    ];
    let is_documented = |text: &str, name: &str| {
        let lines: Vec<&str> = text.lines().collect();
        (0..lines.len()).any(|i| introduces(lines[i], name) && has_example(&lines, i))
    };
    let without: Vec<&str> = items
        .into_iter()
        .filter(|(origin, name)| {
            let texts = by_origin.iter().find(|(o, _)| o == origin);
            let (_, texts) = texts.unwrap_or_else(|| panic!("where are the sources of {origin}?"));
            !is_documented(&lib, name) && !texts.iter().any(|text| is_documented(text, name))
        })
        .map(|(_, name)| name)
        .collect();
    assert!(
        without.is_empty(),
        "add an example to the documentation of {}",
        without.join(", ")
    );
}
