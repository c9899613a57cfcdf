//! Fuel and epochs: what stops a guest, and that it does so in the same place every time.

use std::time::{Duration, Instant};

use bolide::*;

fn engine(configure: impl FnOnce(&mut Config)) -> Engine {
    let mut config = Config::new();
    configure(&mut config);
    Engine::new(&config).unwrap()
}

fn trap(error: &Error) -> Trap {
    *error
        .downcast_ref::<Trap>()
        .unwrap_or_else(|| panic!("expected a trap, found {error:#}"))
}

const PROGRAM: &str = r#"(module
    (import "host" "tick" (func $tick))
    (memory 1)
    (table funcref (elem $odd))
    (type $t (func (param i32) (result i32)))
    (func $odd (type $t) (i32.and (local.get 0) (i32.const 1)))
    (func (export "run") (param $n i32) (result i32) (local $sum i32)
        (loop $next
            (call $tick)
            (if (call_indirect (type $t) (local.get $n) (i32.const 0))
                (then (local.set $sum (i32.add (local.get $sum) (local.get $n))))
                (else (i32.store (i32.const 0) (local.get $n))))
            (br_if $next (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
        (local.get $sum))
    (func (export "spin") (loop $forever (br $forever)))
    (func $recurse (export "recurse") (call $recurse) (call $recurse))
    (func $tail (export "tail calls") (return_call $tail))
    (type $v (func))
    (table $tails funcref (elem $indirect))
    (func $indirect (export "indirect tail calls") (return_call_indirect $tails (type $v) (i32.const 0)))
    (func $tree (param $depth i32)
        (if (local.get $depth) (then
            (call $tree (i32.sub (local.get $depth) (i32.const 1)))
            (call $tree (i32.sub (local.get $depth) (i32.const 1))))))
    (func (export "tree") (call $tree (i32.const 100)))
    (func (export "branch table") (local $i i32)
        (loop $a (loop $b (br_table $a $b (local.tee $i (i32.add (local.get $i) (i32.const 1))))))))"#;

/// Functions that never return, with loops, calls and tail calls.
const ENDLESS: [&str; 5] = [
    "spin",
    "tail calls",
    "indirect tail calls",
    "tree",
    "branch table",
];

struct Ticks(u32);

fn instance(engine: &Engine) -> (Store<Ticks>, Instance) {
    let mut linker = Linker::new(engine);
    linker
        .func_wrap("host", "tick", |mut caller: Caller<'_, Ticks>| {
            caller.data_mut().0 += 1;
        })
        .unwrap();
    let module = Module::new(engine, PROGRAM).unwrap();
    let mut store = Store::new(engine, Ticks(0));
    let instance = linker.instantiate(&mut store, &module).unwrap();
    (store, instance)
}

#[test]
fn fuel_is_the_same_in_every_run() {
    let engine = engine(|c| {
        c.consume_fuel(true);
    });
    let consumed = |n: i32| {
        let (mut store, instance) = instance(&engine);
        store.set_fuel(1_000_000).unwrap();
        let run = instance.get_typed_func::<i32, i32>(&mut store, "run");
        let run = run.unwrap();
        run.call(&mut store, n).unwrap();
        let first = 1_000_000 - store.get_fuel().unwrap();
        // The second run executes compiled code from the start.
        store.set_fuel(1_000_000).unwrap();
        run.call(&mut store, n).unwrap();
        assert_eq!(1_000_000 - store.get_fuel().unwrap(), first);
        first
    };
    let (ten, eleven, hundred) = (consumed(10), consumed(11), consumed(100));
    assert_eq!(consumed(10), ten, "other store, same fuel");
    assert!(ten < eleven && eleven < hundred);
    // Two iterations, one odd and one even, cost the same anywhere.
    assert_eq!(consumed(12) - ten, consumed(102) - hundred);
}

#[test]
fn the_last_drop_of_fuel_decides() {
    let engine = engine(|c| {
        c.consume_fuel(true);
    });
    let run = |fuel: u64| {
        let (mut store, instance) = instance(&engine);
        store.set_fuel(fuel).unwrap();
        let run = instance.get_typed_func::<i32, i32>(&mut store, "run");
        let result = run.unwrap().call(&mut store, 50);
        (
            result.map_err(|e| trap(&e)),
            store.data().0,
            store.get_fuel().unwrap(),
        )
    };
    let (result, ticks, left) = run(1_000_000);
    assert_eq!((result, ticks), (Ok(625), 50));
    let needed = 1_000_000 - left;
    let (result, ..) = run(needed + 1);
    assert_eq!(result, Ok(625));
    for fuel in [1, needed / 10, needed / 2] {
        let (result, ticks, left) = run(fuel);
        assert_eq!((result, left), (Err(Trap::OutOfFuel), 0), "{fuel}");
        assert!(u64::from(ticks) < 50, "{fuel}");
        assert_eq!(
            run(fuel).1,
            ticks,
            "{fuel} stops in the same iteration again"
        );
    }
}

#[test]
fn fuel_stops_loops_and_recursion() {
    let engine = engine(|c| {
        c.consume_fuel(true).max_wasm_stack(64 << 10);
    });
    let (mut store, instance) = instance(&engine);
    for name in ENDLESS.into_iter().chain(["recurse"]) {
        let func = instance.get_typed_func::<(), ()>(&mut store, name).unwrap();
        // No fuel at first.
        store.set_fuel(0).unwrap();
        let error = func.call(&mut store, ()).unwrap_err();
        assert_eq!(trap(&error), Trap::OutOfFuel, "{name}");
        store.set_fuel(500).unwrap();
        let error = func.call(&mut store, ()).unwrap_err();
        assert_eq!(trap(&error), Trap::OutOfFuel, "{name}");
    }
    // More fuel than a signed counter holds.
    store.set_fuel(u64::MAX).unwrap();
    let run = instance.get_typed_func::<i32, i32>(&mut store, "run");
    run.unwrap().call(&mut store, 10).unwrap();
    assert!(store.get_fuel().unwrap() > u64::MAX - 1000);
}

#[test]
fn fuel_needs_to_be_configured() {
    let (mut store, _) = instance(&Engine::default());
    assert!(store.set_fuel(1).is_err());
    assert!(store.get_fuel().is_err());
}

/// Increments the epoch from another thread, again and again, while `f` runs.
fn with_ticking<R>(engine: &Engine, f: impl FnOnce() -> R) -> R {
    let (stop, stopped) = std::sync::mpsc::channel::<()>();
    let engine = engine.clone();
    let ticker = std::thread::spawn(move || {
        while stopped
            .recv_timeout(Duration::from_millis(5))
            .is_err_and(|e| matches!(e, std::sync::mpsc::RecvTimeoutError::Timeout))
        {
            engine.increment_epoch();
        }
    });
    let result = f();
    drop(stop);
    ticker.join().unwrap();
    result
}

#[test]
fn epochs_stop_loops_from_another_thread() {
    let engine = engine(|c| {
        c.epoch_interruption(true);
    });
    let (mut store, instance) = instance(&engine);
    with_ticking(&engine, || {
        for name in ENDLESS {
            let func = instance.get_typed_func::<(), ()>(&mut store, name).unwrap();
            store.set_epoch_deadline(3);
            let started = Instant::now();
            let error = func.call(&mut store, ()).unwrap_err();
            assert_eq!(trap(&error), Trap::Interrupt, "{name}");
            assert!(started.elapsed() < Duration::from_secs(30), "{name}");
        }
    });
    // The store works on with a new deadline.
    store.set_epoch_deadline(1_000_000);
    let run = instance.get_typed_func::<i32, i32>(&mut store, "run");
    assert_eq!(run.unwrap().call(&mut store, 4).unwrap(), 4);
}

#[test]
fn an_epoch_callback_decides() {
    let engine = engine(|c| {
        c.epoch_interruption(true);
    });
    let (mut store, instance) = instance(&engine);
    store.epoch_deadline_callback(|mut context| {
        context.data_mut().0 += 1;
        match context.data().0 {
            1..5 => Ok(UpdateDeadline::Continue(1)),
            5 => Ok(UpdateDeadline::Interrupt),
            _ => bail!("enough"),
        }
    });
    store.set_epoch_deadline(1);
    let spin = instance
        .get_typed_func::<(), ()>(&mut store, "spin")
        .unwrap();
    with_ticking(&engine, || {
        let error = spin.call(&mut store, ()).unwrap_err();
        assert_eq!(trap(&error), Trap::Interrupt);
        assert_eq!(store.data().0, 5);
        let error = spin.call(&mut store, ()).unwrap_err();
        assert_eq!(error.root_cause().to_string(), "enough");
    });
}

#[test]
fn a_store_without_a_deadline_is_interrupted_at_once() {
    let engine = engine(|c| {
        c.epoch_interruption(true);
    });
    let (mut store, instance) = instance(&engine);
    let spin = instance
        .get_typed_func::<(), ()>(&mut store, "spin")
        .unwrap();
    assert_eq!(
        trap(&spin.call(&mut store, ()).unwrap_err()),
        Trap::Interrupt
    );
}
