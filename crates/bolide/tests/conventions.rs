//! More results and parameters than there are registers, through every kind of call.

use bolide::*;

const COUNT: usize = 20;

/// A module in which every kind of call passes 20 values of `ty` through, and adds nothing and loses nothing.
fn module(ty: &str) -> String {
    let types = format!("{ty} ").repeat(COUNT);
    let gets: String = (0..COUNT).map(|i| format!("local.get {i} ")).collect();
    // Reversed, so that a value in the wrong place is seen.
    let reversed: String = (0..COUNT)
        .rev()
        .map(|i| format!("local.get {i} "))
        .collect();
    format!(
        r#"(module
        (type $t (func (param {types}) (result {types})))
        (import "host" "reverse" (func $host (type $t)))
        (table $funcs funcref (elem $reverse $host))
        (elem declare func $reverse $host)
        (func $reverse (type $t) {reversed})
        (func (export "direct") (type $t) {gets} (call $reverse))
        (func (export "indirect") (type $t) {gets} (call_indirect (type $t) (i32.const 0)))
        (func (export "reference") (type $t) {gets} (call_ref $t (ref.func $reverse)))
        (func (export "host") (type $t) {gets} (call $host))
        (func (export "host indirect") (type $t) {gets} (call_indirect (type $t) (i32.const 1)))
        (func (export "host reference") (type $t) {gets} (call_ref $t (ref.func $host)))
        (func (export "tail") (type $t) {gets} (return_call $reverse))
        (func (export "tail indirect") (type $t) {gets} (return_call_indirect (type $t) (i32.const 0)))
        (func (export "tail reference") (type $t) {gets} (return_call_ref $t (ref.func $reverse)))
        (func (export "tail host") (type $t) {gets} (return_call $host))
        (func (export "tail host indirect") (type $t) {gets} (return_call_indirect (type $t) (i32.const 1)))
        (func (export "four times") (type $t)
            {gets} (call $host) (call $reverse) (call $host) (call $host) (call $reverse))
        (func (export "block") (type $t)
            {gets} (block (type $t) (call $host) (br 0))))"#
    )
}

fn check(ty: &str, value: impl Fn(usize) -> Val) {
    let engine = Engine::default();
    let module = Module::new(&engine, module(ty)).unwrap();
    let mut store = Store::new(&engine, 0);
    let import = module.imports().next().unwrap().ty();
    let host = Func::new(
        &mut store,
        import.func().unwrap().clone(),
        |mut caller: Caller<'_, u32>, params, results| {
            *caller.data_mut() += 1;
            for (result, param) in results.iter_mut().zip(params.iter().rev()) {
                *result = *param;
            }
            Ok(())
        },
    );
    let instance = Instance::new(&mut store, &module, &[host.into()]).unwrap();
    let params: Vec<Val> = (0..COUNT).map(value).collect();
    let expected: Vec<String> = params.iter().rev().map(|v| format!("{v:?}")).collect();
    let exports: Vec<(String, Func)> = instance
        .exports(&mut store)
        .map(|e| (e.name().to_owned(), e.into_func().unwrap()))
        .collect();
    for (name, func) in exports {
        let mut results = vec![Val::I32(0); COUNT];
        func.call(&mut store, &params, &mut results)
            .unwrap_or_else(|e| panic!("{name} of {ty}: {e:#}"));
        let found: Vec<String> = results.iter().map(|v| format!("{v:?}")).collect();
        assert_eq!(found, expected, "{name} of {ty}");
    }
    assert!(*store.data() > 0);
}

#[test]
fn twenty_integers() {
    check("i32", |i| Val::I32(i as i32 - 7));
    check("i64", |i| Val::I64((i as i64) << 40 | 3));
}

#[test]
fn twenty_floats() {
    check("f32", |i| Val::from(i as f32 + 0.5));
    check("f64", |i| Val::from(i as f64 - 0.25));
}

#[test]
fn twenty_vectors() {
    check("v128", |i| {
        Val::V128((u128::MAX / 7 * (i as u128 % 7)).into())
    });
}

/// Results that live in the store's buffer survive a nested call with even more of them.
#[test]
fn nested_calls_share_the_result_buffer() {
    let engine = Engine::default();
    let big = "i64 ".repeat(100);
    let wat = format!(
        r#"(module
        (import "host" "nested" (func $nested (result i64)))
        (func $big (result {big}) {values})
        (func (export "sum") (result i64) (call $big) {adds})
        (func $ten (result {ten}) {nine} (call $nested))
        (func (export "outer") (result i64) (call $ten) {ten_adds}))"#,
        values = (0..100)
            .map(|i| format!("(i64.const {i})"))
            .collect::<String>(),
        adds = "i64.add ".repeat(99),
        ten = "i64 ".repeat(10),
        nine = (0..9)
            .map(|i| format!("(i64.const {i})"))
            .collect::<String>(),
        ten_adds = "i64.add ".repeat(9),
    );
    let module = Module::new(&engine, wat).unwrap();
    let mut store = Store::new(&engine, ());
    let mut linker = Linker::new(&engine);
    linker
        .func_wrap("host", "nested", |mut caller: Caller<'_, ()>| {
            let sum = caller.get_export("sum").unwrap().into_func().unwrap();
            sum.typed::<(), i64>(&caller)?.call(&mut caller, ())
        })
        .unwrap();
    let instance = linker.instantiate(&mut store, &module).unwrap();
    let call = |store: &mut Store<()>, name| {
        let func = instance.get_typed_func::<(), i64>(&mut *store, name);
        func.unwrap().call(store, ()).unwrap()
    };
    assert_eq!(call(&mut store, "sum"), 4950);
    assert_eq!(call(&mut store, "outer"), 36 + 4950);
}
