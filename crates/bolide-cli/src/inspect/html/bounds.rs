//! What keeps a page small whatever the module: bounds of texts and lists.

use serde_json::Value;

use crate::terminal::printable;

/// Characters of one text.
const TEXT: usize = 400;

/// Items of one list.
pub(super) const ITEMS: usize = 20_000;

/// A text for a page: without what would confuse readers, and with `…` for what is beyond the bound or the budget, which
/// is in bytes.
pub(super) fn text(text: &str, budget: &mut usize) -> String {
    let mut end = text.char_indices().map(|(i, _)| i);
    let longest = end.nth(TEXT).unwrap_or(text.len());
    let mut bounded = match longest < text.len() {
        true => printable(&text[..longest]) + "…",
        false => printable(text),
    };
    if bounded.len() > *budget {
        bounded = "…".to_owned();
    }
    *budget = budget.saturating_sub(bounded.len());
    bounded
}

/// Bounds all texts and lists of a value. Each list that is cut is noted with its name and the items that are missing.
pub(super) fn value(
    name: &str,
    value: &mut Value,
    budget: &mut usize,
    cut: &mut Vec<(String, usize)>,
) {
    match value {
        Value::String(string) => *string = text(string, budget),
        Value::Array(items) => {
            if items.len() > ITEMS {
                cut.push((name.to_owned(), items.len() - ITEMS));
                items.truncate(ITEMS);
            }
            for item in items {
                self::value(name, item, budget, cut);
            }
        }
        Value::Object(fields) => {
            for (name, field) in fields {
                self::value(name, field, budget, cut);
            }
        }
        _ => {}
    }
}
