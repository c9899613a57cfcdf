//! How values cross: expressions of JavaScript that convert them, and their types in TypeScript.

use std::collections::BTreeSet;

use super::interface::{Interface, Number, Signature, Type};

/// The expression that makes a JavaScript value of the WebAssembly value `value`.
pub(super) fn lift(ty: &Type, value: &str) -> String {
    match ty {
        Type::Boolean => format!("{value} !== 0"),
        Type::Number(Number::U32) | Type::Enum(_, Number::U32) => format!("{value} >>> 0"),
        Type::Number(Number::U64) | Type::Enum(_, Number::U64) => {
            format!("BigInt.asUintN(64, {value})")
        }
        Type::String => format!("readString({value})"),
        Type::Pointer(_) | Type::Callback(_) => format!("({value} >>> 0) || null"),
        _ => value.to_owned(),
    }
}

/// Whether to lift a value is more than to take it.
pub(super) fn is_lifted(ty: &Type) -> bool {
    lift(ty, "x") != "x"
}

/// The expression that makes a WebAssembly value of the JavaScript value `value`, where nothing has to be freed
/// afterwards. C relies on small integers being in their range.
pub(super) fn lower(ty: &Type, value: &str) -> String {
    match ty {
        Type::Boolean => format!("{value} ? 1 : 0"),
        Type::Number(number) | Type::Enum(_, number) => match number {
            Number::I8 => format!("({value} << 24) >> 24"),
            Number::U8 => format!("{value} & 0xff"),
            Number::I16 => format!("({value} << 16) >> 16"),
            Number::U16 => format!("{value} & 0xffff"),
            _ => value.to_owned(),
        },
        _ => value.to_owned(),
    }
}

/// What a value is for whom JavaScript gives it to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Direction {
    /// To the module, which may read what a typed array holds.
    In,
    /// To JavaScript.
    Out,
    /// To the module, from a function that it has called: nobody would free what is allocated for it.
    Back,
}

/// The type in TypeScript.
pub(super) fn type_name(ty: &Type, interface: &Interface, direction: Direction) -> String {
    match ty {
        Type::Boolean => "boolean".to_owned(),
        Type::Number(number) => number.name().to_owned(),
        Type::String if direction == Direction::Back => "Pointer<\"char\"> | null".to_owned(),
        Type::String => "string | null".to_owned(),
        Type::Enum(index, _) => interface.enums[*index].name.clone(),
        Type::Pointer(pointer) => {
            let brand = match pointer.target.as_str() {
                // Any pointer is one to `void`.
                "void" if direction != Direction::Out => "Pointer<string>".to_owned(),
                target => format!("Pointer<{}>", quote(target)),
            };
            match pointer.elements {
                Some(elements) if direction == Direction::In => {
                    format!("{brand} | {} | null", elements.array())
                }
                _ => format!("{brand} | null"),
            }
        }
        Type::Callback(signature) if direction == Direction::In => {
            format!("({}) | null", function_type(signature, interface))
        }
        Type::Callback(_) => "Pointer<\"function\"> | null".to_owned(),
        Type::Reference => "unknown".to_owned(),
        Type::FunctionReference => "Function | null".to_owned(),
        Type::Opaque => "never".to_owned(),
    }
}

/// The type of a function that JavaScript gives to the module.
pub(super) fn function_type(signature: &Signature, interface: &Interface) -> String {
    let parameters = signature.parameters.iter().map(|parameter| {
        let ty = type_name(&parameter.ty, interface, Direction::Out);
        format!("{}: {ty}", parameter.name)
    });
    let parameters: Vec<String> = parameters.collect();
    let result = result_type(&signature.results, interface, Direction::Back);
    format!("({}) => {result}", parameters.join(", "))
}

/// The type of what a function returns.
pub(super) fn result_type(results: &[Type], interface: &Interface, direction: Direction) -> String {
    match results {
        [] => "void".to_owned(),
        [ty] => type_name(ty, interface, direction),
        types => {
            let types = types.iter().map(|ty| type_name(ty, interface, direction));
            format!("[{}]", types.collect::<Vec<_>>().join(", "))
        }
    }
}

/// A text as a literal of JavaScript.
pub(super) fn quote(text: &str) -> String {
    serde_json::to_string(text).expect("text is JSON")
}

/// Whether `name` is a word of JavaScript: an identifier or a reserved word.
pub(super) fn is_word(name: &str) -> bool {
    let mut chars = name.chars();
    let starts = |c: char| c.is_ascii_alphabetic() || c == '_' || c == '$';
    chars.next().is_some_and(starts) && chars.all(|c| starts(c) || c.is_ascii_digit())
}

/// Whether `name` can be the name of a function in JavaScript.
pub(super) fn is_identifier(name: &str) -> bool {
    is_word(name) && !RESERVED.contains(&name)
}

/// The name as it stands behind `as` in a list of exports.
pub(super) fn export_name(name: &str) -> String {
    if is_word(name) {
        name.to_owned()
    } else {
        quote(name)
    }
}

/// Words that can name nothing that a module defines.
const RESERVED: [&str; 50] = [
    "arguments",
    "await",
    "break",
    "case",
    "catch",
    "class",
    "const",
    "continue",
    "debugger",
    "default",
    "delete",
    "do",
    "else",
    "enum",
    "eval",
    "export",
    "extends",
    "false",
    "finally",
    "for",
    "function",
    "if",
    "implements",
    "import",
    "in",
    "instanceof",
    "interface",
    "let",
    "new",
    "null",
    "package",
    "private",
    "protected",
    "public",
    "return",
    "static",
    "super",
    "switch",
    "this",
    "throw",
    "true",
    "try",
    "typeof",
    "var",
    "void",
    "while",
    "with",
    "yield",
    "NaN",
    "Infinity",
];

/// Names that the ES module takes from the global scope or defines, besides those that begin with `$`.
const TAKEN: [&str; 28] = [
    "ArrayBuffer",
    "BigInt",
    "DataView",
    "Date",
    "Error",
    "JSON",
    "Map",
    "Math",
    "Object",
    "Promise",
    "Proxy",
    "RangeError",
    "TextDecoder",
    "TextEncoder",
    "TypeError",
    "URL",
    "Uint8Array",
    "WebAssembly",
    "console",
    "crypto",
    "fetch",
    "globalThis",
    "init",
    "performance",
    "setTimeout",
    "undefined",
    "memory",
    "readString",
];

/// Whether the ES module can define something of this name.
pub(crate) fn is_free(name: &str) -> bool {
    is_identifier(name)
        && !TAKEN.contains(&name)
        && !super::OWN_NAMES.contains(&name)
        && !name.starts_with('$')
        && !name.ends_with("Array")
}

/// Gives each parameter, those of callbacks too, a name that it can have in JavaScript.
pub(crate) fn name_parameters(signature: &mut Signature) {
    let mut taken = BTreeSet::new();
    for (i, parameter) in signature.parameters.iter_mut().enumerate() {
        if !is_free(&parameter.name) {
            parameter.name = match parameter.name.as_str() {
                "" => format!("arg{i}"),
                name => format!("{}_", name.trim_start_matches('$')),
            };
        }
        if !is_free(&parameter.name) || !taken.insert(parameter.name.clone()) {
            parameter.name = format!("arg{i}");
            taken.insert(parameter.name.clone());
        }
        if let Type::Callback(signature) = &mut parameter.ty {
            name_parameters(signature);
        }
    }
}
