//! Reuse of slots.

use std::ops::ControlFlow;

use super::super::mapping::Mapping;
use super::super::pagemap::Pagemap;
use super::*;

const A: &[(u64, &[u8])] = &[(100, &[0xaa; 9000]), (130_000, b"end of a")];
const B: &[(u64, &[u8])] = &[(5000, &[0xbb; 40_000])];
const NONE: &[(u64, &[u8])] = &[];

fn pool(max_idle_slots: usize, keep_resident: usize) -> PoolOptions {
    PoolOptions {
        max_idle_slots,
        keep_resident,
    }
}

/// Each way of cleaning a slot.
fn allocators(tuning: MemoryTuning, max_idle: usize) -> Vec<Arc<MemoryAllocator>> {
    let mut all = Vec::new();
    for keep_resident in [0, 4096, 8 * KIB + 5, 1 << 30] {
        let options = pool(max_idle, keep_resident);
        all.push(MemoryAllocator::new(tuning, options));
        all.push(MemoryAllocator::with_pagemap(tuning, options, None));
    }
    all
}

/// A memory's user: writes to the first and last byte of every host page, then grows if `grow` and
/// writes to the new part, too.
fn make_dirty(memory: &mut LinearMemory, grow: bool) {
    for _ in 0..2 {
        for page in 0..memory.byte_size() / 4096 {
            write(memory, page * 4096, &[0xdd]);
            write(memory, page * 4096 + 4095, &[0xdd]);
        }
        let delta = if grow { 3 } else { 0 };
        assert!(memory.grow(delta).expect("no host error").is_some());
    }
}

#[test]
fn the_next_user_sees_nothing_of_the_last() {
    for tuning in [PLENTY, SCARCE] {
        for allocator in allocators(tuning, 1) {
            for first in [A, B, NONE] {
                for second in [A, B, NONE] {
                    check_reuse(&allocator, 2, first, 2, second);
                }
                check_reuse(&allocator, 2, first, 6, A);
                check_reuse(&allocator, 6, first, 2, A);
                check_reuse(&allocator, 6, first, 2, NONE);
                check_reuse(&allocator, 2, first, 0, NONE);
                check_reuse(&allocator, 0, NONE, 2, first);
            }
        }
    }
}

fn check_reuse(
    allocator: &Arc<MemoryAllocator>,
    first_pages: u64,
    first: &[(u64, &[u8])],
    second_pages: u64,
    second: &[(u64, &[u8])],
) {
    let first_type = memory32(first_pages, None);
    let second_type = memory32(second_pages, None);
    let image_of =
        |ty, segments: &[(u64, &[u8])]| (!segments.is_empty()).then(|| image(ty, segments));
    let first_image = image_of(&first_type, first);
    let second_image = image_of(&second_type, second);
    // The slot is first used by both often enough that pages are resident in it.
    for grow in [true, false] {
        let mut memory = allocator
            .allocate(&first_type, first_image.as_ref())
            .expect("room");
        check_contents(&memory, &expected(first_pages as usize * PAGE, first));
        make_dirty(&mut memory, grow);
    }
    for grow in [false, true] {
        let mut memory = allocator
            .allocate(&second_type, second_image.as_ref())
            .expect("room");
        // Static memories are all laid out alike, so the only idle slot has been taken.
        assert!(allocator.tuning() == SCARCE || allocator.idle_slots() == 0);
        let mut contents = expected(second_pages as usize * PAGE, second);
        assert_eq!(memory.image_applied(), second_image.is_some());
        check_contents(&memory, &contents);
        check_memory(&memory, 64 * KIB);
        if grow {
            // What the last user grew into is zero again.
            assert_eq!(memory.grow(8).expect("no host error"), Some(second_pages));
            contents.resize(contents.len() + 8 * PAGE, 0);
            check_contents(&memory, &contents);
        }
        make_dirty(&mut memory, grow);
    }
}

#[test]
fn a_slot_with_the_same_image_is_preferred() {
    let ty = memory32(3, None);
    let (a, b) = (image(&ty, A), image(&ty, B));
    let allocator = MemoryAllocator::new(PLENTY, pool(10, 64 * KIB));
    let allocate = |image| allocator.allocate(&ty, image).expect("room");
    let (with_a, with_b, plain) = (allocate(Some(&a)), allocate(Some(&b)), allocate(None));
    let bases = [with_a.base(), with_b.base(), plain.base()];
    drop((with_a, plain, with_b));
    assert_eq!(allocator.idle_slots(), 3);
    let (plain, with_b, with_a) = (allocate(None), allocate(Some(&b)), allocate(Some(&a)));
    assert_eq!([with_a.base(), with_b.base(), plain.base()], bases);
    assert_eq!(allocator.idle_slots(), 0);
    // Without one of the same image, a slot without an image is next.
    drop((plain, with_b));
    assert_eq!(allocate(Some(&a)).base(), bases[2]);
}

#[test]
fn the_pool_is_bounded_and_can_be_emptied() {
    let ty = memory32(3, None);
    let (a, b) = (image(&ty, A), image(&ty, B));
    let allocator = MemoryAllocator::new(PLENTY, pool(3, 4096));
    let many: Vec<_> = (0..5)
        .map(|i| {
            allocator
                .allocate(&ty, Some(if i < 3 { &a } else { &b }))
                .expect("room")
        })
        .collect();
    assert_eq!(allocator.idle_slots(), 0);
    drop(many);
    // The oldest two, with image A, are gone.
    assert_eq!(allocator.idle_slots(), 3);
    assert_eq!(allocator.purge_image(&a), 1);
    assert_eq!(allocator.purge_image(&a), 0);
    assert_eq!(allocator.idle_slots(), 2);
    assert_eq!(allocator.purge_image(&b), 2);
    assert_eq!(allocator.idle_slots(), 0);

    let without = MemoryAllocator::new(PLENTY, NO_POOL);
    drop(without.allocate(&ty, None));
    assert_eq!(without.idle_slots(), 0);
}

#[test]
fn threads_share_a_pool_but_no_data() {
    let ty = memory32(3, None);
    let images = [(A, image(&ty, A)), (B, image(&ty, B))];
    for allocator in allocators(PLENTY, 3) {
        std::thread::scope(|scope| {
            for thread in 0..4usize {
                let (allocator, images) = (&allocator, &images);
                scope.spawn(move || {
                    for round in 0..50 {
                        let (segments, image) = &images[(thread + round / 3) % 2];
                        let mut memory = allocator.allocate(&ty, Some(image)).expect("room");
                        check_contents(&memory, &expected(3 * PAGE, segments));
                        make_dirty(&mut memory, round % 2 == 0);
                    }
                });
            }
        });
        assert!((1..=3).contains(&allocator.idle_slots()));
    }
}

#[test]
fn a_memory_outlives_other_handles() {
    let ty = memory32(2, None);
    let image = image(&ty, A);
    let allocator = MemoryAllocator::new(PLENTY, pool(1, 4096));
    let mut memory = allocator.allocate(&ty, Some(&image)).expect("room");
    drop((allocator, image));
    check_contents(&memory, &expected(2 * PAGE, A));
    make_dirty(&mut memory, true);
}

#[test]
fn written_pages_are_found() {
    let Some(pagemap) = Pagemap::open() else {
        // A kernel before 6.7; the other tests cover what happens then.
        return;
    };
    const SIZE: usize = 1 << 20;
    let image = image(&memory32(2, None), &[(0, &[0xaa; 2 * PAGE])]);
    let mut mapping = Mapping::reserve(SIZE).expect("room");
    mapping.make_accessible(0..SIZE).expect("room");
    mapping.map_file(image.range(), image.file()).expect("room");
    // Within the file and outside of it, more than one batch of regions.
    let reads = (0..SIZE).step_by(4096);
    let writes: Vec<usize> = (4096..SIZE).step_by(3 * 4096).collect();
    let mut sum = 0;
    for at in reads {
        // SAFETY: within the mapping's accessible bytes, which only this test uses.
        sum += usize::from(unsafe { mapping.base().add(at).read_volatile() });
    }
    assert_eq!(sum, 32 * 0xaa);
    for at in &writes {
        // SAFETY: as above. The value is the old one, which makes no difference.
        unsafe { mapping.base().add(*at).write_volatile(0xaa) };
    }
    let (mut written, mut zeros) = (Vec::new(), Vec::new());
    pagemap
        .for_each_written(&mapping, 0..SIZE, |range, zero| {
            if zero { &mut zeros } else { &mut written }.extend(range.step_by(4096));
            ControlFlow::Continue(())
        })
        .expect("the kernel answered before");
    assert_eq!(written, writes);
    assert!(zeros.iter().all(|at| *at >= 2 * PAGE), "{zeros:?}");
}

#[test]
fn a_forked_child_does_not_ask_about_its_parent() {
    let Some(pagemap) = Pagemap::open() else {
        return;
    };
    let mapping = Mapping::reserve(4096).expect("room");
    let ask = || pagemap.for_each_written(&mapping, 0..4096, |_, _| ControlFlow::Continue(()));
    assert!(ask().is_ok());
    // SAFETY: the child makes no call that needs a lock which another thread may have held, and exits
    // at once.
    let child = unsafe { libc::fork() };
    if child == 0 {
        let status = i32::from(ask().is_ok());
        // SAFETY: ends the child without running anything of its parent.
        unsafe { libc::_exit(status) };
    }
    let mut status = -1;
    // SAFETY: `status` is a valid place for the result.
    let waited = unsafe { libc::waitpid(child, &raw mut status, 0) };
    assert_eq!((waited, status), (child, 0));
}
