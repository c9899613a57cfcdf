//! The oracles on a fixed set of inputs.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

mod differential;
mod load;
mod regressions;

/// Guests get 4 MiB of a thread's stack, and the host needs some, too.
const STACK: usize = 16 << 20;

/// How many inputs to try: `default`, or what the environment variable `name` says.
fn count(name: &str, default: u64) -> u64 {
    match std::env::var(name) {
        Ok(value) => value.parse().unwrap_or_else(|_| {
            panic!("{name}={value} is not a number of inputs");
        }),
        Err(_) => default,
    }
}

/// Calls `check` with each number below `count`, on all processors, and returns the results in no
/// particular order. Says how far it is from time to time, and at which number it panicked.
fn for_each_seed<R: Send>(what: &str, count: u64, check: impl Fn(u64) -> R + Sync) -> Vec<R> {
    let start = Instant::now();
    let next = AtomicU64::new(0);
    let results = Mutex::new(Vec::new());
    let work = || {
        loop {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed >= count {
                return;
            }
            if seed > 0 && seed.is_multiple_of(count.div_ceil(8)) {
                println!("{what}: {seed} of {count} in {:.0?}", start.elapsed());
            }
            match catch_unwind(AssertUnwindSafe(|| check(seed))) {
                Ok(result) => results.lock().expect("not poisoned").push(result),
                Err(panic) => {
                    eprintln!("{what}: panicked at seed {seed}");
                    next.store(count, Ordering::Relaxed);
                    resume_unwind(panic);
                }
            }
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(2, usize::from) {
            let thread = std::thread::Builder::new().stack_size(STACK);
            thread.spawn_scoped(scope, work).expect("a thread");
        }
    });
    println!("{what}: {count} in {:.0?}", start.elapsed());
    results.into_inner().expect("not poisoned")
}
