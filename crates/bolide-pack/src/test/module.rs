//! What a module with tests says about them.

use wasmparser::{Parser, Payload};

use crate::error::{Error, Result};

/// The custom section that `wasm_bindgen_test_configure!` writes.
const CONFIGURATION: &str = "__wasm_bindgen_test_unstable";

/// Where the tests of a module want to run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// The module does not say.
    Anywhere,
    /// In a page.
    Page,
    /// In a worker of a page.
    Worker(Worker),
    /// In Node, with ES modules.
    Node,
    /// In what Emscripten makes.
    Emscripten,
}

/// The kinds of workers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Worker {
    Dedicated,
    Shared,
    Service,
}

impl Place {
    /// What `wasm_bindgen_test_configure!` calls it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Place::Anywhere => "",
            Place::Page => "run_in_browser",
            Place::Worker(Worker::Dedicated) => "run_in_dedicated_worker",
            Place::Worker(Worker::Shared) => "run_in_shared_worker",
            Place::Worker(Worker::Service) => "run_in_service_worker",
            Place::Node => "run_in_node_experimental",
            Place::Emscripten => "run_in_emscripten",
        }
    }
}

/// A function that is a test or a benchmark.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Test {
    /// Its path in the crate.
    pub(super) name: String,
    /// The export that runs it.
    pub(super) export: String,
    /// Whether it has the attribute `#[ignore]`.
    pub(super) ignored: bool,
}

impl Test {
    /// The test that an export stands for, if it stands for one. wasm-bindgen-test names them `PREFIX_CRATE::NAME`, with a
    /// `$` before the `_` if the test is ignored.
    fn of_export(export: &str, prefix: &str) -> Option<Test> {
        let (modifiers, path) = export.strip_prefix(prefix)?.split_once('_')?;
        let (_, name) = path.split_once("::")?;
        Some(Test {
            name: name.to_owned(),
            export: export.to_owned(),
            ignored: modifiers.contains('$'),
        })
    }
}

/// The tests of a module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Suite {
    /// Sorted by name.
    pub(super) tests: Vec<Test>,
    /// Sorted by name.
    pub(super) benchmarks: Vec<Test>,
    pub(super) place: Place,
    /// Whether it exports `main`.
    pub(super) has_main: bool,
    /// Whether it imports anything.
    pub(super) has_imports: bool,
}

impl Suite {
    /// Reads it from a module.
    pub(super) fn of(wasm: &[u8]) -> Result<Suite> {
        if !wasm.starts_with(b"\0asm") {
            return Err(Error::new("it is no WebAssembly module"));
        }
        let mut suite = Suite {
            tests: Vec::new(),
            benchmarks: Vec::new(),
            place: Place::Anywhere,
            has_main: false,
            has_imports: false,
        };
        let invalid = |error: wasmparser::BinaryReaderError| Error::new(error.to_string());
        for payload in Parser::new(0).parse_all(wasm) {
            match payload.map_err(invalid)? {
                Payload::ImportSection(imports) => suite.has_imports = imports.count() > 0,
                Payload::ExportSection(exports) => {
                    for export in exports {
                        let name = export.map_err(invalid)?.name;
                        suite.tests.extend(Test::of_export(name, "__wbgt_"));
                        suite.benchmarks.extend(Test::of_export(name, "__wbgb_"));
                        suite.has_main |= name == "main";
                    }
                }
                Payload::CustomSection(section) if section.name() == CONFIGURATION => {
                    suite.place = place(section.data())?;
                }
                _ => {}
            }
        }
        suite.tests.sort_by(|a, b| a.name.cmp(&b.name));
        suite.benchmarks.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(suite)
    }
}

/// What the bytes of the section mean; each use of the macro adds one.
fn place(bytes: &[u8]) -> Result<Place> {
    let places = [
        Place::Page,
        Place::Worker(Worker::Dedicated),
        Place::Worker(Worker::Shared),
        Place::Worker(Worker::Service),
        Place::Node,
        Place::Emscripten,
    ];
    let known = |byte: &u8| places.get(usize::from(*byte).checked_sub(1)?).copied();
    let (first, rest) = bytes
        .split_first()
        .ok_or_else(|| configuration("nothing"))?;
    let place = known(first).ok_or_else(|| configuration(&format!("number {first}")))?;
    match rest.iter().find(|byte| *byte != first) {
        None => Ok(place),
        Some(other) => {
            let other = known(other).map_or("something unknown", Place::name);
            Err(configuration(&format!("{} and {other}", place.name())))
        }
    }
}

fn configuration(what: &str) -> Error {
    Error::new(format!(
        "the tests are configured to run in more than one place, or in an unknown one: {what}"
    ))
    .with_help("use `wasm_bindgen_test_configure!` once in each test binary")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exports_that_are_tests() {
        for (export, expected) in [
            ("__wbgt__krate::tests::works", Some(("tests::works", false))),
            ("__wbgt_$_krate::slow", Some(("slow", true))),
            ("__wbgt_$_my_crate::a_b", Some(("a_b", true))),
            ("__wbgb__krate::bench", None),
            ("__wbgt_", None),
            ("__wbgtest_console_log", None),
            ("memory", None),
        ] {
            let test = Test::of_export(export, "__wbgt_");
            let test = test.as_ref().map(|test| (test.name.as_str(), test.ignored));
            assert_eq!(test, expected, "{export}");
        }
    }

    #[test]
    fn configured_places() {
        for (bytes, expected) in [
            (&[1][..], Ok(Place::Page)),
            (&[1, 1], Ok(Place::Page)),
            (&[2], Ok(Place::Worker(Worker::Dedicated))),
            (&[6], Ok(Place::Emscripten)),
            (&[1, 4], Err("run_in_browser and run_in_service_worker")),
            (&[0], Err("number 0")),
            (&[7], Err("number 7")),
            (&[], Err("nothing")),
        ] {
            match (place(bytes), expected) {
                (Ok(place), Ok(expected)) => assert_eq!(place, expected),
                (Err(error), Err(part)) => assert!(error.what().ends_with(part), "{error}"),
                (place, _) => panic!("{bytes:?}: {place:?}"),
            }
        }
    }
}
