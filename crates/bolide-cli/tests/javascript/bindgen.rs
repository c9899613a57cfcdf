//! wasm-bindgen's glue for every target: each driver of `tests/js/bindgen/drivers` imports the same crate as its
//! target wants it and prints the same text, in Bolide and in Node.

use std::fs;
use std::process::Command;

use crate::host::{Flags, HOSTS, Script, cached, check_all, copy_scripts, root};

/// The targets, each with a driver and a folder of glue of that name.
const TARGETS: [&str; 8] = [
    "bundler",
    "deno",
    "module",
    "no-modules",
    "nodejs",
    "nodejs-module",
    "web",
    "web-without-references",
];

#[test]
fn the_glue_of_every_target_works() {
    let status = Command::new(root().join("scripts/build-bindgen")).status();
    assert!(
        status.as_ref().is_ok_and(|status| status.success()),
        "scripts/build-bindgen failed ({status:?}): run scripts/setup, then try again"
    );
    let sources = root().join("tests/js/bindgen");
    let glue = cached("bindgen/glue");
    copy_scripts(&sources.join("drivers"), &glue);
    let expected = fs::read_to_string(sources.join("expected.txt")).unwrap();
    let fetch = glue.join("node-fetch-files.mjs");
    let flags = Flags {
        node: vec!["--import".to_owned(), fetch.to_str().unwrap().to_owned()],
        ..Flags::default()
    };
    let scripts = TARGETS.map(|target| Script {
        name: target.to_owned(),
        path: glue.join(target).with_extension("mjs"),
        flags: flags.clone(),
        expected: expected.clone(),
    });
    check_all(&HOSTS, &scripts);
}
