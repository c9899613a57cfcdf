use super::*;

#[test]
fn an_error_is_one_pointer() {
    assert_eq!(size_of::<ModuleError>(), size_of::<usize>());
    assert_eq!(size_of::<Result<(), ModuleError>>(), size_of::<usize>());
}

#[test]
fn modules_are_shared_between_threads() {
    fn check<T: Send + Sync>() {}
    check::<Module>();
    check::<ModuleError>();
    check::<TypeRegistry>();
    fn check_send<T: Send>() {}
    check_send::<StreamingModule>();
}

#[test]
fn a_module_with_everything() {
    let m = module(SAMPLES[1]);
    let field = |name: &str| m.export(name).unwrap_or_else(|| panic!("export {name}"));
    assert_eq!(m.imports.len(), 5);
    assert_eq!(
        (&*m.imports[0].module, &*m.imports[0].name),
        ("env", "imported")
    );
    assert_eq!(m.imports[4].index, EntityIndex::Global(GlobalIndex(1)));
    assert_eq!((m.imported_functions, m.functions.len()), (1, 4));
    assert_eq!((m.imported_tables, m.tables.len()), (1, 2));
    assert_eq!((m.imported_memories, m.memories.len()), (1, 2));
    assert_eq!((m.imported_globals, m.globals.len()), (2, 4));
    assert_eq!(field("run"), EntityIndex::Func(FuncIndex(1)));
    assert_eq!(field("mem"), EntityIndex::Memory(MemoryIndex(1)));
    assert_eq!(field("tab"), EntityIndex::Table(TableIndex(1)));
    assert_eq!(field("glo"), EntityIndex::Global(GlobalIndex(2)));
    assert_eq!(m.export("none"), None);
    assert_eq!(m.start, Some(FuncIndex(2)));
    assert_eq!(m.defined_func(FuncIndex(0)), None);
    assert_eq!(m.defined_func(FuncIndex(2)), Some(DefinedFuncIndex(1)));
    assert_eq!(m.func_index(DefinedFuncIndex(1)), FuncIndex(2));
    assert_eq!(
        m.func_type(FuncIndex(3)).results[..],
        [ValType::F64, ValType::I64]
    );
    assert_eq!(m.bodies.len(), 3);
    assert_eq!(m.body(DefinedFuncIndex(2)), [0, 0x20, 0, 0x42, 9, 0x0b]);
    assert_eq!(m.custom_section("other"), Some(&b"contents"[..]));
    assert_eq!(
        m.memories[0],
        MemoryType {
            index: IndexType::I32,
            shared: false,
            minimum: 1,
            maximum: Some(2),
        }
    );
    let data: Vec<_> = m
        .data
        .iter()
        .map(|d| &m.bytes.as_slice()[d.range.start as usize..d.range.end as usize])
        .collect();
    assert_eq!(data, [&b"hello"[..], b"later"]);
    assert!(m.data[1].active.is_none());
    let (memory, offset) = m.data[0].active.as_ref().expect("active");
    assert_eq!(
        (*memory, &*offset.ops),
        (MemoryIndex(1), &[ConstOp::I32Const(5)][..])
    );
    assert_eq!(m.elements.len(), 4);
    assert!(matches!(
        m.elements[0].kind,
        ElementKind::Active {
            table: TableIndex(0),
            ..
        }
    ));
    assert!(matches!(m.elements[3].kind, ElementKind::Declared));
    assert_eq!(m.elements[1].items.len(), 2);
    let ElementItems::Expressions(items) = &m.elements[2].items else {
        panic!("expressions")
    };
    assert_eq!(*items[0].ops, [ConstOp::RefNull(HeapType::Func)]);
    assert_eq!(*items[1].ops, [ConstOp::RefFunc(FuncIndex(2))]);
    assert!(m.unsupported.is_none());
}

#[test]
fn constant_expressions() {
    for (ty, wat, expected) in [
        ("i32", "(i32.const -1)", &[ConstOp::I32Const(-1)][..]),
        ("i64", "(i64.const 5)", &[ConstOp::I64Const(5)]),
        (
            "f32",
            "(f32.const nan:0x200000)",
            &[ConstOp::F32Const(0x7fa0_0000)],
        ),
        ("f64", "(f64.const -0)", &[ConstOp::F64Const(1 << 63)]),
        (
            "v128",
            "(v128.const i64x2 1 2)",
            &[ConstOp::V128Const(1 | 2 << 64)],
        ),
        (
            "i32",
            "(global.get $imported)",
            &[ConstOp::GlobalGet(GlobalIndex(0))],
        ),
        (
            "funcref",
            "(ref.func $f)",
            &[ConstOp::RefFunc(FuncIndex(0))],
        ),
        (
            "externref",
            "(ref.null extern)",
            &[ConstOp::RefNull(HeapType::Extern)],
        ),
        (
            "anyref",
            "(ref.null none)",
            &[ConstOp::RefNull(HeapType::None)],
        ),
        (
            "i32",
            "(i32.mul (i32.add (i32.const 1) (i32.const 2)) (i32.sub (i32.const 3) (i32.const 4)))",
            &[
                ConstOp::I32Const(1),
                ConstOp::I32Const(2),
                ConstOp::I32Add,
                ConstOp::I32Const(3),
                ConstOp::I32Const(4),
                ConstOp::I32Sub,
                ConstOp::I32Mul,
            ],
        ),
        (
            "i64",
            "(i64.mul (i64.add (i64.const 1) (i64.const 2)) (i64.sub (i64.const 3) (i64.const 4)))",
            &[
                ConstOp::I64Const(1),
                ConstOp::I64Const(2),
                ConstOp::I64Add,
                ConstOp::I64Const(3),
                ConstOp::I64Const(4),
                ConstOp::I64Sub,
                ConstOp::I64Mul,
            ],
        ),
    ] {
        let m = module(&format!(
            r#"(module (import "" "" (global $imported i32)) (func $f) (global {ty} {wat}))"#
        ));
        assert_eq!(*m.global_inits[0].ops, *expected, "{wat}");
        let end = m.bytes.as_slice()[m.global_inits[0].offset as usize..].iter();
        assert!(end.len() > 0, "the offset is in the module");
        assert!(m.unsupported.is_none());
    }
}

#[test]
fn functions_that_can_have_references() {
    for (wat, expected) in [
        ("(func)", &[][..]),
        (r#"(func) (func (export "f"))"#, &[1]),
        ("(func $f) (start $f)", &[]),
        (
            "(func) (func $f) (table 1 funcref) (elem (i32.const 0) $f)",
            &[1],
        ),
        ("(func $f) (func) (elem declare func $f)", &[0]),
        ("(func $f) (elem funcref (ref.func $f))", &[0]),
        ("(func $f) (global funcref (ref.func $f))", &[0]),
        ("(func $f) (func) (table 1 (ref func) (ref.func $f))", &[0]),
        (
            r#"(import "" "" (func $f)) (func $g) (elem func $g $f $g)"#,
            &[0, 1],
        ),
        (
            r#"(func) (export "a" (func 2)) (func) (func) (export "b" (func 0))"#,
            &[0, 2],
        ),
    ] {
        let m = module(&format!("(module {wat})"));
        let actual: Vec<usize> = (0..m.functions.len())
            .filter(|f| m.funcref_index[*f] != u32::MAX)
            .collect();
        assert_eq!(actual, expected, "{wat}");
        assert_eq!(m.funcref_count as usize, expected.len());
        for (position, f) in actual.iter().enumerate() {
            assert_eq!(m.funcref_index[*f] as usize, position);
        }
    }
}

/// Checks what a module has that cannot be executed yet: nothing, or a construct of a proposal.
fn check_unsupported(wat: &str, expected: Option<(&str, &str)>) {
    let m = module(&format!("(module {wat})"));
    let actual = m.unsupported.as_ref().map(|u| (&*u.what, u.proposal));
    assert_eq!(actual, expected, "{wat}");
    if let Some(unsupported) = &m.unsupported {
        assert!((unsupported.offset as usize) < m.bytes.as_slice().len());
    }
}

#[test]
fn what_cannot_be_executed_yet() {
    let gc = |what| Some((what, "gc"));
    let exceptions = |what| Some((what, "exceptions"));
    for (wat, expected) in [
        // Types alone, and what function references share with GC, are supported.
        ("(type (struct (field i8)))", None),
        (
            "(rec (type $a (sub (func (param (ref $a))))) (type (sub $a (func (param (ref $a))))))",
            None,
        ),
        (
            "(global anyref (ref.null any)) (func (drop (ref.null none)))",
            None,
        ),
        ("(func (local exnref) (drop (ref.null exn)))", None),
        (
            "(type $f (func)) (func (param (ref null $f)) (call_ref $f (local.get 0)))",
            None,
        ),
        (
            "(type $f (func)) (func (param (ref null $f)) (return_call_ref $f (local.get 0)))",
            None,
        ),
        (
            "(func (param anyref) (drop (ref.as_non_null (local.get 0))))",
            None,
        ),
        (
            "(func (param anyref) (drop (block $b (br_on_null $b (local.get 0)) (drop)) (ref.null any)))",
            None,
        ),
        (
            "(func (param funcref) (drop (select (result funcref) (local.get 0) (local.get 0) (i32.const 1))))",
            None,
        ),
        // Instructions.
        (
            "(type $s (struct)) (func (drop (struct.new $s)))",
            gc("struct.new"),
        ),
        (
            "(type $s (array i8)) (func (drop (array.new_default $s (i32.const 1))))",
            gc("array.new_default"),
        ),
        ("(func (drop (ref.i31 (i32.const 0))))", gc("ref.i31")),
        (
            "(func (param i31ref) (drop (i31.get_u (local.get 0))))",
            gc("i31.get_u"),
        ),
        (
            "(func (param eqref) (drop (ref.eq (local.get 0) (local.get 0))))",
            gc("ref.eq"),
        ),
        (
            "(func (param anyref) (drop (ref.test (ref null i31) (local.get 0))))",
            gc("ref.test"),
        ),
        (
            "(func (param anyref) (drop (ref.cast (ref i31) (local.get 0))))",
            gc("ref.cast"),
        ),
        (
            "(func (param anyref) (result anyref) (br_on_cast 0 anyref i31ref (local.get 0)))",
            gc("br_on_cast"),
        ),
        (
            "(func (param anyref) (drop (extern.convert_any (local.get 0))))",
            gc("extern.convert_any"),
        ),
        (
            "(func (param exnref) (throw_ref (local.get 0)))",
            exceptions("throw_ref"),
        ),
        ("(func (try_table))", exceptions("try_table")),
        // Outside of code; the first one counts.
        ("(global i31ref (ref.i31 (i32.const 0)))", gc("ref.i31")),
        ("(table 1 i31ref (ref.i31 (i32.const 0)))", gc("ref.i31")),
        (
            "(elem i31ref (item (ref.i31 (i32.const 0))))",
            gc("ref.i31"),
        ),
        (
            "(tag) (type $s (struct)) (func (drop (struct.new $s)) (throw 0))",
            gc("struct.new"),
        ),
        (
            "(func (try_table)) (type $s (struct)) (func (drop (struct.new $s)))",
            exceptions("try_table"),
        ),
    ] {
        check_unsupported(wat, expected);
    }
}

#[test]
fn unsupported_instructions_are_found_on_all_paths() {
    // Large enough for validation on several threads.
    let filler = "(func (result i32) (i32.const 1))".repeat(70_000);
    let wat = format!(
        "(module (type $s (struct)) {filler} (func (try_table)) {filler} (func (drop (struct.new $s))))"
    );
    let m = module(&wat);
    let found = m.unsupported.as_ref().expect("exceptions and GC");
    assert_eq!(found.what, "try_table");
    let body = &m.bodies[70_000];
    assert!(body.contains(&found.offset), "{} in {body:?}", found.offset);
}

#[test]
fn errors_say_where() {
    let invalid = r#"(module (func) (func (export "f") (result i32) (i64.const 1)))"#;
    let error = load(&binary(invalid)).expect_err("invalid");
    assert_eq!(error.kind(), ModuleErrorKind::Invalid);
    assert_eq!(error.function(), Some(FuncIndex(1)));
    let offset = error.offset().expect("has an offset");
    let expected =
        format!("type mismatch: expected i32, found i64 in function 1 (`f`) at offset {offset:#x}");
    assert_eq!(error.to_string(), expected);

    let error = load(b"\0asm\x01\0\0\0\x01").expect_err("truncated");
    assert_eq!((error.offset(), error.function()), (Some(9), None));
}

#[test]
fn the_first_of_several_errors_is_reported() {
    let filler = "(func (result i32) (i32.const 1))".repeat(70_000);
    let bad = "(func (result i32))";
    for wat in [
        format!("(module {bad} {filler} {bad} {filler})"),
        format!("(module {bad} {bad})"),
    ] {
        let error = load(&binary(&wat)).expect_err("invalid");
        assert_eq!(error.function(), Some(FuncIndex(0)));
    }
    let mut bytes = binary(&format!("(module {filler} {bad} {bad})"));
    bytes.extend_from_slice(b"\x7fgarbage");
    let error = load(&bytes).expect_err("invalid");
    assert_eq!(error.function(), Some(FuncIndex(70_000)));
}
