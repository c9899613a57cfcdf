//! What a page knows: the report, and what only pages show.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use bolide_module::*;
use serde::Serialize;
use serde_json::Value;

use super::super::report::Report;
use super::functions::Functions;
use super::{bounds, origin};

/// Bytes of texts of the report.
const REPORT_TEXT: usize = 3 << 20;

/// Bytes that are shown of one data segment.
const SEGMENT: usize = 64 << 10;

/// Bytes that are shown of all data segments.
const SEGMENTS: usize = 2 << 20;

/// Items that are shown of all element segments.
const ELEMENTS: usize = 100_000;

#[derive(Serialize)]
pub(super) struct Data {
    /// The report as `--json` prints it, without `functions.largest`.
    report: Value,
    /// Lists of the report that are cut, and how many items are missing.
    cut: Vec<(String, usize)>,
    origin: Vec<&'static str>,
    functions: Functions,
    /// Bytes of all data segments.
    data_size: u64,
    /// The first bytes of each data segment, in base64.
    segments: Vec<String>,
    /// The first items of each element segment: function indices, or null for what is no function.
    elements: Vec<Vec<Option<u32>>>,
}

impl Data {
    pub(super) fn new(mut report: Report, module: &Module) -> serde_json::Result<Data> {
        let listed = std::mem::take(&mut report.functions.largest);
        // As text in between: a `Value` cannot be made of sizes that do not fit 64 bits.
        let mut report = serde_json::from_str(&serde_json::to_string(&report)?)?;
        let mut cut = Vec::new();
        let mut budget = REPORT_TEXT;
        bounds::value("", &mut report, &mut budget, &mut cut);
        Ok(Data {
            report,
            cut,
            origin: origin::origin(module),
            functions: Functions::new(module, listed),
            data_size: module.data.iter().map(|data| data.range.len() as u64).sum(),
            segments: segments(module),
            elements: elements(module),
        })
    }
}

fn segments(module: &Module) -> Vec<String> {
    let mut left = SEGMENTS;
    // As many as the list of segments in the report has.
    let segments = module.data.iter().take(bounds::ITEMS);
    segments
        .map(|segment| {
            let start = segment.range.start as usize;
            let length = (segment.range.len()).min(SEGMENT).min(left);
            left -= length;
            BASE64_STANDARD.encode(&module.bytes.as_slice()[start..start + length])
        })
        .collect()
}

fn elements(module: &Module) -> Vec<Vec<Option<u32>>> {
    let mut left = ELEMENTS;
    let function = |expr: &ConstExpr| match expr.ops[..] {
        [ConstOp::RefFunc(index)] => Some(index.0),
        _ => None,
    };
    let segment = |segment: &ElementSegment| {
        let count = segment.items.len().min(left);
        left -= count;
        match &segment.items {
            ElementItems::Functions(items) => {
                items[..count].iter().map(|index| Some(index.0)).collect()
            }
            ElementItems::Expressions(items) => items[..count].iter().map(function).collect(),
        }
    };
    module
        .elements
        .iter()
        .take(bounds::ITEMS)
        .map(segment)
        .collect()
}
