//! An owned range of address space.

use std::ffi::c_void;
use std::ops::Range;
use std::ptr::{self, NonNull};

use rustix::fd::BorrowedFd;
use rustix::io::{Errno, Result};
use rustix::mm::{self, Advice, MapFlags, MprotectFlags, ProtFlags};

/// Host page size in bytes.
pub(super) fn page_size() -> usize {
    rustix::param::page_size()
}

/// `n` rounded up to the host page size.
pub(super) fn round_up_to_page(n: usize) -> Option<usize> {
    n.checked_next_multiple_of(page_size())
}

/// A range of address space that belongs to this value alone. Dropping it unmaps the range.
///
/// All methods take ranges relative to the start and fail with `EINVAL` if a range is not inside the
/// mapping or not aligned to pages, so none of them can reach another mapping.
#[derive(Debug)]
pub(super) struct Mapping {
    base: NonNull<u8>,
    len: usize,
}

// SAFETY: a `Mapping` is an address range that it owns; no operation on it depends on the thread.
unsafe impl Send for Mapping {}
// SAFETY: `&Mapping` only gives out the range's address and length. Whoever reads or writes through
// the address does so in an unsafe block of its own.
unsafe impl Sync for Mapping {}

const PRIVATE: MapFlags = MapFlags::PRIVATE.union(MapFlags::NORESERVE);
const READ_WRITE: ProtFlags = ProtFlags::READ.union(ProtFlags::WRITE);

impl Mapping {
    /// Reserves `len` bytes of inaccessible address space, at least one page.
    pub(super) fn reserve(len: usize) -> Result<Mapping> {
        let len = round_up_to_page(len.max(1)).ok_or(Errno::NOMEM)?;
        // SAFETY: without `MAP_FIXED` the kernel picks an unused range, so nothing that exists is
        // affected.
        let base =
            unsafe { mm::mmap_anonymous(ptr::null_mut(), len, ProtFlags::empty(), PRIVATE)? };
        Mapping::own(base, len)
    }

    /// Maps the first `len` bytes of a sealed file for reading.
    pub(super) fn view(fd: BorrowedFd<'_>, len: usize) -> Result<Mapping> {
        let len = round_up_to_page(len.max(1)).ok_or(Errno::NOMEM)?;
        // SAFETY: as in `reserve`.
        let base = unsafe {
            mm::mmap(
                ptr::null_mut(),
                len,
                ProtFlags::READ,
                MapFlags::PRIVATE,
                fd,
                0,
            )?
        };
        Mapping::own(base, len)
    }

    fn own(base: *mut c_void, len: usize) -> Result<Mapping> {
        let base = NonNull::new(base.cast()).ok_or(Errno::NOMEM)?;
        Ok(Mapping { base, len })
    }

    /// Address of the first byte.
    pub(super) fn base(&self) -> *mut u8 {
        self.base.as_ptr()
    }

    /// Size in bytes.
    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// The addresses.
    pub(super) fn addresses(&self) -> Range<usize> {
        let start = self.base.as_ptr().addr();
        start..start + self.len
    }

    /// The address of `range`, if it is a range of whole pages of this mapping.
    fn part(&self, range: &Range<usize>) -> Result<*mut c_void> {
        let page = page_size();
        let whole_pages = range.start.is_multiple_of(page) && range.end.is_multiple_of(page);
        if range.start > range.end || range.end > self.len || !whole_pages {
            return Err(Errno::INVAL);
        }
        // SAFETY: `range.start <= range.end <= self.len`, so the result is inside the mapping or
        // one past its end.
        Ok(unsafe { self.base.as_ptr().add(range.start).cast() })
    }

    /// Lets the program read and write `range`, keeping its contents.
    pub(super) fn make_accessible(&mut self, range: Range<usize>) -> Result<()> {
        let at = self.part(&range)?;
        if range.is_empty() {
            return Ok(());
        }
        let flags = MprotectFlags::READ | MprotectFlags::WRITE;
        // SAFETY: `part` checked that the range is ours. More permissions break no pointer.
        unsafe { mm::mprotect(at, range.len(), flags) }
    }

    /// Takes away access to `range`, keeping its contents.
    ///
    /// The caller has exclusive use of the memory in `range`: a later access faults.
    pub(super) fn make_inaccessible(&mut self, range: Range<usize>) -> Result<()> {
        let at = self.part(&range)?;
        if range.is_empty() {
            return Ok(());
        }
        // SAFETY: the range is ours, and `&mut self` means that no memory in use is lent from it.
        unsafe { mm::mprotect(at, range.len(), MprotectFlags::empty()) }
    }

    /// Drops the contents of `range`, whatever was mapped there, and makes it inaccessible.
    pub(super) fn replace_inaccessible(&mut self, range: Range<usize>) -> Result<()> {
        let at = self.part(&range)?;
        if range.is_empty() {
            return Ok(());
        }
        let flags = PRIVATE | MapFlags::FIXED;
        // SAFETY: the range is ours, so `MAP_FIXED` replaces only pages of this mapping, in one
        // step; `&mut self` means that nothing is lent from it.
        unsafe { mm::mmap_anonymous(at, range.len(), ProtFlags::empty(), flags) }.map(drop)
    }

    /// Maps the start of the file `fd` copy-on-write over `range`.
    pub(super) fn map_file(&mut self, range: Range<usize>, fd: BorrowedFd<'_>) -> Result<()> {
        let at = self.part(&range)?;
        if range.is_empty() {
            return Ok(());
        }
        let flags = PRIVATE | MapFlags::FIXED;
        // SAFETY: as in `replace_inaccessible`. The mapping is private, so that writes never reach
        // the file.
        unsafe { mm::mmap(at, range.len(), READ_WRITE, flags, fd, 0) }.map(drop)
    }

    /// Drops what was written to `range`: anonymous pages read as zero afterwards, pages of a file as
    /// the file.
    pub(super) fn discard(&mut self, range: Range<usize>) -> Result<()> {
        let at = self.part(&range)?;
        if range.is_empty() {
            return Ok(());
        }
        // SAFETY: the range is ours and, by `&mut self`, not lent, so no reference sees its bytes
        // change.
        unsafe { mm::madvise(at, range.len(), Advice::LinuxDontNeed) }
    }

    /// Gives a child process of `fork` a zeroed copy of the mapping.
    pub(super) fn wipe_on_fork(&mut self) -> Result<()> {
        // SAFETY: the range is ours; the advice changes nothing in this process.
        unsafe { mm::madvise(self.base().cast(), self.len, Advice::LinuxWipeOnFork) }
    }
}

impl Drop for Mapping {
    fn drop(&mut self) {
        // SAFETY: the range is ours and nobody can use it after this. The only possible failure is
        // a lack of kernel memory while splitting a mapping; the range then stays reserved.
        let _ = unsafe { mm::munmap(self.base().cast(), self.len) };
    }
}
