//! Shared memories, waiting and notifying.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use super::super::{SharedLinearMemory, WaitError, WaitResult, notify_unshared};
use super::*;

const FOREVER: i64 = -1;

fn shared(index: IndexType, minimum: u64, maximum: u64) -> MemoryType {
    MemoryType {
        index,
        shared: true,
        minimum,
        maximum: Some(maximum),
    }
}

fn allocate(tuning: MemoryTuning, ty: &MemoryType) -> SharedLinearMemory {
    MemoryAllocator::new(tuning, NO_POOL)
        .allocate_shared(ty)
        .expect("room")
}

fn memory() -> SharedLinearMemory {
    allocate(PLENTY, &shared(IndexType::I32, 1, 4))
}

fn cell(memory: &SharedLinearMemory, at: usize) -> &AtomicU32 {
    assert!(at + 4 <= memory.byte_size() && at.is_multiple_of(4));
    // SAFETY: aligned, in bounds, accessible while `memory` lives, and only used atomically here.
    unsafe { AtomicU32::from_ptr(memory.base().add(at).cast()) }
}

/// Notifies until `count` threads in all have been woken.
fn wake(memory: &SharedLinearMemory, addr: u64, count: u32) {
    let start = Instant::now();
    let mut woken = 0;
    while woken < count {
        woken += memory
            .atomic_notify(addr, count - woken)
            .expect("a good address");
        assert!(
            start.elapsed() < Duration::from_secs(60),
            "{woken} of {count} woken"
        );
        thread::yield_now();
    }
}

#[test]
fn shared_memories_never_move() {
    let types = [
        shared(IndexType::I32, 0, 0),
        shared(IndexType::I32, 1, 40),
        shared(IndexType::I32, 0, 65536),
        shared(IndexType::I64, 3, 100),
        shared(IndexType::I64, 3, 1 << 48),
    ];
    for (tuning, guard) in [(PLENTY, 32 << 20), (SCARCE, 64 * KIB)] {
        for ty in types {
            let memory = allocate(tuning, &ty);
            let (base, reservation) = (memory.base(), memory.reservation());
            let maximum = ty.maximum.unwrap_or(0);
            let clone = memory.clone();
            for delta in [0, 1, 17] {
                let old = memory.pages();
                let grown = memory.grow(delta).expect("no host error");
                assert_eq!(grown, (old + delta <= maximum).then_some(old), "{ty:?}");
                assert_eq!(clone.pages(), old + if grown.is_some() { delta } else { 0 });
                check_protection(base.addr(), clone.byte_size(), reservation.clone(), guard);
            }
            assert_eq!(memory.grow(maximum + 1).expect("no host error"), None);
            assert_eq!((clone.base(), clone.reservation()), (base, reservation));
            assert!(clone.same(&memory));
        }
    }
}

#[test]
fn only_shared_types_with_a_maximum() {
    let allocator = MemoryAllocator::new(PLENTY, NO_POOL);
    for ty in [
        memory32(1, 1),
        MemoryType {
            shared: true,
            ..memory32(1, None)
        },
        MemoryType {
            shared: true,
            ..memory64(1 << 47, 1 << 48)
        },
    ] {
        assert!(allocator.allocate_shared(&ty).is_err(), "{ty:?}");
    }
}

#[test]
fn a_shared_slot_is_reused_clean() {
    let pool = PoolOptions {
        max_idle_slots: 1,
        keep_resident: 4096,
    };
    let allocator = MemoryAllocator::new(PLENTY, pool);
    let first = allocator
        .allocate_shared(&shared(IndexType::I32, 1, 4))
        .expect("room");
    first.grow(1).expect("no host error");
    for at in (0..2 * PAGE).step_by(4096) {
        cell(&first, at).store(7, Ordering::Relaxed);
    }
    let base = first.base();
    let clone = first.clone();
    drop(first);
    assert_eq!(allocator.idle_slots(), 0, "still in use");
    drop(clone);
    let mut second = allocator.allocate(&memory32(1, None), None).expect("room");
    assert_eq!(second.base(), base);
    second.grow(1).expect("no host error");
    check_contents(&second, &vec![0; 2 * PAGE]);
}

#[test]
fn operands_are_checked() {
    let memory = memory();
    let size = PAGE as u64;
    let check = |addr, width, expected: Option<WaitError>| {
        let wait = match width {
            4 => memory.atomic_wait32(addr, 1, FOREVER),
            _ => memory.atomic_wait64(addr, 1, FOREVER),
        };
        assert_eq!(
            wait,
            expected.map_or(Ok(WaitResult::Mismatch), Err),
            "{addr:#x}/{width}"
        );
        if width == 4 {
            let notify = expected.map_or(Ok(0), Err);
            assert_eq!(memory.atomic_notify(addr, 1), notify, "{addr:#x}");
            assert_eq!(notify_unshared(PAGE, addr), notify, "{addr:#x}");
        }
    };
    use WaitError::{Misaligned, OutOfBounds};
    check(0, 4, None);
    check(size - 4, 4, None);
    check(size - 8, 8, None);
    for (addr, width) in [
        (2, 4),
        (size - 2, 4),
        (4, 8),
        (size - 4, 8),
        (u64::MAX, 4),
        (u64::MAX, 8),
    ] {
        check(addr, width, Some(Misaligned));
    }
    for (addr, width) in [
        (size, 4),
        (size, 8),
        (1 << 32, 4),
        (u64::MAX - 3, 4),
        (u64::MAX - 7, 8),
    ] {
        check(addr, width, Some(OutOfBounds));
    }
    // Growth moves the bound.
    memory.grow(1).expect("no host error");
    check(size, 8, None);
    let empty = allocate(PLENTY, &shared(IndexType::I32, 0, 1));
    assert_eq!(empty.atomic_notify(0, 1), Err(OutOfBounds));
}

#[test]
fn waiting_looks_at_the_whole_value() {
    let memory = memory();
    cell(&memory, 8).store(5, Ordering::SeqCst);
    cell(&memory, 12).store(6, Ordering::SeqCst);
    let value = 6 << 32 | 5;
    assert_eq!(
        memory.atomic_wait32(8, 4, FOREVER),
        Ok(WaitResult::Mismatch)
    );
    assert_eq!(memory.atomic_wait32(8, 5, 0), Ok(WaitResult::TimedOut));
    assert_eq!(
        memory.atomic_wait64(8, 5, FOREVER),
        Ok(WaitResult::Mismatch)
    );
    assert_eq!(memory.atomic_wait64(8, value, 0), Ok(WaitResult::TimedOut));
}

#[test]
fn a_wait_times_out() {
    let memory = memory();
    for ms in [1, 30] {
        let start = Instant::now();
        let result = memory.atomic_wait32(0, 0, ms * 1_000_000);
        assert_eq!(result, Ok(WaitResult::TimedOut));
        assert!(start.elapsed() >= Duration::from_millis(ms.cast_unsigned()));
    }
    // Nobody is left in the queue.
    assert_eq!(memory.atomic_notify(0, u32::MAX), Ok(0));
}

#[test]
fn a_notification_wakes_a_waiter() {
    for timeout in [FOREVER, i64::MIN, i64::MAX, 60_000_000_000] {
        let memory = memory();
        thread::scope(|scope| {
            let by_32 = scope.spawn(|| memory.atomic_wait32(16, 0, timeout));
            wake(&memory, 16, 1);
            assert_eq!(by_32.join().expect("no panic"), Ok(WaitResult::Ok));
            let by_64 = scope.spawn(|| memory.atomic_wait64(16, 0, timeout));
            // Other addresses are other queues, and no thread is no thread.
            assert_eq!(memory.atomic_notify(20, 1), Ok(0));
            assert_eq!(memory.atomic_notify(16, 0), Ok(0));
            wake(&memory, 16, 1);
            assert_eq!(by_64.join().expect("no panic"), Ok(WaitResult::Ok));
        });
    }
}

#[test]
fn a_notification_wakes_as_many_as_asked() {
    const WAITERS: u32 = 8;
    let memory = memory();
    let (woken, started) = (AtomicU32::new(0), AtomicU32::new(0));
    thread::scope(|scope| {
        for _ in 0..WAITERS {
            scope.spawn(|| {
                started.fetch_add(1, Ordering::SeqCst);
                assert_eq!(memory.atomic_wait32(0, 0, FOREVER), Ok(WaitResult::Ok));
                woken.fetch_add(1, Ordering::SeqCst);
            });
        }
        // Each number asked for is woken, and nobody else.
        let mut total = 0;
        for count in [1, 3] {
            wake(&memory, 0, count);
            total += count;
            while woken.load(Ordering::SeqCst) < total {
                thread::yield_now();
            }
            thread::sleep(Duration::from_millis(5));
            assert_eq!(woken.load(Ordering::SeqCst), total);
        }
        while started.load(Ordering::SeqCst) < WAITERS {
            thread::yield_now();
        }
        // The rest, with a value that sends late ones home again.
        let mut rest = 0;
        while rest < WAITERS - total {
            rest += memory.atomic_notify(0, u32::MAX).expect("a good address");
            thread::yield_now();
        }
        assert_eq!(rest, WAITERS - total);
    });
    assert_eq!(woken.load(Ordering::SeqCst), WAITERS);
}

#[test]
fn waiters_wake_in_order() {
    let memory = memory();
    let order = std::sync::Mutex::new(Vec::new());
    thread::scope(|scope| {
        for i in 0..3u32 {
            let (memory, order) = (&memory, &order);
            let (sender, receiver) = std::sync::mpsc::channel();
            scope.spawn(move || {
                let own = std::fs::read_link("/proc/thread-self").expect("procfs is mounted");
                sender.send(own).expect("the test waits for it");
                assert_eq!(memory.atomic_wait32(0, 0, FOREVER), Ok(WaitResult::Ok));
                order.lock().expect("no panic").push(i);
            });
            let task = receiver.recv().expect("no panic");
            let stat = std::path::Path::new("/proc").join(task).join("stat");
            // Asleep (proc(5)): it is in the queue, so the next one comes after it.
            while !std::fs::read_to_string(&stat)
                .expect("it lives")
                .contains(") S ")
            {
                thread::yield_now();
            }
        }
        for i in 0..3 {
            wake(&memory, 0, 1);
            while order.lock().expect("no panic").len() <= i {
                thread::yield_now();
            }
        }
    });
    assert_eq!(order.into_inner().expect("no panic"), [0, 1, 2]);
}

#[test]
fn no_wakeup_is_lost() {
    // A lock as guests build it; a lost wakeup hangs, a broken wait loses an increment.
    let memory = memory();
    let (lock, counter) = (cell(&memory, 0), cell(&memory, 128));
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..2000 {
                    while lock.swap(2, Ordering::SeqCst) != 0 {
                        let result = memory.atomic_wait32(0, 2, FOREVER);
                        assert_ne!(result, Ok(WaitResult::TimedOut));
                    }
                    let value = counter.load(Ordering::Relaxed);
                    std::hint::spin_loop();
                    counter.store(value + 1, Ordering::Relaxed);
                    lock.store(0, Ordering::SeqCst);
                    memory.atomic_notify(0, 1).expect("a good address");
                }
            });
        }
    });
    assert_eq!(counter.load(Ordering::SeqCst), 8000);
}

#[test]
fn growth_is_seen_by_readers_at_once() {
    const PAGES: u64 = 500;
    for tuning in [PLENTY, SCARCE] {
        let memory = allocate(tuning, &shared(IndexType::I32, 1, PAGES));
        let done = AtomicBool::new(false);
        thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(|| {
                    while !done.load(Ordering::SeqCst) {
                        // The last byte of whatever the length says is accessible.
                        let last = cell(&memory, memory.byte_size() - 4);
                        last.fetch_add(1, Ordering::SeqCst);
                    }
                });
            }
            let growers: Vec<_> = (0..2)
                .map(|_| {
                    scope.spawn(|| {
                        let mut old = Vec::new();
                        while let Some(pages) = memory.grow(1).expect("no host error") {
                            old.push(pages);
                        }
                        old
                    })
                })
                .collect();
            // Each size was left by exactly one growth.
            let mut seen: Vec<u64> = growers
                .into_iter()
                .flat_map(|g| g.join().expect("no panic"))
                .collect();
            done.store(true, Ordering::SeqCst);
            seen.sort_unstable();
            assert_eq!(seen, (1..PAGES).collect::<Vec<_>>());
        });
        assert_eq!(memory.pages(), PAGES);
    }
}
