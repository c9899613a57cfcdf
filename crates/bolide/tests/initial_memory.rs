//! What memories hold when their instances are made, however data gets there.

use bolide::*;

/// A module with `count` segments of two bytes, each over the second byte of the one before.
fn module(engine: &Engine, count: u32) -> Module {
    let segment = |i: u32| {
        let [low, high, ..] = i.to_le_bytes();
        format!("(data (i32.const {}) \"\\{low:02x}\\{high:02x}\")", 10 + i)
    };
    let segments: String = (0..count).map(segment).collect();
    let text = format!("(module (memory (export \"memory\") 1) {segments})");
    Module::new(engine, text).unwrap()
}

#[test]
fn every_instance_starts_with_the_data() {
    for count in [0, 1, 1000, 1001, 3000] {
        let mut pooling = Config::new();
        pooling.allocation_strategy(PoolingAllocationConfig::new());
        let mut copying = Config::new();
        copying.memory_init_cow(false);
        for config in [Config::new(), pooling, copying] {
            let engine = Engine::new(&config).unwrap();
            let module = module(&engine, count);
            let mut expected = vec![0; 65_536];
            for i in 0..count {
                let at = 10 + i as usize;
                expected[at..at + 2].copy_from_slice(&i.to_le_bytes()[..2]);
            }
            for round in 0..4 {
                let mut store = Store::new(&engine, ());
                for _ in 0..2 {
                    let instance = Instance::new(&mut store, &module, &[]).unwrap();
                    let memory = instance.get_memory(&mut store, "memory").unwrap();
                    let data = memory.data_mut(&mut store);
                    assert!(data == expected, "{count} segments, round {round}");
                    // Nobody else sees it.
                    data.fill(round);
                }
            }
        }
    }
}
