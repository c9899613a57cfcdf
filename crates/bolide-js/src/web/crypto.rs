//! Random numbers and digests.

use rquickjs::{ArrayBuffer, Ctx, Function, Object, Value};
use sha1::Sha1;
use sha2::{Digest, Sha256, Sha384, Sha512};

use crate::buffer::{byte_length, copy_bytes, write_bytes};
use crate::error::{HostError, OrThrow};

/// `fillRandom(view)`, `randomUUID()`, and `digest(name, bytes)` with the bytes of the digest, or `undefined` if
/// there is no such algorithm.
pub(crate) fn fill<'js>(ctx: &Ctx<'js>, object: &Object<'js>) -> rquickjs::Result<()> {
    object.set("fillRandom", Function::new(ctx.clone(), fill_random)?)?;
    object.set("randomUUID", Function::new(ctx.clone(), random_uuid)?)?;
    object.set("digest", Function::new(ctx.clone(), digest)?)
}

fn random(bytes: &mut [u8]) -> Result<(), HostError> {
    getrandom::fill(bytes)
        .map_err(|error| HostError::error(format!("there are no random numbers: {error}")))
}

fn fill_random<'js>(ctx: Ctx<'js>, view: Value<'js>) -> rquickjs::Result<()> {
    let mut bytes = vec![0; byte_length(&view).unwrap_or(0)];
    random(&mut bytes).or_throw(&ctx)?;
    write_bytes(&view, 0, &bytes);
    Ok(())
}

fn random_uuid(ctx: Ctx<'_>) -> rquickjs::Result<String> {
    let mut bytes = [0; 16];
    random(&mut bytes).or_throw(&ctx)?;
    // Version 4, variant 1 (RFC 9562, section 5.4).
    bytes[6] = bytes[6] & 0x0f | 0x40;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let number = format!("{:032x}", u128::from_be_bytes(bytes));
    let parts = [0..8, 8..12, 12..16, 16..20, 20..32];
    Ok(parts.map(|range| number[range].to_owned()).join("-"))
}

fn digest<'js>(
    ctx: Ctx<'js>,
    name: String,
    data: Value<'js>,
) -> rquickjs::Result<Option<ArrayBuffer<'js>>> {
    let data = copy_bytes(&data).unwrap_or_default();
    let bytes = match name.to_ascii_uppercase().as_str() {
        "SHA-1" => Sha1::digest(&data).to_vec(),
        "SHA-256" => Sha256::digest(&data).to_vec(),
        "SHA-384" => Sha384::digest(&data).to_vec(),
        "SHA-512" => Sha512::digest(&data).to_vec(),
        _ => return Ok(None),
    };
    ArrayBuffer::new(ctx, bytes).map(Some)
}
