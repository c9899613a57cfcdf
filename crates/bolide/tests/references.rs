//! Host references in every place that a guest can keep them: nothing is freed while something reaches it,
//! and everything is when nothing does.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bolide::*;

/// A host value that knows which one it is and counts its destruction.
struct Counted {
    id: u32,
    dropped: Arc<AtomicUsize>,
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.dropped.fetch_add(1, Ordering::Relaxed);
    }
}

#[derive(Default)]
struct State {
    made: usize,
    dropped: Arc<AtomicUsize>,
}

impl State {
    fn alive(&self) -> usize {
        self.made - self.dropped.load(Ordering::Relaxed)
    }
}

fn make(mut store: impl AsContextMut<Data = State>, id: u32) -> Result<Rooted<ExternRef>> {
    let mut store = store.as_context_mut();
    store.data_mut().made += 1;
    let dropped = store.data().dropped.clone();
    ExternRef::new(&mut store, Counted { id, dropped })
}

fn id(store: impl AsContext<Data = State>, reference: &Rooted<ExternRef>) -> u32 {
    let store = store.as_context();
    let data = reference.data(store).unwrap().unwrap();
    data.downcast_ref::<Counted>().unwrap().id
}

/// A module with `make`, `collect` and `check` of the host: `check` fails unless the reference is the one with
/// that number.
fn instance(wat: &str) -> (Store<State>, Instance) {
    let engine = Engine::default();
    let mut linker = Linker::new(&engine);
    linker
        .func_wrap("host", "make", |mut caller: Caller<'_, State>, id: u32| {
            make(&mut caller, id).map(Some)
        })
        .unwrap();
    linker
        .func_wrap("host", "collect", |mut caller: Caller<'_, State>| {
            caller.gc()
        })
        .unwrap();
    linker
        .func_wrap(
            "host",
            "check",
            |caller: Caller<'_, State>, reference: Option<Rooted<ExternRef>>, expected: u32| {
                let Some(reference) = reference else {
                    bail!("expected reference {expected}, found null");
                };
                let found = id(&caller, &reference);
                ensure!(found == expected, "expected {expected}, found {found}");
                Ok(())
            },
        )
        .unwrap();
    let prelude = r#"
        (import "host" "make" (func $make (param i32) (result externref)))
        (import "host" "collect" (func $collect))
        (import "host" "check" (func $check (param externref i32)))"#;
    let module = Module::new(&engine, format!("(module {prelude} {wat})")).unwrap();
    let mut store = Store::new(&engine, State::default());
    let instance = linker.instantiate(&mut store, &module).unwrap();
    (store, instance)
}

fn call(store: &mut Store<State>, instance: Instance, name: &str) {
    let func = instance.get_typed_func::<(), ()>(&mut *store, name);
    func.unwrap()
        .call(store, ())
        .unwrap_or_else(|e| panic!("{name}: {e:#}"));
}

#[test]
fn a_hundred_thousand_references_in_a_table() {
    const COUNT: usize = 100_000;
    let (mut store, instance) = instance(
        r#"
        (table $t (export "table") 1 externref)
        (global $g (mut externref) (ref.null extern))
        (func (export "fill") (local $i i32)
            (drop (table.grow $t (ref.null extern) (i32.const 99999)))
            (loop $next
                (table.set $t (local.get $i) (call $make (local.get $i)))
                (global.set $g (call $make (i32.const -1)))
                (br_if $next (i32.lt_u
                    (local.tee $i (i32.add (local.get $i) (i32.const 1)))
                    (i32.const 100000)))))
        (func (export "verify") (local $i i32)
            (loop $next
                (call $check (table.get $t (local.get $i)) (local.get $i))
                (br_if $next (i32.lt_u
                    (local.tee $i (i32.add (local.get $i) (i32.const 1)))
                    (i32.const 100000)))))
        (func (export "halve")
            (table.fill $t (i32.const 0) (ref.null extern) (i32.const 50000)))
        (func (export "empty")
            (global.set $g (ref.null extern))
            (table.fill $t (i32.const 0) (ref.null extern) (i32.const 100000)))"#,
    );
    call(&mut store, instance, "fill");
    assert!(
        store.data().alive() < 2 * COUNT,
        "garbage is collected while references are made"
    );
    call(&mut store, instance, "verify");
    store.gc();
    assert_eq!(store.data().alive(), COUNT + 1, "the table and the global");
    call(&mut store, instance, "verify");
    call(&mut store, instance, "halve");
    store.gc();
    assert_eq!(store.data().alive(), COUNT / 2 + 1);
    call(&mut store, instance, "empty");
    store.gc();
    assert_eq!(store.data().alive(), 0);
    // Slots are used again.
    call(&mut store, instance, "fill");
    call(&mut store, instance, "verify");
    let dropped = store.data().dropped.clone();
    let made = store.data().made;
    drop(store);
    assert_eq!(
        dropped.load(Ordering::Relaxed),
        made,
        "the store frees the rest"
    );
}

/// Each function makes references, has the host collect, and then looks at them.
#[test]
fn live_across_calls() {
    let many_types = "externref ".repeat(12);
    let (mut store, instance) = instance(&format!(
        r#"
        (type $twelve (func (param {many_types}) (result {many_types})))
        (elem declare func $pass)
        (table $funcs funcref (elem $pass))

        (func (export "locals") (local $a externref) (local $b externref)
            (local.set $a (call $make (i32.const 1)))
            (local.set $b (call $make (i32.const 2)))
            (call $collect)
            (call $check (local.get $b) (i32.const 2))
            (call $collect)
            (call $check (local.get $a) (i32.const 1)))

        (func (export "operands")
            (call $make (i32.const 3))
            (call $make (i32.const 4))
            (call $collect)
            (call $check (i32.const 4))
            (call $collect)
            (call $check (i32.const 3)))

        (func $recurse (param $mine externref) (param $depth i32)
            (call $check (local.get $mine) (local.get $depth))
            (if (i32.eqz (local.get $depth))
                (then (call $collect))
                (else (call $recurse
                    (call $make (i32.sub (local.get $depth) (i32.const 1)))
                    (i32.sub (local.get $depth) (i32.const 1)))))
            (call $check (local.get $mine) (local.get $depth)))
        (func (export "frames") (call $recurse (call $make (i32.const 500)) (i32.const 500)))

        (func (export "loop") (local $i i32) (local $kept externref) (local $last externref)
            (local.set $kept (call $make (i32.const 7)))
            (loop $next
                (local.set $last (call $make (local.get $i)))
                (call $collect)
                (call $check (local.get $kept) (i32.const 7))
                (call $check (local.get $last) (local.get $i))
                (br_if $next (i32.lt_u
                    (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 50)))))

        (func (export "branches") (local $a externref)
            (local.set $a (select (result externref)
                (call $make (i32.const 1)) (call $make (i32.const 2)) (i32.const 0)))
            (call $collect)
            (call $check (local.get $a) (i32.const 2))
            (block $done (result externref)
                (br_if $done (call $make (i32.const 9)) (i32.const 1))
                (call $collect))
            (call $collect)
            (call $check (i32.const 9)))

        (func $tail (param $a externref) (param $n i32)
            (call $collect)
            (call $check (local.get $a) (local.get $n))
            (if (i32.eqz (local.get $n)) (then (return)))
            (return_call $tail
                (call $make (i32.sub (local.get $n) (i32.const 1)))
                (i32.sub (local.get $n) (i32.const 1))))
        (func (export "tail_calls") (return_call $tail (call $make (i32.const 100)) (i32.const 100)))

        ;; More parameters and results than there are registers.
        (func $pass (type $twelve)
            (call $collect)
            {gets})
        (func $make_twelve (result {many_types}) {makes} (call $collect))
        (func (export "direct") {makes} (call $collect) (call $pass) (call $collect) {checks})
        (func (export "indirect")
            {makes} (call_indirect $funcs (type $twelve) (i32.const 0)) (call $collect) {checks})
        (func (export "by_reference")
            {makes} (call_ref $twelve (ref.func $pass)) (call $collect) {checks})
        (func (export "results") (call $make_twelve) (call $collect) {checks})"#,
        gets = (0..12)
            .map(|i| format!("local.get {i} "))
            .collect::<String>(),
        makes = (0..12)
            .map(|i| format!("(call $make (i32.const {i})) "))
            .collect::<String>(),
        checks = (0..12)
            .rev()
            .map(|i| format!("(call $check (i32.const {i})) "))
            .collect::<String>(),
    ));
    for name in [
        "locals",
        "operands",
        "frames",
        "loop",
        "branches",
        "tail_calls",
        "direct",
        "indirect",
        "by_reference",
        "results",
    ] {
        call(&mut store, instance, name);
        store.gc();
        assert_eq!(store.data().alive(), 0, "{name}");
    }
}

/// Frames that a trap or a host error skips hold nothing any more.
#[test]
fn unwound_frames_hold_nothing() {
    let (mut store, instance) = instance(
        r#"
        (func $trap (param $a externref)
            (call $check (local.get $a) (i32.const 1))
            (drop (i32.div_u (i32.const 1) (i32.const 0)))
            (call $check (local.get $a) (i32.const 1)))
        (func (export "trap") (local $b externref)
            (local.set $b (call $make (i32.const 2)))
            (call $trap (call $make (i32.const 1)))
            (call $check (local.get $b) (i32.const 2)))
        (func (export "error") (local $b externref)
            (local.set $b (call $make (i32.const 2)))
            (call $check (local.get $b) (i32.const 3))
            (call $check (local.get $b) (i32.const 2)))"#,
    );
    for (name, message) in [
        ("trap", "wasm trap: integer divide by zero"),
        ("error", "expected 3, found 2"),
    ] {
        let func = instance.get_typed_func::<(), ()>(&mut store, name).unwrap();
        let error = func.call(&mut store, ()).unwrap_err();
        assert_eq!(error.root_cause().to_string(), message);
        store.gc();
        assert_eq!(store.data().alive(), 0, "{name}");
    }
}

#[test]
fn roots_of_the_host() {
    let engine = Engine::default();
    let mut store = Store::new(&engine, State::default());
    let owned = {
        let mut scope = RootScope::new(&mut store);
        let inner = make(&mut scope, 1).unwrap();
        let kept = make(&mut scope, 2).unwrap();
        scope.as_context_mut().gc();
        assert_eq!((id(&scope, &inner), id(&scope, &kept)), (1, 2));
        kept.to_owned_rooted(&mut scope).unwrap()
    };
    store.gc();
    assert_eq!(store.data().alive(), 1, "the scope's end frees the first");
    {
        let mut scope = RootScope::new(&mut store);
        let again = owned.to_rooted(&mut scope);
        assert_eq!(id(&scope, &again), 2);
    }
    drop(owned);
    store.gc();
    assert_eq!(store.data().alive(), 0);
    // A handle whose scope has ended is an error, not another value.
    let stale = {
        let mut scope = RootScope::new(&mut store);
        make(&mut scope, 3).unwrap()
    };
    make(&mut store, 4).unwrap();
    assert!(stale.data(&store).is_err());
}

#[test]
fn tables_and_globals_of_the_host() {
    let engine = Engine::default();
    let mut store = Store::new(&engine, State::default());
    let (table, global) = {
        let mut scope = RootScope::new(&mut store);
        let first = make(&mut scope, 1).unwrap();
        let ty = TableType::new(RefType::EXTERNREF, 2, None);
        let table = Table::new(&mut scope, ty, first.into()).unwrap();
        let second = make(&mut scope, 2).unwrap();
        let ty = GlobalType::new(ValType::EXTERNREF, Mutability::Var);
        let global = Global::new(&mut scope, ty, second.into()).unwrap();
        let third = make(&mut scope, 3).unwrap();
        table.grow(&mut scope, 1, third.into()).unwrap();
        (table, global)
    };
    store.gc();
    assert_eq!(store.data().alive(), 3);
    {
        let mut scope = RootScope::new(&mut store);
        let found: Vec<u32> = (0..3)
            .map(|i| {
                let element = table.get(&mut scope, i).unwrap();
                id(&scope, element.as_extern().unwrap().unwrap())
            })
            .collect();
        assert_eq!(found, [1, 1, 3]);
        let value = global.get(&mut scope);
        assert_eq!(id(&scope, value.unwrap_externref().unwrap()), 2);
    }
    table.fill(&mut store, 0, Ref::Extern(None), 3).unwrap();
    global.set(&mut store, Val::ExternRef(None)).unwrap();
    store.gc();
    assert_eq!(store.data().alive(), 0);
}
