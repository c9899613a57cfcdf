//! A host that runs a plugin it does not trust. Run it with
//!     cargo run -p bolide --example plugin

use std::time::Duration;

use bolide::*;

/// Makes text upper-case in a buffer that it shares with the host, and shows what else plugins may try.
const PLUGIN: &str = r#"(module $upper
    (import "host" "log" (func $log (param i32 i32)))
    (import "host" "buffer" (memory $buffer 1 1 shared))
    (memory $own (export "memory") 1)
    (data (memory $own) (i32.const 0) "converting")

    (func $convert (param $char i32) (result i32)
        (i32.sub (local.get $char)
            (i32.shl (i32.lt_u (i32.sub (local.get $char) (i32.const 97)) (i32.const 26)) (i32.const 5))))
    (func $run (export "run") (param $len i32)
        (local $i i32)
        (call $log (i32.const 0) (i32.const 10))
        (loop $next
            (i32.store8 $buffer (local.get $i) (call $convert (i32.load8_u $buffer (local.get $i))))
            (local.set $i (i32.add (local.get $i) (i32.const 1)))
            (br_if $next (i32.lt_u (local.get $i) (local.get $len)))))

    (func (export "hoard") (result i32) (memory.grow $own (i32.const 1000)))
    (func (export "spin") (loop (br 0))))"#;

/// What the host keeps for each plugin.
struct State {
    log: Vec<String>,
    limits: StoreLimits,
}

/// `host.log(address, length)`: text in the plugin's own memory.
fn log(mut caller: Caller<'_, State>, address: u32, len: u32) -> Result<()> {
    let Some(Extern::Memory(memory)) = caller.get_export("memory") else {
        bail!("the plugin exports no memory");
    };
    let (bytes, state) = memory.data_and_store_mut(&mut caller);
    let text = bytes
        .get(address as usize..)
        .and_then(|rest| rest.get(..len as usize));
    let text = text.context("the plugin logs text outside of its memory")?;
    state.log.push(String::from_utf8_lossy(text).into_owned());
    Ok(())
}

fn main() -> Result<()> {
    let mut config = Config::new();
    config.consume_fuel(true).epoch_interruption(true);
    let engine = Engine::new(&config)?;

    // A clock for deadlines: the epoch advances every 10 ms as long as there is an engine.
    let clock = engine.weak();
    std::thread::spawn(move || {
        while let Some(engine) = clock.upgrade() {
            engine.increment_epoch();
            drop(engine);
            std::thread::sleep(Duration::from_millis(10));
        }
    });

    // Memory that host and guest see at the same time, and a host function.
    let buffer = SharedMemory::new(&engine, MemoryType::shared(1, 1))?;
    let mut linker = Linker::new(&engine);
    linker.func_wrap("host", "log", log)?;

    let limits = StoreLimitsBuilder::new()
        .memory_size(1 << 20)
        .instances(1)
        .build();
    let mut store = Store::new(
        &engine,
        State {
            log: Vec::new(),
            limits,
        },
    );
    store.limiter(|state| &mut state.limits);
    store.set_fuel(10_000_000)?;
    store.set_epoch_deadline(100);

    let module = Module::new(&engine, PLUGIN)?;
    linker.define(&store, "host", "buffer", buffer.clone())?;
    let plugin = linker.instantiate(&mut store, &module)?;

    // The main job: text in the shared buffer, changed in place.
    let run = plugin.get_typed_func::<u32, ()>(&mut store, "run")?;
    let mut text = *b"hello, plugin";
    buffer.write(0, &text)?;
    run.call(&mut store, text.len() as u32)?;
    buffer.read(0, &mut text)?;
    println!("{}", String::from_utf8_lossy(&text));
    assert_eq!(&text, b"HELLO, PLUGIN");
    assert_eq!(store.data().log, ["converting"]);

    // More memory than the limits allow: the plugin is told that there is none.
    let hoard = plugin.get_typed_func::<(), i32>(&mut store, "hoard")?;
    assert_eq!(hoard.call(&mut store, ())?, -1);

    // Beyond the end of the buffer: the call ends in a trap, and nothing else is harmed.
    let error = run.call(&mut store, u32::MAX).unwrap_err();
    assert_eq!(error.downcast_ref::<Trap>(), Some(&Trap::MemoryOutOfBounds));
    if let Some(backtrace) = error.downcast_ref::<WasmBacktrace>() {
        println!("{}\n{backtrace}", error.root_cause());
        assert!(!backtrace.frames().is_empty());
    }

    // A loop without end stops when the fuel is used up …
    let spin = plugin.get_typed_func::<(), ()>(&mut store, "spin")?;
    let error = spin.call(&mut store, ()).unwrap_err();
    println!("{}", error.root_cause());
    assert_eq!(error.downcast_ref::<Trap>(), Some(&Trap::OutOfFuel));

    // … or at the deadline, whichever comes first.
    store.set_fuel(u64::MAX)?;
    store.set_epoch_deadline(2);
    let error = spin.call(&mut store, ()).unwrap_err();
    println!("{}", error.root_cause());
    assert_eq!(error.downcast_ref::<Trap>(), Some(&Trap::Interrupt));
    Ok(())
}
