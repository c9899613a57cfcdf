//! Compression of whole buffers, for `node:zlib`.

use std::io::{self, Read};

use flate2::Compression;
use flate2::read::{DeflateDecoder, DeflateEncoder, MultiGzDecoder, ZlibDecoder, ZlibEncoder};
use flate2::{GzBuilder, read::GzEncoder};
use rquickjs::{Ctx, Function, Object, TypedArray, Value};

use crate::agent::agent;
use crate::buffer::copy_bytes;
use crate::error::{HostError, OrThrow};

/// `run(operation, bytes, level, limit)` and `runAsync(…)`, a promise.
pub(crate) fn fill<'js>(ctx: &Ctx<'js>, object: &Object<'js>) -> rquickjs::Result<()> {
    object.set("run", Function::new(ctx.clone(), run)?)?;
    object.set("runAsync", Function::new(ctx.clone(), run_async)?)?;
    object.set("crc32", Function::new(ctx.clone(), crc32)?)
}

struct Job {
    operation: String,
    bytes: Vec<u8>,
    level: Compression,
    limit: u64,
}

impl Job {
    fn new<'js>(
        operation: String,
        bytes: &Value<'js>,
        level: i32,
        limit: f64,
    ) -> Result<Job, HostError> {
        let bytes = copy_bytes(bytes);
        Ok(Job {
            operation,
            bytes: bytes.ok_or_else(|| HostError::type_error("the buffer is detached"))?,
            level: match u32::try_from(level) {
                Ok(level) => Compression::new(level.min(9)),
                Err(_) => Compression::default(),
            },
            limit: limit as u64,
        })
    }

    fn run(self) -> Result<Vec<u8>, HostError> {
        let Job { bytes, level, .. } = &self;
        let bytes = bytes.as_slice();
        match self.operation.as_str() {
            "deflate" => self.read(ZlibEncoder::new(bytes, *level)),
            "deflateRaw" => self.read(DeflateEncoder::new(bytes, *level)),
            "gzip" => {
                // What zlib writes on Unix.
                let builder = GzBuilder::new().operating_system(3);
                self.read::<GzEncoder<_>>(builder.read(bytes, *level))
            }
            "inflate" => self.read(ZlibDecoder::new(bytes)),
            "inflateRaw" => self.read(DeflateDecoder::new(bytes)),
            "gunzip" => self.read(MultiGzDecoder::new(bytes)),
            _ => match bytes {
                [0x1f, 0x8b, ..] => self.read(MultiGzDecoder::new(bytes)),
                _ => self.read(ZlibDecoder::new(bytes)),
            },
        }
    }

    fn read<R: Read>(&self, stream: R) -> Result<Vec<u8>, HostError> {
        let mut out = Vec::new();
        stream
            .take(self.limit.saturating_add(1))
            .read_to_end(&mut out)
            .map_err(|error| describe(&error))?;
        if out.len() as u64 > self.limit {
            let message = format!("Cannot create a Buffer larger than {} bytes", self.limit);
            return Err(HostError::range_error(message).with_code("ERR_BUFFER_TOO_LARGE"));
        }
        Ok(out)
    }
}

fn describe(error: &io::Error) -> HostError {
    match error.kind() {
        io::ErrorKind::UnexpectedEof => {
            HostError::error("unexpected end of file").with_code("Z_BUF_ERROR")
        }
        _ => HostError::error(format!("incorrect data: {error}")).with_code("Z_DATA_ERROR"),
    }
}

fn run<'js>(
    ctx: Ctx<'js>,
    operation: String,
    bytes: Value<'js>,
    level: i32,
    limit: f64,
) -> rquickjs::Result<TypedArray<'js, u8>> {
    let job = Job::new(operation, &bytes, level, limit).or_throw(&ctx)?;
    TypedArray::new(ctx.clone(), job.run().or_throw(&ctx)?)
}

fn run_async<'js>(
    ctx: Ctx<'js>,
    operation: String,
    bytes: Value<'js>,
    level: i32,
    limit: f64,
) -> rquickjs::Result<rquickjs::Promise<'js>> {
    let job = Job::new(operation, &bytes, level, limit).or_throw(&ctx)?;
    let events = &agent(&ctx).events;
    events.spawn(
        &ctx,
        move || job.run(),
        |ctx, bytes| Ok(TypedArray::<u8>::new(ctx.clone(), bytes)?.into_value()),
    )
}

/// CRC-32 of bytes, going on from `start`.
fn crc32<'js>(ctx: Ctx<'js>, bytes: Value<'js>, start: f64) -> rquickjs::Result<f64> {
    let bytes = copy_bytes(&bytes);
    let bytes = bytes.ok_or_else(|| HostError::type_error("the buffer is detached").throw(&ctx))?;
    let mut crc = !(start as u32);
    for byte in bytes {
        crc ^= u32::from(byte);
        for _ in 0..8 {
            crc = crc >> 1 ^ (0xedb8_8320 & (crc & 1).wrapping_neg());
        }
    }
    Ok(f64::from(!crc))
}
