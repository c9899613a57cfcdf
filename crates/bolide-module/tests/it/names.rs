use super::*;

#[test]
fn names_of_everything() {
    let m = module(
        r#"(module $mod
            (type $ty (func)) (table $tab 1 funcref) (memory $mem 1) (global $glo i32 (i32.const 0))
            (tag $tag) (elem $ele func) (data $dat "")
            (func $fun (param $par i32) (local $loc i32) (block $lab)))"#,
    );
    let names = m.names();
    assert_eq!(names.module(), Some("mod"));
    assert_eq!(names.function(FuncIndex(0)), Some("fun"));
    assert_eq!(names.function(FuncIndex(1)), None);
    assert_eq!(names.local(FuncIndex(0), 0), Some("par"));
    assert_eq!(names.local(FuncIndex(0), 1), Some("loc"));
    assert_eq!(names.local(FuncIndex(0), 2), None);
    assert_eq!(names.label(FuncIndex(0), 0), Some("lab"));
    assert_eq!(names.ty(TypeIndex(0)), Some("ty"));
    assert_eq!(names.table(TableIndex(0)), Some("tab"));
    assert_eq!(names.memory(MemoryIndex(0)), Some("mem"));
    assert_eq!(names.global(GlobalIndex(0)), Some("glo"));
    assert_eq!(names.element(ElemIndex(0)), Some("ele"));
    assert_eq!(names.data(DataIndex(0)), Some("dat"));
    assert_eq!(names.tag(TagIndex(0)), Some("tag"));
}

#[test]
fn func_name_falls_back_to_exports_and_imports() {
    let m = module(
        r#"(module (import "env" "imported" (func)) (import "env" "both" (func $named))
            (func (export "exported") (export "second")) (func))"#,
    );
    let actual: Vec<_> = (0..4).map(|i| m.func_name(FuncIndex(i))).collect();
    assert_eq!(
        actual,
        [Some("imported"), Some("named"), Some("exported"), None]
    );
}

#[test]
fn malformed_name_sections_keep_what_is_good() {
    // Functions 1 and 0 (unsorted), then a name that is cut off.
    let functions = b"\x01\x0a\x03\x01\x01b\x00\x01a\x02\x09c";
    let module_name = b"\x00\x02\x01m";
    for (contents, expected) in [
        (
            &[&module_name[..], functions].concat()[..],
            (Some("m"), Some("a"), Some("b")),
        ),
        (
            &[&functions[..], module_name].concat(),
            (Some("m"), Some("a"), Some("b")),
        ),
        (b"\x00\x7f\x01m", (Some("m"), None, None)),
        (b"\x01", (None, None, None)),
        (b"\x00\x02\x01\xff", (None, None, None)),
        (b"\xff\xff\xff", (None, None, None)),
    ] {
        let mut bytes = b"\0asm\x01\0\0\0\0".to_vec();
        bytes.push(5 + contents.len() as u8);
        bytes.extend_from_slice(b"\x04name");
        bytes.extend_from_slice(contents);
        let m = load(&bytes).expect("a bad name section is no error");
        let names = m.names();
        let actual = (
            names.module(),
            names.function(FuncIndex(0)),
            names.function(FuncIndex(1)),
        );
        assert_eq!(actual, expected, "{contents:x?}");
    }
}

#[test]
fn producers_and_target_features() {
    let m = module(
        r#"(module
            (@producers (language "Rust" "2024") (processed-by "rustc" "1.95"))
            (@custom "target_features" "\02+\07simd128-\07atomics")
            (@custom "linking" "\02"))"#,
    );
    let producers: Vec<_> = m
        .producers()
        .iter()
        .map(|p| (p.field, p.name, p.version))
        .collect();
    assert_eq!(
        producers,
        [
            ("language", "Rust", "2024"),
            ("processed-by", "rustc", "1.95")
        ]
    );
    let features: Vec<_> = m
        .target_features()
        .iter()
        .map(|f| (f.used, f.name))
        .collect();
    assert_eq!(features, [(true, "simd128"), (false, "atomics")]);
    assert!(m.is_object());
    assert!(!module("(module)").is_object());
}
