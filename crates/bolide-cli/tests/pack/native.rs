//! What `bolide build` makes, for whomever, called from Rust by `bolide-bindgen`.

use std::path::Path;

use bolide_bindgen::Package;

use crate::host::root;
use crate::project::{Project, bolide, run};

#[path = "../../../bolide-bindgen/examples/types.rs"]
mod example;

const TARGETS: [&str; 6] = ["all", "bolide", "bundler", "deno", "node", "web"];

/// What the example writes.
const EXPECTED: &str = "\
Hello, WÖRLD! [195, 169] 51440
20! = Some(2432902008176640000)
21! = None
sorted: [-1, 2, 3]
Overture: 300 s
0 playlists
heard [1, 2, 3]
counted [5, 10]
[\"<a>\", \"no b: it is empty\"]
Pancakes for 6: 375 g of flour, 3 egg, salt to taste
`parseNumber` threw Error: invalid digit found in string
5 missing
`gret`: there is no export `gret`; did you mean `greet`?
trapped: true
";

/// Builds an example for the target.
fn build(example: &str, target: &str, out: &Path) {
    let mut command = bolide(&root().join("examples").join(example));
    command.args(["build", "--target", target, "--out-dir"]);
    let built = run({
        command.arg(out);
        command
    });
    assert_eq!(built.failure, None, "{target}: {}", built.stderr);
}

fn load(path: &Path) -> Package {
    Package::load(path).unwrap_or_else(|error| panic!("{}: {error:?}", path.display()))
}

#[test]
fn packages_for_every_target_are_called_from_rust() {
    let project = Project::new(&[]);
    for target in TARGETS {
        let folder = project.join(target);
        build("types", target, &folder);
        // The folder, and the file of the glue.
        for path in [folder.clone(), folder.join("types.js")] {
            let mut out = Vec::new();
            let done = example::drive(&mut load(&path), &mut out);
            let out = String::from_utf8(out).unwrap();
            let path = path.display();
            assert!(done.is_ok(), "{path}: {done:?} after\n{out}");
            assert_eq!(out, EXPECTED, "{path}");
        }
    }
}

#[test]
fn a_package_with_a_script_of_its_own_says_hello() {
    let project = Project::new(&[]);
    for target in TARGETS {
        let folder = project.join(target);
        build("hello", target, &folder);
        let greeting: String = load(&folder).call("hello_from_rust", ("World",)).unwrap();
        assert_eq!(
            greeting, "Hello World, this is Rust. JavaScript says: Hello Rust, this is JavaScript.",
            "{target}"
        );
    }
}
