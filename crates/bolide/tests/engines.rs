//! What belongs to one engine cannot be used with another.

use bolide::{Config, Engine, Extern, Instance, MemoryType, Module, SharedMemory, Store};

/// Memories of engines that check bounds are laid out more narrowly than guests of engines that rely on guards assume.
#[test]
fn shared_memories_stay_with_their_engine() {
    let narrow = Engine::new(Config::new().memory_reservation(0).memory_guard_size(65536)).unwrap();
    let wide = Engine::default();
    let module = Module::new(&wide, r#"(module (import "" "m" (memory 1 1 shared)))"#).unwrap();
    for (engine, fits) in [(&narrow, false), (&wide, true)] {
        let memory = SharedMemory::new(engine, MemoryType::shared(1, 1)).unwrap();
        let mut store = Store::new(&wide, ());
        let result = Instance::new(&mut store, &module, &[Extern::SharedMemory(memory)]);
        assert_eq!(result.is_ok(), fits);
        if let Err(error) = result {
            assert!(error.to_string().contains("another engine"), "{error:#}");
        }
    }
}

/// Tables take memory only as they are used.
#[test]
fn large_tables_are_lazy() {
    let engine = Engine::default();
    let tables = "(table 10000000 funcref)".repeat(50);
    let module = Module::new(&engine, format!("(module {tables})")).unwrap();
    let before = resident_bytes();
    let mut store = Store::new(&engine, ());
    Instance::new(&mut store, &module, &[]).unwrap();
    let grown = resident_bytes().saturating_sub(before);
    assert!(
        grown < 64 << 20,
        "4 GB of tables made {grown} bytes resident"
    );
}

fn resident_bytes() -> usize {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap();
    let pages: usize = statm.split(' ').nth(1).unwrap().parse().unwrap();
    pages * 4096
}
