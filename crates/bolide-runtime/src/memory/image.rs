//! Contents of a memory right after instantiation.

use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bolide_module::{ConstOp, MemoryIndex, MemoryType, Module, WASM_PAGE_SIZE};
use rustix::fd::{AsFd, BorrowedFd, OwnedFd};
use rustix::fs::{MemfdFlags, SealFlags};
use rustix::io::Errno;

use super::error::{self, MemoryError};
use super::mapping::{Mapping, page_size};

/// An image up to this size is always made, however sparse the data is.
const ALWAYS_DENSE_ENOUGH: u64 = 16 << 20;
/// A larger one only if at least one byte in this many is data: the file and its mapping are paid
/// for by the whole span, copying segments only by the data.
const MAX_SPARSENESS: u64 = 2;

/// Segments that are closer to each other than this are written together: compilers leave zeros out, and make tens of
/// thousands of segments.
const MOST_BETWEEN: u64 = 4 << 10;
/// Segments are collected for one write up to about this size.
const WRITE_SIZE: usize = 256 << 10;

/// The contents of a memory right after its active data segments have been copied (core spec
/// §4.5.4 "instantiation"), in a sealed anonymous file that is mapped copy-on-write into each new
/// memory.
#[derive(Debug)]
pub struct MemoryImage {
    id: u64,
    file: OwnedFd,
    /// Bytes of the memory that the file covers; all others are zero. Whole host pages.
    range: Range<usize>,
    /// The file, mapped read-only.
    view: Mapping,
}

impl MemoryImage {
    /// The image of a memory of `module`.
    ///
    /// `None` if instantiation must copy the segments itself: the memory is imported or shared, an
    /// active segment's offset is not a plain constant, a segment does not fit in the minimum size
    /// (so that instantiation traps), there is no data, the data is so sparse that an image would cost
    /// more than copying, or the process may not create another anonymous file.
    ///
    /// # Errors
    ///
    /// If the host has no memory for the image.
    pub fn from_module(
        module: &Module,
        memory: MemoryIndex,
    ) -> Result<Option<Arc<MemoryImage>>, MemoryError> {
        let Some(ty) = module.memories.get(memory.index()) else {
            return Ok(None);
        };
        if memory.0 < module.imported_memories || ty.shared {
            return Ok(None);
        }
        let bytes = module.bytes.as_slice();
        let mut segments = Vec::new();
        for segment in &module.data {
            let Some((target, offset)) = &segment.active else {
                continue;
            };
            if *target != memory {
                continue;
            }
            let offset = match *offset.ops {
                [ConstOp::I32Const(offset)] => u64::from(offset.cast_unsigned()),
                [ConstOp::I64Const(offset)] => offset.cast_unsigned(),
                _ => return Ok(None),
            };
            let range = segment.range.start as usize..segment.range.end as usize;
            let Some(data) = bytes.get(range) else {
                return Ok(None);
            };
            segments.push((offset, data));
        }
        MemoryImage::from_segments(ty, &segments)
    }

    /// The image of a memory of type `ty` after `segments` (address and contents) have been copied in
    /// order. `None` as for [`MemoryImage::from_module`].
    ///
    /// # Errors
    ///
    /// If the host has no memory for the image.
    pub fn from_segments(
        ty: &MemoryType,
        segments: &[(u64, &[u8])],
    ) -> Result<Option<Arc<MemoryImage>>, MemoryError> {
        let Some(range) = span(ty, segments) else {
            return Ok(None);
        };
        let size = range.len();
        let fail = |errno| {
            let size = error::bytes(size as u64);
            MemoryError::os(format!("cannot create a memory image of {size}"), errno)
        };
        let file = match create_file() {
            Ok(file) => file,
            // Out of files, or a sandbox: the image only saves time.
            Err(Errno::MFILE | Errno::NFILE | Errno::NOSYS | Errno::PERM | Errno::ACCESS) => {
                return Ok(None);
            }
            Err(errno) => return Err(fail(errno)),
        };
        rustix::fs::ftruncate(&file, size as u64).map_err(fail)?;
        write_segments(&file, range.start as u64, segments).map_err(fail)?;
        let seals = SealFlags::SEAL | SealFlags::SHRINK | SealFlags::GROW | SealFlags::WRITE;
        rustix::fs::fcntl_add_seals(&file, seals).map_err(fail)?;
        let view = Mapping::view(file.as_fd(), size).map_err(fail)?;

        static NEXT_ID: AtomicU64 = AtomicU64::new(1);
        Ok(Some(Arc::new(MemoryImage {
            id: NEXT_ID.fetch_add(1, Ordering::Relaxed),
            file,
            range,
            view,
        })))
    }

    /// Distinguishes this image from every other in the process; never 0.
    pub(super) fn id(&self) -> u64 {
        self.id
    }

    pub(super) fn file(&self) -> BorrowedFd<'_> {
        self.file.as_fd()
    }

    /// Bytes of the memory that the image covers, as a range of whole host pages.
    pub fn range(&self) -> Range<usize> {
        self.range.clone()
    }

    /// The contents of [`range`](Self::range).
    pub(super) fn contents(&self) -> &[u8] {
        // SAFETY: the view is mapped readable for as long as `self` lives and is `range.len()` bytes
        // long, because that is a multiple of the page size. The file is sealed against writing and
        // shrinking, so the bytes never change and never fault.
        unsafe { std::slice::from_raw_parts(self.view.base(), self.range.len()) }
    }
}

/// The pages that the segments cover, if an image is possible and worth it.
fn span(ty: &MemoryType, segments: &[(u64, &[u8])]) -> Option<Range<usize>> {
    let size = ty.minimum.checked_mul(WASM_PAGE_SIZE)?;
    let (mut start, mut end, mut data) = (u64::MAX, 0, 0u64);
    for &(offset, bytes) in segments {
        let len = bytes.len() as u64;
        let segment_end = offset.checked_add(len).filter(|end| *end <= size)?;
        if len > 0 {
            start = start.min(offset);
            end = end.max(segment_end);
            data = data.saturating_add(len);
        }
    }
    let page = page_size() as u64;
    if data == 0 || !WASM_PAGE_SIZE.is_multiple_of(page) {
        return None;
    }
    let (start, end) = (start - start % page, end.next_multiple_of(page));
    let span = end - start;
    if span > ALWAYS_DENSE_ENOUGH && span / MAX_SPARSENESS > data {
        return None;
    }
    Some(usize::try_from(start).ok()?..usize::try_from(end).ok()?)
}

fn create_file() -> rustix::io::Result<OwnedFd> {
    let flags = MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING;
    // Hosts may insist on `MFD_NOEXEC_SEAL`; kernels before 6.3 do not know it.
    match rustix::fs::memfd_create("bolide-image", flags | MemfdFlags::NOEXEC_SEAL) {
        Err(Errno::INVAL) => rustix::fs::memfd_create("bolide-image", flags),
        result => result,
    }
}

/// Copies segments, in order, to a file of zeros that stands for the memory from `start` on.
fn write_segments(file: &OwnedFd, start: u64, segments: &[(u64, &[u8])]) -> rustix::io::Result<()> {
    let mut sorted: Vec<_> = (segments.iter().copied())
        .filter(|(_, data)| !data.is_empty())
        .collect();
    sorted.sort_by_key(|(offset, _)| *offset);
    let end = |&(offset, data): &(u64, &[u8])| offset + data.len() as u64;
    // Where segments overlap, the order counts.
    if sorted.windows(2).any(|pair| end(&pair[0]) > pair[1].0) {
        let mut segments = segments.iter();
        return segments.try_for_each(|(offset, data)| write_all(file, data, offset - start));
    }
    // Bytes that are not written yet, and where they belong.
    let (mut pending, mut at) = (Vec::new(), start);
    for &(offset, data) in &sorted {
        // At least 0, without overlaps.
        let between = offset - (at + pending.len() as u64);
        if between <= MOST_BETWEEN && pending.len() + data.len() <= WRITE_SIZE {
            pending.resize((offset - at) as usize, 0);
            pending.extend_from_slice(data);
            continue;
        }
        write_all(file, &pending, at - start)?;
        pending.clear();
        at = offset;
        if data.len() <= WRITE_SIZE {
            pending.extend_from_slice(data);
        } else {
            write_all(file, data, at - start)?;
            at += data.len() as u64;
        }
    }
    write_all(file, &pending, at - start)
}

fn write_all(file: &OwnedFd, mut data: &[u8], mut offset: u64) -> rustix::io::Result<()> {
    while !data.is_empty() {
        match rustix::io::pwrite(file, data, offset) {
            Ok(0) => return Err(Errno::IO),
            Ok(n) => {
                data = data.get(n..).unwrap_or_default();
                offset += n as u64;
            }
            Err(Errno::INTR) => {}
            Err(errno) => return Err(errno),
        }
    }
    Ok(())
}
