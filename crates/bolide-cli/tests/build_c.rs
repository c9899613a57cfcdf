//! `bolide build` of C and C++. Each library in `tests/c` is built, its types are compared with `NAME.d.ts`, and the script
//! `NAME.mjs` must print `NAME.txt` in Bolide and in Node. `BLESS=1` writes types and outputs anew.

#[allow(dead_code)]
#[path = "javascript/host.rs"]
mod host;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use host::{Flags, HOSTS, cached, run};

fn sources() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/c")
}

/// `bolide build` in the folder, with the compiler of `scripts/setup`.
fn build(folder: &Path, args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_bolide"));
    command
        .arg("build")
        .args(args)
        .arg("--clang")
        .arg(cached("tools/clang"));
    command.current_dir(folder).output().unwrap()
}

fn built(folder: &Path, args: &[&str]) -> String {
    let output = build(folder, args);
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{args:?}: {stderr}");
    stderr
}

/// Compares a text with the file, or writes the file.
fn check(file: &Path, actual: &str) {
    if std::env::var_os("BLESS").is_some() {
        fs::write(file, actual).unwrap();
        return;
    }
    let expected = fs::read_to_string(file).unwrap();
    assert_eq!(actual, expected, "{}", file.display());
}

fn check_library(name: &str, source: &str, args: &[&str]) {
    let folder = tempfile::tempdir().unwrap();
    for file in [source, &format!("{name}.mjs")] {
        fs::copy(sources().join(file), folder.path().join(file)).unwrap();
    }
    built(folder.path(), &[&[source], args].concat());
    let types = fs::read_to_string(folder.path().join(format!("pkg/{name}.d.ts"))).unwrap();
    check(&sources().join(format!("{name}.d.ts")), &types);
    for host in HOSTS {
        let script = folder.path().join(format!("{name}.mjs"));
        let run = run(host.command(&script, &Flags::default()));
        assert_eq!(
            run.failure,
            None,
            "{name} in {}: {}{}",
            host.name(),
            run.stdout,
            run.stderr
        );
        check(&sources().join(format!("{name}.txt")), &run.stdout);
    }
}

#[test]
fn values_cross_by_their_types() {
    check_library("types", "types.c", &[]);
}

#[test]
fn types_do_not_depend_on_the_optimization() {
    check_library("types", "types.c", &["-O0"]);
    check_library("types", "types.c", &["-Oz", "-g"]);
}

#[test]
fn the_c_library_finds_its_system() {
    check_library("system", "system.c", &[]);
}

#[test]
fn c_plus_plus() {
    check_library("classes", "classes.cpp", &[]);
}

fn files(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let mut names: Vec<String> = entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

fn write(folder: &Path, files: &[(&str, &str)]) {
    for (name, text) in files {
        fs::write(folder.join(name), text).unwrap();
    }
}

const PROGRAM: (&str, &str) = (
    "my program.c",
    "#include <stdio.h>\nint main(int argc, char **argv) {\n  printf(\"%s %d\\n\", argc > 1 ? argv[1] : \"-\", NUMBER);\n  return 3;\n}\n",
);

#[test]
fn programs_run_under_wasi() {
    let folder = tempfile::Builder::new()
        .prefix("with space ")
        .tempdir()
        .unwrap();
    write(folder.path(), &[PROGRAM]);
    built(folder.path(), &["my program.c", "-DNUMBER=7"]);
    assert_eq!(files(folder.path()), ["my program.c", "my program.wasm"]);
    let output = Command::new(env!("CARGO_BIN_EXE_bolide"))
        .args(["run", "my program.wasm", "hello"])
        .current_dir(folder.path())
        .output()
        .unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stdout), "hello 7\n");
    assert_eq!(output.status.code(), Some(3));
}

#[test]
fn several_sources_headers_and_a_file_to_write() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("include")).unwrap();
    write(
        folder.path(),
        &[
            (
                "include/half.h",
                "/// Half of it.\ndouble half(double x);\n",
            ),
            (
                "half.c",
                "#include <half.h>\ndouble half(double x) { return x / 2; }\n",
            ),
            (
                "quarter.c",
                "#include <half.h>\ndouble quarter(double x) { return half(half(x)); }\n",
            ),
        ],
    );
    let args = [
        "quarter.c",
        "half.c",
        "-Iinclude",
        "--export-all",
        "-o",
        "out/math.wasm",
    ];
    built(folder.path(), &args);
    assert_eq!(
        files(&folder.path().join("out")),
        ["math.d.ts", "math.js", "math.wasm"]
    );
    let types = fs::read_to_string(folder.path().join("out/math.d.ts")).unwrap();
    for expected in [
        "export declare function quarter(x: number): number;",
        "/** Half of it. */\nexport declare function half(x: number): number;",
    ] {
        assert!(types.contains(expected), "{types}");
    }
    let output = Command::new(env!("CARGO_BIN_EXE_bolide"))
        .args(["run", "--invoke", "quarter", "out/math.wasm", "10"])
        .current_dir(folder.path())
        .output()
        .unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(String::from_utf8_lossy(&output.stdout), "2.5\n", "{stderr}");
}

#[test]
fn arguments_behind_the_dashes_are_for_clang() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), &[PROGRAM]);
    let output = Command::new(env!("CARGO_BIN_EXE_bolide"))
        .args(["build", "my program.c", "--clang"])
        .arg(cached("tools/clang"))
        .args([
            "--",
            "-DNUMBER=1",
            "-Werror",
            "-Wshadow",
            "-Wl,--no-such-option",
        ])
        .current_dir(folder.path())
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(
        text.contains("unknown argument: --no-such-option"),
        "{text}"
    );
    // The linker has said it all.
    assert!(!text.contains("error: clang could not"), "{text}");
}

#[test]
fn what_goes_wrong_is_said_and_nothing_is_written() {
    let adder = ("adder.c", "int add(int a, int b) { return a + b; }\n");
    let broken = ("broken.c", "int main(void) { return 0 }\n");
    let only_static = (
        "static.c",
        "static int x(void) { return 1; }\nint (*p)(void) = x;\n",
    );
    let undefined = (
        "undefined.c",
        "int nowhere(void);\nint main(void) { return nowhere(); }\n",
    );
    let clash = ("clash.c", "int initSync(void) { return 1; }\n");
    for (source, args, expected) in [
        (
            adder,
            vec![],
            vec!["exports nothing", "`add`", "--export add"],
        ),
        (
            adder,
            vec!["--export", "ad"],
            vec!["no function `ad`", "did you mean `add`?"],
        ),
        (
            adder,
            vec!["--export", "zzz"],
            vec!["no function `zzz`", "the sources define `add`"],
        ),
        (
            adder,
            vec!["--export", "add", "-o", "x.js"],
            vec!["is no .wasm file", "-o x.wasm"],
        ),
        (adder, vec!["--command"], vec!["main"]),
        (
            adder,
            vec!["--lib", "--command"],
            vec!["cannot be used with"],
        ),
        (adder, vec!["more.rs"], vec!["`more.rs` is no source"]),
        (adder, vec!["none.c"], vec!["cannot read `none.c`"]),
        (
            adder,
            vec!["--sysroot", "/nowhere"],
            vec!["no wasi-libc", "apt install clang-", "wasi-sdk"],
        ),
        (broken, vec![], vec!["broken.c:1:26", "expected ';'"]),
        (only_static, vec![], vec!["static"]),
        (undefined, vec![], vec!["undefined symbol: nowhere"]),
        (clash, vec!["--export-all"], vec!["`initSync` is taken"]),
    ] {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), &[source]);
        let output = build(folder.path(), &[&[source.0], args.as_slice()].concat());
        let text = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success(), "{} {args:?}", source.0);
        for expected in expected {
            assert!(
                text.contains(expected),
                "{} {args:?}: {expected}: {text}",
                source.0
            );
        }
        assert_eq!(files(folder.path()), [source.0], "{args:?}");
    }
}

#[test]
fn a_build_that_fails_leaves_the_last_one() {
    let folder = tempfile::tempdir().unwrap();
    let source = "__attribute__((visibility(\"default\"))) int one(void) { return 1; }\n";
    write(folder.path(), &[("one.c", source)]);
    built(folder.path(), &["one.c"]);
    let package = folder.path().join("pkg");
    assert_eq!(
        files(&package),
        ["one.d.ts", "one.js", "one.wasm", "package.json"]
    );
    let before = fs::read(package.join("one.wasm")).unwrap();
    write(folder.path(), &[("one.c", "int one(void) { return 1 }\n")]);
    assert!(!build(folder.path(), &["one.c"]).status.success());
    assert_eq!(
        files(&package),
        ["one.d.ts", "one.js", "one.wasm", "package.json"]
    );
    assert_eq!(fs::read(package.join("one.wasm")).unwrap(), before);

    // The package of another library takes its place; what somebody has written does not.
    write(folder.path(), &[("two.c", &source.replace("one", "two"))]);
    built(folder.path(), &["two.c"]);
    let manifest = fs::read_to_string(package.join("package.json")).unwrap();
    assert!(manifest.contains("./two.js"), "{manifest}");
    fs::remove_file(folder.path().join("two.c")).unwrap();
    write(
        folder.path(),
        &[("one.c", source), ("package.json", "{\"name\": \"mine\"}")],
    );
    let output = build(folder.path(), &["one.c", "--out-dir", "."]);
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(text.contains("describes another package"), "{text}");
    assert_eq!(files(folder.path()), ["one.c", "package.json", "pkg"]);
}

#[test]
fn without_a_compiler_the_way_to_one_is_said() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), &[("one.cpp", "int main() {}\n")]);
    let programs = folder.path().join("bin");
    fs::create_dir(&programs).unwrap();
    let run = || {
        let output = Command::new(env!("CARGO_BIN_EXE_bolide"))
            .args(["build", "one.cpp"])
            .current_dir(folder.path())
            .env_clear()
            .env("CC", "gcc")
            .env("WASI_SDK_PATH", &programs)
            .env("PATH", &programs)
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(1));
        String::from_utf8(output.stderr).unwrap()
    };
    let text = run();
    assert!(text.contains("no clang on this machine"), "{text}");
    assert!(text.contains("apt install clang lld wasi-libc"), "{text}");
    assert!(text.contains("libc++-dev-wasm32"), "{text}");
    // Something of that name which is no clang.
    std::os::unix::fs::symlink("/bin/false", programs.join("clang-99")).unwrap();
    let text = run();
    assert!(
        text.contains("bin/clang-99` cannot build for WebAssembly"),
        "{text}"
    );
}
