//! What `bolide new` makes works as its README says: the commands there are run as they stand.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::browser::{Browser, Server};
use crate::host::cached;
use crate::project::{Project, bolide, run};

/// The commands of a README, which it indents by four spaces.
fn commands(readme: &str) -> Vec<&str> {
    let lines = readme.lines().filter_map(|line| line.strip_prefix("    "));
    // These do not end, or change more than the project.
    let lines = lines.filter(|line| {
        !["bolide serve", "npm publish", "apt "]
            .iter()
            .any(|c| line.starts_with(c))
    });
    lines.map(str::trim).collect()
}

/// Runs a line of a shell that finds `bolide` and Node 24, and returns what it prints.
fn shell(line: &str, project: &Project, tools: &Path) -> String {
    // For its environment.
    let bolide = bolide(project.path());
    let mut command = Command::new("sh");
    command
        .args(["-ec", line])
        .current_dir(project.path())
        .stdin(Stdio::null());
    for (name, value) in bolide.get_envs() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    let path = std::env::var("PATH").unwrap_or_default();
    command.env("PATH", format!("{}:{path}", tools.display()));
    let result = run(command);
    let (stdout, stderr) = (result.stdout, result.stderr);
    assert_eq!(result.failure, None, "{line}:\n{stdout}\n{stderr}");
    stdout
}

/// Makes a project of the template, runs the commands of its README, and returns it.
fn check(template: &str, printed: &str) -> Project {
    let tools = Project::new(&[]);
    symlink(env!("CARGO_BIN_EXE_bolide"), tools.join("bolide")).unwrap();
    symlink(cached("tools/node24"), tools.join("node")).unwrap();
    symlink(cached("tools/chromium"), tools.join("chromium")).unwrap();
    let project = Project::named(&format!("my-{template}"), &[]);
    project.succeed(&["new", ".", "--template", template, "--vcs", "none"]);
    let readme = project.read("README.md");
    let commands = commands(&readme);
    assert!(
        commands.iter().any(|line| line.starts_with("bolide build")),
        "{commands:?}"
    );
    for line in &commands {
        let output = shell(line, &project, tools.path());
        println!("{template}: {line}\n{output}");
        if line.starts_with("bolide run main.mjs")
            || line.starts_with("node ") && !line.contains("test")
        {
            assert!(output.contains(printed), "{line}: {output}");
        }
        if line.starts_with("bolide test") {
            let passed = output
                .lines()
                .filter(|line| line.ends_with(" ... ok"))
                .count();
            assert!(passed > 1, "{line}: only {passed} tests passed: {output}");
        }
    }
    assert!(fs::exists(project.join("pkg/package.json")).unwrap());
    project
}

/// Opens the page of a project and returns its text when the expression is true.
fn page(project: &Project, until: &str, picture: &str) -> String {
    let server = Server::start(project.path(), &["--no-build"]);
    let mut browser = Browser::start();
    browser.open(&server.url(""));
    browser.until(until);
    browser.screenshot(picture);
    assert_eq!(browser.complaints(), Vec::<String>::new());
    browser
        .evaluate("document.body.innerText")
        .as_str()
        .unwrap()
        .to_owned()
}

#[test]
fn hello() {
    check(
        "hello",
        "Hello World, this is Rust. JavaScript says: Hello Rust, this is JavaScript.",
    );
}

#[test]
fn lib() {
    let project = check("lib", "contrast: ");
    let text = page(
        &project,
        "document.querySelector('output').innerText !== 'Loading…'",
        "template-lib",
    );
    assert!(text.contains("Contrast 9."), "{text}");
}

#[test]
fn app() {
    let project = check("app", "");
    // Stars are drawn, in more than one picture.
    let drawn = "(() => { const canvas = document.querySelector('canvas'); \
        const copy = new OffscreenCanvas(canvas.width, canvas.height).getContext('2d', { willReadFrequently: true }); \
        copy.drawImage(canvas, 0, 0); \
        const { data } = copy.getImageData(0, 0, canvas.width, canvas.height); \
        const now = data.reduce((sum, value, index) => (sum + value * (index % 9973)) % 1e9, 0); \
        const before = globalThis.before ??= now; \
        return now !== 0 && now !== before; })()";
    let text = page(&project, drawn, "template-app");
    assert!(text.contains("250"), "{text}");
}

#[test]
fn c() {
    let project = check("c", "median: ");
    let text = page(
        &project,
        "document.querySelector('output').innerText !== 'Loading…'",
        "template-c",
    );
    assert!(
        text.contains("Hello World, this is C.") && text.contains("median: 3 of "),
        "{text}"
    );
}
