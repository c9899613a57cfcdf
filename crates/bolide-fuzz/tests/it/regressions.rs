use std::fs;
use std::path::Path;

use bolide_fuzz::{Verdict, differential_module};

/// Each file in `tests/regressions` once showed a mistake. Its header has a line
/// `;; NAME => OUTCOME` for each exported function; they take no parameters, and each call has the same outcome. A line
/// `;; peer: REASON` says that the mistake is the peer's.
#[test]
fn what_was_wrong_once_is_right() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/regressions");
    let mut files = 0;
    for entry in fs::read_dir(folder).expect("the folder exists") {
        let path = entry.expect("a file").path();
        check(&path);
        files += 1;
    }
    assert!(files > 0);
}

fn check(path: &Path) {
    let name = path.display();
    let text = fs::read_to_string(path).expect("readable");
    let wasm = wat::parse_str(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
    let header = || text.lines().map_while(|line| line.strip_prefix(";; "));
    let observation = match differential_module(&wasm, 0, false) {
        Ok((Verdict::Agreed { calls, .. }, observation)) => {
            assert!(calls > 0, "{name}: nothing was called");
            assert!(
                !header().any(|line| line.starts_with("peer: ")),
                "{name}: the peer has been corrected"
            );
            observation
        }
        Ok((Verdict::Inconclusive(reason), _)) => panic!("{name}: inconclusive: {reason}"),
        Err(divergence) => match divergence.from_peer() {
            Some(observation) if header().any(|line| line.starts_with("peer: ")) => {
                observation.clone()
            }
            _ => panic!("{name}: {}", divergence.what()),
        },
    };
    let expected: Vec<(&str, &str)> = header()
        .filter_map(|line| line.split_once(" => "))
        .collect();
    assert!(!expected.is_empty(), "{name}: nothing is expected");
    for (function, outcome) in observation.calls() {
        let expected = expected.iter().find(|(f, _)| f == function);
        let (_, expected) =
            expected.unwrap_or_else(|| panic!("{name}: what does `{function}` do?"));
        assert_eq!(format!("{outcome:?}"), *expected, "{name}: {function}");
    }
}
