//! Packages from npm, unmodified: each script of `tests/js/packages` prints what the text beside it says, in
//! Bolide with each of its compilers, and in Node.

use std::fs;
use std::path::Path;

use crate::host::{Flags, Host, Script, cached, check_all, copy_scripts, names, root};

/// The flags that make the hosts use a script's import map.
fn import_map(from: &Path, to: &Path, name: &str) -> Flags {
    let map = to.join(format!("{name}.importmap.json"));
    if !map.exists() {
        return Flags::default();
    }
    let flag = |name: &str, path: &Path| vec![name.to_owned(), path.to_str().unwrap().to_owned()];
    Flags {
        bolide: flag("--import-map", &map),
        node: flag("--import", &from.join("node-import-map.mjs")),
    }
}

const EVERYWHERE: [Host; 4] = [
    Host::BolideIn("tiered"),
    Host::BolideIn("baseline"),
    Host::BolideIn("optimizing"),
    Host::Node,
];

#[test]
fn packages_do_what_they_do_in_node() {
    let from = root().join("tests/js/packages");
    // The script reads the folder that it stands in, and there the packages must be.
    let to = cached("packages");
    copy_scripts(&from, &to);
    let script = |name: String| Script {
        path: to.join(&name).with_extension("mjs"),
        flags: import_map(&from, &to, &name),
        expected: fs::read_to_string(from.join(&name).with_extension("txt")).unwrap(),
        name,
    };
    let scripts: Vec<Script> = names(&from, "txt").into_iter().map(script).collect();
    check_all(&EVERYWHERE, &scripts);
}
