//! `examples/types` in Bolide, in Node and in Chromium: the three print the same.

use std::fs;

use serde_json::Value;

use crate::browser::{Browser, Server};
use crate::host::{Flags, HOSTS, root, run};
use crate::project::{bolide, run as run_to_its_end};

/// What the page printed.
fn lines_of_page(url: &str) -> Vec<String> {
    let mut browser = Browser::start();
    browser.open(url);
    browser.until("document.documentElement.dataset.lines !== undefined");
    let lines = browser.evaluate("JSON.parse(document.documentElement.dataset.lines)");
    let shown =
        browser.evaluate("[...document.querySelectorAll('h2')].map(heading => heading.innerText)");
    assert!(
        shown.as_array().is_some_and(|all| all.len() == 9),
        "{shown}"
    );
    assert_eq!(browser.complaints(), Vec::<String>::new());
    browser.screenshot("types");
    let Value::Array(lines) = lines else {
        panic!("the page printed {lines}")
    };
    lines
        .iter()
        .map(|line| line.as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn types_cross_in_the_same_way_in_three_hosts() {
    let folder = root().join("examples/types");
    let mut build = bolide(&folder);
    build.arg("build");
    let built = run_to_its_end(build);
    assert_eq!(built.failure, None, "{}", built.stderr);

    let expected = fs::read_to_string(folder.join("expected.txt")).unwrap();
    let expected: Vec<&str> = expected.lines().collect();
    let server = Server::start(&folder, &["--no-build"]);
    let mut outputs = vec![("chromium", lines_of_page(&server.url("")))];
    for host in HOSTS {
        let result = run(host.command(&folder.join("run.mjs"), &Flags::default()));
        assert_eq!(result.failure, None, "{}: {}", host.name(), result.stderr);
        let lines = result.stdout.lines().map(str::to_owned).collect();
        outputs.push((host.name(), lines));
    }
    for number in 0..outputs.iter().map(|(_, lines)| lines.len()).max().unwrap() {
        for (host, lines) in &outputs {
            let line = lines.get(number).map(String::as_str);
            let expected = expected.get(number).copied();
            assert_eq!(line, expected, "{host}, line {} of its output", number + 1);
        }
    }
    assert!(
        expected.len() > 70,
        "only {} lines are compared",
        expected.len()
    );
}
