//! The types of the ES module.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::convert::{
    Direction, export_name, function_type, is_identifier, quote, result_type, type_name,
};
use super::interface::{Function, Import, Interface};

/// The declarations of the ES module around the file `wasm`.
pub(super) fn declarations(interface: &Interface, wasm: &str) -> String {
    let mut dts = "// Made by `bolide build`, which overwrites it.\n".to_owned();
    for enumeration in &interface.enums {
        let name = &enumeration.name;
        comment(enumeration.docs.as_deref(), &mut dts);
        let _ = writeln!(dts, "export declare const {name}: {{");
        let suffix = if enumeration.is_wide { "n" } else { "" };
        for (member, value) in &enumeration.members {
            let _ = writeln!(dts, "  readonly {member}: {value}{suffix};");
        }
        let _ = writeln!(
            dts,
            "}};\nexport type {name} = (typeof {name})[keyof typeof {name}];"
        );
    }
    for function in &interface.functions {
        declare(function, interface, &mut dts);
    }
    if dts.contains("Pointer<") {
        dts.push_str(POINTER);
    }
    if interface.needs_table() {
        dts.push_str(RELEASE);
    }
    imports(interface, &mut dts);
    let is_needed = interface.user_imports().next().is_some();
    let (optional, input) = match is_needed {
        true => ("", ""),
        false => ("?", " | InitInput | Promise<InitInput>"),
    };
    let _ = write!(
        dts,
        r#"
/** The text at a pointer of type `const char *`. */
export declare function readString(pointer: number | null): string | null;

/** The module's memory, from when the module is there. */
export declare let memory: WebAssembly.Memory;

/** Where the module comes from. */
export type InitInput = string | URL | Request | Response | BufferSource | WebAssembly.Module;

/**
 * Loads the module: the file `{wasm}` beside this one, if nothing else is given. Everything else can be used when it
 * is there.
 *
 * @returns the module's own exports, without conversions
 */
export default function init(options{optional}: {{
  module_or_path?: InitInput | Promise<InitInput>;
  imports{optional}: Imports;
}}{input}): Promise<WebAssembly.Exports>;

/** Makes the module from its bytes, at once. */
export declare function initSync(options: {{
  module: BufferSource | WebAssembly.Module;
  imports{optional}: Imports;
}}{}): WebAssembly.Exports;

export {{}};
"#,
        if is_needed {
            ""
        } else {
            " | BufferSource | WebAssembly.Module"
        },
    );
    dts
}

const POINTER: &str = "
declare const pointee: unique symbol;

/** The address of a `Target` in the module's memory; a plain number when the program runs. */
export type Pointer<Target extends string> = number & { readonly [pointee]: Target };
";

const RELEASE: &str = "
/**
 * Ends the use of a function that was passed as a callback: the module must not call it any more. Until then it can be
 * called at any time, and is kept.
 */
export declare function release(callback: Function): void;
";

fn comment(docs: Option<&str>, dts: &mut String) {
    dts.push('\n');
    let Some(docs) = docs else {
        return;
    };
    let docs = docs.replace("*/", "*\u{200b}/");
    if docs.contains('\n') {
        let lines = docs
            .lines()
            .map(|line| format!(" * {line}").trim_end().to_owned() + "\n");
        let _ = write!(dts, "/**\n{} */\n", lines.collect::<String>());
    } else {
        let _ = writeln!(dts, "/** {docs} */");
    }
}

fn declare(function: &Function, interface: &Interface, dts: &mut String) {
    comment(function.docs.as_deref(), dts);
    let parameters = function.signature.parameters.iter().map(|parameter| {
        let ty = type_name(&parameter.ty, interface, Direction::In);
        format!("{}: {ty}", parameter.name)
    });
    let parameters = parameters.collect::<Vec<_>>().join(", ");
    let result = result_type(&function.signature.results, interface, Direction::Out);
    let name = &function.name;
    if is_identifier(name) {
        let _ = writeln!(
            dts,
            "export declare function {name}({parameters}): {result};"
        );
    } else {
        let local = format!("_{}", dts.len());
        let _ = writeln!(dts, "declare function {local}({parameters}): {result};");
        let _ = writeln!(dts, "export {{ {local} as {} }};", export_name(name));
    }
}

fn imports(interface: &Interface, dts: &mut String) {
    let mut modules: BTreeMap<&str, Vec<&Import>> = BTreeMap::new();
    for import in interface.user_imports() {
        modules.entry(&import.module).or_default().push(import);
    }
    dts.push_str("\n/** What the module imports. */\nexport interface Imports {\n");
    for (module, imports) in modules {
        let _ = writeln!(dts, "  {}: {{", quote(module));
        for import in imports {
            let ty = match &import.kind {
                Ok(signature) => function_type(signature, interface),
                Err(class) => (*class).to_owned(),
            };
            let _ = writeln!(dts, "    {}: {ty};", quote(&import.name));
        }
        dts.push_str("  };\n");
    }
    dts.push_str(
        "  /** Instead of the functions for its C library that come with this module. */\n",
    );
    dts.push_str("  wasi_snapshot_preview1?: Record<string, Function>;\n}\n");
}
