//! A mapping that holds one memory at a time.

use std::ops::{ControlFlow, Range};
use std::ptr;

use rustix::io::{Errno, Result};

use super::image::MemoryImage;
use super::mapping::{Mapping, page_size};
use super::pagemap::Pagemap;

/// Address space for one memory: `capacity` bytes that a memory can grow into, then the guard.
///
/// Invariant: `0..accessible` is readable and writable, everything after it is inaccessible. The image
/// whose `id` is `image_id` is mapped over its range of the memory; all other pages are anonymous. An
/// *idle* slot (fresh, or reset since its last use) also reads as the image where there is one and as
/// zero everywhere else, including what would become accessible by growing.
#[derive(Debug)]
pub(super) struct Slot {
    mapping: Mapping,
    capacity: usize,
    accessible: usize,
    image_id: u64,
    /// Bytes of the memory that the image covers.
    image_range: Range<usize>,
}

/// Without the kernel's help, at most this many bytes are copied back at each reset, whether they were
/// written or not: about what page faults on a few of them would cost.
const MAX_BLIND_PREFIX: usize = 64 << 10;

/// The `image_id` of a slot in which no image is mapped.
pub(super) const NO_IMAGE: u64 = 0;

pub(super) fn image_id(image: Option<&MemoryImage>) -> u64 {
    image.map_or(NO_IMAGE, MemoryImage::id)
}

impl Slot {
    /// A slot that is all inaccessible.
    pub(super) fn reserve(capacity: usize, guard: usize) -> Result<Slot> {
        let len = capacity.checked_add(guard).ok_or(Errno::NOMEM)?;
        Ok(Slot {
            mapping: Mapping::reserve(len)?,
            capacity,
            accessible: 0,
            image_id: NO_IMAGE,
            image_range: 0..0,
        })
    }

    pub(super) fn base(&self) -> *mut u8 {
        self.mapping.base()
    }

    /// Bytes that can be made accessible without moving.
    pub(super) fn capacity(&self) -> usize {
        self.capacity
    }

    /// Bytes of address space, guard included.
    pub(super) fn len(&self) -> usize {
        self.mapping.len()
    }

    pub(super) fn accessible(&self) -> usize {
        self.accessible
    }

    pub(super) fn image_id(&self) -> u64 {
        self.image_id
    }

    pub(super) fn addresses(&self) -> Range<usize> {
        self.mapping.addresses()
    }

    /// Turns an idle slot into a new memory of `size` bytes that starts as `image`. On an error the
    /// slot must not be used any more.
    pub(super) fn prepare(&mut self, size: usize, image: Option<&MemoryImage>) -> Result<()> {
        if size > self.capacity {
            return Err(Errno::NOMEM);
        }
        let same_image = self.image_id == image_id(image);
        if !same_image && self.image_id != NO_IMAGE {
            self.mapping.replace_inaccessible(0..self.accessible)?;
            self.accessible = 0;
            self.image_id = NO_IMAGE;
            self.image_range = 0..0;
        }
        if size < self.accessible {
            self.mapping.make_inaccessible(size..self.accessible)?;
            self.accessible = size;
        }
        self.grow(size)?;
        if !same_image && let Some(image) = image {
            let range = image.range();
            if range.end > size {
                return Err(Errno::INVAL);
            }
            self.mapping.map_file(range.clone(), image.file())?;
            self.image_id = image.id();
            self.image_range = range;
        }
        Ok(())
    }

    /// Makes `size` bytes accessible; the new ones are zero. `size` is at least the current one.
    pub(super) fn grow(&mut self, size: usize) -> Result<()> {
        if size > self.capacity {
            return Err(Errno::NOMEM);
        }
        if size > self.accessible {
            self.mapping.make_accessible(self.accessible..size)?;
            self.accessible = size;
        }
        Ok(())
    }

    /// Makes a slot idle again after use by a memory that started with `initial` bytes and `image`
    /// (the one that is mapped). No byte that the memory's user wrote survives. Up to
    /// `keep_resident` bytes are overwritten in place, so that their next use causes no page fault;
    /// other pages go back to the kernel. On an error the slot must not be used any more.
    pub(super) fn reset(
        &mut self,
        initial: usize,
        image: Option<&MemoryImage>,
        keep_resident: usize,
        pagemap: Option<&Pagemap>,
    ) -> Result<()> {
        if self.image_id != image_id(image) || initial > self.capacity {
            return Err(Errno::INVAL);
        }
        if self.accessible > initial {
            self.mapping
                .replace_inaccessible(initial..self.accessible)?;
            self.accessible = initial;
        }
        let size = self.accessible;
        if keep_resident == 0 {
            return self.mapping.discard(0..size);
        }
        let Some(pagemap) = pagemap else {
            return self.reset_prefix(image, keep_resident);
        };
        let mut budget = keep_resident;
        let mut beyond = size;
        let scan = pagemap.for_each_written(&self.mapping, 0..size, |written, zero| {
            if self.is_fresh(&written, zero) {
                return ControlFlow::Continue(());
            }
            if written.len() > budget {
                beyond = written.start;
                return ControlFlow::Break(());
            }
            budget -= written.len();
            // SAFETY: the scan reports ranges within `0..size`, which is accessible, and an idle
            // memory has no other user.
            unsafe { restore(self.mapping.base(), written, image) };
            ControlFlow::Continue(())
        });
        match scan {
            Ok(()) => self.mapping.discard(beyond..size),
            Err(_) => self.reset_prefix(image, keep_resident),
        }
    }

    /// Whether pages which the page map reports, maybe as pages of `zero`s, hold what they held at
    /// first.
    fn is_fresh(&self, range: &Range<usize>, zero: bool) -> bool {
        let outside = range.end <= self.image_range.start || range.start >= self.image_range.end;
        zero && outside
    }

    /// Resets `0..accessible` without knowing what was written.
    fn reset_prefix(&mut self, image: Option<&MemoryImage>, keep_resident: usize) -> Result<()> {
        let prefix = keep_resident.min(MAX_BLIND_PREFIX);
        let prefix = (prefix - prefix % page_size()).min(self.accessible);
        // SAFETY: `0..prefix` is accessible, and an idle memory has no other user.
        unsafe { restore(self.mapping.base(), 0..prefix, image) };
        self.mapping.discard(prefix..self.accessible)
    }

    /// Copies the contents of `old`, a memory that started as `image`, to this slot, which has just
    /// been prepared with the same image and is at least as large. `old` is left with undefined
    /// contents, because its pages are given back while their copies are made.
    pub(super) fn take_contents(&mut self, old: &mut Slot, pagemap: Option<&Pagemap>) {
        /// Bytes after which the copied part of the old memory is given back.
        const STEP: usize = 4 << 20;
        let size = old.accessible.min(self.accessible);
        let mut start = 0;
        while start < size {
            let part = start..size.min(start + STEP);
            start = part.end;
            let known = pagemap.is_some_and(|pagemap| {
                let copy = |written: Range<usize>, zero| {
                    if !old.is_fresh(&written, zero) {
                        // SAFETY: `written` is within both accessible ranges, the slots are
                        // different mappings, and both are exclusively borrowed.
                        unsafe { copy(old.mapping.base(), self.mapping.base(), written) };
                    }
                    ControlFlow::Continue(())
                };
                pagemap
                    .for_each_written(&old.mapping, part.clone(), copy)
                    .is_ok()
            });
            if !known {
                self.copy_differences(old, part.clone());
            }
            // The old pages are unmapped soon; giving them back now only bounds the peak, so a
            // failure does not matter.
            let _ = old.mapping.discard(part);
        }
    }

    /// Copies those pages of `old` in `range` that this slot does not have yet, so that the untouched
    /// pages of a large, sparse memory stay unallocated.
    fn copy_differences(&mut self, old: &Slot, range: Range<usize>) {
        let page = page_size();
        for start in range.clone().step_by(page) {
            let part = start..range.end.min(start + page);
            // SAFETY: `part` is within the accessible range of both slots, which are exclusively
            // borrowed, so the bytes are initialised and do not change while compared.
            unsafe {
                let from = std::slice::from_raw_parts(old.base().add(start), part.len());
                let to = std::slice::from_raw_parts(self.base().add(start), part.len());
                if from != to {
                    copy(old.base(), self.base(), part);
                }
            }
        }
    }
}

/// Copies `range` from one memory to another.
///
/// # Safety
///
/// `range` is readable from `from` and writable at `to`, in different mappings that nobody else uses.
unsafe fn copy(from: *const u8, to: *mut u8, range: Range<usize>) {
    // SAFETY: promised by the caller.
    unsafe { ptr::copy_nonoverlapping(from.add(range.start), to.add(range.start), range.len()) }
}

/// Overwrites `range` of a memory with what it held at instantiation.
///
/// # Safety
///
/// `range` is readable and writable from `base`, and nobody else uses it.
unsafe fn restore(base: *mut u8, range: Range<usize>, image: Option<&MemoryImage>) {
    let (covered, contents) = match image {
        Some(image) => (image.range(), image.contents()),
        None => (0..0, &[][..]),
    };
    let start = covered.start.clamp(range.start, range.end);
    let end = covered.end.clamp(start, range.end);
    // SAFETY: `range.start <= start <= end <= range.end`, which the caller lets us write. If
    // `start < end`, both lie within `covered`, so the source is within `contents`, which is
    // `covered.len()` bytes long and a mapping of its own.
    unsafe {
        ptr::write_bytes(base.add(range.start), 0, start - range.start);
        if start < end {
            let from = contents.as_ptr().add(start - covered.start);
            ptr::copy_nonoverlapping(from, base.add(start), end - start);
        }
        ptr::write_bytes(base.add(end), 0, range.end - end);
    }
}
