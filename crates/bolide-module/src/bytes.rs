//! Shared, immutable bytes of a module.

use std::fmt;
use std::sync::Arc;

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
