//! Layout and growth.

use super::*;

const GUARDED: [(MemoryTuning, usize); 2] = [(PLENTY, 32 << 20), (SCARCE, 64 * KIB)];

#[test]
fn exactly_the_memory_is_accessible_at_every_size() {
    let types = [
        memory32(0, 0),
        memory32(0, None),
        memory32(1, 1),
        memory32(3, None),
        memory32(65536, None),
        memory64(0, None),
        memory64(5, None),
        memory64(5, 6),
        memory64(65537, None),
    ];
    for (tuning, guard) in GUARDED {
        for ty in types {
            let allocator = MemoryAllocator::new(tuning, NO_POOL);
            let mut memory = allocator.allocate(&ty, None).expect("room");
            assert_eq!(memory.pages(), ty.minimum);
            assert_eq!(memory.byte_size() as u64, ty.minimum * WASM_PAGE_SIZE);
            assert!(!memory.image_applied());
            check_memory(&memory, guard);
            if let Some(last) = memory.byte_size().checked_sub(1) {
                assert_eq!(read(&memory, last..last + 1), [0]);
                write(&mut memory, last, &[1]);
                assert_eq!(read(&memory, last..last + 1), [1]);
            }
        }
    }
}

/// Grows a memory by each of the deltas, with what each returns.
fn check_growth(ty: MemoryType, steps: &[(u64, Option<u64>)]) {
    for (tuning, guard) in GUARDED {
        let never_moves = tuning == PLENTY;
        let allocator = MemoryAllocator::new(tuning, NO_POOL);
        let mut memory = allocator.allocate(&ty, None).expect("room");
        let base = memory.base();
        let mut pages = ty.minimum;
        for (delta, old) in steps {
            // A mark in the last byte of every 64th page, which must survive.
            let marks = |pages: u64| (0..pages).step_by(64).map(|p| (p as usize + 1) * PAGE - 1);
            for at in marks(pages) {
                write(&mut memory, at, &[0xab]);
            }
            let result = memory.grow(*delta).expect("no host error");
            assert_eq!(result, *old, "{ty:?} + {delta} at {pages}");
            let before = pages;
            pages += if result.is_some() { delta } else { &0 };
            assert_eq!(memory.pages(), pages);
            assert!(!never_moves || memory.base() == base, "moved");
            check_memory(&memory, guard);
            for at in marks(before) {
                assert_eq!(read(&memory, at..at + 1), [0xab], "at {at:#x}");
            }
            for at in (before as usize..pages as usize)
                .step_by(16)
                .map(|p| p * PAGE)
            {
                assert_eq!(read(&memory, at..at + 1), [0], "at {at:#x}");
            }
        }
    }
}

#[test]
fn growth() {
    check_growth(
        memory32(0, None),
        &[(0, Some(0)), (1, Some(0)), (2, Some(1)), (0, Some(3))],
    );
    check_growth(
        memory32(1, 3),
        &[(3, None), (2, Some(1)), (1, None), (0, Some(3))],
    );
    check_growth(memory32(1, 1), &[(1, None), (u64::MAX, None), (0, Some(1))]);
    // All of the 32-bit address space, and not a page more.
    check_growth(
        memory32(1, None),
        &[
            (65535, Some(1)),
            (1, None),
            (u64::MAX, None),
            (0, Some(65536)),
        ],
    );
    check_growth(
        memory32(65535, 65536),
        &[(2, None), (1, Some(65535)), (1, None)],
    );
    // Sizes that no host has; the memory stays as it is.
    check_growth(
        memory64(2, None),
        &[
            (1, Some(2)),
            (u64::MAX, None),
            (1 << 48, None),
            ((1 << 48) - 3, None),
            (1 << 40, None),
            (500, Some(3)),
        ],
    );
}

#[test]
fn a_64_bit_memory_outgrows_its_reservation() {
    let allocator = MemoryAllocator::new(PLENTY, NO_POOL);
    let ty = memory64(1, None);
    let mut memory = allocator.allocate(&ty, None).expect("room");
    write(&mut memory, 65530, b"first");
    assert_eq!(memory.grow(65535).expect("no host error"), Some(1));
    write(&mut memory, (4 << 30) - 4, b"last");
    assert_eq!(memory.grow(1).expect("no host error"), Some(65536));
    assert_eq!(read(&memory, 65530..65535), b"first");
    assert_eq!(read(&memory, (4 << 30) - 4..(4 << 30) + 1), b"last\0");
    check_memory(&memory, 32 << 20);
}

#[test]
fn a_memory_that_moves_takes_along_what_was_written() {
    let ty = memory32(48, None);
    let data: Vec<u8> = (0..200_000u32).map(|i| i as u8 | 1).collect();
    let segments: [(u64, &[u8]); 2] = [(70_000, &data), (1_000_000, b"tail")];
    let image = image(&ty, &segments);
    // With the kernel's help in finding written pages, and without.
    let pool = PoolOptions {
        max_idle_slots: 1,
        keep_resident: 4096,
    };
    for pool in [pool, NO_POOL] {
        let allocator = MemoryAllocator::new(SCARCE, pool);
        let mut memory = allocator.allocate(&ty, Some(&image)).expect("room");
        let mut contents = expected(48 * PAGE, &segments);
        let base = memory.base();
        for (round, at) in [0, 65_535, 75_000, 150_000, 999_999, 3_000_000]
            .into_iter()
            .enumerate()
        {
            // Zeros over data must move too.
            let bytes = [round as u8, 0, 0, 0];
            write(&mut memory, at, &bytes);
            contents[at..at + 4].copy_from_slice(&bytes);
            assert!(memory.grow(20).expect("no host error").is_some());
            contents.resize(contents.len() + 20 * PAGE, 0);
            check_contents(&memory, &contents);
            check_memory(&memory, 64 * KIB);
        }
        assert_ne!(memory.base(), base);
    }
}

/// KiB of physical memory behind the memory, as the kernel counts.
fn resident_kib(memory: &LinearMemory) -> usize {
    let smaps = std::fs::read_to_string("/proc/self/smaps").expect("procfs is mounted");
    let start = format!("{:x}-", memory.base().addr());
    let mut lines = smaps.lines().skip_while(|line| !line.starts_with(&start));
    let rss = lines
        .find_map(|line| line.strip_prefix("Rss:"))
        .expect("a size");
    rss.trim()
        .trim_end_matches(" kB")
        .parse()
        .expect("a number")
}

#[test]
fn moving_leaves_untouched_pages_unallocated() {
    let pool = PoolOptions {
        max_idle_slots: 1,
        keep_resident: 4096,
    };
    for pool in [pool, NO_POOL] {
        let allocator = MemoryAllocator::new(SCARCE, pool);
        let ty = memory64(16384, None);
        let mut memory = allocator.allocate(&ty, None).expect("room");
        let base = memory.base();
        write(&mut memory, 500_000_000, b"island");
        assert_eq!(memory.grow(1).expect("no host error"), Some(16384));
        assert_ne!(memory.base(), base);
        assert_eq!(read(&memory, 500_000_000..500_000_006), b"island");
        // One page, even where the host uses huge ones.
        assert!(resident_kib(&memory) <= 2048);
    }
}

fn check_refused(tuning: MemoryTuning, ty: MemoryType, words: &[&str]) {
    let allocator = MemoryAllocator::new(tuning, NO_POOL);
    let message = match allocator.allocate(&ty, None) {
        Ok(memory) => panic!("{memory:?}"),
        Err(error) => error.to_string(),
    };
    for word in words {
        assert!(message.contains(word), "{message:?} lacks {word:?}");
    }
}

#[test]
fn impossible_minimums_say_what_to_do() {
    // 2^64 bytes and more, or half the address space: no number of bytes.
    for pages in [u64::MAX, 1 << 48, 1 << 47] {
        let words = ["exceeds the address space", "lower the memory's minimum"];
        check_refused(PLENTY, memory64(pages, None), &words);
        check_refused(SCARCE, memory64(pages, None), &words);
    }
    check_refused(PLENTY, memory32(65537, None), &["65537 pages"]);
    // More than a process can have.
    for tuning in [PLENTY, SCARCE] {
        check_refused(
            tuning,
            memory64(1 << 40, None),
            &[
                "72057594037927936 bytes (64.0 PiB)",
                "os error 12",
                "ulimit -v",
            ],
        );
    }
    let overflowing = MemoryTuning {
        reservation: u64::MAX,
        guard: u64::MAX,
    };
    check_refused(
        overflowing,
        memory32(1, None),
        &["exceeds the address space"],
    );
    check_refused(
        PLENTY,
        MemoryType {
            shared: true,
            ..memory32(1, 1)
        },
        &["shared"],
    );
}

#[test]
fn sizes_that_are_not_whole_host_pages_are_rounded_up() {
    let tuning = MemoryTuning {
        reservation: (4 << 30) + 1,
        guard: 1,
    };
    let mut memory = MemoryAllocator::new(tuning, NO_POOL)
        .allocate(&memory32(1, None), None)
        .expect("room");
    check_memory(&memory, (4 << 30) + 4096 - PAGE);
    assert_eq!(memory.grow(65535).expect("no host error"), Some(1));
    check_memory(&memory, 4096);
}
