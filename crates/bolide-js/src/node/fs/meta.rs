//! What is known of a file: the numbers that `fs.Stats` is made of.

use std::time::UNIX_EPOCH;

use rquickjs::{Array, BigInt, Ctx, Value};

/// In the order in which `node/fs_stats` reads them.
pub(in crate::node) struct Meta {
    pub(super) numbers: [u64; 18],
    pub(super) exact: bool,
}

/// The numbers of a metadata type, of which there are two with the same methods.
macro_rules! numbers {
    ($metadata:expr) => {{
        let metadata = $metadata;
        let birth = metadata.created().ok();
        let birth = birth.and_then(|time| time.duration_since(UNIX_EPOCH).ok());
        let birth = birth.unwrap_or_else(|| {
            let (seconds, nanos) = (metadata.ctime(), metadata.ctime_nsec());
            std::time::Duration::new(seconds.max(0) as u64, nanos as u32)
        });
        [
            metadata.dev(),
            metadata.mode().into(),
            metadata.nlink(),
            metadata.uid().into(),
            metadata.gid().into(),
            metadata.rdev(),
            metadata.blksize(),
            metadata.ino(),
            metadata.size(),
            metadata.blocks(),
            metadata.atime() as u64,
            metadata.atime_nsec() as u64,
            metadata.mtime() as u64,
            metadata.mtime_nsec() as u64,
            metadata.ctime() as u64,
            metadata.ctime_nsec() as u64,
            birth.as_secs(),
            birth.subsec_nanos().into(),
        ]
    }};
}

impl Meta {
    pub(super) fn of_path(metadata: &cap_std::fs::Metadata, exact: bool) -> Meta {
        use cap_std::fs::MetadataExt;
        let created = Created(metadata);
        Meta {
            numbers: numbers!(created),
            exact,
        }
    }

    pub(super) fn of_file(metadata: &std::fs::Metadata, exact: bool) -> Meta {
        use std::os::unix::fs::MetadataExt;
        Meta {
            numbers: numbers!(metadata),
            exact,
        }
    }

    /// An array of numbers, or of BigInts if exact ones are wanted.
    pub(super) fn into_js<'js>(self, ctx: &Ctx<'js>) -> rquickjs::Result<Value<'js>> {
        let list = Array::new(ctx.clone())?;
        for (index, number) in self.numbers.into_iter().enumerate() {
            match self.exact {
                true => list.set(index, BigInt::from_i64(ctx.clone(), number as i64)?)?,
                false => list.set(index, number as i64 as f64)?,
            }
        }
        Ok(list.into_value())
    }
}

/// Gives cap-std's metadata a creation time of the standard library's type.
struct Created<'a>(&'a cap_std::fs::Metadata);

impl Created<'_> {
    fn created(&self) -> std::io::Result<std::time::SystemTime> {
        self.0.created().map(|time| time.into_std())
    }
}

impl std::ops::Deref for Created<'_> {
    type Target = cap_std::fs::Metadata;

    fn deref(&self) -> &cap_std::fs::Metadata {
        self.0
    }
}
