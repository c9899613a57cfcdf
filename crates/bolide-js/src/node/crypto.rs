//! Hashes, keyed hashes and random bytes, for `node:crypto`.

use md5::Md5;
use rquickjs::class::Trace;
use rquickjs::function::Opt;
use rquickjs::{ArrayBuffer, Class, Ctx, Function, JsLifetime, Object, Value};
use sha1::Sha1;
use sha2::digest::DynDigest;
use sha2::{Sha224, Sha256, Sha384, Sha512, Sha512_224, Sha512_256};

use super::buffer::Encoding;
use crate::buffer::copy_bytes;
use crate::error::HostError;

/// Names of the hashes, and the sizes of their blocks in bytes.
const HASHES: &[(&str, usize)] = &[
    ("md5", 64),
    ("sha1", 64),
    ("sha224", 64),
    ("sha256", 64),
    ("sha384", 128),
    ("sha512", 128),
    ("sha512-224", 128),
    ("sha512-256", 128),
];

/// A fresh hash and the size of its blocks.
fn hash_of(name: &str) -> Option<(Box<dyn DynDigest>, usize)> {
    let digest: Box<dyn DynDigest> = match name {
        "md5" => Box::new(Md5::default()),
        "sha1" => Box::new(Sha1::default()),
        "sha224" => Box::new(Sha224::default()),
        "sha256" => Box::new(Sha256::default()),
        "sha384" => Box::new(Sha384::default()),
        "sha512" => Box::new(Sha512::default()),
        "sha512-224" => Box::new(Sha512_224::default()),
        "sha512-256" => Box::new(Sha512_256::default()),
        _ => return None,
    };
    let (_, block) = HASHES.iter().find(|(other, _)| *other == name)?;
    Some((digest, *block))
}

/// A hash, keyed if it has an outer part (RFC 2104).
#[derive(Clone)]
struct State {
    inner: Box<dyn DynDigest>,
    outer: Option<Box<dyn DynDigest>>,
}

impl State {
    fn plain(name: &str) -> Option<State> {
        let (inner, _) = hash_of(name)?;
        Some(State { inner, outer: None })
    }

    fn keyed(name: &str, key: &[u8]) -> Option<State> {
        let (mut inner, block) = hash_of(name)?;
        let mut padded = match key.len() > block {
            true => {
                inner.update(key);
                inner.finalize_reset().into_vec()
            }
            false => key.to_vec(),
        };
        padded.resize(block, 0);
        let mut outer = inner.box_clone();
        inner.update(&padded.iter().map(|byte| byte ^ 0x36).collect::<Vec<_>>());
        outer.update(&padded.iter().map(|byte| byte ^ 0x5c).collect::<Vec<_>>());
        Some(State {
            inner,
            outer: Some(outer),
        })
    }

    fn finish(self) -> Vec<u8> {
        let digest = self.inner.finalize();
        let Some(mut outer) = self.outer else {
            return digest.into_vec();
        };
        outer.update(&digest);
        outer.finalize().into_vec()
    }
}

/// What `crypto.Hash` and `crypto.Hmac` hold.
#[derive(Trace, JsLifetime)]
#[rquickjs::class(rename = "HashState")]
struct HashState {
    #[qjs(skip_trace)]
    state: Option<State>,
}

#[rquickjs::methods]
impl HashState {
    /// Takes in a text in an encoding, or bytes.
    fn update<'js>(
        &mut self,
        ctx: Ctx<'js>,
        data: Value<'js>,
        encoding: Opt<String>,
    ) -> rquickjs::Result<()> {
        let bytes = bytes_of(&ctx, &data, encoding.0.as_deref())?;
        if let Some(state) = &mut self.state {
            state.inner.update(&bytes);
        }
        Ok(())
    }

    /// The digest. The state is gone afterwards.
    fn digest<'js>(&mut self, ctx: Ctx<'js>) -> rquickjs::Result<ArrayBuffer<'js>> {
        let digest = self.state.take().map(State::finish);
        ArrayBuffer::new(ctx, digest.unwrap_or_default())
    }

    fn copy(&self) -> HashState {
        HashState {
            state: self.state.clone(),
        }
    }
}

fn bytes_of<'js>(
    ctx: &Ctx<'js>,
    data: &Value<'js>,
    encoding: Option<&str>,
) -> rquickjs::Result<Vec<u8>> {
    if let Some(text) = data.as_string() {
        return Encoding::named(ctx, encoding.unwrap_or("utf8"))?.encode(text);
    }
    copy_bytes(data)
        .ok_or_else(|| HostError::type_error("the buffer is detached, or no buffer").throw(ctx))
}

/// `hash(name)`, `hmac(name, key)`, `names()`, `random(size)`, `timingSafeEqual(a, b)` and `pbkdf2(…)`.
pub(crate) fn fill<'js>(ctx: &Ctx<'js>, object: &Object<'js>) -> rquickjs::Result<()> {
    object.set("hash", Function::new(ctx.clone(), hash)?)?;
    object.set("hmac", Function::new(ctx.clone(), hmac)?)?;
    object.set("names", Function::new(ctx.clone(), names)?)?;
    object.set("random", Function::new(ctx.clone(), random)?)?;
    object.set("equal", Function::new(ctx.clone(), equal)?)?;
    object.set("pbkdf2", Function::new(ctx.clone(), pbkdf2)?)?;
    object.set("pbkdf2Async", Function::new(ctx.clone(), pbkdf2_async)?)
}

fn names() -> Vec<&'static str> {
    HASHES.iter().map(|(name, _)| *name).collect()
}

/// A state, or nothing if there is no such hash.
fn hash<'js>(ctx: Ctx<'js>, name: String) -> rquickjs::Result<Option<Class<'js, HashState>>> {
    let state = State::plain(&name);
    let instance = |state| Class::instance(ctx, HashState { state: Some(state) });
    state.map(instance).transpose()
}

fn hmac<'js>(
    ctx: Ctx<'js>,
    name: String,
    key: Value<'js>,
) -> rquickjs::Result<Option<Class<'js, HashState>>> {
    let state = State::keyed(&name, &bytes_of(&ctx, &key, None)?);
    let instance = |state| Class::instance(ctx, HashState { state: Some(state) });
    state.map(instance).transpose()
}

fn random<'js>(ctx: Ctx<'js>, size: usize) -> rquickjs::Result<ArrayBuffer<'js>> {
    let mut bytes = vec![0; size];
    getrandom::fill(&mut bytes)
        .map_err(|error| HostError::error(format!("no random bytes: {error}")).throw(&ctx))?;
    ArrayBuffer::new(ctx, bytes)
}

/// Whether bytes of the same number are the same, in a time that does not depend on them.
fn equal<'js>(ctx: Ctx<'js>, a: Value<'js>, b: Value<'js>) -> rquickjs::Result<bool> {
    let (a, b) = (bytes_of(&ctx, &a, None)?, bytes_of(&ctx, &b, None)?);
    let pairs = a.iter().zip(&b);
    let difference = pairs.fold(0, |sum, (a, b)| std::hint::black_box(sum | (a ^ b)));
    Ok(difference == 0)
}

/// RFC 8018, section 5.2. The name is one of [`HASHES`].
fn derive(name: &str, password: &[u8], salt: &[u8], rounds: u32, length: usize) -> Vec<u8> {
    let Some(keyed) = State::keyed(name, password) else {
        return Vec::new();
    };
    let run = |parts: &[&[u8]]| {
        let mut state = keyed.clone();
        parts.iter().for_each(|part| state.inner.update(part));
        state.finish()
    };
    let mut derived = Vec::with_capacity(length + 64);
    for block in 1_u32.. {
        if derived.len() >= length {
            break;
        }
        let mut last = run(&[salt, &block.to_be_bytes()]);
        let mut sum = last.clone();
        for _ in 1..rounds {
            last = run(&[&last]);
            sum.iter_mut()
                .zip(&last)
                .for_each(|(sum, byte)| *sum ^= byte);
        }
        derived.extend(sum);
    }
    derived.truncate(length);
    derived
}

fn pbkdf2<'js>(
    ctx: Ctx<'js>,
    name: String,
    password: Value<'js>,
    salt: Value<'js>,
    rounds: u32,
    length: usize,
) -> rquickjs::Result<ArrayBuffer<'js>> {
    let password = bytes_of(&ctx, &password, None)?;
    let salt = bytes_of(&ctx, &salt, None)?;
    ArrayBuffer::new(ctx, derive(&name, &password, &salt, rounds, length))
}

/// As `pbkdf2` on another thread; a promise.
fn pbkdf2_async<'js>(
    ctx: Ctx<'js>,
    name: String,
    password: Value<'js>,
    salt: Value<'js>,
    rounds: u32,
    length: usize,
) -> rquickjs::Result<rquickjs::Promise<'js>> {
    let password = bytes_of(&ctx, &password, None)?;
    let salt = bytes_of(&ctx, &salt, None)?;
    let work = move || Ok(derive(&name, &password, &salt, rounds, length));
    crate::agent::agent(&ctx)
        .events
        .spawn(&ctx, work, |ctx, bytes| {
            Ok(ArrayBuffer::new(ctx.clone(), bytes)?.into_value())
        })
}
