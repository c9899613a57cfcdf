//! Instances whose instantiation failed live on in what they wrote elsewhere.

use bolide::*;

/// A module that writes its functions into an imported table and then fails, in the way that `failure` says.
/// Its functions use everything that instantiation had not reached yet.
fn check(failure: &str, trap: Trap) {
    let engine = Engine::default();
    let mut store = Store::new(&engine, ());
    let ty = TableType::new(RefType::FUNCREF, 8, None);
    let table = Table::new(&mut store, ty, Ref::Func(None)).unwrap();
    let module = Module::new(
        &engine,
        format!(
            r#"(module
            (import "host" "table" (table $shared 8 funcref))
            (table $own 4 funcref)
            (memory 1)
            (elem (table $shared) (i32.const 0) func $elements $data $state)
            {failure}
            (elem $passive func $state $state)
            (data $bytes "\2a")
            (func $elements (result i32)
                (table.init $own $passive (i32.const 1) (i32.const 0) (i32.const 2))
                (elem.drop $passive)
                (call_indirect $own (result i32) (i32.const 2)))
            (func $data (result i32)
                (memory.init $bytes (i32.const 5) (i32.const 0) (i32.const 1))
                (data.drop $bytes)
                (i32.load8_u (i32.const 5)))
            (func $state (result i32) (i32.const 7)))"#
        ),
    )
    .unwrap();
    let error = Instance::new(&mut store, &module, &[table.into()]).unwrap_err();
    assert_eq!(error.downcast_ref::<Trap>(), Some(&trap));
    store.gc();
    for (i, expected) in [(0, 7), (1, 42), (2, 7)] {
        let func = table.get(&mut store, i).unwrap();
        let func = func.as_func().unwrap().unwrap();
        let func = func.typed::<(), i32>(&store).unwrap();
        assert_eq!(func.call(&mut store, ()).unwrap(), expected, "function {i}");
    }
    // A second use finds the segments dropped.
    let func = table.get(&mut store, 0).unwrap();
    let func = func.as_func().unwrap().unwrap();
    let error = func.typed::<(), i32>(&store).unwrap();
    let error = error.call(&mut store, ()).unwrap_err();
    assert_eq!(error.downcast_ref::<Trap>(), Some(&Trap::TableOutOfBounds));
}

#[test]
fn element_segment_out_of_bounds() {
    check(
        "(elem (table $own) (i32.const 4) func $state)",
        Trap::TableOutOfBounds,
    );
}

#[test]
fn data_segment_out_of_bounds() {
    check(r#"(data (i32.const 65536) "x")"#, Trap::MemoryOutOfBounds);
}

#[test]
fn start_function_traps() {
    check(
        "(start $fail) (func $fail unreachable)",
        Trap::UnreachableCodeReached,
    );
}
