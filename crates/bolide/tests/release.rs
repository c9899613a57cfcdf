//! Instances and items of the host that are given back before the store is dropped: what is freed, what is
//! not, and when.

use std::collections::BTreeSet;
use std::sync::{Arc, Weak};

use bolide::*;

/// Whether something that a probe was put into is still there.
struct Probe(Weak<()>);

impl Probe {
    fn is_alive(&self) -> bool {
        self.0.strong_count() > 0
    }
}

/// A host function that only the store holds: who imports it keeps it.
fn probe<T: 'static>(store: &mut Store<T>) -> (Func, Probe) {
    let owned = Arc::new(());
    let probe = Probe(Arc::downgrade(&owned));
    let func = Func::wrap(store, move || {
        let _ = &owned;
    });
    (func, probe)
}

/// Instantiates a module whose first import is a probe.
fn instance<T: 'static>(
    store: &mut Store<T>,
    fields: &str,
    imports: impl IntoIterator<Item = Extern>,
) -> (Instance, Probe) {
    let text = format!(r#"(module (import "test" "probe" (func $probe)) {fields})"#);
    let module = Module::new(store.engine(), text).unwrap();
    let (func, probe) = probe(store);
    let imports: Vec<Extern> = [func.into()].into_iter().chain(imports).collect();
    let instance = Instance::new(&mut *store, &module, &imports).unwrap();
    release(store, func);
    (instance, probe)
}

/// Releases something that the test does not use any more, except as [`Store::release`] allows.
fn release<T: 'static>(store: &mut Store<T>, item: impl Into<StoreItem>) {
    // SAFETY: promised by the caller.
    unsafe { store.release(item) };
}

fn export<T: 'static>(store: &mut Store<T>, instance: Instance, name: &str) -> Extern {
    instance.get_export(store, name).expect("an export")
}

fn call<T: 'static>(store: &mut Store<T>, instance: Instance, name: &str) -> i32 {
    let func = instance.get_typed_func::<(), i32>(&mut *store, name);
    func.unwrap().call(store, ()).unwrap()
}

fn funcs<T: 'static>(store: &mut Store<T>, size: u32) -> Table {
    let ty = TableType::new(RefType::FUNCREF, size, None);
    Table::new(store, ty, Ref::Func(None)).unwrap()
}

const ANSWER: &str = r#"(func (export "answer") (result i32) (i32.const 42))"#;

#[test]
fn imports_keep_an_instance() {
    let mut store = Store::<()>::default();
    let (first, probe) = instance(&mut store, ANSWER, []);
    let answer = export(&mut store, first, "answer");
    let (second, second_probe) = instance(
        &mut store,
        r#"(import "a" "answer" (func $answer (result i32)))
           (func (export "ask") (result i32) (call $answer))"#,
        [answer],
    );
    release(&mut store, first);
    store.gc();
    assert!(probe.is_alive());
    assert_eq!(call(&mut store, second, "ask"), 42);
    release(&mut store, second);
    store.gc();
    assert!(!probe.is_alive() && !second_probe.is_alive());
}

/// Each kind of item keeps the instance that defines it, as long as another instance imports it.
#[test]
fn all_kinds_of_imports_keep_their_instance() {
    let fields = r#"
        (memory (export "memory") 1 1)
        (table (export "table") 2 funcref)
        (global (export "global") (mut i32) (i32.const 42))
        (tag (export "tag"))
        (func $answer (export "func") (result i32) (i32.const 42))
        (elem (i32.const 1) $answer)
        (data (i32.const 8) "\2a")"#;
    for (name, import, body) in [
        ("func", "(func $f (result i32))", "(call $f)"),
        ("memory", "(memory 1)", "(i32.load (i32.const 8))"),
        (
            "table",
            "(table 2 funcref)",
            "(call_indirect (result i32) (i32.const 1))",
        ),
        ("global", "(global $g (mut i32))", "(global.get $g)"),
        ("tag", "(tag)", "(i32.const 42)"),
    ] {
        let mut store = Store::<()>::default();
        let (first, probe) = instance(&mut store, fields, []);
        let item = export(&mut store, first, name);
        let module =
            format!(r#"(import "a" "item" {import}) (func (export "use") (result i32) {body})"#);
        let (second, _) = instance(&mut store, &module, [item]);
        release(&mut store, first);
        store.gc();
        assert!(probe.is_alive(), "{name}");
        assert_eq!(call(&mut store, second, "use"), 42, "{name}");
        release(&mut store, second);
        store.gc();
        assert!(!probe.is_alive(), "{name}");
    }
}

/// A function reference keeps its instance, wherever it is.
#[test]
fn references_keep_an_instance() {
    let mut store = Store::<()>::default();
    let table = funcs(&mut store, 4);
    let holder = r#"
        (table $own 1 funcref)
        (global $global (mut funcref) (ref.null func))
        (func (export "table") (param funcref) (table.set $own (i32.const 0) (local.get 0)))
        (func (export "global") (param funcref) (global.set $global (local.get 0)))"#;
    let (holder, _) = instance(&mut store, holder, []);
    for place in ["host", "table", "global"] {
        let (owner, probe) = instance(&mut store, ANSWER, []);
        let answer = owner.get_func(&mut store, "answer").unwrap();
        let put = |store: &mut Store<()>, func: Option<Func>| match place {
            "host" => table.set(store, 3, func.into()).unwrap(),
            name => {
                let put = holder.get_typed_func::<Option<Func>, ()>(&mut *store, name);
                put.unwrap().call(store, func).unwrap();
            }
        };
        put(&mut store, Some(answer));
        release(&mut store, owner);
        store.gc();
        assert!(probe.is_alive(), "{place}");
        if place == "host" {
            let element = table.get(&mut store, 3).unwrap();
            let mut results = [Val::I32(0)];
            let func = *element.unwrap_func().unwrap();
            func.call(&mut store, &[], &mut results).unwrap();
            assert_eq!(results[0].unwrap_i32(), 42);
        }
        put(&mut store, None);
        store.gc();
        assert!(!probe.is_alive(), "{place}");
    }
}

#[test]
fn cycles_are_freed() {
    let mut store = Store::<()>::default();
    let (first, first_probe) = instance(&mut store, r#"(table (export "table") 1 funcref)"#, []);
    let table = export(&mut store, first, "table");
    let (second, second_probe) = instance(
        &mut store,
        r#"(import "a" "table" (table 1 funcref)) (func $f) (elem (i32.const 0) $f)"#,
        [table],
    );
    release(&mut store, second);
    store.gc();
    assert!(
        second_probe.is_alive(),
        "the table of the first refers to it"
    );
    release(&mut store, first);
    store.gc();
    assert!(!first_probe.is_alive() && !second_probe.is_alive());
}

#[test]
fn items_of_the_host() {
    let mut store = Store::<()>::default();
    let memory = Memory::new(&mut store, MemoryType::new(1, None)).unwrap();
    let ty = GlobalType::new(ValType::FUNCREF, Mutability::Const);
    let (func, probe) = probe(&mut store);
    let global = Global::new(&mut store, ty, func.into()).unwrap();
    let table = funcs(&mut store, 1);
    let tag = TagType::new(FuncType::new(store.engine(), [], []));
    let tag = Tag::new(&mut store, &tag).unwrap();
    let (user, _) = instance(
        &mut store,
        r#"(import "h" "m" (memory 1)) (import "h" "g" (global $g funcref))
           (import "h" "t" (table 1 funcref)) (import "h" "tag" (tag))
           (func (export "use") (result i32)
                (table.set (i32.const 0) (global.get $g))
                (i32.store (i32.const 8) (i32.const 7))
                (call_indirect (i32.const 0))
                (i32.add (i32.load (i32.const 8)) (table.size 0)))"#,
        [memory.into(), global.into(), table.into(), tag.into()],
    );
    for item in [
        memory.into(),
        global.into(),
        table.into(),
        tag.into(),
        StoreItem::from(func),
    ] {
        release(&mut store, item);
        // Once is enough.
        release(&mut store, item);
    }
    store.gc();
    assert_eq!(call(&mut store, user, "use"), 8);
    assert!(probe.is_alive());
    release(&mut store, user);
    store.gc();
    assert!(!probe.is_alive());
}

/// The instance's own items are not released one by one.
#[test]
fn items_of_an_instance_go_with_it() {
    let mut store = Store::<()>::default();
    let fields =
        r#"(memory (export "memory") 1) (func (export "size") (result i32) (memory.size))"#;
    let (owner, probe) = instance(&mut store, fields, []);
    let memory = owner.get_memory(&mut store, "memory").unwrap();
    let size = owner.get_func(&mut store, "size").unwrap();
    release(&mut store, memory);
    release(&mut store, size);
    store.gc();
    assert!(probe.is_alive());
    assert_eq!(call(&mut store, owner, "size"), 1);
    assert_eq!(memory.size(&store), 1);

    // Retaining one of them retains the instance.
    for item in [StoreItem::from(memory), size.into(), owner.into()] {
        release(&mut store, owner);
        store.retain(item);
        store.gc();
        assert!(probe.is_alive(), "{item:?}");
    }
    release(&mut store, owner);
    store.gc();
    assert!(!probe.is_alive());
}

#[test]
fn nothing_is_freed_while_a_guest_waits() {
    const COUNT: usize = 300;
    let engine = Engine::default();
    let mut store = Store::new(&engine, Vec::<Probe>::new());
    let small = Module::new(
        &engine,
        r#"(module (import "test" "probe" (func)) (memory 1) (func (export "f")))"#,
    )
    .unwrap();
    let work = Func::wrap(
        &mut store,
        move |mut caller: Caller<'_, Vec<Probe>>| -> Result<()> {
            for _ in 0..COUNT {
                let owned = Arc::new(());
                let probe = Probe(Arc::downgrade(&owned));
                let func = Func::wrap(&mut caller, move || {
                    let _ = &owned;
                });
                let instance = Instance::new(&mut caller, &small, &[func.into()])?;
                // SAFETY: neither is used any more.
                unsafe {
                    caller.release(func);
                    caller.release(instance);
                }
                caller.data_mut().push(probe);
            }
            caller.gc();
            assert!(caller.data().iter().all(Probe::is_alive));
            Ok(())
        },
    );
    let (outer, _) = instance(
        &mut store,
        r#"(import "test" "work" (func $work))
           (func (export "run") (result i32) (call $work) (i32.const 42))"#,
        [work.into()],
    );
    assert_eq!(call(&mut store, outer, "run"), 42);
    assert!(store.data().iter().all(Probe::is_alive));
    // The next thing that is made frees what has waited.
    instance(&mut store, "", []);
    assert!(!store.data().iter().any(Probe::is_alive));
}

#[test]
fn values_held_by_what_is_freed() {
    let mut store = Store::<()>::default();
    let owned = Arc::new(());
    let weak = Arc::downgrade(&owned);
    let (holder, _) = instance(
        &mut store,
        r#"(table $t 1 externref)
           (func (export "hold") (param externref) (table.set $t (i32.const 0) (local.get 0)))"#,
        [],
    );
    {
        let mut scope = RootScope::new(&mut store);
        let value = ExternRef::new(&mut scope, owned).unwrap();
        let hold = holder
            .get_typed_func::<Option<Rooted<ExternRef>>, ()>(&mut scope, "hold")
            .unwrap();
        hold.call(&mut scope, Some(value)).unwrap();
    }
    store.gc();
    assert_eq!(weak.strong_count(), 1);
    release(&mut store, holder);
    store.gc();
    assert_eq!(weak.strong_count(), 0);
}

/// Instances that failed are freed only if nothing can refer to them.
#[test]
fn failed_instances() {
    let mut store = Store::<()>::default();
    let table = funcs(&mut store, 1);
    for (fields, stays) in [
        (r#"(memory 1) (data (i32.const 65536) "x")"#, false),
        (
            r#"(table $own 1 funcref) (elem (table $own) (i32.const 0) func $probe)
               (elem (table $own) (i32.const 1) func $probe)"#,
            false,
        ),
        (
            r#"(func $f) (elem (table $shared) (i32.const 0) func $f)
               (elem (table $shared) (i32.const 1) func $f)"#,
            true,
        ),
        ("(start $s) (func $s unreachable)", true),
    ] {
        let text = format!(
            r#"(module (import "test" "probe" (func $probe))
                (import "test" "table" (table $shared 1 funcref)) {fields})"#
        );
        let module = Module::new(store.engine(), text).unwrap();
        let (func, probe) = probe(&mut store);
        Instance::new(&mut store, &module, &[func.into(), table.into()]).unwrap_err();
        release(&mut store, func);
        table.set(&mut store, 0, Ref::Func(None)).unwrap();
        store.gc();
        assert_eq!(probe.is_alive(), stays, "{fields}");
    }
}

#[test]
fn released_items_do_not_count_for_limits() {
    let engine = Engine::default();
    let limits = StoreLimitsBuilder::new()
        .instances(3)
        .memories(3)
        .tables(3)
        .build();
    let mut store = Store::new(&engine, limits);
    store.limiter(|limits| limits);
    let shared = SharedMemory::new(&engine, MemoryType::shared(1, 1)).unwrap();
    let module = Module::new(
        &engine,
        r#"(module (import "" "" (memory 1 1 shared)) (memory 1) (table 1 funcref))"#,
    )
    .unwrap();
    let make =
        |store: &mut Store<StoreLimits>| Instance::new(store, &module, &[shared.clone().into()]);
    for _ in 0..500 {
        let instance = make(&mut store).unwrap();
        release(&mut store, instance);
    }
    for _ in 0..10 {
        let table = funcs(&mut store, 1);
        release(&mut store, table);
        let memory = Memory::new(&mut store, MemoryType::new(1, None)).unwrap();
        release(&mut store, memory);
    }
    let kept: Vec<Instance> = (0..3).map(|_| make(&mut store).unwrap()).collect();
    let error = make(&mut store).unwrap_err();
    assert!(
        error.to_string().contains("instance count too high"),
        "{error}"
    );
    drop(kept);
}

/// Functions that a linker makes go with the instance that it made them for.
#[test]
fn functions_of_linkers() {
    let mut store = Store::<()>::default();
    let engine = store.engine().clone();
    let module = Module::new(
        &engine,
        r#"(module (import "test" "held" (func $held (result externref)))
            (global $kept (mut externref) (ref.null extern))
            (func (export "again") (result i32)
                (global.set $kept (call $held)) (ref.is_null (global.get $kept)))
            (export "held" (func $held)))"#,
    )
    .unwrap();
    let mut linker = Linker::new(&engine);
    linker
        .func_wrap("test", "held", |mut caller: Caller<'_, ()>| {
            ExternRef::new(&mut caller, ()).map(Some)
        })
        .unwrap();
    let pre = linker.instantiate_pre(&module).unwrap();
    let mut seen = BTreeSet::new();
    for round in 0..1000 {
        let instance = if round % 2 == 0 {
            linker.instantiate(&mut store, &module).unwrap()
        } else {
            pre.instantiate(&mut store).unwrap()
        };
        store.gc();
        assert_eq!(call(&mut store, instance, "again"), 0);
        let held = instance.get_func(&mut store, "held").unwrap();
        held.call(&mut store, &[], &mut [Val::null_extern_ref()])
            .unwrap();
        seen.insert(held.to_raw(&store) as usize);
        release(&mut store, instance);
    }
    assert!(
        seen.len() < 500,
        "{} functions in places of their own",
        seen.len()
    );
}

/// Traps, backtraces and callers are right after positions were used again.
#[test]
fn traps_after_positions_were_used_again() {
    let mut store = Store::<()>::default();
    let fields = r#"
        (memory (export "memory") 1)
        (func $load (export "load") (param i32) (result i32) (i32.load (local.get 0)))"#;
    let mut kept = Vec::new();
    for round in 0..400 {
        let (instance, _) = instance(&mut store, fields, []);
        if round % 7 == 0 {
            kept.push(instance);
        } else {
            release(&mut store, instance);
        }
    }
    store.gc();
    for (i, instance) in kept.iter().enumerate() {
        let memory = instance.get_memory(&mut store, "memory").unwrap();
        memory.write(&mut store, 16, &[i as u8]).unwrap();
    }
    for (i, instance) in kept.iter().enumerate() {
        let load = instance
            .get_typed_func::<i32, i32>(&mut store, "load")
            .unwrap();
        assert_eq!(load.call(&mut store, 16).unwrap(), i as i32);
        let error = load.call(&mut store, -4).unwrap_err();
        assert_eq!(error.downcast_ref::<Trap>(), Some(&Trap::MemoryOutOfBounds));
        let frames = error.downcast_ref::<WasmBacktrace>().unwrap().frames();
        assert_eq!(frames[0].func_name(), Some("load"));
        assert_eq!(load.func().owner(&store).unwrap().0, *instance);
    }
}

#[test]
#[should_panic(expected = "a handle was used with a store that it does not belong to")]
fn items_of_another_store_are_refused() {
    let mut store = Store::<()>::default();
    let mut other = Store::<()>::default();
    let memory = Memory::new(&mut store, MemoryType::new(1, None)).unwrap();
    release(&mut other, memory);
}

/// What a random program of linking, storing, clearing and releasing leaves alive is what a model of it reaches.
#[test]
fn random_graphs() {
    const SLOTS: usize = 3;
    struct Node {
        instance: Instance,
        probe: Probe,
        table: Table,
        /// Nodes whose functions are in the table.
        elements: [Option<usize>; SLOTS],
        imports: Option<usize>,
        released: bool,
    }
    let mut store = Store::<()>::default();
    let mut nodes: Vec<Node> = Vec::new();
    let mut alive: BTreeSet<usize> = BTreeSet::new();
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut random = |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state % below as u64) as usize
    };
    let pick = |alive: &BTreeSet<usize>, nodes: &[Node], n: usize| {
        let usable: Vec<usize> = alive
            .iter()
            .copied()
            .filter(|i| !nodes[*i].released)
            .collect();
        (!usable.is_empty()).then(|| usable[n % usable.len()])
    };
    for step in 0..6000 {
        match (random(10), pick(&alive, &nodes, random(1 << 20))) {
            (0..=2, other) | (_, other @ None) => {
                let imports = other.filter(|_| random(2) == 0);
                let table = match imports {
                    Some(i) => nodes[i].table.into(),
                    None => funcs(&mut store, SLOTS as u32).into(),
                };
                let unnamed = if let (None, Extern::Table(table)) = (imports, &table) {
                    Some(*table)
                } else {
                    None
                };
                let (made, probe) = instance(
                    &mut store,
                    &format!(
                        r#"(import "a" "table" (table {SLOTS} funcref))
                        (table (export "table") {SLOTS} funcref)
                        (func (export "id") (result i32) (i32.const {}))"#,
                        nodes.len()
                    ),
                    [table],
                );
                if let Some(table) = unnamed {
                    release(&mut store, table);
                }
                let table = made.get_table(&mut store, "table").unwrap();
                alive.insert(nodes.len());
                nodes.push(Node {
                    instance: made,
                    probe,
                    table,
                    elements: [None; SLOTS],
                    imports,
                    released: false,
                });
            }
            (3..=6, Some(at)) => {
                let slot = random(SLOTS);
                let target = pick(&alive, &nodes, random(1 << 20)).filter(|_| random(3) > 0);
                let func = target.map(|t| nodes[t].instance.get_func(&mut store, "id").unwrap());
                let table = nodes[at].table;
                table.set(&mut store, slot as u64, func.into()).unwrap();
                nodes[at].elements[slot] = target;
            }
            (_, Some(at)) => {
                release(&mut store, nodes[at].instance);
                nodes[at].released = true;
            }
        }
        if step % 40 == 0 {
            store.gc();
            let mut reached = BTreeSet::new();
            let mut pending: Vec<usize> = alive.iter().copied().collect();
            pending.retain(|i| !nodes[*i].released);
            while let Some(i) = pending.pop() {
                if reached.insert(i) {
                    pending.extend(nodes[i].elements.iter().flatten().chain(&nodes[i].imports));
                }
            }
            alive = reached;
            for (i, node) in nodes.iter().enumerate() {
                let expected = alive.contains(&i);
                assert_eq!(
                    node.probe.is_alive(),
                    expected,
                    "node {i} after {step} steps"
                );
                if !expected || node.released {
                    continue;
                }
                for (slot, target) in node.elements.iter().enumerate() {
                    let element = node.table.get(&mut store, slot as u64).unwrap();
                    let func = element.unwrap_func().copied();
                    assert_eq!(func.is_some(), target.is_some());
                    if let (Some(func), Some(target)) = (func, target) {
                        let id = func.typed::<(), i32>(&store).unwrap();
                        assert_eq!(id.call(&mut store, ()).unwrap(), *target as i32);
                    }
                }
            }
        }
    }
    assert!(nodes.len() > 1000 && nodes.len() > 4 * alive.len());
}
