//! The ES module.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use wasm_encoder::{EntityType, ExportKind, ExportSection, ImportSection, Module, TypeSection};
use wasmparser::ValType;

use super::convert::{export_name, is_free, is_lifted, is_word, lift, lower, quote};
use super::interface::{Function, Import, Interface, Signature, Type, WASI};

/// Functions of JavaScript for the ES module, each part under a line `//# name`.
const RUNTIME: &str = include_str!("runtime.js");

/// WASI's functions, in the same way.
const WASI_FUNCTIONS: &str = include_str!("wasi.js");

/// The parts of a text, by name.
fn parts(text: &'static str) -> BTreeMap<&'static str, &'static str> {
    let parts = text.split("//# ").skip(1);
    parts
        .map(|part| part.split_once('\n').expect("a name is a line"))
        .collect()
}

/// The ES module of the module in the file `wasm`.
pub(super) fn module(interface: &Interface, wasm: &str) -> String {
    let runtime = parts(RUNTIME);
    let mut js = "// Made by `bolide build`, which overwrites it.\n\n".to_owned();
    js.push_str(runtime["start"]);
    if interface.needs_allocation() {
        for part in ["allocation", "strings", "arrays"] {
            let _ = write!(js, "\n{}", runtime[part]);
        }
    }
    for enumeration in &interface.enums {
        let members = enumeration.members.iter().map(|(name, value)| {
            let suffix = if enumeration.is_wide { "n" } else { "" };
            format!("  {name}: {value}{suffix},\n")
        });
        let members: String = members.collect();
        let name = &enumeration.name;
        let _ = write!(
            js,
            "\nexport const {name} = Object.freeze({{\n{members}}});\n"
        );
    }
    let mut callbacks = Callbacks::default();
    let mut functions = String::new();
    for function in &interface.functions {
        functions.push('\n');
        define(function, interface, &mut callbacks, &mut functions);
    }
    if interface.needs_table() {
        let _ = write!(js, "\n{}\n", runtime["callbacks"]);
        js.push_str(&callbacks.declarations());
    }
    js.push_str(&functions);
    js.push('\n');
    link(interface, &mut js);
    let memory = interface
        .imports
        .iter()
        .find(|import| import.kind == Err("WebAssembly.Memory"));
    let memory = memory.map_or("undefined".to_owned(), |import| {
        format!(
            "imports[{}][{}]",
            quote(&import.module),
            quote(&import.name)
        )
    });
    let init = runtime["init"]
        .replace("$FILE", &quote(wasm))
        .replace("$MEMORY", &memory);
    let _ = write!(js, "\n{init}");
    js
}

/// The signatures of callbacks, each with its constant.
#[derive(Default)]
struct Callbacks {
    all: Vec<Signature>,
}

impl Callbacks {
    /// The constant of this signature.
    fn constant(&mut self, signature: &Signature) -> String {
        let types = |signature: &Signature| {
            let parameters = signature.parameters.iter().map(|p| p.ty.clone());
            (parameters.collect::<Vec<_>>(), signature.results.clone())
        };
        let known = self
            .all
            .iter()
            .position(|known| types(known) == types(signature));
        let index = known.unwrap_or_else(|| {
            self.all.push(signature.clone());
            self.all.len() - 1
        });
        format!("$signature{index}")
    }

    fn declarations(&self) -> String {
        let mut js = String::new();
        for (i, signature) in self.all.iter().enumerate() {
            let bytes = trampoline(signature)
                .iter()
                .map(u8::to_string)
                .collect::<Vec<_>>()
                .join(", ");
            let wrap = wrapper(signature, "$callee");
            let _ = writeln!(
                js,
                "const $signature{i} = $signature(\n  Uint8Array.of({bytes}),\n  ($callee) => {wrap},\n);"
            );
        }
        let all: Vec<String> = (0..self.all.len())
            .map(|i| format!("$signature{i}"))
            .collect();
        let _ = writeln!(js, "const $signatures = [{}];", all.join(", "));
        js
    }
}

/// A module that exports the function that it imports, which makes it one that tables can hold.
fn trampoline(signature: &Signature) -> Vec<u8> {
    let encode = |ty: &Type| match ty.value_type() {
        Some(ValType::I32) => wasm_encoder::ValType::I32,
        Some(ValType::I64) => wasm_encoder::ValType::I64,
        Some(ValType::F32) => wasm_encoder::ValType::F32,
        Some(ValType::F64) => wasm_encoder::ValType::F64,
        Some(ValType::Ref(_) | ValType::V128) | None => wasm_encoder::ValType::EXTERNREF,
    };
    let mut types = TypeSection::new();
    types.ty().function(
        signature
            .parameters
            .iter()
            .map(|parameter| encode(&parameter.ty)),
        signature.results.iter().map(encode),
    );
    let mut imports = ImportSection::new();
    imports.import("$", "$", EntityType::Function(0));
    let mut exports = ExportSection::new();
    exports.export("$", ExportKind::Func, 0);
    let mut module = Module::new();
    module.section(&types).section(&imports).section(&exports);
    module.finish()
}

/// A function that WebAssembly can call, around the function of JavaScript that is the value of `callee`.
fn wrapper(signature: &Signature, callee: &str) -> String {
    let names: Vec<&str> = signature
        .parameters
        .iter()
        .map(|p| p.name.as_str())
        .collect();
    let arguments = signature.parameters.iter().map(|p| lift(&p.ty, &p.name));
    let call = format!("{callee}({})", arguments.collect::<Vec<_>>().join(", "));
    let body = match signature.results.as_slice() {
        [ty] if lower(ty, "x") != "x" => lower(ty, &call),
        _ => call,
    };
    format!("({}) => {body}", names.join(", "))
}

/// The function that JavaScript calls.
fn define(function: &Function, interface: &Interface, callbacks: &mut Callbacks, js: &mut String) {
    let signature = &function.signature;
    let mut has_scope = false;
    let arguments = signature.parameters.iter().map(|parameter| {
        let name = &parameter.name;
        match &parameter.ty {
            Type::String => {
                has_scope = true;
                format!("$string({name}, $scope)")
            }
            Type::Pointer(pointer) => match pointer.elements {
                Some(elements) => {
                    has_scope = true;
                    let (array, is_const) = (elements.array(), pointer.is_const);
                    format!("$array({name}, {array}, {is_const}, $scope)")
                }
                None => name.clone(),
            },
            Type::Callback(signature) => {
                format!("$callback({name}, {})", callbacks.constant(signature))
            }
            ty => lower(ty, name),
        }
    });
    let arguments = arguments.collect::<Vec<_>>().join(", ");
    let call = if is_word(&function.export) {
        format!("$exports.{}({arguments})", function.export)
    } else {
        format!("$exports[{}]({arguments})", quote(&function.export))
    };
    let call = match signature.results.as_slice() {
        [] => format!("{call};"),
        [ty] if is_lifted(ty) => format!("return {};", lift(ty, &call)),
        _ => format!("return {call};"),
    };
    let parameters: Vec<&str> = signature
        .parameters
        .iter()
        .map(|p| p.name.as_str())
        .collect();
    let parameters = parameters.join(", ");
    let name = &function.name;
    let is_plain = is_free(name);
    let (head, alias) = if is_plain {
        (format!("export function {name}"), String::new())
    } else {
        let index = js.len();
        let exported = export_name(name);
        (
            format!("function $f{index}"),
            format!("export {{ $f{index} as {exported} }};\n"),
        )
    };
    let restores = interface.calls_back()
        && interface
            .exports
            .iter()
            .any(|name| name == "__stack_pointer");
    let _ = writeln!(js, "{head}({parameters}) {{");
    if !has_scope && !restores {
        let _ = writeln!(js, "  {call}");
    } else {
        if restores {
            js.push_str("  const $stack = $exports.__stack_pointer.value;\n");
        }
        if has_scope {
            js.push_str("  const $scope = [];\n");
        }
        let _ = writeln!(js, "  try {{\n    {call}");
        if restores {
            js.push_str("  } catch ($error) {\n    $exports.__stack_pointer.value = $stack;\n    throw $error;\n");
        }
        if has_scope {
            js.push_str("  } finally {\n    $leave($scope);\n");
        }
        js.push_str("  }\n");
    }
    let _ = write!(js, "}}\n{alias}");
}

/// The function that makes the imports of what JavaScript gives.
fn link(interface: &Interface, js: &mut String) {
    let own = parts(WASI_FUNCTIONS);
    if interface.wasi_imports().next().is_some() {
        js.push_str(own["start"]);
        js.push_str("\nconst $wasi = {\n");
        for import in interface.wasi_imports() {
            match own.get(import.name.as_str()) {
                Some(function) => js.push_str(function),
                None if is_about_files(&import.name) => {
                    let _ = writeln!(js, "  {}: () => $BADF,", import.name);
                }
                None => {}
            }
        }
        js.push_str("};\n\n");
    }
    js.push_str("function $link(imports) {\n");
    for (i, import) in interface.imports.iter().enumerate() {
        let (module, name) = (quote(&import.module), quote(&import.name));
        let kind = import
            .kind
            .as_ref()
            .map_or_else(|kind| *kind, |_| "function");
        let own = if import.module == WASI {
            format!(", $wasi[{name}]")
        } else {
            String::new()
        };
        let _ = writeln!(
            js,
            "  const $import{i} = $given(imports, {module}, {name}, {}{own});",
            quote(kind)
        );
    }
    js.push_str("  return {\n");
    let mut modules: BTreeMap<&str, Vec<(usize, &Import)>> = BTreeMap::new();
    for (i, import) in interface.imports.iter().enumerate() {
        modules.entry(&import.module).or_default().push((i, import));
    }
    for (module, imports) in modules {
        let _ = writeln!(js, "    {}: {{", quote(module));
        for (i, import) in imports {
            let value = match &import.kind {
                Ok(signature) if module != WASI => wrapper(signature, &format!("$import{i}")),
                _ => format!("$import{i}"),
            };
            let _ = writeln!(js, "      {}: {value},", quote(&import.name));
        }
        js.push_str("    },\n");
    }
    js.push_str("  };\n}\n");
}

/// Whether a function of WASI takes a file descriptor first, of which there is none but those of the console.
fn is_about_files(name: &str) -> bool {
    ["fd_", "path_", "sock_"]
        .iter()
        .any(|prefix| name.starts_with(prefix))
}
