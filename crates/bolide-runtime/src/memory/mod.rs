//! Linear memory (core spec §4.2.8 "memory instances") on Linux.
//!
//! One [`MemoryAllocator`] per engine hands out [`LinearMemory`]s and [`SharedLinearMemory`]s. What
//! each file holds:
//!
//! - `mapping`: an owned range of address space, and every system call on it;
//! - `slot`: a mapping that holds one memory at a time and can be made as good as new;
//! - `pagemap`: asks the kernel which pages a guest has written;
//! - `image`: a memory's contents after instantiation, mapped copy-on-write;
//! - `pool`: idle slots, looked up by the image that is already mapped in them;
//! - `allocator`: where and how large a memory is laid out;
//! - `linear`, `shared`: memories in use.
//!
//! # What makes it sound
//!
//! Every system call acts on a range inside a `Mapping` that this process owns
//! exclusively, from its reservation to its `Drop`. Between these, no part of the range is ever
//! unmapped, only replaced in one `MAP_FIXED` call, so another thread's `mmap` cannot get in between.
//! A slot goes back to the pool only after every system call of its reset has succeeded; otherwise it
//! is unmapped, so no data of one guest can reach the next.

mod allocator;
mod error;
mod image;
mod linear;
mod mapping;
mod pagemap;
mod pool;
mod shared;
mod slot;

#[cfg(test)]
mod tests;

use std::sync::atomic::AtomicUsize;

pub use allocator::{MemoryAllocator, PoolOptions};
pub use error::{MemoryError, WaitError};
pub use image::MemoryImage;
pub use linear::LinearMemory;
pub use shared::{
    Expected, Interrupt, SharedLinearMemory, WaitResult, deadline, interrupt_waiter,
    notify_unshared,
};

/// What compiled code knows of a memory.
#[derive(Debug)]
#[repr(C)]
pub struct VMMemoryDefinition {
    /// Address of byte 0.
    pub base: *mut u8,
    /// Current size in bytes.
    pub length: AtomicUsize,
}

const _: () = {
    use std::mem::{offset_of, size_of};
    assert!(offset_of!(VMMemoryDefinition, base) == bolide_abi::MEMORY_BASE as usize);
    assert!(offset_of!(VMMemoryDefinition, length) == bolide_abi::MEMORY_LENGTH as usize);
    assert!(size_of::<VMMemoryDefinition>() == bolide_abi::MEMORY_SIZE as usize);
};
