//! Which pages has a guest written? Asked of the kernel with the `PAGEMAP_SCAN` ioctl (Linux 6.7).
//!
//! With the answer, a memory is made as good as new by copying just the written pages back, which
//! stay resident for the next guest: no `madvise`, no TLB shootdown, no page fault later. Without it
//! (older kernels, no `/proc`), the slot falls back to copying a fixed prefix and discarding the rest.

use std::ops::{ControlFlow, Range};
use std::sync::atomic::{AtomicU8, Ordering};

use rustix::fd::{AsRawFd, OwnedFd};
use rustix::fs::{Mode, OFlags};
use rustix::io::{Errno, Result};

use super::mapping::{Mapping, page_size};

/// `struct page_region` of the kernel's `linux/fs.h`.
#[derive(Copy, Clone, Default)]
#[repr(C)]
struct PageRegion {
    start: u64,
    end: u64,
    categories: u64,
}

/// `struct pm_scan_arg` of the kernel's `linux/fs.h`.
#[derive(Default)]
#[repr(C)]
struct ScanArg {
    size: u64,
    flags: u64,
    start: u64,
    end: u64,
    walk_end: u64,
    vec: u64,
    vec_len: u64,
    max_pages: u64,
    category_inverted: u64,
    category_mask: u64,
    category_anyof_mask: u64,
    return_mask: u64,
}

const PAGE_IS_FILE: u64 = 1 << 2;
const PAGE_IS_PRESENT: u64 = 1 << 3;
const PAGE_IS_SWAPPED: u64 = 1 << 4;
const PAGE_IS_PFNZERO: u64 = 1 << 5;

/// `_IOWR('f', 16, struct pm_scan_arg)`.
const PAGEMAP_SCAN: libc::Ioctl =
    (3 << 30) | ((size_of::<ScanArg>() as libc::Ioctl) << 16) | ((b'f' as libc::Ioctl) << 8) | 16;

/// Regions asked for at a time; a fragmented memory takes several calls.
const REGIONS: usize = 32;

/// The kernel's view of this process's pages.
#[derive(Debug)]
pub(super) struct Pagemap {
    file: OwnedFd,
    /// One page that holds 1, and 0 in a forked child. There the open file still describes the
    /// parent's pages, and an answer about the parent could leave a child's dirty page behind.
    marker: Mapping,
}

impl Pagemap {
    /// Opens this process's page map, if the kernel can answer.
    pub(super) fn open() -> Option<Pagemap> {
        let flags = OFlags::RDONLY | OFlags::CLOEXEC;
        let file = rustix::fs::open("/proc/self/pagemap", flags, Mode::empty()).ok()?;
        let page = page_size();
        let mut marker = Mapping::reserve(page).ok()?;
        marker.make_accessible(0..page).ok()?;
        marker.wipe_on_fork().ok()?;
        let pagemap = Pagemap { file, marker };
        pagemap.marker_byte().store(1, Ordering::Relaxed);
        // The marker has just been written, so a kernel that answers as we expect reports it.
        let mut seen = None;
        pagemap
            .for_each_written(&pagemap.marker, 0..page, |range, _| {
                seen = Some(range);
                ControlFlow::Continue(())
            })
            .ok()?;
        (seen == Some(0..page)).then_some(pagemap)
    }

    fn marker_byte(&self) -> &AtomicU8 {
        // SAFETY: the marker page is readable and writable for as long as `self` lives, and only
        // ever accessed through this atomic.
        unsafe { AtomicU8::from_ptr(self.marker.base()) }
    }

    /// Calls `f` with each range of pages of `mapping` within `range` that differs, or may differ,
    /// from what the mapping started with, in ascending order, until `f` breaks. The flag says that
    /// the pages are the kernel's page of zeros, so that they differ only if zero is not what was
    /// there at first. Nobody else writes to the range meanwhile.
    ///
    /// # Errors
    ///
    /// If the kernel cannot tell; some ranges may have been reported before.
    pub(super) fn for_each_written(
        &self,
        mapping: &Mapping,
        range: Range<usize>,
        mut f: impl FnMut(Range<usize>, bool) -> ControlFlow<()>,
    ) -> Result<()> {
        if self.marker_byte().load(Ordering::Relaxed) == 0 {
            return Err(Errno::CHILD);
        }
        let base = mapping.addresses().start;
        let mut regions = [PageRegion::default(); REGIONS];
        let mut at = base + range.start;
        let end = base + range.end.min(mapping.len());
        while at < end {
            // A page that was never written is absent or is still shared with the file. Every other
            // page counts as written, also when it has been swapped out.
            let mut arg = ScanArg {
                size: size_of::<ScanArg>() as u64,
                start: at as u64,
                end: end as u64,
                vec: regions.as_mut_ptr().expose_provenance() as u64,
                vec_len: REGIONS as u64,
                category_inverted: PAGE_IS_FILE,
                category_mask: PAGE_IS_FILE,
                category_anyof_mask: PAGE_IS_PRESENT | PAGE_IS_SWAPPED,
                return_mask: PAGE_IS_PFNZERO,
                ..ScanArg::default()
            };
            // SAFETY: the ioctl reads and writes `arg`, which has the kernel's layout and says its
            // own size, and writes at most `vec_len` regions to `regions`. Both are alive and
            // exclusively borrowed. It changes no page, because `flags` is 0.
            let found = unsafe { libc::ioctl(self.file.as_raw_fd(), PAGEMAP_SCAN, &raw mut arg) };
            let Ok(found) = usize::try_from(found) else {
                return Err(
                    Errno::from_io_error(&std::io::Error::last_os_error()).unwrap_or(Errno::INVAL)
                );
            };
            for region in regions.iter().take(found) {
                let written = region.start as usize - base..region.end as usize - base;
                if f(written, region.categories & PAGE_IS_PFNZERO != 0).is_break() {
                    return Ok(());
                }
            }
            let next = arg.walk_end as usize;
            if next <= at {
                return Err(Errno::INVAL);
            }
            at = next;
        }
        Ok(())
    }
}
