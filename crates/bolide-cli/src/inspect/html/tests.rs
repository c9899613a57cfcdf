//! Pages of small modules: what they contain, and what must not get into them.

use std::path::Path;
use std::sync::Arc;

use bolide::Features;
use bolide_module::{Bytes, Module};
use serde_json::{Value, json};

use super::*;

/// Names that try to end the data block, to begin another element, to leave an attribute, and to reorder text.
const HOSTILE: &[&str] = &[
    "</script><script>alert(1)</script>",
    "<!--<script>",
    "\"><img src=x onerror=alert(1)>",
    "'; alert(1); //",
    "{{script}} {{data}}",
    "\u{202e}gpj.exe\u{2066}",
    "\u{1b}[31m\u{0}",
];

fn module(text: &str) -> Module {
    let binary = bolide::parse_text(text).unwrap();
    Module::new(&Arc::default(), Features::ALL, Bytes::from(binary)).unwrap()
}

/// The page about a module, of whose functions it lists some, and its data.
fn page(file: &str, module: &Module, functions: usize) -> (String, Value) {
    let report = Report::new(Path::new(file), module, functions);
    let page = render(report, module).unwrap();
    let (_, data) = page.split_once("id=\"data\">").unwrap();
    let (data, _) = data.split_once("</script>").unwrap();
    let data = serde_json::from_str(data).unwrap();
    (page, data)
}

/// A string of the text format.
fn quoted(text: &str) -> String {
    let escaped: String = text.bytes().map(|byte| format!("\\{byte:02x}")).collect();
    format!("\"{escaped}\"")
}

/// A module that says hostile things wherever it can say something.
fn hostile() -> Module {
    let fields = HOSTILE.iter().enumerate().map(|(i, name)| {
        let name = quoted(name);
        format!(
            "(func $f{i} (@name {name}) (export {name}) (param i32))
             (global $g{i} (@name {name}) i32 (i32.const {i}))
             (data (@name {name}) (i32.const {i}) {name})
             (@custom {name} (after data) {name})"
        )
    });
    let imports = HOSTILE.iter().map(|name| {
        let name = quoted(name);
        format!("(import {name} {name} (func))")
    });
    let fields: String = imports.chain(fields).collect();
    module(
        &format!(
            "(module $m (@name {}) (memory 1) {fields}
           (@producers (language {} {})))",
            quoted(HOSTILE[0]),
            quoted(HOSTILE[0]),
            quoted(HOSTILE[2]),
        )
        .replacen("(module $m (@name", "(module (@name", 1)
        // Imports come before all definitions.
        .replacen("(memory 1)", "", 1)
        .replacen("(func $f0", "(memory 1) (func $f0", 1),
    )
}

#[test]
fn what_a_module_says_stays_text() {
    let file = "<b>&\u{202e}.wasm";
    let (page, data) = page(file, &hostile(), FUNCTIONS);
    let outside = page.replace(&SCRIPT.concat(), "").replace(STYLE, "");
    assert_eq!(outside.matches("<script").count(), 2);
    assert_eq!(outside.matches("</script").count(), 2);
    for absent in [
        "<!--",
        "<img",
        "alert(1)</",
        "<b>",
        "\u{202e}",
        "\u{2066}",
        "\u{1b}",
        "\u{0}",
    ] {
        assert!(!outside.contains(absent), "{absent:?} is in the page");
    }
    assert!(outside.contains("<title>&lt;b>&amp;\\u{202e}.wasm – "));
    // All of it is in the data nevertheless.
    for name in HOSTILE {
        let expected = Value::from(printable(name));
        let contains = |list: &str, field: &str| {
            let list = data["report"][list].as_array().unwrap();
            list.iter().any(|item| item[field] == expected)
        };
        assert!(
            contains("imports", "module") && contains("imports", "name"),
            "{name}"
        );
        assert!(
            contains("exports", "name") && contains("sections", "name"),
            "{name}"
        );
        assert!(
            contains("data", "name") && contains("globals", "name"),
            "{name}"
        );
        let names = data["functions"]["name"].as_array().unwrap();
        assert!(names.contains(&expected), "{name}");
    }
}

#[test]
fn the_page_may_run_its_own_script_only() {
    let (page, _) = page("x.wasm", &module("(module)"), FUNCTIONS);
    let between = |before: &str, after: &str| {
        let (_, rest) = page.split_once(before).unwrap();
        rest.split_once(after).unwrap().0.to_owned()
    };
    let policy = between("Content-Security-Policy\" content=\"", "\"");
    assert!(policy.starts_with("default-src 'none';"), "{policy}");
    assert!(!policy.contains("unsafe"), "{policy}");
    for content in [
        between("<style>", "</style>"),
        between("<script>", "</script>"),
    ] {
        let hash = BASE64_STANDARD.encode(Sha256::digest(&content));
        assert!(policy.contains(&format!("'sha256-{hash}'")), "{policy}");
    }
    // What could make markup or code out of text.
    for sink in [
        "innerHTML",
        "outerHTML",
        "insertAdjacent",
        "document.write",
        "eval(",
        "new Function",
        "javascript:",
    ] {
        assert!(!SCRIPT.concat().contains(sink), "{sink}");
    }
    assert!(
        !page.contains("http://")
            || page.matches("http://").count() == page.matches("http://www.w3.org/").count()
    );
    assert!(!page.contains("https://"));
}

const CALLS: &str = r#"(module
    (type $t (func (param i32) (result i32)))
    (import "host" "log" (func $log (param i32)))
    (table 4 funcref)
    (elem (i32.const 1) $small $large)
    (elem declare func $unused)
    (memory 1)
    (data (i32.const 16) "hello")
    (data "later")
    (func $core::fmt::small (@name "core::fmt::small") (type $t) (local i64 i64)
        (call $log (i32.const 1)) (call $log (i32.const 2)) (local.get 0))
    (func $small (type $t) (local.get 0))
    (func $large (export "run") (type $t)
        (drop (ref.func $unused))
        (drop (call_ref $t (i32.const 1) (ref.func $unused)))
        (call $log (i32.const 3))
        (drop (call 1 (i32.const 4)))
        (call_indirect (type $t) (i32.const 5) (i32.const 1)))
    (func $unused (@name "core::unused") (type $t) (return_call $large (local.get 0))))"#;

#[test]
fn columns_of_functions() {
    let (_, data) = page("calls.wat", &module(CALLS), FUNCTIONS);
    let functions = &data["functions"];
    assert_eq!(functions["index"], json!([0, 1, 2, 3, 4]));
    assert_eq!(
        functions["name"],
        json!(["log", "core::fmt::small", "small", "large", "core::unused"])
    );
    assert_eq!(
        functions["types"],
        json!(["(func (param i32))", "(func (param i32) (result i32))"])
    );
    assert_eq!(functions["type"], json!([0, 1, 1, 1, 1]));
    assert_eq!(functions["locals"], json!([1, 3, 1, 1, 1]));
    assert_eq!(functions["calls"], json!([0, 1, 0, 2, 1]));
    assert_eq!(functions["callers"], json!([2, 1, 0, 1, 0]));
    assert_eq!(functions["callees"], json!([0, 1, 0, 0, 2, 0, 1, 1, 3]));
    assert_eq!(functions["references"], json!([0, 0, 0, 1, 4, 0]));
    assert_eq!(functions["indirect"], json!([0, 0, 0, 2, 2, 3, 0]));
    assert_eq!(functions["group"], json!([null, 1, null, null, 0]));
    assert_eq!(data["elements"], json!([[2, 3], [4]]));
    assert_eq!(data["segments"], json!(["aGVsbG8=", "bGF0ZXI="]));
    assert_eq!(data["data_size"], 10);
}

#[test]
fn figures_agree_with_the_report() {
    let module = module(CALLS);
    let report = |functions| {
        let report = Report::new(Path::new("calls.wat"), &module, functions);
        serde_json::to_value(report).unwrap()
    };
    let all = report(usize::MAX);
    for listed in [0, 1, 3, FUNCTIONS] {
        let (_, data) = page("calls.wat", &module, listed);
        assert_eq!(data["report"], report(0));
        assert_eq!(data["cut"], json!([]));
        let functions = &data["functions"];
        let mut size = functions["rest_size"].as_u64().unwrap();
        let mut count = functions["rest"].as_u64().unwrap();
        for (i, index) in functions["index"]
            .as_array()
            .unwrap()
            .iter()
            .enumerate()
            .skip(1)
        {
            let of = |function: &&Value| function["index"] == *index;
            let largest = all["functions"]["largest"].as_array().unwrap();
            let expected = largest.iter().find(of).unwrap();
            for field in ["name", "size", "offset"] {
                assert_eq!(functions[field][i], expected[field]);
            }
            let ty = functions["type"][i].as_u64().unwrap() as usize;
            assert_eq!(functions["types"][ty], expected["type"]);
            size += functions["size"][i].as_u64().unwrap();
            count += 1;
        }
        assert_eq!(size, all["functions"]["code_size"], "{listed} listed");
        assert_eq!(count, all["functions"]["defined"], "{listed} listed");
        let groups = functions["groups"].as_array().unwrap();
        let rest: u64 = groups
            .iter()
            .map(|group| group["rest"].as_u64().unwrap())
            .sum();
        assert_eq!(
            rest + functions["ungrouped"].as_u64().unwrap(),
            functions["rest"]
        );
    }
}

#[test]
fn sizes_beyond_64_bits() {
    let text = "(module (memory i64 0 0x1000000000000) (table i64 0 0xffffffffffffffff funcref))";
    let (_, data) = page("wide.wat", &module(text), FUNCTIONS);
    assert_eq!(
        data["report"]["memories"][0]["maximum_bytes"],
        18_446_744_073_709_551_616.0
    );
}

#[test]
fn a_large_module_makes_a_bounded_page() {
    let name = "n".repeat(5_000);
    let fields = (0..25_000).map(|i| format!("(global i32 (i32.const {i})) (data \"0123456789\")"));
    let text = format!(
        "(module (func $f (@name \"{name}\")) (data \"{}\") {})",
        "x".repeat(100_000),
        fields.collect::<String>()
    );
    let (page, data) = page("large.wasm", &module(&text), FUNCTIONS);
    assert!(page.len() < 6 << 20, "{}", page.len());
    assert_eq!(data["cut"], json!([["data", 5001], ["globals", 5000]]));
    assert_eq!(data["report"]["globals"].as_array().unwrap().len(), 20_000);
    assert_eq!(data["functions"]["name"][0], "n".repeat(400) + "…");
    assert_eq!(
        data["segments"][0].as_str().unwrap().len(),
        (64_usize << 10).div_ceil(3) * 4
    );
    assert_eq!(data["data_size"], 350_000);
}
