//! Packages from npm, unmodified: each script of `tests/js/packages` prints what the text beside it says, in
//! Bolide and in Node.

use std::fs;
use std::path::PathBuf;

use crate::host::{cached, check_all, copy_scripts, names, root};

fn scripts(folder: &str) -> Vec<(String, PathBuf, String)> {
    let from = root().join(folder);
    let to = cached("packages");
    copy_scripts(&from, &to);
    let script = |name: String| {
        let expected = from.join(&name).with_extension("txt");
        let text = fs::read_to_string(&expected)
            .unwrap_or_else(|error| panic!("{}: {error}", expected.display()));
        (name.clone(), to.join(name).with_extension("mjs"), text)
    };
    names(&from, "txt").into_iter().map(script).collect()
}

#[test]
fn packages_do_what_they_do_in_node() {
    let hooks = root().join("tests/js/packages/node-bundler-resolution.mjs");
    let flags = ["--import".to_owned(), hooks.to_str().unwrap().to_owned()];
    check_all(&scripts("tests/js/packages"), &flags);
}
