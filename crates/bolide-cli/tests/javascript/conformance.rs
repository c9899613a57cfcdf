//! The tests of `crates/bolide-js/tests/conformance` in Bolide and in Node. Those that fail are exactly those
//! that `differences.txt` lists with their reasons.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::fs;
use std::path::PathBuf;

use crate::host::{Flags, HOSTS, Host, in_parallel, last_lines, names, root, run};

/// File, name of the test, and host.
type Test = (String, String, Host);

/// The name of what fails if a file does not run to its end.
const WHOLE_FILE: &str = "(the whole file)";

fn folder() -> PathBuf {
    root().join("crates/bolide-js/tests/conformance")
}

fn flags() -> Flags {
    Flags {
        // Resizable buffers of memories are behind a flag in Node 24.
        node: vec!["--experimental-wasm-rab-integration".to_owned()],
        ..Flags::default()
    }
}

/// The tests of a file that fail, with what they say, and the number of tests.
fn failures(file: &str, host: Host) -> (BTreeMap<Test, String>, usize) {
    let script = folder().join(file).with_extension("mjs");
    let result = run(host.command(&script, &flags()));
    let mut failures = BTreeMap::new();
    let mut planned = None;
    let mut count = 0;
    for line in result.stdout.lines() {
        if let Some(plan) = line.strip_prefix("1..") {
            planned = plan.parse::<usize>().ok();
        } else if line.starts_with("ok - ") {
            count += 1;
        } else if let Some(rest) = line.strip_prefix("not ok - ") {
            count += 1;
            let (name, why) = rest.split_once(" # ").unwrap_or((rest, ""));
            failures.insert((file.to_owned(), name.to_owned(), host), why.to_owned());
        }
    }
    if planned != Some(count) || result.failure.is_some() {
        let what = result.failure.unwrap_or_else(|| "no plan".to_owned());
        let why = format!(
            "{what} after {count} tests\n{}",
            last_lines(&result.stderr, 12)
        );
        failures.insert((file.to_owned(), WHOLE_FILE.to_owned(), host), why);
    }
    (failures, count)
}

/// The tests that `differences.txt` lists: lines of `FILE | TEST | HOST | REASON`.
fn listed() -> BTreeSet<Test> {
    let text = fs::read_to_string(folder().join("differences.txt")).unwrap();
    let lines = text
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'));
    let listed = lines.map(|line| {
        let fields: Vec<&str> = line.split(" | ").collect();
        let [file, test, host, reason] = fields[..] else {
            panic!("differences.txt: expected FILE | TEST | HOST | REASON, got: {line}");
        };
        assert!(
            !reason.trim().is_empty(),
            "differences.txt: no reason: {line}"
        );
        let host = HOSTS.into_iter().find(|h| h.name() == host);
        let host = host.unwrap_or_else(|| panic!("differences.txt: unknown host: {line}"));
        (file.to_owned(), test.to_owned(), host)
    });
    listed.collect()
}

#[test]
fn the_javascript_api_is_as_specified() {
    let files = names(&folder(), "mjs");
    let jobs: Vec<(String, Host)> = files
        .iter()
        .flat_map(|file| HOSTS.map(|host| (file.clone(), host)))
        .collect();
    let results = in_parallel(&jobs, |(file, host)| {
        let (failures, count) = failures(file, *host);
        println!(
            "{file} ({}): {} of {count} tests failed",
            host.name(),
            failures.len()
        );
        failures
    });
    let failures: BTreeMap<Test, String> = results.into_iter().flatten().collect();
    let mut expected = listed();
    expected.retain(|(file, ..)| files.contains(file));

    let mut report = String::new();
    for (test, why) in &failures {
        if !expected.contains(test) {
            let (file, name, host) = test;
            writeln!(report, "fails: {file} | {name} | {}: {why}", host.name()).unwrap();
        }
    }
    for test in &expected {
        if !failures.contains_key(test) {
            let (file, name, host) = test;
            writeln!(
                report,
                "passes, take it off the list: {file} | {name} | {}",
                host.name()
            )
            .unwrap();
        }
    }
    assert!(
        report.is_empty(),
        "not as crates/bolide-js/tests/conformance/differences.txt says:\n{report}"
    );
}
