//! What resource limits allow, and what guests and hosts see when they do not.

use bolide::*;

const GROWER: &str = r#"(module
    (memory (export "memory") 1 10)
    (table (export "table") 2 20 funcref)
    (func (export "grow_memory") (param i32) (result i32) (memory.grow (local.get 0)))
    (func (export "grow_table") (param i32) (result i32)
        (table.grow (ref.null func) (local.get 0))))"#;

fn store(limits: StoreLimits) -> Store<StoreLimits> {
    let mut store = Store::new(&Engine::default(), limits);
    store.limiter(|limits| limits);
    store
}

fn instantiate<T: 'static>(store: &mut Store<T>, wat: &str) -> Result<Instance> {
    let module = Module::new(store.engine(), wat)?;
    Instance::new(store, &module, &[])
}

/// Calls a function that grows something.
fn grow<T: 'static>(store: &mut Store<T>, instance: Instance, name: &str, by: i32) -> Result<i32> {
    let func = instance.get_typed_func::<i32, i32>(&mut *store, name)?;
    func.call(store, by)
}

#[test]
fn guests_get_minus_one() {
    let mut store = store(
        StoreLimitsBuilder::new()
            .memory_size(3 << 16)
            .table_elements(5)
            .build(),
    );
    let instance = instantiate(&mut store, GROWER).unwrap();
    for (name, by, expected) in [
        ("grow_memory", 1, 1),
        ("grow_memory", 2, -1),
        ("grow_memory", 1, 2),
        ("grow_memory", 1, -1),
        ("grow_memory", 0, 3),
        ("grow_memory", -1, -1),
        ("grow_table", 3, 2),
        ("grow_table", 1, -1),
        ("grow_table", 0, 5),
        ("grow_table", -1, -1),
    ] {
        let found = grow(&mut store, instance, name, by).unwrap();
        assert_eq!(found, expected, "{name} by {by}");
    }
    let memory = instance.get_memory(&mut store, "memory").unwrap();
    assert!(memory.grow(&mut store, 1).is_err());
    assert_eq!(memory.size(&store), 3);
    let table = instance.get_table(&mut store, "table").unwrap();
    assert!(table.grow(&mut store, 1, Ref::Func(None)).is_err());
    assert_eq!(table.size(&store), 5);
}

#[test]
fn or_stop_if_the_limits_say_so() {
    let mut store = store(
        StoreLimitsBuilder::new()
            .memory_size(2 << 16)
            .table_elements(3)
            .trap_on_grow_failure(true)
            .build(),
    );
    let instance = instantiate(&mut store, GROWER).unwrap();
    assert_eq!(grow(&mut store, instance, "grow_memory", 1).unwrap(), 1);
    for (name, message) in [
        (
            "grow_memory",
            "forcing trap when growing memory to 196608 bytes",
        ),
        (
            "grow_table",
            "forcing trap when growing table to 4 elements",
        ),
    ] {
        let by = if name == "grow_table" { 2 } else { 1 };
        let error = grow(&mut store, instance, name, by).unwrap_err();
        assert_eq!(error.root_cause().to_string(), message);
    }
}

#[test]
fn instantiation_obeys() {
    for (limits, wat) in [
        (
            StoreLimitsBuilder::new().memory_size(1),
            "(module (memory 1))",
        ),
        (
            StoreLimitsBuilder::new().table_elements(9),
            "(module (table 10 funcref))",
        ),
        (
            StoreLimitsBuilder::new().memories(1),
            "(module (memory 0) (memory 0))",
        ),
        (
            StoreLimitsBuilder::new().tables(1),
            "(module (table 0 funcref) (table 0 funcref))",
        ),
        (StoreLimitsBuilder::new().instances(0), "(module)"),
    ] {
        let mut store = store(limits.build());
        let error = instantiate(&mut store, wat).expect_err(wat);
        assert!(error.to_string().contains("limit"), "{wat}: {error:#}");
        // A module that needs nothing of it goes on.
        *store.data_mut() = StoreLimits::default();
        instantiate(&mut store, wat).unwrap();
    }
}

#[test]
fn instances_are_counted() {
    let mut store = store(StoreLimitsBuilder::new().instances(3).memories(2).build());
    for _ in 0..2 {
        instantiate(&mut store, "(module (memory 1))").unwrap();
    }
    assert!(instantiate(&mut store, "(module (memory 1))").is_err());
    instantiate(&mut store, "(module)").unwrap();
    assert!(instantiate(&mut store, "(module)").is_err());
}

/// What a limiter was asked.
#[derive(Default)]
struct Log(Vec<String>);

impl ResourceLimiter for Log {
    fn memory_growing(
        &mut self,
        current: usize,
        desired: usize,
        maximum: Option<usize>,
    ) -> Result<bool> {
        self.0
            .push(format!("memory {current} {desired} {maximum:?}"));
        Ok(true)
    }

    fn memory_grow_failed(&mut self, _error: Error) -> Result<()> {
        self.0.push("memory failed".to_owned());
        Ok(())
    }

    fn table_growing(
        &mut self,
        current: usize,
        desired: usize,
        maximum: Option<usize>,
    ) -> Result<bool> {
        self.0
            .push(format!("table {current} {desired} {maximum:?}"));
        Ok(true)
    }
}

#[test]
fn limiters_are_asked_with_sizes() {
    let mut store = Store::new(&Engine::default(), Log::default());
    store.limiter(|log| log);
    let instance = instantiate(&mut store, GROWER).unwrap();
    grow(&mut store, instance, "grow_memory", 2).unwrap();
    grow(&mut store, instance, "grow_table", 3).unwrap();
    // The type's own maximum holds even if the limiter allows more.
    assert_eq!(grow(&mut store, instance, "grow_memory", 100).unwrap(), -1);
    assert_eq!(grow(&mut store, instance, "grow_table", 100).unwrap(), -1);
    let asked = &store.data().0;
    assert_eq!(
        asked[..4],
        [
            "memory 0 65536 Some(655360)",
            "table 0 2 Some(20)",
            "memory 65536 196608 Some(655360)",
            "table 2 5 Some(20)",
        ]
    );
}

/// Without any limiter a guest cannot take gigabytes with one instruction: tables have at most ten million
/// elements, as the JavaScript API has it.
#[test]
fn tables_have_a_largest_size() {
    let mut store = Store::new(&Engine::default(), ());
    let instance = instantiate(
        &mut store,
        r#"(module
            (table $t 1 funcref) (table $wide i64 1 externref)
            (func (export "grow") (param i32) (result i32)
                (table.grow $t (ref.null func) (local.get 0)))
            (func (export "grow_wide") (param i32) (result i32)
                (i32.wrap_i64 (table.grow $wide (ref.null extern) (i64.extend_i32_u (local.get 0))))))"#,
    )
    .unwrap();
    for name in ["grow", "grow_wide"] {
        for (by, expected) in [(i32::MAX, -1), (10_000_000, -1), (9_999_999, 1), (1, -1)] {
            let found = grow(&mut store, instance, name, by).unwrap();
            assert_eq!(found, expected, "{name} by {by}");
        }
    }
}
