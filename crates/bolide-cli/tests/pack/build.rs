//! What `bolide build` can build, and what another build does.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::SystemTime;

use crate::host::{Flags, Host, cached};
use crate::project::{Project, answering, ask, bolide, cargo_lock, cargo_toml, run};

/// The files of a folder and when they were written.
fn times(folder: &Path) -> BTreeMap<PathBuf, SystemTime> {
    let mut times = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let entry = entry.unwrap();
            let metadata = entry.metadata().unwrap();
            if metadata.is_dir() {
                folders.push(entry.path());
            } else {
                times.insert(entry.path(), metadata.modified().unwrap());
            }
        }
    }
    times
}

#[test]
fn a_path_may_have_spaces_and_letters_of_any_language() {
    let project = Project::named(
        "my project, größer",
        &[
            ("Cargo.toml", &cargo_toml("pack-spaces", "")),
            ("Cargo.lock", &cargo_lock()),
            ("src/lib.rs", &answering("\"from a folder with spaces\"")),
        ],
    );
    // From elsewhere, so that the path is an argument too.
    let mut command = bolide(project.path().parent().unwrap());
    command.args([
        "build",
        "my project, größer",
        "--out-dir",
        "my project, größer/the package",
    ]);
    let result = run(command);
    assert_eq!(result.failure, None, "{}", result.stderr);
    assert_eq!(
        ask(&project, "the package", "pack_spaces"),
        "from a folder with spaces"
    );
    let node = run(Host::Node.command(&project.join("ask.mjs"), &Flags::default()));
    assert_eq!(
        node.stdout, "from a folder with spaces\n",
        "{}",
        node.stderr
    );
}

#[test]
fn a_member_of_a_workspace() {
    let project = Project::new(&[
        (
            "Cargo.toml",
            "[workspace]\nresolver = \"3\"\nmembers = [\"crates/*\"]\n",
        ),
        ("Cargo.lock", &cargo_lock()),
        (
            "crates/one/Cargo.toml",
            &cargo_toml(
                "pack-one",
                "[dependencies]\nwasm-bindgen = \"0.2.130\"\npack-common = { path = \"../common\" }\n",
            ),
        ),
        ("crates/one/src/lib.rs", &answering("pack_common::WHO")),
        ("crates/two/Cargo.toml", &cargo_toml("pack-two", "")),
        ("crates/two/src/lib.rs", &answering("\"two\"")),
        (
            "crates/common/Cargo.toml",
            &cargo_toml("pack-common", "[lib]\n[dependencies]\n"),
        ),
        (
            "crates/common/src/lib.rs",
            "pub const WHO: &str = \"one\";\n",
        ),
    ]);
    // Which one is meant, must be said; the error lists those that can be meant.
    let told = project.fail(&["build"]);
    for part in ["error: which package", "pack-one", "pack-two"] {
        assert!(told.contains(part), "no {part:?} in:\n{told}");
    }
    assert!(
        !told.contains("pack-common"),
        "it is no package for JavaScript:\n{told}"
    );
    project.succeed(&["build", "crates/one"]);
    assert_eq!(ask(&project, "crates/one/pkg", "pack_one"), "one");
    // Or Cargo says it, as it does for its own commands.
    let members = "members = [\"crates/*\"]\n";
    let defaults = format!("{members}default-members = [\"crates/two\", \"crates/common\"]\n");
    project.replace("Cargo.toml", members, &defaults);
    project.succeed(&["build"]);
    assert_eq!(ask(&project, "crates/two/pkg", "pack_two"), "two");
    fs::remove_dir_all(project.join("crates/two/pkg")).unwrap();
    project.succeed(&["build", "-p", "pack-two"]);
    assert_eq!(ask(&project, "crates/two/pkg", "pack_two"), "two");
    // A change in another member is noticed.
    project.replace("crates/common/src/lib.rs", "\"one\"", "\"someone else\"");
    project.succeed(&["build", "crates/one"]);
    assert_eq!(ask(&project, "crates/one/pkg", "pack_one"), "someone else");
}

#[test]
fn a_build_script_and_what_it_reads() {
    let project = Project::package(
        "pack-script",
        &answering("concat!(env!(\"WORDS\"), \" and \", include_str!(\"../more.txt\"))"),
        "",
    );
    project.write("words.txt", "some words");
    project.write("more.txt", "more");
    project.write(
        "build.rs",
        r#"fn main() {
    println!("cargo::rerun-if-changed=words.txt");
    println!("cargo::rerun-if-env-changed=PACK_SCRIPT_SUFFIX");
    let words = std::fs::read_to_string("words.txt").unwrap();
    let suffix = std::env::var("PACK_SCRIPT_SUFFIX").unwrap_or_default();
    println!("cargo::rustc-env=WORDS={words}{suffix}");
}
"#,
    );
    let answer = |suffix: Option<&str>| {
        let mut command = bolide(project.path());
        command.arg("build");
        match suffix {
            Some(suffix) => command.env("PACK_SCRIPT_SUFFIX", suffix),
            None => command.env_remove("PACK_SCRIPT_SUFFIX"),
        };
        let result = run(command);
        assert_eq!(result.failure, None, "{}", result.stderr);
        ask(&project, "pkg", "pack_script")
    };
    assert_eq!(answer(None), "some words and more");
    assert_eq!(answer(None), "some words and more");
    project.write("words.txt", "other words");
    assert_eq!(answer(None), "other words and more");
    assert_eq!(answer(Some("!")), "other words! and more");
    assert_eq!(answer(None), "other words and more");
    project.write("more.txt", "less");
    assert_eq!(answer(None), "other words and less");
}

/// A process of its own writes: had this one the file open while another test starts a program, nobody could run it
/// yet ("text file busy").
fn write_program(path: &Path, text: &str) {
    let mut command = Command::new("sh");
    command.args(["-c", "printf %s \"$1\" > \"$2\" && chmod +x \"$2\"", "sh"]);
    assert!(command.arg(text).arg(path).status().unwrap().success());
}

/// A folder with programs named after cargo and rustc that note each call in a file, and a configuration that uses them.
fn watched_toolchain(project: &Project) -> PathBuf {
    let log = project.join("calls");
    for name in ["cargo", "rustc"] {
        let real = cached(&format!("tools/web-{name}"));
        let script = format!(
            "#!/bin/sh\necho {name} \"$@\" >>'{}'\nexec '{}' \"$@\"\n",
            log.display(),
            real.display()
        );
        write_program(&project.join(name), &script);
    }
    let configuration = format!(
        "[toolchain]\ncargo = '{}'\nrustc = '{}'\nlinker = '{}'\nbuild-std = true\n",
        project.join("cargo").display(),
        project.join("rustc").display(),
        cached("tools/wasm-ld").display()
    );
    project.write("config.toml", &configuration);
    log
}

#[test]
fn a_build_without_changes_does_nothing() {
    let project = Project::package("pack-fresh", &answering("\"first\""), "");
    let tools = Project::new(&[]);
    let calls = watched_toolchain(&tools);
    // What was called for a build.
    let build = |arguments: &[&str]| {
        let _ = fs::remove_file(&calls);
        let mut command = bolide(project.path());
        command.arg("build").args(arguments);
        command.env("BOLIDE_CONFIG", tools.join("config.toml"));
        // A toolchain that has the target would be preferred.
        command.env("PATH", format!("{}:/usr/bin:/bin", tools.path().display()));
        let result = run(command);
        assert_eq!(result.failure, None, "{}", result.stderr);
        fs::read_to_string(&calls).unwrap_or_default()
    };
    assert!(
        build(&[]).contains("cargo rustc"),
        "the first build compiles"
    );
    let before = times(&project.join("pkg"));
    assert_eq!(build(&[]), "", "nothing has changed");
    assert_eq!(times(&project.join("pkg")), before);

    type Change<'a> = (&'a str, &'a [&'a str], &'a dyn Fn());
    let changes: [Change; 8] = [
        ("source", &[], &|| {
            project.replace("src/lib.rs", "first", "second")
        }),
        ("manifest", &[], &|| {
            project.replace("Cargo.toml", "0.1.0", "0.2.0")
        }),
        ("new file", &[], &|| {
            project.write("README.md", "# Read me\n")
        }),
        ("missing output", &[], &|| {
            fs::remove_file(project.join("pkg/pack_fresh.d.ts")).unwrap();
        }),
        ("changed output", &[], &|| {
            project.write("pkg/pack_fresh.js", "no longer what it was")
        }),
        ("other profile", &["--dev"], &|| {}),
        ("first profile", &[], &|| {}),
        ("other target", &["--target", "node"], &|| {}),
    ];
    for (what, arguments, change) in changes {
        change();
        assert_ne!(build(arguments), "", "{what}");
        assert_eq!(ask(&project, "pkg", "pack_fresh"), "second", "{what}");
        assert!(project.join("pkg/pack_fresh.d.ts").exists(), "{what}");
        assert_eq!(build(arguments), "", "{what}: and then nothing has changed");
    }
    assert!(project.read("pkg/package.json").contains("\"0.2.0\""));
    assert_eq!(project.read("pkg/README.md"), "# Read me\n");
}
