//! `examples/hello`, served to Chromium by `bolide serve` and changed meanwhile.

use serde_json::json;

use crate::browser::{Browser, Server};
use crate::host::{Flags, Host, run};
use crate::project::Project;

const GREETING: &str =
    "Hello World, this is Rust. JavaScript says: Hello Rust, this is JavaScript.";

/// An expression for the text that covers the page while its package cannot be built.
const OVERLAY: &str = "document.querySelector('bolide-status')?.shadowRoot.querySelector('[role=alertdialog]')?.innerText ?? ''";

/// Whether the page is the one that `mark` was called for, and has not been loaded anew since.
const MARKED: &str = "globalThis.mark === 1";

/// The page as it is first: its text, its headers, and that nothing is wrong with it.
fn check_page(browser: &mut Browser, server: &Server) {
    let headers = browser.open(&server.url(""));
    for (name, value) in [
        ("content-type", "text/html; charset=utf-8"),
        ("cross-origin-opener-policy", "same-origin"),
        ("cross-origin-embedder-policy", "require-corp"),
    ] {
        assert_eq!(
            headers[name].as_str().map(str::to_lowercase).as_deref(),
            Some(value),
            "{name}"
        );
    }
    browser.until_text(GREETING);
    assert_eq!(browser.evaluate("crossOriginIsolated"), true);
    let module = "fetch('pkg/hello_bg.wasm').then((answer) => answer.headers.get('content-type'))";
    assert_eq!(browser.evaluate(module), "application/wasm");
    // The style sheet is there.
    let display = "getComputedStyle(document.querySelector('output')).display";
    assert_eq!(browser.evaluate(display), "block");
    browser.screenshot("hello");
    browser.scheme("dark");
    browser.screenshot("hello-dark");
    browser.scheme("light");
    browser.fill("#name", "Ada");
    browser.until_text("Hello Ada, this is Rust.");
    // Among others, that the module could not be compiled while it arrived would be told here.
    assert_eq!(browser.complaints(), Vec::<String>::new());
}

/// Changes a file, and waits until the page has this text and was loaded anew.
fn check_reload(
    browser: &mut Browser,
    project: &Project,
    (file, old, new): (&str, &str, &str),
    text: &str,
) {
    browser.evaluate("globalThis.mark = 1");
    project.replace(file, old, new);
    browser.until(&format!(
        "!({MARKED}) && document.body.innerText.includes({})",
        json!(text)
    ));
}

#[test]
fn a_page_is_served_and_kept_up_to_date() {
    let project = Project::copy_of("examples/hello");
    let server = Server::start(project.path(), &[]);
    let mut browser = Browser::start();
    check_page(&mut browser, &server);

    let changes = [
        ("src/lib.rs", "this is Rust.", "this is other Rust."),
        (
            "src/hello.js",
            "this is JavaScript.",
            "this is other JavaScript.",
        ),
        ("index.html", "Your name", "Your other name"),
        (
            "main.js",
            "await init();",
            "await init();\ndocument.querySelector('h1').append('!');",
        ),
    ];
    let texts = [
        "Hello World, this is other Rust.",
        "Hello Rust, this is other JavaScript.",
        "Your other name",
        "hello!",
    ];
    for (change, text) in changes.into_iter().zip(texts) {
        check_reload(&mut browser, &project, change, text);
    }

    // A style sheet is replaced in the page as it is.
    browser.evaluate("globalThis.mark = 1");
    let style = project.read("style.css") + "\nh1 { color: rgb(1, 2, 3); }\n";
    project.write("style.css", &style);
    let color = "getComputedStyle(document.querySelector('h1')).color === 'rgb(1, 2, 3)'";
    browser.until(&format!("{color} && {MARKED}"));

    // What cargo says covers the page until it can be built again.
    project.replace("src/lib.rs", "format!(", "formt!(");
    browser.until(&format!(
        "({OVERLAY}).includes('cannot find macro `formt`')"
    ));
    let told = browser.evaluate(OVERLAY);
    for part in ["Build failed", "src/lib.rs:", "error", "formt!("] {
        assert!(
            told.as_str().unwrap().contains(part),
            "no {part:?} in {told}"
        );
    }
    browser.screenshot("hello-error");
    project.replace("src/lib.rs", "formt!(", "format!(");
    browser.until(&format!("({OVERLAY}) === ''"));
    browser.until_text("Hello World, this is other Rust.");
    assert_eq!(browser.complaints(), Vec::<String>::new());
}

#[test]
fn the_script_runs_in_bolide_and_in_node() {
    let project = Project::copy_of("examples/hello");
    // It is compiled in the same place as the page of the other test.
    project.replace("Cargo.toml", "name = \"hello\"", "name = \"hello-script\"");
    project.succeed(&["build", "--out-name", "hello"]);
    for host in [Host::Bolide, Host::Node] {
        let mut command = host.command(&project.join("hello.mjs"), &Flags::default());
        command.arg("World");
        let result = run(command);
        assert_eq!(
            result.stdout,
            format!("{GREETING}\n"),
            "{}: {}",
            host.name(),
            result.stderr
        );
    }
}
