//! The page that `bolide inspect --html` makes, in Chromium.

use crate::browser::Browser;
use crate::project::{Project, answering};

#[test]
fn a_module_as_a_page() {
    let project = Project::package("pack-inspect", &answering("\"a module with names\""), "");
    // With the names of functions.
    project.succeed(&["build", "--dev"]);
    let module = "pkg/pack_inspect_bg.wasm";
    project.succeed(&["inspect", "--html", module, "--output", "module.html"]);
    let mut browser = Browser::start();
    // From a file: the page needs no server, and nothing but itself.
    browser.open(&format!("file://{}", project.join("module.html").display()));
    browser.until("document.querySelectorAll('.leaf').length > 20");
    for scheme in ["light", "dark"] {
        browser.scheme(scheme);
        browser.screenshot(&format!("inspect-{scheme}"));
    }
    let tabs = browser
        .evaluate("document.querySelectorAll('[role=tab]').length")
        .as_u64()
        .unwrap();
    assert!(tabs > 2, "only {tabs} views");
    for tab in 0..tabs {
        browser.evaluate(&format!(
            "document.querySelectorAll('[role=tab]')[{tab}].click()"
        ));
        browser.until("document.querySelector('#view').innerText.trim().length > 20 || document.querySelector('#view .leaf')");
    }
    let loaded = browser.evaluate("performance.getEntriesByType('resource').length");
    assert_eq!(loaded, 0, "it loads something");
    assert_eq!(browser.complaints(), Vec::<String>::new());
}
