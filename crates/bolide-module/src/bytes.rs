//! Shared, immutable bytes of a module.

use std::fmt;
use std::sync::Arc;

use rayon::prelude::*;

/// Bytes that a thread copies at once.
const COPY_SIZE: usize = 1 << 20;

/// The bytes of a module: owned, or a mapped file. Cheap to clone.
///
/// Function bodies are compiled long after they were validated, so the bytes must never change.
/// That is why there is no constructor from an arbitrary `AsRef<[u8]>`; creating a
/// [`memmap2::Mmap`] is `unsafe` and carries the same promise.
#[derive(Clone)]
pub struct Bytes(Arc<Owner>);

enum Owner {
    Vec(Vec<u8>),
    Mapped(memmap2::Mmap),
}

impl Bytes {
    /// A copy of bytes. Many are copied on all threads of the current rayon pool, because most of the time goes into
    /// getting the memory from the system.
    ///
    /// ```
    /// # use bolide_module::Bytes;
    /// assert_eq!(Bytes::copy_of(b"\0asm").as_slice(), b"\0asm");
    /// ```
    pub fn copy_of(bytes: &[u8]) -> Bytes {
        if bytes.len() < 2 * COPY_SIZE {
            return Bytes::from(bytes.to_vec());
        }
        let mut copy = vec![0; bytes.len()];
        let pieces = copy.par_chunks_mut(COPY_SIZE);
        pieces
            .zip(bytes.par_chunks(COPY_SIZE))
            .for_each(|(to, from)| to.copy_from_slice(from));
        Bytes::from(copy)
    }

    /// The bytes.
    #[inline]
    pub fn as_slice(&self) -> &[u8] {
        match &*self.0 {
            Owner::Vec(bytes) => bytes,
            Owner::Mapped(map) => map,
        }
    }
}

impl From<Vec<u8>> for Bytes {
    fn from(bytes: Vec<u8>) -> Self {
        Bytes(Arc::new(Owner::Vec(bytes)))
    }
}

impl From<memmap2::Mmap> for Bytes {
    fn from(map: memmap2::Mmap) -> Self {
        Bytes(Arc::new(Owner::Mapped(map)))
    }
}

impl fmt::Debug for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Bytes({} B)", self.as_slice().len())
    }
}
