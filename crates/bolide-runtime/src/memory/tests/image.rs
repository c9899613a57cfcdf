//! Images of memories.

use std::sync::Arc;

use bolide_module::{Features, MemoryIndex, Module, TypeRegistry};

use super::*;

/// The bytes that the image of memory `index` covers.
fn check(wat: &str, index: u32, expected: Option<Range<usize>>) {
    let registry = Arc::new(TypeRegistry::new());
    let module = Module::from_text(&registry, Features::default(), wat).expect(wat);
    let image = MemoryImage::from_module(&module, MemoryIndex(index)).expect(wat);
    assert_eq!(image.map(|image| image.range()), expected, "{wat}");
}

#[test]
fn which_memories_have_an_image() {
    check(
        r#"(module (memory 1) (data (i32.const 8) "a"))"#,
        0,
        Some(0..4096),
    );
    check(
        r#"(module (memory 2) (data (i32.const 4095) "ab") (data (i32.const 131071) "c"))"#,
        0,
        Some(0..131072),
    );
    check(
        r#"(module (memory 2) (data (i32.const 70000) "a"))"#,
        0,
        Some(17 * 4096..18 * 4096),
    );
    // Empty segments take no part.
    check(
        r#"(module (memory 2) (data (i32.const 70000) "a") (data (i32.const 1) ""))"#,
        0,
        Some(17 * 4096..18 * 4096),
    );
    check(
        r#"(module (memory i64 1) (data (i64.const 8) "a"))"#,
        0,
        Some(0..4096),
    );
    // The address is unsigned.
    check(
        r#"(module (memory 65536) (data (i32.const -1) "a"))"#,
        0,
        Some((4 << 30) - 4096..4 << 30),
    );
    // Each memory has its own segments; passive ones belong to none.
    let two = r#"(module (memory 1) (memory 1) (data (memory 1) (i32.const 8) "a") (data "p"))"#;
    check(two, 0, None);
    check(two, 1, Some(0..4096));
    check(two, 2, None);
    // Nothing to copy, or nothing that is known before instantiation.
    check("(module (memory 1))", 0, None);
    check(
        r#"(module (memory 1) (data (i32.const 65536) ""))"#,
        0,
        None,
    );
    check(
        r#"(module (global i32 (i32.const 0)) (memory 1) (data (global.get 0) "a"))"#,
        0,
        None,
    );
    // Instantiation traps, after it has copied what comes before.
    check(
        r#"(module (memory 1) (data (i32.const 0) "a") (data (i32.const 65535) "ab"))"#,
        0,
        None,
    );
    check(
        r#"(module (memory 1) (data (i32.const 0) "a") (data (i32.const 65537) ""))"#,
        0,
        None,
    );
    check(r#"(module (memory 0) (data (i32.const 0) "a"))"#, 0, None);
    check(
        r#"(module (memory i64 1) (data (i64.const -1) "a"))"#,
        0,
        None,
    );
    // Not this module's alone.
    check(
        r#"(module (import "m" "m" (memory 1)) (data (i32.const 8) "a"))"#,
        0,
        None,
    );
    check(
        r#"(module (memory 1 1 shared) (data (i32.const 8) "a"))"#,
        0,
        None,
    );
    // Two bytes a gigabyte apart.
    check(
        r#"(module (memory 65536) (data (i32.const 0) "a") (data (i32.const 0x40000000) "b"))"#,
        0,
        None,
    );
}

#[test]
fn later_segments_overwrite_earlier_ones() {
    let ty = memory32(1, None);
    let segments: [(u64, &[u8]); 3] = [(100, b"abcdef"), (102, b"XY"), (101, b"")];
    let allocator = MemoryAllocator::new(PLENTY, NO_POOL);
    let memory = allocator
        .allocate(&ty, Some(&image(&ty, &segments)))
        .expect("room");
    assert!(memory.image_applied());
    check_contents(&memory, &expected(PAGE, &[(100, b"abXYef")]));
}

#[test]
fn segments_in_any_order_are_copied_in_theirs() {
    let ty = memory32(16, None);
    let contents: Vec<u8> = (0..400_000u32).map(|i| (i % 255) as u8 + 1).collect();
    let mut state = 1u64;
    let mut random = |below: u64| {
        state = state.wrapping_mul(6364136223846793005).wrapping_add(1);
        (state >> 33) % below
    };
    for round in 0..60 {
        let mut next = 0;
        let segments: Vec<(u64, &[u8])> = (0..random(200))
            .map(|_| {
                let longest = [20, 9_000, 400_000][random(100) as usize / 49];
                let len = random(longest) as usize;
                let from = random((contents.len() - len) as u64) as usize;
                // One after the other with gaps, or anywhere in some rounds.
                let room = (16 * PAGE - len) as u64;
                let offset = match random(20) < round % 3 {
                    true => random(room),
                    false => (next + random(10_000) * random(2)).min(room),
                };
                next = offset + len as u64;
                (offset, &contents[from..from + len])
            })
            .collect();
        let Some(image) = MemoryImage::from_segments(&ty, &segments).expect("memory") else {
            assert!(segments.iter().all(|(_, data)| data.is_empty()));
            continue;
        };
        let all = expected(16 * PAGE, &segments);
        assert!(image.contents() == &all[image.range()], "round {round}");
        assert!(all[..image.range().start].iter().all(|byte| *byte == 0));
        assert!(all[image.range().end..].iter().all(|byte| *byte == 0));
    }
}

#[test]
fn memories_of_one_image_are_independent() {
    let ty = memory32(2, None);
    let data = vec![7; 5000];
    let segments: [(u64, &[u8]); 1] = [(60_000, &data)];
    let image = image(&ty, &segments);
    let allocator = MemoryAllocator::new(PLENTY, NO_POOL);
    let mut first = allocator.allocate(&ty, Some(&image)).expect("room");
    let second = allocator.allocate(&ty, Some(&image)).expect("room");
    write(&mut first, 0, &vec![1; 2 * PAGE]);
    let third = allocator.allocate(&ty, Some(&image)).expect("room");
    check_contents(&first, &vec![1; 2 * PAGE]);
    for memory in [&second, &third] {
        check_contents(memory, &expected(2 * PAGE, &segments));
        check_memory(memory, 32 << 20);
    }
}

#[test]
fn an_image_of_a_larger_memory_is_refused() {
    let image = image(&memory32(2, None), &[(70_000, b"a")]);
    for pool in [
        NO_POOL,
        PoolOptions {
            max_idle_slots: 1,
            keep_resident: 4096,
        },
    ] {
        let allocator = MemoryAllocator::new(PLENTY, pool);
        drop(allocator.allocate(&memory32(1, None), None));
        let result = allocator.allocate(&memory32(1, None), Some(&image));
        let message = result.map(drop).expect_err("too large").to_string();
        assert!(
            message.contains("73728 bytes (72.0 KiB) does not fit"),
            "{message}"
        );
    }
}
