use wasmparser::ValType;

use super::*;

/// The interface of a module of which nothing but the signatures is known.
fn raw(functions: &[(&str, &[ValType], &[ValType])]) -> Interface {
    let functions = functions
        .iter()
        .map(|(name, parameters, results)| Function {
            name: (*name).to_owned(),
            export: (*name).to_owned(),
            docs: None,
            signature: Signature::from_wasm(parameters, results),
        });
    Interface {
        functions: functions.collect(),
        ..Interface::default()
    }
}

#[test]
fn signatures_of_webassembly_have_types() {
    let glue = generate(
        &raw(&[
            ("add", &[ValType::I32, ValType::F64], &[ValType::I64]),
            (
                "both",
                &[ValType::EXTERNREF, ValType::FUNCREF],
                &[ValType::F32, ValType::I32],
            ),
            ("none", &[], &[]),
            ("in-words", &[ValType::V128], &[]),
        ]),
        "x.wasm",
    );
    let dts = glue.unwrap().dts;
    for expected in [
        "export declare function add(arg0: number, arg1: number): bigint;",
        "export declare function both(arg0: unknown, arg1: Function | null): [number, number];",
        "export declare function none(): void;",
        "(arg0: never): void;",
        " as \"in-words\" };",
    ] {
        assert!(dts.contains(expected), "{expected}: {dts}");
    }
}

#[test]
fn names_that_javascript_uses_are_aliases() {
    let js = generate(
        &raw(&[("delete", &[], &[]), ("Map", &[], &[]), ("plain", &[], &[])]),
        "x.wasm",
    )
    .unwrap()
    .js;
    for expected in [" as delete };", " as Map };", "export function plain("] {
        assert!(js.contains(expected), "{expected}: {js}");
    }
    let error = generate(&raw(&[("initSync", &[], &[])]), "x.wasm").unwrap_err();
    assert!(error.what().contains("`initSync` is taken"), "{error}");
}

#[test]
fn parameters_get_names_that_they_can_have() {
    for (name, expected) in [
        ("x", "x"),
        ("delete", "delete_"),
        ("$scope", "scope_"),
        ("Float64Array", "Float64Array_"),
        ("readString", "readString_"),
        ("", "arg0"),
        ("größe", "arg0"),
    ] {
        let parameter = |name: &str| Parameter {
            name: name.to_owned(),
            ty: Type::Boolean,
        };
        let mut signature = Signature {
            parameters: vec![parameter(name), parameter(name)],
            results: vec![],
        };
        name_parameters(&mut signature);
        assert_eq!(signature.parameters[0].name, expected);
        assert_ne!(signature.parameters[1].name, signature.parameters[0].name);
    }
}

#[test]
fn only_what_is_needed_is_in_the_module() {
    let js = generate(&raw(&[("add", &[ValType::I32], &[])]), "x.wasm")
        .unwrap()
        .js;
    for absent in [
        "malloc",
        "__indirect_function_table",
        "fd_write",
        "TypedArray",
    ] {
        assert!(!js.contains(absent), "{absent}: {js}");
    }
}
