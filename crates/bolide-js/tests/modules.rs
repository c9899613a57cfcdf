//! Modules: each folder of `scripts/modules` is copied to a temporary folder, its `.wat` files are compiled, and its
//! main script runs and prints `ok`.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use bolide_js::{Error, Runtime, RuntimeBuilder};

fn scripts() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scripts/modules")
}

/// Copies a tree; `.wat` becomes `.wasm`.
fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else if target.extension().is_some_and(|ending| ending == "wat") {
            let wasm = wat::parse_file(entry.path()).unwrap();
            fs::write(target.with_extension("wasm"), wasm).unwrap();
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// All scripts, copied.
fn fixtures() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    copy(&scripts(), folder.path());
    folder
}

#[derive(Clone, Default)]
struct Output(Arc<Mutex<Vec<u8>>>);

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Output {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

/// A runtime that may read `folder`, and what it prints.
fn runtime(folder: &Path) -> (RuntimeBuilder, Output) {
    let output = Output::default();
    let folder = folder.canonicalize().unwrap();
    let builder = Runtime::builder()
        .stdout(output.clone())
        .stderr(output.clone())
        .dir(&folder, &folder, false);
    (builder, output)
}

fn report(error: Error) -> String {
    match error {
        Error::Exception(exception) => exception.report,
        error => error.to_string(),
    }
}

/// Runs a script of a copied folder.
fn run(folder: &Path, script: &str) -> (Result<(), String>, String) {
    let (builder, output) = runtime(folder);
    let script = folder.canonicalize().unwrap().join(script);
    let result = builder.build().unwrap().run_file(&script);
    (result.map_err(report), output.text())
}

fn check(script: &str) {
    let folder = fixtures();
    let (result, output) = run(folder.path(), script);
    result.unwrap_or_else(|error| panic!("{script}: {error}\n{output}"));
    assert_eq!(output, "ok\n", "{script}");
}

#[test]
fn es_modules() {
    check("esm/main.mjs");
}

#[test]
fn packages() {
    check("packages/main.mjs");
}

#[test]
fn commonjs() {
    check("cjs/main.cjs");
}

#[test]
fn failures() {
    check("failures/main.mjs");
}

#[test]
fn mixed() {
    check("mixed/main.mjs");
}

#[test]
fn webassembly() {
    check("wasm/main.mjs");
}

#[test]
fn source_phase_and_live_globals() {
    check("wasm/source.mjs");
}

/// Errors say what was looked for, by whom, and what to do; `DIR` stands for the folder of the scripts.
#[test]
fn messages() {
    let folder = fixtures();
    let dir = folder.path().canonicalize().unwrap().join("messages");
    let cases = [
        (
            "import './counter';",
            "Cannot find module 'DIR/counter' imported from DIR/main.mjs\nDid you mean to import \"./counter.js\"?",
        ),
        (
            "import './Counter.js';",
            "Cannot find module 'DIR/Counter.js' imported from DIR/main.mjs\nDid you mean to import \"./counter.js\"?",
        ),
        (
            "import './folder';",
            "Directory import 'DIR/folder' is not supported resolving ES modules imported from DIR/main.mjs\n\
             Did you mean to import \"./folder/index.js\"?",
        ),
        (
            "import 'left-pad';",
            "Cannot find package 'left-pad' imported from DIR/main.mjs\nSearched node_modules in DIR and the folders \
             above it that may be read; `--dir PARENT:ro` allows reading further up",
        ),
        (
            "import '../counter.js';",
            "reading PARENT/counter.js is not allowed; `--dir PARENT:ro` allows it (imported from DIR/main.mjs)",
        ),
        (
            "import 'https://example.com/x.js';",
            "import of 'https://example.com/x.js' by https is not supported: modules come from files. Download the \
             module, or install its package and import it by name imported from DIR/main.mjs",
        ),
        (
            "import './typed.ts';",
            "Unknown file extension \".ts\" for DIR/typed.ts; compile it to JavaScript first",
        ),
        (
            "import d from './data.json';",
            "Module \"file://DIR/data.json\" needs an import attribute of \"type: json\": add `with { type: \"json\" }`",
        ),
        (
            "import d from './broken.json' with { type: 'json' };",
            "file://DIR/broken.json: expected value at line 2 column 8",
        ),
        (
            "import 'pkg/hidden';",
            "Package subpath './hidden' is not defined by \"exports\" in DIR/node_modules/pkg/package.json imported from \
             DIR/main.mjs\nThe package exports ., ./shown",
        ),
        (
            "import defer * as x from './counter.js';",
            "`import defer` is not supported (line 1); use `import()` where the module is needed",
        ),
    ];
    for (source, expected) in cases {
        fs::write(dir.join("main.mjs"), source).unwrap();
        let (builder, _) = runtime(&dir);
        let error = builder.build().unwrap().run_file(&dir.join("main.mjs"));
        let Err(Error::Exception(exception)) = error else {
            panic!("{source}: {error:?}");
        };
        let expected = expected
            .replace("DIR", dir.to_str().unwrap())
            .replace("PARENT", dir.parent().unwrap().to_str().unwrap());
        assert_eq!(exception.message, expected, "{source}");
    }
}

/// Errors of syntax tell file, line and column.
#[test]
fn syntax_errors_have_a_place() {
    let folder = fixtures();
    let dir = folder.path().canonicalize().unwrap().join("messages");
    for (name, source) in [
        ("bad.mjs", "export const a = 1;\nconst b = ;\n"),
        ("bad.cjs", "exports.a = 1;\nconst b = ;\n"),
    ] {
        fs::write(dir.join(name), source).unwrap();
        fs::write(dir.join("main.mjs"), format!("import './{name}';")).unwrap();
        let (builder, _) = runtime(&dir);
        let error = builder.build().unwrap().run_file(&dir.join("main.mjs"));
        let Err(Error::Exception(exception)) = error else {
            panic!("{error:?}");
        };
        assert_eq!(exception.name, "SyntaxError");
        assert!(
            exception.stack.contains(&format!("{name}:2:11")),
            "{exception:?}"
        );
    }
}

/// Links to packages are followed, as package managers make them, inside of the folder.
#[cfg(unix)]
#[test]
fn links() {
    use std::os::unix::fs::symlink;
    let folder = fixtures();
    let outside = tempfile::tempdir().unwrap();
    fs::write(outside.path().join("index.js"), "").unwrap();
    let dir = folder.path().canonicalize().unwrap().join("links");
    fs::create_dir_all(dir.join("node_modules")).unwrap();
    symlink("../store/linked", dir.join("node_modules/linked")).unwrap();
    symlink(outside.path(), dir.join("node_modules/outside")).unwrap();
    let (result, output) = run(&dir, "main.mjs");
    result.unwrap();
    assert_eq!(output, "ok\n");
}

/// A folder runs by its package.json.
#[test]
fn package_folders_run() {
    let folder = fixtures();
    for name in ["exports", "main", "index"] {
        let (result, output) = run(folder.path(), &format!("runnable/{name}"));
        result.unwrap();
        assert_eq!(output, format!("{name}\n"));
    }
    let (result, _) = run(folder.path(), "runnable/none");
    assert!(result.unwrap_err().contains("has no main module"));
}

#[test]
fn packages_for_bundlers() {
    check("bundled/main.mjs");
}

#[test]
fn import_maps() {
    let folder = fixtures();
    let map = folder.path().join("mapped/map.json");
    let main = folder
        .path()
        .canonicalize()
        .unwrap()
        .join("mapped/main.mjs");
    let (builder, output) = runtime(folder.path());
    let result = builder.import_map(&map).build().unwrap().run_file(&main);
    result.map_err(report).unwrap();
    assert_eq!(output.text(), "ok\n");

    fs::write(&map, r#"{ "imports": [] }"#).unwrap();
    let (builder, _) = runtime(folder.path());
    let error = builder.import_map(&map).build().err().unwrap().to_string();
    assert!(
        error.contains("\"imports\" must be a JSON object"),
        "{error}"
    );
}
