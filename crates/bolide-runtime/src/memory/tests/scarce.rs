//! Hosts with little address space.

use std::process::Command;

use super::*;

const CHILD: &str = "BOLIDE_MEMORY_TEST_CHILD";

/// Runs the test `name` of this module in a child process with `mib` MiB of address space, in which
/// the environment variable [`CHILD`] is set.
fn run_limited(name: &str, mib: usize) {
    let (_, module) = module_path!().split_once("::").expect("inside a crate");
    let output = Command::new("sh")
        .args(["-c", r#"ulimit -v "$1" && shift && exec "$@""#, "sh"])
        .arg((mib << 10).to_string())
        .arg(std::env::current_exe().expect("a running test has a file"))
        .args(["--exact", "--nocapture", "--test-threads=1"])
        .arg(format!("{module}::{name}"))
        .env(CHILD, "1")
        .output()
        .expect("a shell");
    let text = format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(
        output.status.success() && text.contains("1 passed"),
        "{text}"
    );
}

fn is_child() -> bool {
    std::env::var_os(CHILD).is_some()
}

#[test]
fn tuning_follows_the_host() {
    if !is_child() {
        assert_eq!(MemoryAllocator::host_tuning(PLENTY), PLENTY);
        let impossible = MemoryTuning {
            reservation: 1 << 60,
            guard: 7,
        };
        let fallback = MemoryTuning {
            reservation: 0,
            guard: 7,
        };
        assert_eq!(MemoryAllocator::host_tuning(impossible), fallback);
        let overflowing = MemoryTuning {
            reservation: u64::MAX,
            guard: u64::MAX,
        };
        assert_eq!(MemoryAllocator::host_tuning(overflowing), SCARCE);
        // One or two memories would fit, but not a useful number.
        return run_limited("tuning_follows_the_host", 10 << 10);
    }
    assert_eq!(MemoryAllocator::host_tuning(PLENTY), SCARCE);
    let small = MemoryTuning {
        reservation: 1 << 20,
        guard: 64 << 10,
    };
    assert_eq!(MemoryAllocator::host_tuning(small), small);
}

#[test]
fn memories_take_only_what_they_need() {
    if !is_child() {
        return run_limited("memories_take_only_what_they_need", 512);
    }
    let tuning = MemoryAllocator::host_tuning(PLENTY);
    let pool = PoolOptions {
        max_idle_slots: 1000,
        keep_resident: 64 << 10,
    };
    let allocator = MemoryAllocator::new(tuning, pool);
    let image = image(&memory32(1, None), &[(9, b"data")]);

    // A thousand small memories fit in less than what is left.
    let ty = memory32(1, None);
    let many: Vec<_> = (0..1000)
        .map(|_| allocator.allocate(&ty, Some(&image)).expect("room"))
        .collect();
    check_memory(&many[999], 64 * KIB);
    assert_eq!(read(&many[999], 9..13), b"data");
    drop(many);
    // Idle slots leave most of the address space to the rest of the process.
    let idle = allocator.idle_slots();
    assert!(
        (1..=64 << 20).contains(&(idle * 2 * PAGE)),
        "{idle} idle slots"
    );

    // A large memory fits, and grows by moving until there is no room for it.
    let mut large = allocator
        .allocate(&memory32(64 * 16, None), None)
        .expect("room");
    write(&mut large, 1 << 20, b"kept");
    let mut grown = 0;
    while large.grow(16).expect("no host error").is_some() {
        grown += 1;
        check_memory(&large, 64 * KIB);
        assert!(grown < 10_000, "the limit has no effect");
    }
    assert!(grown > 16, "grew {grown} MiB only");
    assert_eq!(read(&large, 1 << 20..(1 << 20) + 4), b"kept");
    assert_eq!(
        allocator.idle_slots(),
        0,
        "idle slots are given up for a growing memory"
    );

    let error = allocator.allocate(&memory32(65536, None), None).map(drop);
    let message = error.expect_err("4 GiB in 512 MiB").to_string();
    assert!(message.contains("4294967296 bytes (4.0 GiB)"), "{message}");
    assert!(message.contains("ulimit -v"), "{message}");

    // A shared memory cannot move, so it takes a part of what is left, or its minimum.
    drop(large);
    let shared = MemoryType {
        shared: true,
        ..memory32(1, 65536)
    };
    let first = allocator.allocate_shared(&shared).expect("room");
    assert_eq!(first.grow(100).expect("no host error"), Some(1));
    let second = allocator
        .allocate_shared(&shared)
        .expect("room for another");
    assert_eq!(second.grow(65536).expect("no host error"), None);
    check_protection(second.base().addr(), PAGE, second.reservation(), 64 * KIB);
    let too_large = MemoryType {
        shared: true,
        ..memory32(65536, 65536)
    };
    assert!(allocator.allocate_shared(&too_large).is_err());
}
