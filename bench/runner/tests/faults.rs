//! What goes wrong in an adapter, an engine or a build is seen: in the exit code, in results.json, in the table and in
//! the plots. The adapters of this test are scripts, one of which computes something wrong on purpose.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use tempfile::TempDir;

const PEERS: &str = r##"
[[peer]]
name = "right"
label = "Right"
script = "adapter.sh"
interpreter = "sh"
options = { result = "42" }
color = "#aa0000"

[[peer]]
name = "slow"
label = "Slow"
script = "adapter.sh"
interpreter = "sh"
options = { result = "42", sleep = "0.05" }
color = "#00aa00"

[[peer]]
name = "wrong"
label = "Wrong"
script = "adapter.sh"
interpreter = "sh"
options = { result = "43" }
color = "#0000aa"

[[peer]]
name = "later"
label = "Wrong later"
script = "adapter.sh"
interpreter = "sh"
options = { result = "42", differs = ',"differs":{"iteration":1,"result":"41"}' }
color = "#0000aa"

[[peer]]
name = "crashing"
label = "Crashing"
script = "crashing.sh"
interpreter = "sh"
color = "#00aaaa"

[[peer]]
name = "modest"
label = "Modest"
script = "modest.sh"
interpreter = "sh"
color = "#aaaa00"

[[peer]]
name = "unbuilt"
label = "Unbuilt"
adapter = "bench-that-does-not-exist"
color = "#aaaaaa"
"##;

const PROGRAMS: &str = r#"
[[program]]
name = "answer"
language = "c"
source = "c/answer.c"
tags = ["short"]
full = { n = 1, expected = 42 }
quick = { n = 1, expected = 42 }
"#;

/// Options become variables; then it answers as the protocol says.
const ADAPTER: &str = r#"
while [ "$1" = --option ]; do eval "${2%%=*}='${2#*=}'"; shift 2; done
[ -z "$sleep" ] || sleep "$sleep"
case "$1" in
info) echo '{"engine":"script","version":"1","options":{}}' ;;
cold) echo '{"result":"'"$result"'","peak_rss_bytes":1000000}' ;;
load) echo '{"load_ns":[5000],"instantiate_ns":[700],"first_call_ns":[9],"result":"'"$result"'","rss_before_bytes":1,"rss_bytes":2}' ;;
steady) echo '{"result":"'"$result"'","iterations_ns":[100,50,50]'"$differs"'}' ;;
*) echo '{"unsupported":"only programs"}' ;;
esac
"#;

const CRASHING: &str = r#"
case "$1" in
info) echo '{"engine":"crashing","version":"1"}' ;;
*) echo 'out of luck' >&2; kill -SEGV $$ ;;
esac
"#;

const MODEST: &str = r#"
case "$1" in
info) echo '{"engine":"modest","version":"1"}' ;;
*) echo '{"unsupported":"this proposal"}' ;;
esac
"#;

/// A repository with nothing but a benchmark.
fn repository() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let write = |path: &str, bytes: &[u8]| {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    };
    write("bench/peers.toml", PEERS.as_bytes());
    write("bench/programs/programs.toml", PROGRAMS.as_bytes());
    write("bench/adapter.sh", ADAPTER.as_bytes());
    write("bench/crashing.sh", CRASHING.as_bytes());
    write("bench/modest.sh", MODEST.as_bytes());
    let module = wat::parse_str("(module (func))").unwrap();
    write(".cache/bench/wasm/answer.wasm", &module);
    folder
}

fn run(repository: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_bolide-bench"))
        .arg("--root")
        .arg(repository)
        .args(["--no-build", "--quick"])
        .args(arguments)
        .output()
        .unwrap()
}

fn read(repository: &Path, file: &str) -> String {
    fs::read_to_string(repository.join("bench/results").join(file)).unwrap()
}

#[track_caller]
fn check(text: &str, parts: &[&str]) {
    for part in parts {
        assert!(text.contains(part), "no '{part}' in:\n{text}");
    }
}

#[test]
fn a_wrong_result_fails_the_run_and_is_shown_everywhere() {
    let repository = repository();
    let repository = repository.path();
    let output = run(
        repository,
        &[
            "--peer",
            "wrong",
            "--peer",
            "slow",
            "--figures",
            "cold,load,steady",
        ],
    );
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let said = String::from_utf8_lossy(&output.stderr);
    check(
        &said,
        &["wrong, cold of answer: WRONG RESULT: bench_run(1) returned 43, not 42"],
    );
    check(
        &read(repository, "table.md"),
        &[
            "**This run failed**",
            "**WRONG RESULT**",
            "- **wrong, steady of answer**: WRONG RESULT",
            "| slow | **",
        ],
    );
    for plot in ["cold.svg", "load.svg", "steady.svg", "means.svg"] {
        check(&read(repository, plot), &["WRONG RESULT"]);
    }
    let results: serde_json::Value =
        serde_json::from_str(&read(repository, "results.json")).unwrap();
    let compared = results["comparisons"].as_array().unwrap();
    assert!(
        compared
            .iter()
            .any(|comparison| comparison["peer"] == "slow")
    );
    assert!(
        !compared
            .iter()
            .any(|comparison| comparison["peer"] == "wrong"),
        "{compared:?}"
    );
}

#[test]
fn a_result_that_becomes_wrong_fails_the_run() {
    let repository = repository();
    let output = run(
        repository.path(),
        &["--peer", "later", "--figures", "cold,steady"],
    );
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let table = read(repository.path(), "table.md");
    check(
        &table,
        &[
            "- **later, steady of answer**: WRONG RESULT: iteration 1 of bench_run(1) returned 41, not 42",
        ],
    );
    assert!(!table.contains("later, cold"), "{table}");
}

#[test]
fn a_crash_and_an_adapter_that_does_not_build_fail_the_run() {
    let repository = repository();
    let repository = repository.path();
    let output = run(
        repository,
        &[
            "--peer",
            "crashing",
            "--peer",
            "unbuilt",
            "--figures",
            "cold",
        ],
    );
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    check(
        &read(repository, "table.md"),
        &[
            "**crashing, cold of answer**: FAILED: killed by SIGSEGV (11); it printed: out of luck",
            "**unbuilt, everything**: FAILED: bench-that-does-not-exist does not build",
            "| unbuilt | **FAILED** | | |",
        ],
    );
    check(&read(repository, "cold.svg"), &["FAILED"]);
}

#[test]
fn what_an_engine_does_not_claim_to_do_is_shown_and_is_no_failure() {
    let repository = repository();
    let output = run(
        repository.path(),
        &["--peer", "modest", "--figures", "cold,calls,instances,live"],
    );
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    check(
        &read(repository.path(), "table.md"),
        &[
            "modest, cold of answer: not supported: this proposal",
            "| answer | ",
            " n/a |",
        ],
    );
}

#[test]
fn what_takes_longer_than_the_run_may_is_shown() {
    let repository = repository();
    let output = run(
        repository.path(),
        &["--peer", "slow", "--figures", "cold", "--minutes", "0"],
    );
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    check(
        &read(repository.path(), "table.md"),
        &["slow, cold of answer: not run: the time limit of 0 minutes was reached"],
    );
}

#[test]
fn a_program_that_was_not_built_fails_the_run() {
    let repository = repository();
    fs::remove_file(repository.path().join(".cache/bench/wasm/answer.wasm")).unwrap();
    let output = run(repository.path(), &["--peer", "slow", "--figures", "cold"]);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    check(
        &read(repository.path(), "table.md"),
        &[
            "**program answer**: FAILED: it was not built",
            "**This run failed**",
        ],
    );
}

#[test]
fn unknown_names_are_an_error_that_lists_the_known_ones() {
    let repository = repository();
    for (arguments, part) in [
        (
            ["--peer", "nobody"],
            "no peer 'nobody': there are right, slow",
        ),
        (
            ["--only", "nothing"],
            "no program 'nothing': there are answer",
        ),
    ] {
        let output = run(repository.path(), &arguments);
        assert_eq!(output.status.code(), Some(2), "{output:?}");
        check(&String::from_utf8_lossy(&output.stderr), &[part]);
    }
}
