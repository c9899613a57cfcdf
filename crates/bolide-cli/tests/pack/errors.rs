//! What goes wrong with `bolide build`: a message that says what to do, and no package that is half written.

use std::os::unix::process::CommandExt;
use std::process::Stdio;
use std::thread;
use std::time::Duration;

use crate::browser::{Browser, Server};
use crate::project::{Project, answering, ask, bolide, cargo_toml, run};

/// Fails unless the text contains all of the parts.
fn check_told(told: &str, parts: &[&str]) {
    for part in parts {
        assert!(told.contains(part), "no {part:?} in:\n{told}");
    }
    assert!(!told.contains("panicked"), "{told}");
}

/// A project in which `bolide` fails.
struct Case {
    what: &'static str,
    project: Project,
    arguments: &'static [&'static str],
    /// What standard error contains.
    told: &'static [&'static str],
}

#[test]
fn what_cannot_be_built_is_told_and_leaves_nothing() {
    let cases = [
        Case {
            what: "a folder without a manifest",
            project: Project::new(&[("notes.txt", "")]),
            arguments: &["build"],
            told: &[
                "error: there is no `Cargo.toml` in `",
                "help: `bolide new NAME`",
            ],
        },
        Case {
            what: "a folder that is not there",
            project: Project::new(&[]),
            arguments: &["build", "nothing/here"],
            told: &["error: ", "nothing/here`"],
        },
        Case {
            what: "a file that is no source",
            project: Project::new(&[("notes.txt", "")]),
            arguments: &["build", "notes.txt"],
            told: &[
                "error: `/work/project/notes.txt` is no Cargo package",
                "help: name the folder",
            ],
        },
        Case {
            what: "a manifest that is not valid",
            project: Project::new(&[("Cargo.toml", "[package\n"), ("src/lib.rs", "")]),
            arguments: &["build"],
            told: &["Cargo.toml", "[package"],
        },
        Case {
            what: "a procedural macro",
            project: Project::package(
                "pack-macro",
                "",
                "[lib]\nproc-macro = true\n[dependencies]\n",
            ),
            arguments: &["build"],
            told: &["error: package `pack-macro` is a procedural macro"],
        },
        Case {
            what: "a wasm-bindgen with another format",
            project: Project::new(&[
                (
                    "Cargo.toml",
                    &cargo_toml("pack-old", "[dependencies]\nwasm-bindgen = \"=0.2.129\"\n"),
                ),
                ("src/lib.rs", &answering("\"old\"")),
            ]),
            arguments: &["build"],
            told: &[
                "error: `pack-old` uses wasm-bindgen 0.2.129",
                "wasm-bindgen 0.2.130",
                "help: ",
            ],
        },
        Case {
            what: "an unknown package of a workspace",
            project: Project::package("pack-unknown", "", "[workspace]\n"),
            arguments: &["build", "-p", "pack-other"],
            told: &["error: ", "`pack-other`", "pack-unknown"],
        },
    ];
    for case in cases {
        let before = case.project.list(".");
        let told = case.project.fail(case.arguments);
        println!("{}:\n{told}", case.what);
        check_told(&told, case.told);
        let after = case.project.list(".");
        let added = |name: &&String| !before.contains(name) && *name != "Cargo.lock";
        assert_eq!(after.iter().find(added), None, "{}", case.what);
    }
}

#[test]
fn a_syntax_error_is_told_by_cargo_and_the_package_stays() {
    let project = Project::package("pack-syntax", &answering("\"well\""), "");
    let works = project.read("src/lib.rs");
    project.write(
        "src/lib.rs",
        &works.replace("String::from(", "String::from)"),
    );
    let told = project.fail(&["build"]);
    check_told(
        &told,
        &[
            "error: ",
            "--> src/lib.rs:5:",
            "could not compile `pack-syntax`",
        ],
    );
    assert_eq!(project.list("."), ["Cargo.lock", "Cargo.toml", "src"]);
    project.write("src/lib.rs", &works);
    project.succeed(&["build"]);
    let made = project.list("pkg");
    project.write("src/lib.rs", "fn answer() -> u8 { \"text\" }\n");
    let told = project.fail(&["build"]);
    check_told(
        &told,
        &["error[E0308]: mismatched types", "--> src/lib.rs:1:21"],
    );
    assert_eq!(project.list("pkg"), made);
    assert_eq!(ask(&project, "pkg", "pack_syntax"), "well");
}

#[test]
fn a_library_that_is_no_cdylib_is_built_all_the_same() {
    let project = Project::package(
        "pack-plain",
        &answering("\"plain\""),
        "[lib]\ncrate-type = [\"rlib\"]\n",
    );
    let result = project.bolide(&["build"]);
    assert_eq!(result.failure, None, "{}", result.stderr);
    check_told(&result.stderr, &["warning: ", "cdylib", "crate-type = ["]);
    assert_eq!(ask(&project, "pkg", "pack_plain"), "plain");
}

#[test]
fn a_folder_that_cannot_be_written_is_named() {
    let project = Project::package("pack-readonly", &answering("\"kept\""), "");
    project.write("file", "a file");
    // Nobody, not even root, makes folders in /proc/self.
    for out in ["file", "file/pkg", "/proc/self/pkg"] {
        let told = project.fail(&["build", "--out-dir", out]);
        check_told(&told, &["error: cannot ", out.trim_end_matches("/pkg")]);
    }
    assert_eq!(project.read("file"), "a file");
    assert!(!project.join("pkg").exists());
    // What somebody else has made is never replaced.
    project.write("mine/package.json", "{}");
    project.write("mine/notes.txt", "notes");
    let told = project.fail(&["build", "--out-dir", "mine"]);
    check_told(&told, &["error: ", "package.json` is in the way", "help: "]);
    assert_eq!(project.list("mine"), ["notes.txt", "package.json"]);
    assert_eq!(project.read("mine/package.json"), "{}");
    project.succeed(&["build", "--out-dir", "src"]);
    assert_eq!(project.read("src/lib.rs"), answering("\"kept\""));
}

#[test]
fn without_the_target_the_error_says_how_to_add_it() {
    let project = Project::package("pack-target", &answering("\"none\""), "");
    let tools = Project::new(&[("config.toml", "")]);
    // The system's cargo and rustc work, but have no standard library for the target.
    let mut command = bolide(project.path());
    command.arg("build").env("PATH", "/usr/bin:/bin");
    command.env("BOLIDE_CONFIG", tools.join("config.toml"));
    let result = run(command);
    assert_eq!(result.failure.as_deref(), Some("exit status: 1"));
    check_told(
        &result.stderr,
        &[
            "error: ",
            "has no target `wasm32-unknown-unknown`",
            "help: ",
        ],
    );
    assert!(!project.join("pkg").exists());
}

#[test]
fn a_configured_toolchain_that_is_not_there_is_named_with_the_configuration() {
    let project = Project::package("pack-nowhere", &answering("\"none\""), "");
    let config = "[toolchain]\ncargo = \"/nowhere/cargo\"\nrustc = \"rustc\"\n";
    let tools = Project::new(&[("config.toml", config)]);
    let mut command = bolide(project.path());
    command.arg("build").env("PATH", "/usr/bin:/bin");
    command.env("BOLIDE_CONFIG", tools.join("config.toml"));
    let result = run(command);
    assert_eq!(result.failure.as_deref(), Some("exit status: 1"));
    let told = tools.anonymous(&result.stderr);
    check_told(
        &told,
        &[
            "error: the configured toolchain does not work",
            "cause: there is no program `/nowhere/cargo`",
            "help: correct [toolchain] in `/work/project/config.toml`",
        ],
    );
    assert!(!project.join("pkg").exists());
}

#[test]
fn a_port_that_is_in_use_is_not_taken() {
    let project = Project::new(&[("index.html", "<!doctype html>\n<title>first</title>\n")]);
    let server = Server::start(project.path(), &[]);
    let told = project.fail(&["serve", "--port", &server.port()]);
    let port = server.port();
    check_told(
        &told,
        &[
            &format!("error: port {port} is in use"),
            "help: ",
            "--port 0",
        ],
    );
    // It is served all the same by the one that has the port.
    let mut browser = Browser::start();
    browser.open(&server.url("index.html"));
    assert_eq!(browser.evaluate("document.title"), "first");
}

#[test]
fn a_build_that_is_killed_leaves_a_whole_package_or_none() {
    let project = Project::package("pack-killed", &answering("\"build 0\""), "");
    project.succeed(&["build"]);
    let files = project.list("pkg");
    for number in 1..=6 {
        project.replace(
            "src/lib.rs",
            &format!("build {}\"", number - 1),
            &format!("build {number}\""),
        );
        let mut command = bolide(project.path());
        command
            .arg("build")
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        // A group of its own, so that cargo ends with it, as with Ctrl-C.
        let mut process = command.process_group(0).spawn().unwrap();
        thread::sleep(Duration::from_millis(250 * number));
        let group = format!("-{}", process.id());
        let killed = std::process::Command::new("kill")
            .args(["-INT", "--", &group])
            .status();
        killed.expect("kill can be run");
        let _ = process.wait().unwrap();
        assert_eq!(project.list("pkg"), files);
        let answer = ask(&project, "pkg", "pack_killed");
        assert!(answer.starts_with("build "), "{answer}");
    }
    project.succeed(&["build"]);
    assert_eq!(ask(&project, "pkg", "pack_killed"), "build 6");
    let left: Vec<String> = project.list(".");
    assert_eq!(left, ["Cargo.lock", "Cargo.toml", "ask.mjs", "pkg", "src"]);
}
