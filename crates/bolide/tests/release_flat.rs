//! A store in which much is made and released stays as small as it was. Alone in its process, whose memory it
//! measures.

use bolide::*;

fn release(store: &mut Store<()>, item: impl Into<StoreItem>) {
    // SAFETY: the test does not use it any more.
    unsafe { store.release(item) };
}

/// Bytes of this process in memory.
fn resident() -> usize {
    let status = std::fs::read_to_string("/proc/self/statm").unwrap();
    let pages: usize = status.split_whitespace().nth(1).unwrap().parse().unwrap();
    pages * 4096
}

/// Mappings of machine code in this process.
fn code_mappings() -> usize {
    let maps = std::fs::read_to_string("/proc/self/maps").unwrap();
    maps.lines()
        .filter(|line| line.contains("bolide-code"))
        .count()
}

#[test]
fn memory_stays_flat() {
    let mut store = Store::<()>::default();
    let engine = store.engine().clone();
    let with_memory = Module::new(
        &engine,
        r#"(module (import "" "f" (func (result i32))) (memory 1) (data (i32.const 0) "x")
            (func (export "touch") (i32.store (i32.const 30000) (i32.const 1))))"#,
    )
    .unwrap();
    let without = Module::new(
        &engine,
        r#"(module (import "" "f" (func $f (result i32))) (import "" "t" (table 1 funcref))
            (global (mut i32) (i32.const 1)) (table 10 funcref)
            (elem (table 1) (i32.const 0) func $f $g) (func $g))"#,
    )
    .unwrap();
    let round = |store: &mut Store<()>, i: usize| {
        let func = Func::wrap(&mut *store, move || i as u32);
        if i.is_multiple_of(10) {
            let instance = Instance::new(&mut *store, &with_memory, &[func.into()]).unwrap();
            let touch = instance.get_typed_func::<(), ()>(&mut *store, "touch");
            touch.unwrap().call(&mut *store, ()).unwrap();
            release(store, instance);
        } else {
            let ty = TableType::new(RefType::FUNCREF, 1, None);
            let table = Table::new(&mut *store, ty, Ref::Func(None)).unwrap();
            let imports = [func.into(), table.into()];
            let instance = Instance::new(&mut *store, &without, &imports).unwrap();
            release(store, table);
            release(store, instance);
        }
        release(store, func);
    };
    (0..20_000).for_each(|i| round(&mut store, i));
    let before = resident();
    (0..200_000).for_each(|i| round(&mut store, i));
    let grown = resident().saturating_sub(before);
    assert!(grown < 1 << 20, "{grown} bytes more are in use");

    // Modules go with their last instance.
    let before = code_mappings();
    for i in 0..200 {
        let text = format!(r#"(module (func (export "id") (result i32) (i32.const {i})))"#);
        let module = Module::new(&engine, text).unwrap();
        let instance = Instance::new(&mut store, &module, &[]).unwrap();
        let id = instance.get_typed_func::<(), i32>(&mut store, "id");
        assert_eq!(id.unwrap().call(&mut store, ()).unwrap(), i);
        release(&mut store, instance);
    }
    store.gc();
    let grown = code_mappings().saturating_sub(before);
    assert!(grown < 20, "{grown} more mappings of code");
}
