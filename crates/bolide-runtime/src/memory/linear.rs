//! A memory that belongs to one store.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use bolide_module::{MemoryType, WASM_PAGE_SIZE};
use rustix::io::Errno;

use super::allocator::{Layout, MemoryAllocator, byte_size, max_pages};
use super::error::{self, MemoryError};
use super::image::MemoryImage;
use super::slot::Slot;

/// A linear memory of one store. Dropping it returns its address space to the allocator's pool.
///
/// The bytes `base()..base() + byte_size()` are readable and writable; the rest of `reservation()`
/// faults.
pub struct LinearMemory {
    allocator: Arc<MemoryAllocator>,
    ty: MemoryType,
    /// `None` only while being dropped.
    slot: Option<Box<Slot>>,
    image: Option<Arc<MemoryImage>>,
    /// How the memory was laid out at first.
    layout: Layout,
    /// Copies of the slot's, so that reading them is a plain load.
    base: *mut u8,
    byte_size: usize,
}

// SAFETY: `base` points into the mapping of `slot`, which this value owns and which no thread is tied
// to.
unsafe impl Send for LinearMemory {}
// SAFETY: `&LinearMemory` only gives out addresses and sizes. Whoever accesses the memory through
// `base()` does so in an unsafe block of its own.
unsafe impl Sync for LinearMemory {}

impl LinearMemory {
    pub(super) fn new(
        allocator: &Arc<MemoryAllocator>,
        ty: MemoryType,
        slot: Box<Slot>,
        image: Option<Arc<MemoryImage>>,
        layout: Layout,
    ) -> LinearMemory {
        LinearMemory {
            allocator: allocator.clone(),
            ty,
            base: slot.base(),
            byte_size: slot.accessible(),
            slot: Some(slot),
            image,
            layout,
        }
    }

    /// Address of byte 0. Changes when a memory of the dynamic style grows.
    #[inline]
    pub fn base(&self) -> *mut u8 {
        self.base
    }

    /// Current size in bytes.
    #[inline]
    pub fn byte_size(&self) -> usize {
        self.byte_size
    }

    /// Current size in pages of 64 KiB.
    #[inline]
    pub fn pages(&self) -> u64 {
        self.byte_size as u64 / WASM_PAGE_SIZE
    }

    /// The type that the memory was made with; `minimum` is its size at first.
    pub fn ty(&self) -> &MemoryType {
        &self.ty
    }

    /// Whether the memory started with the contents of an image, so that no active data segment needs
    /// to be copied.
    pub fn image_applied(&self) -> bool {
        self.image.is_some()
    }

    /// Addresses that belong to the memory, with what it can grow into and guards.
    pub fn reservation(&self) -> Range<usize> {
        self.slot.as_ref().map_or(0..0, |slot| slot.addresses())
    }

    /// Grows by `delta_pages` pages of zeros (core spec §4.5.3.9 "growing memories") and returns the
    /// old size in pages, or `None` if the memory would exceed its maximum or the host has no room; the
    /// memory is then unchanged. After growth, read [`base`](Self::base) and
    /// [`byte_size`](Self::byte_size) again.
    ///
    /// # Errors
    ///
    /// If the host refuses for a reason other than lack of room. The memory is unchanged.
    pub fn grow(&mut self, delta_pages: u64) -> Result<Option<u64>, MemoryError> {
        let old_pages = self.pages();
        let Some(new_size) = old_pages
            .checked_add(delta_pages)
            .filter(|pages| *pages <= max_pages(&self.ty))
            .and_then(byte_size)
        else {
            return Ok(None);
        };
        match self.grow_to(new_size) {
            Ok(()) => Ok(Some(old_pages)),
            Err(Errno::NOMEM | Errno::AGAIN) => Ok(None),
            Err(errno) => {
                let old = error::bytes(self.byte_size as u64);
                let new = error::bytes(new_size as u64);
                let what = format!("cannot grow a linear memory from {old} to {new}");
                Err(MemoryError::os(what, errno))
            }
        }
    }

    fn grow_to(&mut self, new_size: usize) -> Result<(), Errno> {
        let slot = self.slot.as_mut().ok_or(Errno::NOMEM)?;
        if new_size <= slot.capacity() {
            slot.grow(new_size)?;
        } else if self.layout.movable {
            let maximum = byte_size(max_pages(&self.ty)).unwrap_or(usize::MAX);
            let image = self.image.as_deref();
            let layout = self.layout;
            let mut larger = self
                .allocator
                .larger_slot(layout, new_size, maximum, image)?;
            larger.take_contents(slot, self.allocator.pagemap());
            *slot = larger;
        } else {
            return Err(Errno::NOMEM);
        }
        self.base = slot.base();
        self.byte_size = slot.accessible();
        Ok(())
    }
}

impl Drop for LinearMemory {
    fn drop(&mut self) {
        if let Some(slot) = self.slot.take() {
            let image = self.image.as_deref();
            self.allocator.release(slot, self.layout, image);
        }
    }
}

impl fmt::Debug for LinearMemory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LinearMemory")
            .field("ty", &self.ty)
            .field("base", &self.base)
            .field("byte_size", &self.byte_size)
            .finish_non_exhaustive()
    }
}
