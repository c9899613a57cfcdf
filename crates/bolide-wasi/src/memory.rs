//! The guest's linear memory as WASI sees it.

use crate::Errno;
use crate::types::{FileStat, FileType, Rights};
use std::io::{IoSlice, IoSliceMut};

/// Which of the two WASI modules the guest calls.
///
/// Both have the same functions; a few records and one enumeration changed between them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Abi {
    /// `wasi_unstable`, also known as preview 0 or snapshot 0.
    Preview0,
    /// `wasi_snapshot_preview1`.
    Preview1,
}

impl Abi {
    /// The name of the module that guests import the functions from.
    pub fn module(self) -> &'static str {
        match self {
            Abi::Preview0 => "wasi_unstable",
            Abi::Preview1 => "wasi_snapshot_preview1",
        }
    }

    /// The rights that exist in this version.
    pub(crate) fn rights(self) -> Rights {
        match self {
            Abi::Preview0 => Rights::all() - Rights::SOCK_ACCEPT,
            Abi::Preview1 => Rights::all(),
        }
    }
}

/// A checked view of a guest's linear memory, with the ABI its records are laid out for.
///
/// Addresses and lengths are taken as the `i32` of the wasm signature and mean `u32`. What lies
/// outside of the memory is [`Errno::Fault`]; an address that is not a multiple of the alignment
/// of what is there is [`Errno::Inval`]. Numbers are little-endian.
#[derive(Debug)]
pub struct GuestMemory<'a> {
    bytes: &'a mut [u8],
    abi: Abi,
}

/// A number in guest memory, aligned to its size.
pub(crate) trait Scalar: Copy {
    const SIZE: usize;
    fn load(bytes: &[u8]) -> Self;
    fn store(self, bytes: &mut [u8]);
}

macro_rules! scalars {
    ($($ty:ty),*) => {
        $(impl Scalar for $ty {
            const SIZE: usize = size_of::<$ty>();
            fn load(bytes: &[u8]) -> $ty {
                let mut array = [0; size_of::<$ty>()];
                array.copy_from_slice(bytes);
                <$ty>::from_le_bytes(array)
            }
            fn store(self, bytes: &mut [u8]) {
                bytes.copy_from_slice(&self.to_le_bytes());
            }
        })*
    };
}

scalars!(u8, u16, u32, u64);

/// Buffers taken from one list: what `readv` takes at once on Linux (`IOV_MAX`).
const MAX_BUFFERS: usize = 1024;

/// Bytes moved by one call at most: the limit of one `read` or `write` on Linux.
const MAX_TRANSFER: usize = 0x7fff_f000;

const IOVEC_SIZE: usize = 8;

impl<'a> GuestMemory<'a> {
    /// Views `bytes`, the whole of a linear memory, for a guest that calls `abi`.
    pub fn new(bytes: &'a mut [u8], abi: Abi) -> GuestMemory<'a> {
        GuestMemory { bytes, abi }
    }

    /// Which WASI module the guest calls.
    pub fn abi(&self) -> Abi {
        self.abi
    }

    /// The `len` bytes at `addr`.
    ///
    /// # Errors
    ///
    /// `fault` when a part of them lies outside of the memory.
    pub fn slice(&self, addr: i32, len: i32) -> Result<&[u8], Errno> {
        let start = addr as u32 as usize;
        self.bytes
            .get(start..start + len as u32 as usize)
            .ok_or(Errno::Fault)
    }

    /// The `len` bytes at `addr`, to be changed.
    ///
    /// # Errors
    ///
    /// `fault` when a part of them lies outside of the memory.
    pub fn slice_mut(&mut self, addr: i32, len: i32) -> Result<&mut [u8], Errno> {
        let start = addr as u32 as usize;
        self.bytes
            .get_mut(start..start + len as u32 as usize)
            .ok_or(Errno::Fault)
    }

    /// Checks that `count` records of `size` bytes, aligned to `align`, are at `addr`.
    pub(crate) fn check(
        &self,
        addr: i32,
        count: usize,
        size: usize,
        align: usize,
    ) -> Result<(), Errno> {
        let start = addr as u32 as usize;
        let end = count
            .checked_mul(size)
            .and_then(|len| start.checked_add(len))
            .ok_or(Errno::Fault)?;
        if end > self.bytes.len() {
            return Err(Errno::Fault);
        }
        if !start.is_multiple_of(align) {
            return Err(Errno::Inval);
        }
        Ok(())
    }

    /// Checks that a `T` can be written at `addr`, before the call has an effect elsewhere.
    pub(crate) fn check_out<T: Scalar>(&self, addr: i32) -> Result<(), Errno> {
        self.check(addr, 1, T::SIZE, T::SIZE)
    }

    pub(crate) fn write<T: Scalar>(&mut self, addr: i32, value: T) -> Result<(), Errno> {
        self.check_out::<T>(addr)?;
        self.store(addr as u32 as usize, value);
        Ok(())
    }

    /// Reads at an address that [`GuestMemory::check`] accepted.
    pub(crate) fn load<T: Scalar>(&self, at: usize) -> T {
        T::load(&self.bytes[at..at + T::SIZE])
    }

    /// Writes at an address that [`GuestMemory::check`] accepted.
    pub(crate) fn store<T: Scalar>(&mut self, at: usize, value: T) {
        value.store(&mut self.bytes[at..at + T::SIZE]);
    }

    /// Bytes of a `filestat`; `linkcount` was 32 bits wide in preview 0.
    fn filestat_size(&self) -> usize {
        match self.abi {
            Abi::Preview0 => 56,
            Abi::Preview1 => 64,
        }
    }

    /// Checks that a `filestat` can be written at `addr`.
    pub(crate) fn check_filestat(&self, addr: i32) -> Result<(), Errno> {
        self.check(addr, 1, self.filestat_size(), 8)
    }

    pub(crate) fn write_filestat(&mut self, addr: i32, stat: &FileStat) -> Result<(), Errno> {
        self.check_filestat(addr)?;
        let size = self.filestat_size();
        let at = addr as u32 as usize;
        self.bytes[at..at + size].fill(0);
        self.store(at, stat.dev);
        self.store(at + 8, stat.ino);
        self.store(at + 16, stat.filetype as u8);
        let rest = match self.abi {
            Abi::Preview0 => {
                self.store(at + 20, u32::try_from(stat.nlink).unwrap_or(u32::MAX));
                at + 24
            }
            Abi::Preview1 => {
                self.store(at + 24, stat.nlink);
                at + 32
            }
        };
        for (i, value) in [stat.size, stat.atim, stat.mtim, stat.ctim]
            .into_iter()
            .enumerate()
        {
            self.store(rest + 8 * i, value);
        }
        Ok(())
    }

    /// Writes the `fdstat` of a descriptor.
    pub(crate) fn write_fdstat(
        &mut self,
        addr: i32,
        filetype: FileType,
        flags: u16,
        base: Rights,
        inheriting: Rights,
    ) -> Result<(), Errno> {
        self.check(addr, 1, 24, 8)?;
        let at = addr as u32 as usize;
        let known = self.abi.rights();
        self.bytes[at..at + 24].fill(0);
        self.store(at, filetype as u8);
        self.store(at + 2, flags);
        self.store(at + 8, (base & known).bits());
        self.store(at + 16, (inheriting & known).bits());
        Ok(())
    }

    /// The non-empty buffers of an `iovec` list, as many as one system call takes.
    ///
    /// A transfer may always be shorter than asked for, so a longer list needs no more than its
    /// beginning; all of the list must lie in the memory.
    fn buffers(&self, list: i32, len: i32) -> Result<Vec<(usize, usize)>, Errno> {
        let len = len as u32 as usize;
        self.check(list, len, IOVEC_SIZE, 4)?;
        let list = list as u32 as usize;
        let mut buffers = Vec::with_capacity(len.min(MAX_BUFFERS));
        let mut room = MAX_TRANSFER;
        for at in (list..list + len * IOVEC_SIZE).step_by(IOVEC_SIZE) {
            let start = self.load::<u32>(at) as usize;
            let size = self.load::<u32>(at + 4) as usize;
            if start + size > self.bytes.len() {
                return Err(Errno::Fault);
            }
            if size == 0 {
                continue;
            }
            buffers.push((start, size.min(room)));
            room -= size.min(room);
            if room == 0 || buffers.len() == MAX_BUFFERS {
                break;
            }
        }
        Ok(buffers)
    }

    /// The buffers of a `ciovec` list, to write out of guest memory directly.
    ///
    /// # Errors
    ///
    /// `fault` when the list or a buffer lies outside of the memory, `inval` when the list is
    /// misaligned.
    pub fn io_slices(&self, list: i32, len: i32) -> Result<Vec<IoSlice<'_>>, Errno> {
        Ok(self
            .buffers(list, len)?
            .into_iter()
            .map(|(start, size)| IoSlice::new(&self.bytes[start..start + size]))
            .collect())
    }

    /// The buffers of an `iovec` list, to read into guest memory directly.
    ///
    /// Buffers after the first one that overlaps an earlier one are left out.
    ///
    /// # Errors
    ///
    /// As [`GuestMemory::io_slices`].
    pub fn io_slices_mut(&mut self, list: i32, len: i32) -> Result<Vec<IoSliceMut<'_>>, Errno> {
        let mut buffers = self.buffers(list, len)?;
        let mut order = sorted_by_start(&buffers);
        if order
            .windows(2)
            .any(|w| overlap(buffers[w[0]], buffers[w[1]]))
        {
            let disjoint = (0..buffers.len())
                .find(|&i| buffers[..i].iter().any(|&b| overlap(b, buffers[i])))
                .unwrap_or(buffers.len());
            buffers.truncate(disjoint);
            order = sorted_by_start(&buffers);
        }

        let mut slices: Vec<Option<IoSliceMut<'_>>> = Vec::new();
        slices.resize_with(buffers.len(), || None);
        let mut rest = &mut *self.bytes;
        let mut rest_start = 0;
        for i in order {
            let (start, size) = buffers[i];
            let (_, tail) = rest.split_at_mut(start - rest_start);
            let (slice, tail) = tail.split_at_mut(size);
            slices[i] = Some(IoSliceMut::new(slice));
            rest = tail;
            rest_start = start + size;
        }
        Ok(slices.into_iter().flatten().collect())
    }
}

fn sorted_by_start(buffers: &[(usize, usize)]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..buffers.len()).collect();
    order.sort_unstable_by_key(|&i| buffers[i].0);
    order
}

/// Whether two non-empty buffers share a byte.
fn overlap(a: (usize, usize), b: (usize, usize)) -> bool {
    a.0 < b.0 + b.1 && b.0 < a.0 + a.1
}
