//! Where the system limits address space, engines fall back to explicit bounds checks by themselves.

use std::process::Command;

use bolide::{Engine, Instance, Memory, MemoryType, Module, Store, Trap};

const CHILD: &str = "BOLIDE_TEST_SCARCE_CHILD";

/// Kibibytes of address space for the child: far below the 4 GiB that a guarded memory reserves.
const LIMIT: &str = "1500000";

#[test]
fn programs_run_under_ulimit() {
    if std::env::var_os(CHILD).is_some() {
        return run_in_scarcity();
    }
    let test_program = std::env::current_exe().expect("the path of this program");
    let output = Command::new("sh")
        .args([
            "-c",
            r#"ulimit -v "$1" && exec "$0" --exact programs_run_under_ulimit --nocapture"#,
        ])
        .arg(test_program)
        .arg(LIMIT)
        .env(CHILD, "1")
        .output()
        .expect("sh starts");
    let text = String::from_utf8_lossy(&output.stdout).into_owned()
        + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{text}");
    assert!(text.contains("checked 40 instances"), "{text}");
}

fn run_in_scarcity() {
    let engine = Engine::default();
    assert!(!engine.memories_are_guarded());
    let module = Module::new(
        &engine,
        r#"(module (memory (export "memory") 1 100) (data (i32.const 65532) "\01\02\03\04")
            (func (export "load") (param i32) (result i32) (i32.load offset=4 (local.get 0)))
            (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0))))"#,
    )
    .expect("a valid module");
    let mut checked = 0;
    for _ in 0..40 {
        let mut store = Store::new(&engine, ());
        let instance = Instance::new(&mut store, &module, &[]).expect("instantiates");
        let load = instance
            .get_typed_func::<u32, u32>(&mut store, "load")
            .expect("an export");
        let grow = instance
            .get_typed_func::<u32, i32>(&mut store, "grow")
            .expect("an export");
        assert_eq!(load.call(&mut store, 65528).expect("in bounds"), 0x04030201);
        for address in [65529, 65536, u32::MAX - 3, u32::MAX] {
            let error = load.call(&mut store, address).expect_err("out of bounds");
            assert_eq!(error.downcast_ref(), Some(&Trap::MemoryOutOfBounds));
        }
        assert_eq!(grow.call(&mut store, 50).expect("returns"), 1);
        assert_eq!(load.call(&mut store, 65528).expect("in bounds"), 0x04030201);
        assert_eq!(load.call(&mut store, 65536 * 50).expect("in bounds"), 0);
        let memory = instance
            .get_memory(&mut store, "memory")
            .expect("an export");
        assert_eq!(memory.data_size(&store), 51 << 16);
        checked += 1;
    }
    // What does not fit is refused with a reason.
    let mut store = Store::new(&engine, ());
    let error =
        Memory::new(&mut store, MemoryType::new(65536, None)).expect_err("4 GiB do not fit");
    assert!(error.to_string().contains("memory"), "{error:#}");
    println!("checked {checked} instances");
}
