//! The codecs of compression streams.

use std::io::{self, Write};

use flate2::Compression;
use flate2::write::{
    DeflateDecoder, DeflateEncoder, GzDecoder, GzEncoder, ZlibDecoder, ZlibEncoder,
};
use rquickjs::function::MutFn;
use rquickjs::{Ctx, Function, Object, TypedArray, Value};

use crate::buffer::copy_bytes;
use crate::error::{HostError, OrThrow};

/// `open(format, compress)` returns a function: bytes in, bytes out; `undefined` ends the stream.
pub(crate) fn fill<'js>(ctx: &Ctx<'js>, object: &Object<'js>) -> rquickjs::Result<()> {
    object.set("open", Function::new(ctx.clone(), open)?)
}

fn open<'js>(ctx: Ctx<'js>, format: String, compress: bool) -> rquickjs::Result<Function<'js>> {
    let mut codec = Codec::new(&format, compress);
    let step = move |ctx: Ctx<'js>, chunk: Value<'js>| {
        let bytes = match chunk.is_undefined() {
            true => codec.finish(),
            false => copy_bytes(&chunk)
                .ok_or_else(|| HostError::type_error("the chunk's buffer is detached"))
                .and_then(|bytes| codec.feed(&bytes)),
        };
        TypedArray::<u8>::new(ctx.clone(), bytes.or_throw(&ctx)?)
    };
    Function::new(ctx, MutFn::from(step))
}

/// How a compressor or decompressor is driven: what it makes collects in a vector.
trait Stream: Write {
    /// Takes what was made so far.
    fn take(&mut self) -> Vec<u8>;
    /// Ends the stream and takes the rest.
    fn end(&mut self) -> io::Result<Vec<u8>>;
}

macro_rules! stream {
    ($($ty:ident)*) => {
        $(impl Stream for $ty<Vec<u8>> {
            fn take(&mut self) -> Vec<u8> {
                std::mem::take(self.get_mut())
            }

            fn end(&mut self) -> io::Result<Vec<u8>> {
                self.try_finish()?;
                Ok(self.take())
            }
        })*
    };
}

stream!(DeflateDecoder DeflateEncoder GzDecoder GzEncoder ZlibDecoder ZlibEncoder);

struct Codec {
    stream: Box<dyn Stream>,
    compress: bool,
    /// A decompressor that has seen the end of its data takes no more.
    ended: bool,
}

impl Codec {
    fn new(format: &str, compress: bool) -> Codec {
        let level = Compression::default();
        let out = Vec::new();
        let stream: Box<dyn Stream> = match (format, compress) {
            ("gzip", true) => Box::new(GzEncoder::new(out, level)),
            ("gzip", false) => Box::new(GzDecoder::new(out)),
            ("deflate", true) => Box::new(ZlibEncoder::new(out, level)),
            ("deflate", false) => Box::new(ZlibDecoder::new(out)),
            (_, true) => Box::new(DeflateEncoder::new(out, level)),
            (_, false) => Box::new(DeflateDecoder::new(out)),
        };
        Codec {
            stream,
            compress,
            ended: false,
        }
    }

    fn failure(&self, error: &io::Error) -> HostError {
        let what = if self.compress {
            "compress"
        } else {
            "decompress"
        };
        HostError::type_error(format!("cannot {what} the data: {error}"))
    }

    fn feed(&mut self, mut bytes: &[u8]) -> Result<Vec<u8>, HostError> {
        let mut made = Vec::new();
        while !bytes.is_empty() {
            let count = match self.ended {
                true => 0,
                false => self.stream.write(bytes).map_err(|e| self.failure(&e))?,
            };
            if count == 0 {
                self.ended = true;
                let message = "there is more data after the end of the compressed data";
                return Err(HostError::type_error(message));
            }
            bytes = &bytes[count..];
            made.append(&mut self.stream.take());
        }
        Ok(made)
    }

    fn finish(&mut self) -> Result<Vec<u8>, HostError> {
        self.stream.end().map_err(|error| self.failure(&error))
    }
}
