//! Loading: packages as several tools lay them out, what goes wrong, and what keeps packages apart from the rest.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use bolide_bindgen::{
    Closure, Error, ErrorKind, Imports, Object, Package, PackageBuilder, Runtime, TypedFunction,
    Value,
};
use tempfile::TempDir;

/// The glue of the crate tests/js/bindgen/crate for a target.
fn glue(target: &str) -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2);
    let path = root.unwrap().join(".cache/bindgen/glue").join(target);
    assert!(
        path.is_dir(),
        "{} is missing: run scripts/test, or scripts/setup and scripts/build-bindgen",
        path.display()
    );
    path
}

/// A folder with these files.
fn folder(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        fs::write(folder.path().join(name), text).unwrap();
    }
    folder
}

/// A copy of the glue for a target, with this package.json, or none if it is empty.
fn package(target: &str, manifest: &str) -> TempDir {
    let copy = folder(&[]);
    for entry in fs::read_dir(glue(target)).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name();
        if name != "package.json" {
            fs::copy(entry.path(), copy.path().join(name)).unwrap();
        }
    }
    if !manifest.is_empty() {
        fs::write(copy.path().join("package.json"), manifest).unwrap();
    }
    copy
}

/// A package in plain JavaScript: what is under test is not the glue.
fn script(source: &str) -> TempDir {
    folder(&[
        ("package.json", r#"{ "type": "module", "main": "x.js" }"#),
        ("x.js", source),
    ])
}

/// What the start function of the gallery calls.
fn with_note() -> PackageBuilder {
    Package::builder().global("host.note", |_: String| ())
}

#[test]
fn packages_of_other_tools() {
    for (target, manifest) in [
        // wasm-pack, as it is, and as it was.
        (
            "bundler",
            r#"{ "name": "gallery", "type": "module", "main": "gallery.js", "sideEffects": ["./gallery.js"] }"#,
        ),
        (
            "bundler",
            r#"{ "name": "gallery", "module": "gallery.js", "sideEffects": false }"#,
        ),
        (
            "web",
            r#"{ "name": "gallery", "type": "module", "main": "gallery.js" }"#,
        ),
        ("web", r#"{ "name": "gallery", "module": "gallery.js" }"#),
        ("nodejs", r#"{ "name": "gallery", "main": "gallery.js" }"#),
        (
            "no-modules",
            r#"{ "name": "gallery", "browser": "gallery.js" }"#,
        ),
        ("deno", ""),
        // wasm-bindgen, which writes no package.json.
        ("bundler", ""),
        ("module", ""),
        ("no-modules", ""),
        ("nodejs", ""),
        ("nodejs-module", ""),
        ("web", ""),
        (
            "web",
            r#"{ "exports": { ".": { "types": "./gallery.d.ts", "default": "./gallery.js" } } }"#,
        ),
    ] {
        let folder = package(target, manifest);
        for path in [folder.path().to_owned(), folder.path().join("gallery.js")] {
            let what = format!("{target} {manifest} {}", path.display());
            let mut package = with_note()
                .load(&path)
                .unwrap_or_else(|error| panic!("{what}: {error:?}"));
            let greeting: String = package.call("greet", ("you",)).unwrap();
            assert_eq!(greeting, "Hello, you!", "{what}");
            assert_eq!(package.path(), fs::canonicalize(&path).unwrap());
        }
    }
}

/// What loading fails with, where `PKG` stands for the folder.
fn refusal(folder: &Path, path: &Path, builder: PackageBuilder) -> String {
    let error = builder.load(path).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Load, "{error:?}");
    let folder = fs::canonicalize(folder).unwrap();
    error.to_string().replace(folder.to_str().unwrap(), "PKG")
}

#[test]
fn what_cannot_be_loaded_is_said() {
    let check = |folder: &TempDir, file: &str, expected: &str| {
        let path = fs::canonicalize(folder.path()).unwrap().join(file);
        let told = refusal(folder.path(), &path, Package::builder());
        let told = told.trim_end_matches('/').replace("PKG/:", "PKG:");
        assert!(told.starts_with(expected), "{told}\nis not\n{expected}");
    };
    let nothing = folder(&[("lib.rs", "")]);
    check(
        &nothing,
        "pkg",
        "cannot load package PKG/pkg: No such file or directory",
    );
    check(
        &nothing,
        "",
        "cannot load package PKG: the folder has neither a package.json that names a main module, nor the glue of \
         wasm-bindgen: a file x.js beside x_bg.wasm. `bolide build` and wasm-pack write them to `pkg`",
    );
    let broken = folder(&[("package.json", "{ main: }")]);
    check(
        &broken,
        "",
        "cannot load package PKG: its package.json is not valid: key must be a string",
    );
    let several = folder(&[
        ("a.js", ""),
        ("a_bg.wasm", ""),
        ("b.js", ""),
        ("b_bg.wasm", ""),
    ]);
    check(
        &several,
        "",
        "cannot load package PKG: the folder has the glue of several packages: load one of PKG/a.js, PKG/b.js",
    );
    let absent = folder(&[("package.json", r#"{ "main": "dist/x.js" }"#)]);
    check(&absent, "", "cannot load package PKG: ");
    let throwing = script("throw new RangeError('no start')");
    check(
        &throwing,
        "",
        "cannot load package PKG: RangeError: no start",
    );
    let syntax = script("export function (");
    check(&syntax, "", "cannot load package PKG: SyntaxError: ");

    // The module is damaged, or not there.
    let damaged = package("web", "");
    fs::write(
        damaged.path().join("gallery_bg.wasm"),
        b"\0asm\x01\0\0\0\xff",
    )
    .unwrap();
    check(&damaged, "", "cannot load package PKG: CompileError: ");
    let absent = package("nodejs", r#"{ "main": "gallery.js" }"#);
    fs::remove_file(absent.path().join("gallery_bg.wasm")).unwrap();
    check(&absent, "", "cannot load package PKG: Error: ENOENT");

    // An import that is not there: the start function of the gallery calls `host.note`.
    let gallery = package("web", "");
    check(
        &gallery,
        "",
        "cannot load package PKG: ReferenceError: host is not defined",
    );
}

#[test]
fn imports_from_modules_and_values() {
    let folder = script(
        "import { now, LEVEL } from 'env';
         import clock from './clock.js';
         export const start = () => `${now()} ${LEVEL} ${clock.zone} ${config.depth.limit}`;",
    );
    let mut package = Package::builder()
        .module(
            "env",
            Imports::new().function("now", || 12.5).value("LEVEL", 3),
        )
        .module("./clock.js", Imports::new().value("zone", "UTC"))
        .globals(Imports::new().value("config.depth.limit", 7))
        .load(folder.path())
        .unwrap();
    let text: String = package.call("start", ()).unwrap();
    assert_eq!(text, "12.5 3 UTC 7");
}

#[test]
fn a_package_reads_its_own_folder_only() {
    let other = folder(&[("secret.txt", "secret")]);
    let mine = script(
        "import { readFileSync } from 'node:fs';
         export const read = (path) => readFileSync(path, 'utf8').length;",
    );
    let secret = other.path().join("secret.txt");
    let secret = secret.to_str().unwrap();
    let mut package = Package::load(mine.path()).unwrap();
    let own = mine.path().join("x.js");
    assert!(
        package
            .call::<_, u32>("read", (own.to_str().unwrap(),))
            .unwrap()
            > 0
    );
    let error = package.call::<_, u32>("read", (secret,)).unwrap_err();
    assert!(error.to_string().contains("is not allowed"), "{error}");
}

#[test]
fn calls_can_be_stopped() {
    let endless = script(
        "export function spin() { for (;;); }
         export const wait = () => new Promise((resolve) => setTimeout(resolve, 100_000));
         export const never = () => new Promise(() => {});
         export const call = (f) => { try { f() } catch { } };
         export const fine = () => 1;",
    );
    let limits = Runtime::builder().timeout(Duration::from_millis(50));
    let mut package = Package::builder()
        .runtime(limits)
        .load(endless.path())
        .unwrap();
    for name in ["spin", "wait"] {
        let error = package.call::<_, ()>(name, ()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Interrupted, "{error:?}");
        let expected = format!("`{name}`: it took too long, or was interrupted");
        assert_eq!(error.to_string(), expected);
        assert_eq!(package.call::<_, u32>("fine", ()).unwrap(), 1);
    }

    // Nothing is under way that could settle it, so there is nothing to wait for.
    let mut package = Package::load(endless.path()).unwrap();
    let error = package.call::<_, ()>("never", ()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Host);

    // From another thread, also if a closure ignores that its own call was stopped.
    let handle = package.interrupt_handle();
    let spin: TypedFunction<(), ()> = package.function("spin").unwrap();
    let stubborn = Closure::new(move |mut caller: bolide_bindgen::Caller<'_>| {
        spin.call(&mut caller, ()).unwrap_err().to_string()
    });
    let stopper = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(50));
        handle.interrupt();
    });
    let start = Instant::now();
    let error = package.call::<_, ()>("call", (&stubborn,)).unwrap_err();
    stopper.join().unwrap();
    assert_eq!(error.kind(), ErrorKind::Interrupted, "{error:?}");
    assert!(start.elapsed() < Duration::from_secs(30));
}

#[test]
fn the_heap_can_be_limited_and_exits_are_told() {
    let folder = script(
        "export const fill = () => { const all = []; for (;;) all.push('x'.repeat(1 << 16) + all.length) };
         export const leave = () => process.exit(3);",
    );
    let limits = Runtime::builder().max_heap(32 << 20);
    let mut package = Package::builder()
        .runtime(limits)
        .load(folder.path())
        .unwrap();
    let error = package.call::<_, ()>("fill", ()).unwrap_err();
    assert!(error.to_string().contains("out of memory"), "{error:?}");
    let error = package.call::<_, ()>("leave", ()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Exit(3));
}

#[test]
fn what_belongs_to_one_package_is_refused_by_another() {
    let folder = script(
        "export class Thing { get() { return 1 } }
         export const same = (thing) => thing;
         export const fail = (thing) => { throw thing };",
    );
    let mut first = Package::load(folder.path()).unwrap();
    let mut second = Package::load(folder.path()).unwrap();
    let thing = first.construct("Thing", ()).unwrap();
    let same: TypedFunction<(&Object,), Value> = first.function("same").unwrap();
    let pending = first.start::<_, Object>("same", (&thing,)).unwrap();
    let error = first.call::<_, ()>("fail", (&thing,)).unwrap_err();
    let refused: [Error; 5] = [
        second.call::<_, Value>("same", (&thing,)).unwrap_err(),
        thing.call::<_, u32>(&mut second, "get", ()).unwrap_err(),
        same.call(&mut second, (&thing,)).unwrap_err(),
        second.wait(pending).unwrap_err(),
        error.payload::<Object>(&mut second).unwrap_err(),
    ];
    for error in refused {
        assert!(
            error.to_string().contains("belongs to another"),
            "{error:?}"
        );
    }
    // A closure is the same function in each of them.
    let closure = Closure::new(|| 5);
    for package in [&mut first, &mut second] {
        let made: [TypedFunction<(), u32>; 2] =
            [(), ()].map(|()| package.call("same", (&closure,)).unwrap());
        assert_eq!(made[0].call(package, ()).unwrap(), 5);
    }
}

#[test]
fn the_event_loop_goes_on_when_it_is_told_to() {
    let folder = script(
        "let ticks = 0;
         export const begin = () => { setTimeout(() => ticks += 1, 1); };
         export const ticked = () => ticks;
         export const failing = () => { setTimeout(() => { throw new TypeError('in a timer') }, 0) };",
    );
    let mut package = Package::load(folder.path()).unwrap();
    package.call::<_, ()>("begin", ()).unwrap();
    package.run_until_idle().unwrap();
    assert_eq!(package.call::<_, u32>("ticked", ()).unwrap(), 1);
    package.call::<_, ()>("begin", ()).unwrap();
    while let Some(time) = package.poll().unwrap() {
        std::thread::sleep(time);
    }
    assert_eq!(package.call::<_, u32>("ticked", ()).unwrap(), 2);
    package.call::<_, ()>("failing", ()).unwrap();
    let error = package.run_until_idle().unwrap_err();
    assert_eq!(
        error.to_string(),
        "`the event loop` threw TypeError: in a timer"
    );
}
