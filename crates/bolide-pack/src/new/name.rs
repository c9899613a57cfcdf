//! Names that cargo and npm both take for a package.

use crate::error::{Error, Result};

/// What is a word of Rust, and so no name of a crate.
const KEYWORDS: &str = "abstract as async await become box break const continue crate do dyn else enum extern false \
    final fn for gen if impl in let loop macro match mod move mut override priv pub ref return self static struct \
    super trait true try type typeof unsafe unsized use virtual where while yield";

/// What cargo keeps for crates of its own or for folders that it makes.
const RESERVED_BY_CARGO: &str =
    "alloc build core deps examples incremental proc-macro proc_macro std test";

/// What npm keeps, above all the modules of Node that have such names.
const RESERVED_BY_NPM: &str = "assert buffer cluster console constants crypto dgram dns domain events fs http http2 \
    https inspector module net node_modules os path perf_hooks process punycode querystring readline repl stream \
    string_decoder sys timers tls trace_events tty url util v8 vm wasi worker_threads zlib";

/// What Windows takes for devices, so that no file can be called so.
const DEVICES: &str = "aux com1 com2 com3 com4 com5 com6 com7 com8 com9 con lpt1 lpt2 lpt3 lpt4 lpt5 lpt6 lpt7 lpt8 \
    lpt9 nul prn";

/// The longest name that crates.io takes, in characters.
const MAX_LENGTH: usize = 64;

/// Checks that both cargo and npm take `name` for a package.
///
/// # Errors
///
/// If one of them does not; the error says which rule it breaks.
pub fn check(name: &str) -> Result<()> {
    match objection(name) {
        Some(cause) => {
            Err(Error::new(format!("`{name}` cannot be the name of a package")).with_cause(cause))
        }
        None => Ok(()),
    }
}

fn objection(name: &str) -> Option<String> {
    let is_one_of = |list: &str| list.split_ascii_whitespace().any(|word| word == name);
    let is_allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-_".contains(c);
    if name.is_empty() {
        return Some("it is empty".to_owned());
    }
    if let Some(wrong) = name.chars().find(|c| !is_allowed(*c)) {
        return Some(if wrong.is_ascii_uppercase() {
            "npm takes small letters only".to_owned()
        } else {
            format!("it contains {wrong:?}; letters from a to z, digits, `-` and `_` can be used")
        });
    }
    if !name.starts_with(|c: char| c.is_ascii_lowercase()) {
        return Some("it must begin with a letter".to_owned());
    }
    if name.len() > MAX_LENGTH {
        return Some(format!("it is longer than {MAX_LENGTH} characters"));
    }
    let owner = [
        (KEYWORDS, "it is a keyword of Rust"),
        (RESERVED_BY_CARGO, "cargo uses this name itself"),
        (
            RESERVED_BY_NPM,
            "npm refuses it: Node has a module of this name",
        ),
        (DEVICES, "it is the name of a device on Windows"),
    ];
    let owner = owner.into_iter().find(|(list, _)| is_one_of(list));
    owner.map(|(_, objection)| objection.to_owned())
}

/// A name that is allowed, and like `name`.
pub(crate) fn suggest(name: &str) -> String {
    let mut suggestion = String::new();
    let mut was_small = false;
    for c in name.chars() {
        if c.is_ascii_uppercase() && was_small {
            suggestion.push('-');
        }
        was_small = c.is_ascii_lowercase() || c.is_ascii_digit();
        if c.is_ascii_alphanumeric() || c == '_' {
            suggestion.push(c.to_ascii_lowercase());
        } else if !suggestion.ends_with('-') {
            suggestion.push('-');
        }
    }
    let mut suggestion: String = suggestion
        .trim_matches(['-', '_'])
        .chars()
        .take(MAX_LENGTH - "my-".len())
        .collect();
    if suggestion.is_empty() {
        suggestion.push_str("project");
    }
    if objection(&suggestion).is_some() {
        suggestion.insert_str(0, "my-");
    }
    suggestion
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_packages() {
        for name in ["hello", "a", "my-app", "my_app", "x3d", "wasm-2"] {
            assert_eq!(objection(name), None, "{name}");
        }
        let long = "a".repeat(65);
        for (name, why, instead) in [
            ("", "empty", "project"),
            ("My App", "small letters", "my-app"),
            ("MyApp", "small letters", "my-app"),
            ("grüße", "contains 'ü'", "gr-e"),
            ("a/b", "contains '/'", "a-b"),
            ("3d", "begin with a letter", "my-3d"),
            ("-x", "begin with a letter", "x"),
            ("_x", "begin with a letter", "x"),
            ("async", "keyword of Rust", "my-async"),
            ("test", "cargo", "my-test"),
            ("http", "npm", "my-http"),
            ("con", "Windows", "my-con"),
            ("…", "contains '…'", "project"),
            (&long, "longer than 64", &long[..61]),
        ] {
            let objection = objection(name).unwrap_or_else(|| panic!("{name} is allowed"));
            assert!(objection.contains(why), "{name}: {objection}");
            assert_eq!(suggest(name), instead, "{name}");
            check(&suggest(name)).unwrap();
        }
    }
}
