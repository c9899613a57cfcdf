//! The invariants of `ARCHITECTURE.md` that can be read off the sources.

use std::collections::{BTreeMap, BTreeSet};
mod common;

use std::fs;
use std::path::{Path, PathBuf};

use common::rust_files;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn read(path: impl AsRef<Path>) -> String {
    let path = path.as_ref();
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Every crate of the workspace, by name, with its folder.
fn crates() -> BTreeMap<String, PathBuf> {
    let entries = fs::read_dir(root().join("crates")).unwrap();
    let folders = entries.map(|entry| entry.unwrap().path());
    folders
        .filter(|folder| folder.join("Cargo.toml").exists())
        .map(|folder| {
            let name = folder.file_name().unwrap().to_str().unwrap().to_owned();
            (name, folder)
        })
        .collect()
}

/// Fails with all of `problems`, if there are any.
fn check(problems: Vec<String>) {
    assert!(problems.is_empty(), "\n{}\n", problems.join("\n"));
}

/// Text in backquotes that looks like a path of the repository, and targets of relative links.
fn named_paths(text: &str) -> BTreeSet<&str> {
    let quoted = text.split('`').skip(1).step_by(2);
    let linked = text
        .split("](")
        .skip(1)
        .filter_map(|rest| rest.split(')').next());
    quoted
        .filter(|path| {
            [
                "crates/",
                "scripts/",
                "tests/",
                "examples/",
                "fuzz/",
                ".ci/",
            ]
            .iter()
            .any(|prefix| path.starts_with(prefix))
                || path.ends_with(".md")
        })
        .chain(linked.filter(|path| !path.contains("://") && !path.starts_with('#')))
        // A command: its first word is the path.
        .filter_map(|path| path.split([' ', '#']).next())
        .filter(|path| !path.contains('*') && !path.is_empty())
        .collect()
}

#[test]
fn every_path_that_the_documents_name_exists() {
    let documents = [
        "README.md",
        "ARCHITECTURE.md",
        "RATIONALE.md",
        "CONTRIBUTING.md",
    ];
    let mut problems = Vec::new();
    let mut count = 0;
    for document in documents {
        let text = read(root().join(document));
        for path in named_paths(&text) {
            count += 1;
            if !root().join(path).exists() {
                problems.push(format!("{document} names {path}, which does not exist"));
            }
        }
    }
    assert!(count > 40, "only {count} paths were found");
    check(problems);
}

/// What the crates of the workspace may depend on among each other.
const ARROWS: &[(&str, &[&str])] = &[
    ("bolide-module", &[]),
    ("bolide-abi", &["bolide-module"]),
    ("bolide-baseline", &["bolide-abi", "bolide-module"]),
    ("bolide-optimizing", &["bolide-abi", "bolide-module"]),
    (
        "bolide-runtime",
        &[
            "bolide-abi",
            "bolide-baseline",
            "bolide-module",
            "bolide-optimizing",
        ],
    ),
    ("bolide", &["bolide-module", "bolide-runtime"]),
    ("bolide-wasi", &["bolide"]),
    ("bolide-js", &["bolide", "bolide-wasi"]),
    ("bolide-bindgen", &["bolide-js"]),
    ("bolide-pack", &["bolide-js"]),
    ("bolide-wast", &["bolide"]),
    (
        "bolide-cli",
        &[
            "bolide",
            "bolide-js",
            "bolide-module",
            "bolide-pack",
            "bolide-wasi",
            "bolide-wast",
        ],
    ),
    ("bolide-fuzz", &["bolide", "bolide-module"]),
];

/// Names of the dependencies that a section of a manifest lists.
fn dependencies<'a>(manifest: &'a str, section: &str) -> BTreeSet<&'a str> {
    let lines = manifest.lines();
    let lines = lines.skip_while(|line| line.trim() != section).skip(1);
    lines
        .take_while(|line| !line.starts_with('['))
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.split(['.', ' ', '=']).next())
        .filter(|name| !name.is_empty())
        .collect()
}

fn is_ours(name: &str) -> bool {
    name == "bolide" || name.starts_with("bolide-")
}

#[test]
fn arrows_between_crates_hold() {
    let arrows: BTreeMap<&str, &[&str]> = ARROWS.iter().copied().collect();
    let mut problems = Vec::new();
    for (name, folder) in crates() {
        let Some(allowed) = arrows.get(&*name) else {
            problems.push(format!("add crate {name} to the map, and here"));
            continue;
        };
        let manifest = read(folder.join("Cargo.toml"));
        let found = dependencies(&manifest, "[dependencies]");
        for dependency in found.into_iter().filter(|name| is_ours(name)) {
            if !allowed.contains(&dependency) {
                problems.push(format!("{name} must not depend on {dependency}"));
            }
        }
    }
    check(problems);
}

#[test]
fn every_dependency_has_a_reason() {
    let reasons = read(root().join("RATIONALE.md"));
    let mut problems = BTreeSet::new();
    let mut count = 0;
    for folder in crates().into_values() {
        let manifest = read(folder.join("Cargo.toml"));
        for section in ["[dependencies]", "[dev-dependencies]"] {
            let found = dependencies(&manifest, section);
            for name in found.into_iter().filter(|name| !is_ours(name)) {
                count += 1;
                if !reasons.contains(&format!("`{name}`")) {
                    problems.insert(format!("RATIONALE.md does not say why {name} is needed"));
                }
            }
        }
    }
    assert!(count > 30, "only {count} dependencies were found");
    check(problems.into_iter().collect());
}

#[test]
fn the_map_names_every_crate() {
    let text = read(root().join("ARCHITECTURE.md"));
    let missing = crates().into_keys();
    let missing = missing.filter(|name| !text.contains(&format!("`crates/{name}`")));
    check(
        missing
            .map(|name| format!("ARCHITECTURE.md has no crates/{name}"))
            .collect(),
    );
}

/// The edge of bolide-js to QuickJS's C functions: the files that may have unsafe code, under its `src`.
const JS_EDGE: &[&str] = &[
    "agent.rs",
    "buffer.rs",
    "event_loop.rs",
    "modules/hooks.rs",
    "node/heap.rs",
    "node/text.rs",
    "text.rs",
    "wasm/anchor.rs",
    "wasm/convert.rs",
    "wasm/function.rs",
    "wasm/held.rs",
    "wasm/import.rs",
    "wasm/memory.rs",
    "wasm/object.rs",
    "wasm/store.rs",
    "wasm/trap.rs",
    "web/encoding.rs",
    "web/inspect.rs",
];

#[test]
fn unsafe_code_is_in_one_crate_and_at_the_edge_of_another() {
    let others = crates()
        .into_iter()
        .filter(|(name, _)| name != "bolide-runtime");
    let mut problems = Vec::new();
    for (name, folder) in others {
        let attribute = match name.as_str() {
            "bolide-js" => "#![deny(unsafe_code)]",
            _ => "#![forbid(unsafe_code)]",
        };
        let roots = ["src/lib.rs", "src/main.rs"].map(|file| folder.join(file));
        for file in roots.iter().filter(|file| file.exists()) {
            if !read(file).contains(attribute) {
                problems.push(format!("{name}: {} allows unsafe code", file.display()));
            }
        }
    }
    let source = root().join("crates/bolide-js/src");
    let mut files = Vec::new();
    rust_files(&source, &mut files);
    let root_file = source.join("lib.rs");
    let allowing: BTreeSet<String> = files
        .iter()
        .filter(|file| **file != root_file && read(file).contains("unsafe_code"))
        .map(|file| file.strip_prefix(&source).unwrap().display().to_string())
        .collect();
    let expected: BTreeSet<String> = JS_EDGE.iter().map(|file| (*file).to_owned()).collect();
    for file in allowing.symmetric_difference(&expected) {
        problems.push(format!("bolide-js: {file} is at the edge, or is listed so"));
    }
    check(problems);
}

/// How many lines above an unsafe block or implementation may be between it and its comment.
const SAFETY_DISTANCE: usize = 12;

#[test]
fn unsafe_code_says_why_it_is_sound() {
    let mut files = Vec::new();
    for crate_name in ["bolide-runtime", "bolide-js"] {
        rust_files(
            &root().join("crates").join(crate_name).join("src"),
            &mut files,
        );
    }
    let mut problems = Vec::new();
    let mut count = 0;
    for file in files {
        let text = read(&file);
        let lines: Vec<&str> = text.lines().collect();
        for (i, line) in lines.iter().enumerate() {
            let code = line.split("//").next().unwrap();
            if !code.contains("unsafe {") && !code.contains("unsafe impl") {
                continue;
            }
            count += 1;
            let above = &lines[i.saturating_sub(SAFETY_DISTANCE)..i];
            if !above.iter().any(|line| line.contains("SAFETY:")) {
                problems.push(format!("{}:{}: no SAFETY comment", file.display(), i + 1));
            }
        }
    }
    assert!(count > 100, "only {count} places were found");
    check(problems);
}

/// Every JavaScript file below `folder`.
fn javascript_files(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            javascript_files(&path, files);
        } else if path.extension().is_some_and(|e| e == "js" || e == "mjs") {
            files.push(path);
        }
    }
}

#[test]
fn files_are_at_most_1000_lines() {
    let mut files = Vec::new();
    for folder in crates().into_values() {
        javascript_files(&folder.join("src"), &mut files);
        for part in ["src", "tests", "benches", "examples"] {
            let folder = folder.join(part);
            if folder.exists() {
                rust_files(&folder, &mut files);
            }
        }
    }
    let lengths = files.iter().map(|file| (file, read(file).lines().count()));
    let long = lengths.filter(|(_, lines)| *lines > 1000);
    check(
        long.map(|(file, lines)| format!("{} has {lines} lines: split it", file.display()))
            .collect(),
    );
}
