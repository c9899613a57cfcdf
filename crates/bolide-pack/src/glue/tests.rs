use std::collections::BTreeMap;
use std::path::PathBuf;

use super::*;
use crate::sections;

/// A module with an export, and a description of its crate, that has a snippet.
fn module(program: &[u8]) -> Vec<u8> {
    described(
        "(module (func (export \"answer\") (result i32) i32.const 42))",
        program,
    )
}

fn described(text: &str, program: &[u8]) -> Vec<u8> {
    let mut wasm = wat::parse_str(text).unwrap();
    let mut data = Vec::new();
    let versions = format!(
        r#"{{"schema_version":"{}","version":"{}"}}"#,
        wasm_bindgen_shared::SCHEMA_VERSION,
        schema::version()
    );
    for part in [versions.as_bytes(), program] {
        data.extend_from_slice(&(part.len() as u32).to_le_bytes());
        data.extend_from_slice(part);
    }
    let section = sections::tests::module(&[(schema::SECTION, &data)]);
    wasm.extend_from_slice(&section[8..]);
    wasm
}

/// What the macros say about a crate `a-1b` with a snippet of JavaScript and a declaration for TypeScript.
const PROGRAM: &[u8] =
    b"\0\0\0\0\x01\x13export type A = 1; \0\x01\x0elet used = 1;\n\x04a-1b\x01a\0\0";

struct Made {
    folder: tempfile::TempDir,
    glue: Result<Glue>,
}

fn make(wasm: &[u8], target: Target) -> Made {
    let folder = tempfile::tempdir().unwrap();
    let input: PathBuf = folder.path().join("in.wasm");
    fs::write(&input, wasm).unwrap();
    let pkg = folder.path().join("pkg");
    fs::create_dir(&pkg).unwrap();
    let packaging = Packaging {
        target,
        ..Packaging::default()
    };
    let glue = generate(&input, "a", &packaging, false, &pkg);
    Made { folder, glue }
}

impl Made {
    /// All files, by their paths.
    fn files(&self) -> BTreeMap<String, Vec<u8>> {
        let root = self.folder.path().join("pkg");
        walkdir::WalkDir::new(&root)
            .into_iter()
            .map(Result::unwrap)
            .filter(|entry| entry.file_type().is_file())
            .map(|entry| {
                let path = entry.path().strip_prefix(&root).unwrap();
                let name = path.to_str().unwrap().replace('\\', "/");
                (name, fs::read(entry.path()).unwrap())
            })
            .collect()
    }
}

#[test]
fn each_target_has_its_files_and_the_same_ones_each_time() {
    const COMMON: [&str; 5] = [
        "a.d.ts",
        "a.js",
        "a_bg.wasm",
        "a_bg.wasm.d.ts",
        "snippets/a-1b/inline0.js",
    ];
    for target in Target::ALL {
        let made = make(&module(PROGRAM), target);
        let glue = made.glue.as_ref().unwrap();
        assert_eq!(glue.snippets, ["snippets/a-1b/inline0.js"], "{target}");
        let files = made.files();
        let mut names: Vec<&str> = files.keys().map(String::as_str).collect();
        // wasm-bindgen's own, which the package's replaces.
        names.retain(|name| *name != "package.json");
        let mut expected = COMMON.to_vec();
        if matches!(target, Target::All | Target::Bundler) {
            expected.push("a_bg.js");
        }
        expected.sort_unstable();
        assert_eq!(names, expected, "{target}");
        assert_eq!(made.files(), make(&module(PROGRAM), target).files());
    }
}

#[test]
fn declarations_name_the_library_that_they_need() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a.d.ts");
    for (text, is_added) in [
        ("export class A { [Symbol.dispose](): void; }", true),
        ("export class A {}", false),
    ] {
        fs::write(&file, text).unwrap();
        complete_types(&file).unwrap();
        let after = fs::read_to_string(&file).unwrap();
        assert!(after.ends_with(text));
        assert_eq!(after.starts_with("/// <reference lib="), is_added);
    }
}

#[test]
fn the_entry_for_all_leaves_shared_memory_to_workers() {
    for is_shared in [false, true] {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("a.js"), "glue").unwrap();
        write_universal_entry("a", is_shared, folder.path()).unwrap();
        let read = |name| fs::read_to_string(folder.path().join(name)).unwrap();
        assert_eq!(read("a_bg.js"), "glue");
        let entry = read("a.js");
        assert!(
            entry.contains("readFileSync(new URL('a_bg.wasm'"),
            "{entry}"
        );
        assert!(!entry.contains("NAME"), "{entry}");
        assert_eq!(entry.contains("isMainThread"), is_shared, "{entry}");
    }
}

#[test]
fn a_panic_of_wasm_bindgen_is_an_error_that_names_the_module() {
    for program in [&b""[..], b"\xff", b"\0\0\0\0\0\0\0\0\0\x09", &PROGRAM[1..]] {
        let error = make(&module(program), Target::All).glue.unwrap_err();
        assert!(error.what().contains("in.wasm"), "{error}");
        assert!(error.to_string().contains("wasm-bindgen"), "{error}");
        assert_eq!(error.help().count(), 1);
    }
}

#[test]
fn bytes_that_are_no_module_are_an_error() {
    let whole = module(PROGRAM);
    for wasm in [&b""[..], b"#!", &whole[..whole.len() / 2]] {
        let error = make(wasm, Target::Web).glue.unwrap_err();
        assert!(error.what().contains("in.wasm"), "{error}");
    }
}

#[test]
fn a_module_without_wasm_bindgen_has_glue_that_serves_the_target() {
    let numbers = r#"(module (func (export "add") (param i32 i32) (result i32) i32.const 1))"#;
    let importing = r#"(module (import "env" "f" (func)) (func (export "add")))"#;
    for (text, target, served, entry) in [
        (
            numbers,
            Target::All,
            Target::All,
            "export * from './a_bg.js'",
        ),
        (
            numbers,
            Target::Node,
            Target::All,
            "export * from './a_bg.js'",
        ),
        (
            numbers,
            Target::Bundler,
            Target::Web,
            "export function add(",
        ),
        (importing, Target::All, Target::Web, "export function add("),
    ] {
        let made = make(&wat::parse_str(text).unwrap(), target);
        let glue = made.glue.as_ref().unwrap();
        assert_eq!(glue.target, served, "{target}");
        assert!(glue.is_plain);
        let files = made.files();
        let script = String::from_utf8_lossy(&files["a.js"]);
        assert!(script.contains(entry), "{script}");
        let types = String::from_utf8_lossy(&files["a.d.ts"]);
        assert!(types.contains("add("), "{types}");
        assert!(files.contains_key("a_bg.wasm"));
    }
}

#[test]
fn a_module_that_lost_its_description_is_not_taken_for_plain() {
    let text = r#"(module (import "__wbindgen_placeholder__" "f" (func)))"#;
    let error = make(&wat::parse_str(text).unwrap(), Target::All)
        .glue
        .unwrap_err();
    assert!(
        error.to_string().contains("__wasm_bindgen_unstable"),
        "{error}"
    );
}

#[test]
fn an_export_called_default_says_which_targets_take_it() {
    let wasm = described("(module (func (export \"default\")))", PROGRAM);
    let error = make(&wasm, Target::All).glue.unwrap_err();
    assert!(
        error.help().any(|line| line.contains("--target")),
        "{error:?}"
    );
    assert!(make(&wasm, Target::Node).glue.is_ok());
}
