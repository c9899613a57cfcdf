//! Tests of linear memory, and what they share.

mod image;
mod linear;
mod pool;
mod scarce;
mod shared;

use std::ops::Range;
use std::sync::Arc;

use bolide_abi::MemoryTuning;
use bolide_module::{IndexType, MemoryType, WASM_PAGE_SIZE};

use super::{LinearMemory, MemoryAllocator, MemoryImage, PoolOptions};

const PAGE: usize = WASM_PAGE_SIZE as usize;
const KIB: usize = 1 << 10;

/// Address space for static 32-bit memories and head-room for others.
const PLENTY: MemoryTuning = MemoryTuning {
    reservation: 4 << 30,
    guard: 32 << 20,
};
/// No reservation: all memories are dynamic and take just what they need.
const SCARCE: MemoryTuning = MemoryTuning {
    reservation: 0,
    guard: 64 << 10,
};

const NO_POOL: PoolOptions = PoolOptions {
    max_idle_slots: 0,
    keep_resident: 0,
};

fn memory32(minimum: u64, maximum: impl Into<Option<u64>>) -> MemoryType {
    MemoryType {
        index: IndexType::I32,
        shared: false,
        minimum,
        maximum: maximum.into(),
    }
}

fn memory64(minimum: u64, maximum: impl Into<Option<u64>>) -> MemoryType {
    MemoryType {
        index: IndexType::I64,
        ..memory32(minimum, maximum)
    }
}

fn image(ty: &MemoryType, segments: &[(u64, &[u8])]) -> Arc<MemoryImage> {
    MemoryImage::from_segments(ty, segments)
        .expect("the host has room for a test image")
        .expect("the segments fit")
}

fn read(memory: &LinearMemory, range: Range<usize>) -> &[u8] {
    assert!(range.start <= range.end && range.end <= memory.byte_size());
    // SAFETY: in bounds, and `&memory` keeps it mapped; tests write only through `write`, which
    // needs `&mut`.
    unsafe { std::slice::from_raw_parts(memory.base().add(range.start), range.len()) }
}

fn write(memory: &mut LinearMemory, at: usize, bytes: &[u8]) {
    assert!(at + bytes.len() <= memory.byte_size());
    // SAFETY: in bounds, and `&mut` makes the access exclusive.
    unsafe { std::slice::from_raw_parts_mut(memory.base().add(at), bytes.len()) }
        .copy_from_slice(bytes);
}

/// Checks in the kernel's list of mappings that exactly the memory's bytes are accessible within its
/// reservation, and that at least `guard` bytes follow them.
fn check_protection(base: usize, size: usize, reservation: Range<usize>, guard: usize) {
    assert_eq!(reservation.start, base);
    assert!(reservation.end - (base + size) >= guard, "guard too small");
    let maps = std::fs::read_to_string("/proc/self/maps").expect("procfs is mounted");
    let mut at = base;
    for line in maps.lines() {
        let mut fields = line.split_whitespace();
        let (range, flags) = (fields.next().unwrap_or(""), fields.next().unwrap_or(""));
        let (start, end) = range.split_once('-').expect("a range");
        let start = usize::from_str_radix(start, 16).expect("an address");
        let end = usize::from_str_radix(end, 16).expect("an address");
        if end <= at || start >= reservation.end {
            continue;
        }
        assert!(start <= at, "unmapped hole at {at:#x}");
        let accessible = if at < base + size {
            assert_eq!(flags, "rw-p", "inside the memory: {line}");
            assert!(end <= base + size || size == 0, "accessible beyond: {line}");
            end
        } else {
            assert_eq!(flags, "---p", "beyond the memory's {size} bytes: {line}");
            end
        };
        at = accessible;
    }
    assert!(at >= reservation.end, "reservation ends early at {at:#x}");
}

fn check_memory(memory: &LinearMemory, guard: usize) {
    check_protection(
        memory.base().addr(),
        memory.byte_size(),
        memory.reservation(),
        guard,
    );
}

/// Bytes of a memory that has `segments` and nothing else.
fn expected(size: usize, segments: &[(u64, &[u8])]) -> Vec<u8> {
    let mut bytes = vec![0; size];
    for (at, data) in segments {
        let at = usize::try_from(*at).expect("small");
        bytes[at..at + data.len()].copy_from_slice(data);
    }
    bytes
}

/// Compares without printing both sides.
fn check_contents(memory: &LinearMemory, expected: &[u8]) {
    let actual = read(memory, 0..memory.byte_size());
    assert_eq!(actual.len(), expected.len());
    if actual != expected {
        let at = (0..actual.len())
            .find(|&i| actual[i] != expected[i])
            .unwrap_or(0);
        panic!(
            "byte {at:#x} is {:#x}, expected {:#x}",
            actual[at], expected[at]
        );
    }
}
