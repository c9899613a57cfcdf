//! Names and proposals of instructions, from `wasmparser`'s one list.

/// The name of an instruction in the text format, from the name of its visitor method.
///
/// Instructions that belong to a type are `namespace.name`; control instructions are one word.
pub(crate) fn text_name(visit: &str) -> String {
    let name = visit.strip_prefix("visit_").unwrap_or(visit);
    let name = ["_non_null", "_nullable"]
        .iter()
        .filter(|_| name.starts_with("ref_test") || name.starts_with("ref_cast"))
        .find_map(|suffix| name.strip_suffix(suffix))
        .unwrap_or(name);
    match name.split_once('_') {
        Some((namespace, rest))
            if !matches!(namespace, "br" | "call" | "return" | "throw" | "try") =>
        {
            format!("{namespace}.{rest}")
        }
        _ => name.to_owned(),
    }
}

/// Proposal and visitor method name of an instruction.
pub(crate) fn describe(op: &wasmparser::Operator<'_>) -> (&'static str, &'static str) {
    macro_rules! describe {
        ($(@$proposal:ident $op:ident $({ $($arg:ident: $argty:ty),* })? => $visit:ident ($($ann:tt)*))*) => {
            match op {
                $(wasmparser::Operator::$op { .. } => (stringify!($proposal), stringify!($visit)),)*
                _ => ("unknown", "visit_unknown"),
            }
        };
    }
    wasmparser::for_each_operator!(describe)
}

/// The name of an instruction in the text format, such as `struct.new`.
pub fn operator_name(op: &wasmparser::Operator<'_>) -> String {
    text_name(describe(op).1)
}
