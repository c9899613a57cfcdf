use super::*;

fn in_registry(registry: &Arc<TypeRegistry>, wat: &str) -> Module {
    let features = Features::default();
    load_with(registry, features, &binary(wat)).unwrap_or_else(|e| panic!("{e} in {wat}"))
}

/// Checks whether the last type of one module is the last type of another.
fn check_equal(a: &str, b: &str, expected: bool) {
    let registry = Arc::default();
    let a_module = in_registry(&registry, &format!("(module {a})"));
    let b_module = in_registry(&registry, &format!("(module {b})"));
    let equal = a_module.types.last() == b_module.types.last();
    assert_eq!(equal, expected, "{a} and {b}");
}

#[test]
fn equality_is_iso_recursive() {
    for (a, b, expected) in [
        ("(type (func))", "(type (func))", true),
        ("(type (func))", "(rec (type (func)))", true),
        ("(type (func))", "(type (sub final (func)))", true),
        ("(type (func))", "(type (sub (func)))", false),
        ("(type (func))", "(rec (type (func)) (type (func)))", false),
        (
            "(type (func (param i32)))",
            "(type (func (result i32)))",
            false,
        ),
        (
            "(type (struct (field i8)))",
            "(type (struct (field i16)))",
            false,
        ),
        ("(type (array i8))", "(type (array (mut i8)))", false),
        // Position in the module does not matter, position in the group does.
        (
            "(type (func (result i32)))",
            "(type (func)) (type (func (result i32)))",
            true,
        ),
        (
            "(rec (type (func)) (type (struct)))",
            "(rec (type (struct)) (type (struct)))",
            false,
        ),
        // Recursion.
        (
            "(type $a (func (param (ref $a))))",
            "(type $b (func (param (ref $b))))",
            true,
        ),
        (
            "(type $a (func (param (ref $a))))",
            "(type $a (func (param (ref $a)))) (type $b (func (param (ref $a))))",
            false,
        ),
        (
            "(rec (type $a (func (param (ref $b)))) (type $b (func (param (ref $a)))))",
            "(type (func)) (rec (type $x (func (param (ref $y)))) (type $y (func (param (ref $x)))))",
            true,
        ),
        (
            "(rec (type $a (func (param (ref $b)))) (type $b (func (param (ref $a)))))",
            "(rec (type $a (func (param (ref $b)))) (type $b (func (param (ref $b)))))",
            false,
        ),
        (
            "(rec (type $a (func (param (ref $b)))) (type $b (struct)))",
            "(rec (type $b (struct)) (type $a (func (param (ref $b)))))",
            false,
        ),
        // References to other groups.
        (
            "(type $a (struct)) (type (sub $a (struct)))",
            "(type $a (struct)) (type (sub $a (struct)))",
            false,
        ),
        (
            "(type $a (sub (struct))) (type (sub $a (struct)))",
            "(type (func)) (type $b (sub (struct))) (type (sub $b (struct)))",
            true,
        ),
        (
            "(type $a (sub (struct))) (type (sub $a (struct)))",
            "(type $a (sub (struct))) (type (sub (struct)))",
            false,
        ),
        (
            "(type $a (func (param i32))) (type (func (param (ref $a))))",
            "(type $a (func (param i64))) (type (func (param (ref $a))))",
            false,
        ),
    ] {
        // A supertype that is final makes the module invalid; skip to the next pair.
        if a.contains("(type $a (struct)) (type (sub $a") {
            assert!(load(&binary(&format!("(module {a})"))).is_err());
            continue;
        }
        check_equal(a, b, expected);
    }
}

#[test]
fn types_are_what_was_declared() {
    let m = module(
        "(module (rec (type $a (sub (struct (field (ref null $b)) (field (mut i8)))))
                      (type $b (func (param i32 (ref $a)) (result externref))))
                 (type $c (sub final $a (struct (field (ref $b)) (field (mut i8)) (field i64))))
                 (type $d (array (mut (ref null $d)))))",
    );
    let [a, b, c, d] = m.types[..] else {
        panic!("four types")
    };
    let reference = |nullable, heap| ValType::Ref(RefType { nullable, heap });
    let field = |storage, mutable| FieldType { storage, mutable };
    let a_type = m.registry.get(a);
    assert!(!a_type.is_final);
    let CompositeType::Struct(fields) = &a_type.composite else {
        panic!("a structure")
    };
    let to_b = reference(true, HeapType::ConcreteFunc(b));
    assert_eq!(fields[0], field(StorageType::Val(to_b), false));
    assert_eq!(fields[1], field(StorageType::I8, true));
    let b_type = m.registry.func_type(b);
    assert_eq!(
        b_type.params[..],
        [ValType::I32, reference(false, HeapType::ConcreteStruct(a))]
    );
    assert_eq!(b_type.results[..], [ValType::EXTERNREF]);
    let c_type = m.registry.get(c);
    assert_eq!((c_type.is_final, c_type.supertype), (true, Some(a)));
    let to_d = reference(true, HeapType::ConcreteArray(d));
    let array = CompositeType::Array(field(StorageType::Val(to_d), true));
    assert_eq!(m.registry.get(d).composite, array);
}

#[test]
fn subtypes_follow_declarations() {
    let m = module(
        "(module (type $a (sub (func))) (type $b (sub $a (func))) (type $c (sub final $b (func)))
                 (type $other (sub (func (param i32)))))",
    );
    let t = |i: usize| m.types[i];
    for (sub, sup, expected) in [
        (0, 0, true),
        (1, 0, true),
        (2, 0, true),
        (2, 1, true),
        (0, 1, false),
        (1, 2, false),
        (3, 0, false),
    ] {
        assert_eq!(
            m.registry.is_subtype(t(sub), t(sup)),
            expected,
            "{sub} {sup}"
        );
    }
}

#[test]
fn reference_subtyping() {
    let m = module(
        "(module (type $f (sub (func))) (type $g (sub $f (func))) (type $s (struct)) (type $a (array i8)))",
    );
    use HeapType::*;
    let (f, g) = (ConcreteFunc(m.types[0]), ConcreteFunc(m.types[1]));
    let (s, a) = (ConcreteStruct(m.types[2]), ConcreteArray(m.types[3]));
    // Every heap type with everything that it is a subtype of, besides itself.
    let table: &[(HeapType, &[HeapType])] = &[
        (Func, &[]),
        (f, &[Func]),
        (g, &[f, Func]),
        (NoFunc, &[f, g, Func]),
        (Extern, &[]),
        (NoExtern, &[Extern]),
        (Any, &[]),
        (Eq, &[Any]),
        (I31, &[Eq, Any]),
        (Struct, &[Eq, Any]),
        (Array, &[Eq, Any]),
        (s, &[Struct, Eq, Any]),
        (a, &[Array, Eq, Any]),
        (None, &[s, a, Struct, Array, I31, Eq, Any]),
        (Exn, &[]),
        (NoExn, &[Exn]),
    ];
    for (sub, supers) in table {
        for (sup, _) in table {
            let expected = sub == sup || supers.contains(sup);
            assert_eq!(
                m.registry.heap_matches(*sub, *sup),
                expected,
                "{sub:?} {sup:?}"
            );
            for (sub_null, sup_null) in [(false, false), (false, true), (true, false), (true, true)]
            {
                let expected = expected && (sup_null || !sub_null);
                let sub = RefType {
                    nullable: sub_null,
                    heap: *sub,
                };
                let sup = RefType {
                    nullable: sup_null,
                    heap: *sup,
                };
                assert_eq!(m.registry.ref_matches(sub, sup), expected);
                assert_eq!(
                    m.registry.val_matches(ValType::Ref(sub), ValType::Ref(sup)),
                    expected
                );
            }
        }
    }
    assert!(m.registry.val_matches(ValType::I32, ValType::I32));
    assert!(!m.registry.val_matches(ValType::I32, ValType::I64));
    assert!(!m.registry.val_matches(ValType::I32, ValType::FUNCREF));
}

/// Checks whether the export of one module can fill the import of another.
fn check_link(export: &str, import: &str, expected: bool) {
    let registry = Arc::default();
    let types = "(type $a (sub (func))) (type $b (sub $a (func))) (type $e (func (param i32)))";
    let provider = format!(r#"(module {types} (import "" "" {export}))"#);
    let consumer = format!(r#"(module {types} (import "" "" {import}))"#);
    let provider = in_registry(&registry, &provider);
    let consumer = in_registry(&registry, &consumer);
    let provided = provider.entity_type(provider.imports[0].index);
    let wanted = consumer.entity_type(consumer.imports[0].index);
    assert_eq!(
        registry.matches(&provided, &wanted),
        expected,
        "{export} for {import}"
    );
}

#[test]
fn import_matching() {
    for (export, import, expected) in [
        ("(func)", "(func)", true),
        ("(func)", "(func (param i32))", false),
        ("(func (type $b))", "(func (type $a))", true),
        ("(func (type $a))", "(func (type $b))", false),
        ("(func)", "(memory 0)", false),
        ("(memory 1)", "(memory 1)", true),
        ("(memory 2)", "(memory 1)", true),
        ("(memory 1)", "(memory 2)", false),
        ("(memory 1 3)", "(memory 1)", true),
        ("(memory 1 3)", "(memory 1 3)", true),
        ("(memory 1 3)", "(memory 1 4)", true),
        ("(memory 1 3)", "(memory 1 2)", false),
        ("(memory 1)", "(memory 1 3)", false),
        ("(memory 1 1 shared)", "(memory 1 1)", false),
        ("(memory 1 1 shared)", "(memory 1 1 shared)", true),
        ("(memory i64 1)", "(memory 1)", false),
        ("(memory i64 1)", "(memory i64 1)", true),
        ("(table 1 funcref)", "(table 1 funcref)", true),
        ("(table 2 3 funcref)", "(table 1 4 funcref)", true),
        ("(table 1 funcref)", "(table 2 funcref)", false),
        ("(table 1 funcref)", "(table 1 externref)", false),
        ("(table 1 (ref null $b))", "(table 1 (ref null $a))", false),
        ("(table i64 1 funcref)", "(table 1 funcref)", false),
        ("(global i32)", "(global i32)", true),
        ("(global i32)", "(global i64)", false),
        ("(global i32)", "(global (mut i32))", false),
        ("(global (mut i32))", "(global i32)", false),
        ("(global (ref $b))", "(global (ref null $a))", true),
        ("(global (ref null $b))", "(global (ref $a))", false),
        ("(global (mut (ref $b)))", "(global (mut (ref $a)))", false),
        ("(global (mut (ref $b)))", "(global (mut (ref $b)))", true),
        ("(tag (type $e))", "(tag (param i32))", true),
        ("(tag (type $e))", "(tag)", false),
    ] {
        check_link(export, import, expected);
    }
}

#[test]
fn host_functions_have_the_id_of_the_same_plain_type() {
    let registry = Arc::new(TypeRegistry::new());
    let ty = FuncType {
        params: [ValType::I32].into(),
        results: [ValType::FUNCREF].into(),
    };
    let host = registry.intern_func(ty.clone());
    let m = in_registry(
        &registry,
        "(module (type (func (param i32) (result funcref)))
                 (type (sub (func (param i32) (result funcref)))))",
    );
    assert_eq!(m.types[0], host);
    assert_ne!(m.types[1], host);
    drop(m);
    assert_eq!(*registry.func_type(host), ty, "kept without any module");
}

const RECURSIVE: &str = "(module
    (type $f (func (param i64)))
    (rec (type $a (sub (func (param (ref $b))))) (type $b (struct (field (ref $f)))))
    (type (sub $a (func (param (ref $b))))))";

#[test]
fn many_modules_with_the_same_types_do_not_grow_the_registry() {
    let registry = Arc::new(TypeRegistry::new());
    let bytes = binary(RECURSIVE);
    let modules: Vec<_> = (0..1000)
        .map(|_| load_with(&registry, Features::default(), &bytes).expect("valid"))
        .collect();
    assert_eq!(registry.len(), 4);
    assert!(modules.iter().all(|m| m.types == modules[0].types));
    drop(modules);
    assert_eq!(registry.len(), 0);
    for _ in 0..1000 {
        load_with(&registry, Features::default(), &bytes).expect("valid");
    }
    assert_eq!(registry.len(), 0);
}

#[test]
fn types_live_as_long_as_something_refers_to_them() {
    let registry = Arc::new(TypeRegistry::new());
    let first = in_registry(&registry, RECURSIVE);
    let guard = first.type_guard().clone();
    let last = first.types[3];
    let invalid = format!(
        "{} (func (i32.const 1)))",
        RECURSIVE.strip_suffix(')').expect("(module)")
    );
    assert!(load_with(&registry, Features::default(), &binary(&invalid)).is_err());
    drop(first);
    assert_eq!(registry.len(), 4);
    // The last type keeps what it refers to, in other groups too.
    let host = FuncType {
        params: [ValType::Ref(RefType {
            nullable: true,
            heap: HeapType::ConcreteFunc(last),
        })]
        .into(),
        results: [].into(),
    };
    let mut holder = TypeGuard::new(registry.clone());
    let host = holder.intern_func(host);
    drop(guard);
    assert_eq!(registry.len(), 5);
    assert_eq!(registry.func_type(host).params.len(), 1);
    assert!(registry.get(last).supertype.is_some());
    let mut other = TypeGuard::new(registry.clone());
    other.retain(last);
    drop(holder);
    assert_eq!(registry.len(), 4);
    drop(other);
    assert!(registry.is_empty());
}

#[test]
fn freed_ids_are_given_to_new_types() {
    let registry = Arc::new(TypeRegistry::new());
    let mut highest = 0;
    for i in 0..200 {
        let params = "i32 ".repeat(i);
        let m = in_registry(
            &registry,
            &format!("(module (type (func (param {params}))))"),
        );
        assert_eq!(m.func_type_params(), i);
        highest = highest.max(m.types[0].0);
    }
    assert_eq!(highest, 0, "one type lives at a time");
}

trait FirstType {
    fn func_type_params(&self) -> usize;
}

impl FirstType for Module {
    fn func_type_params(&self) -> usize {
        self.registry.func_type(self.types[0]).params.len()
    }
}

#[test]
fn many_threads_agree() {
    let registry = Arc::new(TypeRegistry::new());
    let bytes: Vec<_> = (0..8)
        .map(|i| {
            binary(&format!(
                "(module (rec (type $a (func (param {} (ref $a))))))",
                "i32 ".repeat(i)
            ))
        })
        .collect();
    let ids: Vec<Vec<TypeId>> = std::thread::scope(|scope| {
        // Keeps the ids from being reused while they are compared.
        let keep: Vec<_> = bytes
            .iter()
            .map(|b| load_with(&registry, Features::default(), b).expect("valid"))
            .collect();
        let threads: Vec<_> = (0..4)
            .map(|_| {
                scope.spawn(|| {
                    let mut ids = Vec::new();
                    for _ in 0..50 {
                        ids = bytes
                            .iter()
                            .map(|b| {
                                let m = load_with(&registry, Features::default(), b);
                                m.expect("valid").types[0]
                            })
                            .collect();
                    }
                    ids
                })
            })
            .collect();
        let ids = threads
            .into_iter()
            .map(|t| t.join().expect("no panic"))
            .collect();
        drop(keep);
        ids
    });
    assert!(ids.iter().all(|i| *i == ids[0]));
    assert!(registry.is_empty());
}
