//! A report as one page for browsers: `bolide inspect --html`.
//!
//! The page needs nothing but itself. What it shows is JSON in a data block, which its script puts into the document as
//! text only; its content security policy allows that one script and that one style sheet, and no connection. What a
//! module says can therefore neither run nor load anything.

mod bounds;
mod calls;
mod data;
mod functions;
mod groups;
mod origin;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use bolide_module::Module;
use sha2::{Digest, Sha256};

use super::report::Report;
use crate::failure::Failure;
use crate::terminal::printable;

/// Functions that a page lists, unless the user says otherwise. Of the others it has the sums.
pub(super) const FUNCTIONS: usize = 40_000;

const TEMPLATE: &str = include_str!("page.html");
const STYLE: &str = include_str!("style.css");

/// The script: the body of one function, in parts that see each other.
const SCRIPT: &[&str] = &[
    "(() => {\n\"use strict\";\n",
    include_str!("dom.js"),
    include_str!("model.js"),
    include_str!("table.js"),
    include_str!("treemap.js"),
    include_str!("functions.js"),
    include_str!("graph.js"),
    include_str!("bytes.js"),
    include_str!("structure.js"),
    include_str!("app.js"),
    "})();\n",
];

/// The page about a module.
pub(super) fn render(report: Report, module: &Module) -> Result<String, Failure> {
    let title = printable(&report.file);
    let data = data::Data::new(report, module)
        .and_then(|data| serde_json::to_string(&data))
        .map_err(|error| Failure::new(format!("cannot write JSON: {error}")))?;
    let script = SCRIPT.concat();
    let policy = format!(
        "default-src 'none'; style-src {}; script-src {}; img-src data:; base-uri 'none'; form-action 'none'",
        source_hash(STYLE),
        source_hash(&script),
    );
    Ok(fill(
        TEMPLATE,
        &[
            ("{{policy}}", &policy),
            ("{{title}}", &escape(&title)),
            ("{{style}}", STYLE),
            // Nothing that a module says ends the data block, or begins a comment in it.
            ("{{data}}", &data.replace('<', "\\u003c")),
            ("{{script}}", &script),
        ],
    ))
}

/// How a content security policy names an inline script or style sheet (CSP Level 3 §2.3.1).
fn source_hash(text: &str) -> String {
    format!("'sha256-{}'", BASE64_STANDARD.encode(Sha256::digest(text)))
}

/// Text between tags.
fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}

/// Puts values in place of marks, which stand in the template in this order.
fn fill(template: &str, values: &[(&str, &str)]) -> String {
    let mut rest = template;
    let mut page = String::new();
    for (mark, value) in values {
        // Searched for in the template only: a value may contain what looks like a mark.
        let (before, after) = rest.split_once(mark).expect("the template has every mark");
        page.push_str(before);
        page.push_str(value);
        rest = after;
    }
    page + rest
}

#[cfg(test)]
mod tests;
