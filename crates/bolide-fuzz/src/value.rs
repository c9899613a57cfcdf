//! Values as both engines see them.

use crate::random::Random;

/// A type of values that both engines have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    I32,
    I64,
    F32,
    F64,
    V128,
    Func,
    Extern,
}

/// A value without identity, so that those of different engines can be compared.
#[derive(Clone, PartialEq, Eq)]
pub enum Value {
    /// 32-bit integer.
    I32(u32),
    /// 64-bit integer.
    I64(u64),
    /// Bits of a 32-bit float.
    F32(u32),
    /// Bits of a 64-bit float.
    F64(u64),
    /// 128-bit vector.
    V128(u128),
    /// Function reference: the function's type, or `None` for null.
    Func(Option<String>),
    /// Host reference: the number that the host put in, or `None` for null.
    Extern(Option<u32>),
}

impl std::fmt::Debug for Value {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Value::I32(v) => write!(f, "i32:{v:#x}"),
            Value::I64(v) => write!(f, "i64:{v:#x}"),
            Value::F32(v) => write!(f, "f32:{v:#x}"),
            Value::F64(v) => write!(f, "f64:{v:#x}"),
            Value::V128(v) => write!(f, "v128:{v:#034x}"),
            Value::Func(None) | Value::Extern(None) => write!(f, "null"),
            Value::Func(Some(ty)) => write!(f, "func:{ty}"),
            Value::Extern(Some(v)) => write!(f, "extern:{v}"),
        }
    }
}

/// Numbers at which operations change their behaviour, besides random ones.
const INTERESTING: [u64; 12] = [
    0,
    1,
    2,
    0xff,
    0xffff,
    0x1_0000,
    0x7fff_ffff,
    0x8000_0000,
    0xffff_ffff,
    0x7fff_ffff_ffff_ffff,
    0x8000_0000_0000_0000,
    u64::MAX,
];

const FLOATS: [f64; 12] = [
    0.0,
    -0.0,
    1.0,
    -1.5,
    0.1,
    2_147_483_647.0,
    -2_147_483_649.0,
    9.3e18,
    f64::INFINITY,
    f64::NEG_INFINITY,
    f64::NAN,
    f64::MIN_POSITIVE,
];

impl Value {
    /// A random value. NaNs are canonical: what a NaN's payload becomes is up to each engine.
    pub(crate) fn random(kind: Kind, random: &mut Random) -> Value {
        match kind {
            Kind::I32 => Value::I32(integer(random) as u32),
            Kind::I64 => Value::I64(integer(random)),
            Kind::F32 => match FLOATS[random.below(FLOATS.len())] as f32 {
                v if v.is_nan() => Value::F32(0x7fc0_0000),
                v => Value::F32(v.to_bits()),
            },
            Kind::F64 => match FLOATS[random.below(FLOATS.len())] {
                v if v.is_nan() => Value::F64(0x7ff8_0000_0000_0000),
                v => Value::F64(v.to_bits()),
            },
            // Small lanes, so that no lane is a NaN with a payload.
            Kind::V128 => {
                let lanes = u128::from(random.bits()) << 64 | u128::from(random.bits());
                Value::V128(lanes & (u128::MAX / 255 * 0x3f))
            }
            Kind::Func => Value::Func(None),
            Kind::Extern => Value::Extern((random.below(3) > 0).then(|| random.bits() as u32)),
        }
    }
}

fn integer(random: &mut Random) -> u64 {
    match random.below(4) {
        0 => random.bits(),
        1 => random.bits() % 64,
        _ => INTERESTING[random.below(INTERESTING.len())],
    }
}

/// Name of a function's type, the same for both engines.
pub(crate) fn signature(
    params: impl Iterator<Item = Option<Kind>>,
    results: impl Iterator<Item = Option<Kind>>,
) -> String {
    let list = |kinds: Vec<Option<Kind>>| {
        let names = kinds.into_iter().map(|kind| match kind {
            Some(kind) => format!("{kind:?}"),
            None => "?".to_owned(),
        });
        names.collect::<Vec<_>>().join(" ")
    };
    format!(
        "({}) -> ({})",
        list(params.collect()),
        list(results.collect())
    )
}
