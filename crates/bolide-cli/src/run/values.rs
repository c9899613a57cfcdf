//! Values on the command line: parameters and results of functions that are called by name.

use std::ffi::OsString;

use bolide::{FuncType, V128, Val, ValType};

use crate::exit;
use crate::failure::Failure;
use crate::terminal::{plural, printable};

/// A function's name and type, such as `add(i32, i32) -> i32`.
pub(crate) fn signature(name: &str, ty: &FuncType) -> String {
    let list = |types: Vec<ValType>| {
        let types: Vec<String> = types.iter().map(ToString::to_string).collect();
        types.join(", ")
    };
    let params = list(ty.params().collect());
    match ty.results().len() {
        0 => format!("{name}({params})"),
        1 => format!("{name}({params}) -> {}", list(ty.results().collect())),
        _ => format!("{name}({params}) -> ({})", list(ty.results().collect())),
    }
}

/// Arguments for a function.
pub(crate) fn parse_all(name: &str, ty: &FuncType, args: &[OsString]) -> Result<Vec<Val>, Failure> {
    let name = printable(name);
    let with_signature = |failure: Failure| {
        let signature = signature(&name, ty);
        failure
            .with_code(exit::USAGE)
            .with_help(format!("its signature is {signature}"))
    };
    let expected = ty.params().len();
    if args.len() != expected {
        let takes = plural(expected as u64, "argument");
        let verb = if args.len() == 1 { "was" } else { "were" };
        let what = format!("`{name}` takes {takes}, but {} {verb} given", args.len());
        return Err(with_signature(Failure::new(what)));
    }
    let parse = |(i, (arg, ty)): (usize, (&OsString, ValType))| {
        let text = super::text(arg);
        parse(&text, &ty).map_err(|why| {
            let place = format!("argument {} of `{name}`, `{}`", i + 1, printable(&text));
            with_signature(Failure::new(format!("{place}, is not of type {ty}: {why}")))
        })
    };
    args.iter()
        .zip(ty.params())
        .enumerate()
        .map(parse)
        .collect()
}

/// A value of a type.
fn parse(text: &str, ty: &ValType) -> Result<Val, String> {
    Ok(match ty {
        ValType::I32 => Val::I32(integer(text, 32)? as i32),
        ValType::I64 => Val::I64(integer(text, 64)? as i64),
        ValType::F32 => Val::F32(float(text, F32)? as u32),
        ValType::F64 => Val::F64(float(text, F64)?),
        ValType::V128 => Val::V128(vector(text)?),
        ValType::Ref(ty) if text == "null" => match ty.is_nullable() {
            true => Val::null_ref(ty.heap_type()),
            false => return Err("it must not be null".to_owned()),
        },
        ValType::Ref(_) => {
            return Err("the only reference that can be written is `null`".to_owned());
        }
    })
}

/// An integer of some bits, signed or unsigned, sign-extended to 64.
fn integer(text: &str, bits: u32) -> Result<u64, String> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let (radix, digits) = match digits
        .strip_prefix("0x")
        .or_else(|| digits.strip_prefix("0X"))
    {
        Some(digits) => (16, digits),
        None => (10, digits),
    };
    let digits = digits.replace('_', "");
    if digits.is_empty() || !digits.chars().all(|c| c.is_digit(radix)) {
        return Err("expected a decimal integer or a hexadecimal one with 0x".to_owned());
    }
    let minimum = 1_u128 << (bits - 1);
    let limit = if negative { minimum } else { 2 * minimum - 1 };
    match u128::from_str_radix(&digits, radix) {
        Ok(value) if value <= limit => Ok(if negative {
            (value as u64).wrapping_neg()
        } else {
            value as u64
        }),
        _ => Err(format!("it must be from -{minimum} to {}", 2 * minimum - 1)),
    }
}

/// An IEEE 754 format.
#[derive(Clone, Copy)]
struct Format {
    bits: u32,
    /// Bits of the mantissa without the implicit one.
    mantissa: u32,
}

const F32: Format = Format {
    bits: 32,
    mantissa: 23,
};
const F64: Format = Format {
    bits: 64,
    mantissa: 52,
};

impl Format {
    fn sign(self) -> u64 {
        1 << (self.bits - 1)
    }

    fn payload(self) -> u64 {
        (1 << self.mantissa) - 1
    }

    /// All exponent bits.
    fn infinity(self) -> u64 {
        (self.sign() - 1) & !self.payload()
    }

    /// The payload of the canonical NaN.
    fn quiet(self) -> u64 {
        1 << (self.mantissa - 1)
    }
}

/// The bits of a float.
fn float(text: &str, format: Format) -> Result<u64, String> {
    let (sign, magnitude) = match text.strip_prefix('-') {
        Some(rest) => (format.sign(), rest),
        None => (0, text.strip_prefix('+').unwrap_or(text)),
    };
    if magnitude == "nan" {
        return Ok(sign | format.infinity() | format.quiet());
    }
    if let Some(payload) = magnitude.strip_prefix("nan:0x") {
        let payload = u64::from_str_radix(payload, 16).ok();
        let payload = payload.filter(|p| (1..=format.payload()).contains(p));
        let payload = payload.ok_or_else(|| {
            format!(
                "the payload of a NaN must be from 0x1 to {:#x}",
                format.payload()
            )
        })?;
        return Ok(sign | format.infinity() | payload);
    }
    let error = |_| "expected a number, `inf`, `nan` or `nan:0x` with a payload".to_owned();
    let text = text.replace('_', "");
    Ok(match format.bits {
        32 => text.parse::<f32>().map_err(error)?.to_bits().into(),
        _ => text.parse::<f64>().map_err(error)?.to_bits(),
    })
}

/// A vector from its lanes, such as `i32x4:1,2,3,4`.
fn vector(text: &str) -> Result<V128, String> {
    let hint =
        "expected lanes such as `i32x4:1,2,3,4`, with i8x16, i16x8, i32x4, i64x2, f32x4 or f64x2";
    let (shape, lanes) = text.split_once(':').ok_or(hint)?;
    let (count, bits) = match shape {
        "i8x16" => (16, 8),
        "i16x8" => (8, 16),
        "i32x4" | "f32x4" => (4, 32),
        "i64x2" | "f64x2" => (2, 64),
        _ => return Err(hint.to_owned()),
    };
    let lanes: Vec<&str> = lanes.split(',').map(str::trim).collect();
    if lanes.len() != count {
        return Err(format!("{shape} has {count} lanes, not {}", lanes.len()));
    }
    let mut vector = 0;
    for (i, lane) in lanes.iter().enumerate() {
        let value = match (shape.starts_with('f'), bits) {
            (true, 32) => float(lane, F32),
            (true, _) => float(lane, F64),
            (false, _) => integer(lane, bits),
        };
        let value = value.map_err(|why| format!("in lane {i}, `{lane}`: {why}"))?;
        let mask = u64::MAX >> (64 - bits);
        vector |= u128::from(value & mask) << (i as u32 * bits);
    }
    Ok(V128::from(vector))
}

/// A value in the form in which [`parse`] takes it.
pub(crate) fn to_text(value: &Val) -> String {
    match *value {
        Val::I32(value) => value.to_string(),
        Val::I64(value) => value.to_string(),
        Val::F32(bits) => float_to_text(bits.into(), F32, f32::from_bits(bits)),
        Val::F64(bits) => float_to_text(bits, F64, f64::from_bits(bits)),
        Val::V128(vector) => {
            let bits = vector.as_u128();
            let lanes: Vec<String> = (0..4)
                .map(|i| format!("{:#010x}", (bits >> (32 * i)) as u32))
                .collect();
            format!("i32x4:{}", lanes.join(","))
        }
        Val::FuncRef(None) | Val::ExternRef(None) | Val::AnyRef(None) | Val::ExnRef(None) => {
            "null".to_owned()
        }
        Val::FuncRef(Some(_)) => "funcref".to_owned(),
        Val::ExternRef(Some(_)) => "externref".to_owned(),
        Val::AnyRef(Some(never)) => match never {},
        Val::ExnRef(Some(never)) => match never {},
    }
}

fn float_to_text(bits: u64, format: Format, value: impl std::fmt::Display) -> String {
    let payload = bits & format.payload();
    if bits & format.infinity() != format.infinity() || payload == 0 {
        return value.to_string();
    }
    let sign = if bits & format.sign() == 0 { "" } else { "-" };
    match payload == format.quiet() {
        true => format!("{sign}nan"),
        false => format!("{sign}nan:{payload:#x}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is written comes out, and going in again comes out the same.
    fn check(ty: ValType, text: &str, expected: Option<&str>) {
        let value = parse(text, &ty);
        assert_eq!(
            value.as_ref().ok().map(to_text).as_deref(),
            expected,
            "{ty} {text}: {value:?}"
        );
        if let Some(expected) = expected {
            assert_eq!(to_text(&parse(expected, &ty).unwrap()), expected);
        }
    }

    #[test]
    fn values() {
        for (text, expected) in [
            ("0", Some("0")),
            ("-1", Some("-1")),
            ("+7", Some("7")),
            ("4294967295", Some("-1")),
            ("0xff", Some("255")),
            ("-0x80000000", Some("-2147483648")),
            ("1_000", Some("1000")),
            ("4294967296", None),
            ("-2147483649", None),
            ("", None),
            ("-", None),
            ("0x", None),
            ("1.5", None),
            ("--1", None),
            ("99999999999999999999999999999999999999999999", None),
        ] {
            check(ValType::I32, text, expected);
        }
        for (text, expected) in [
            ("18446744073709551615", Some("-1")),
            ("-9223372036854775808", Some("-9223372036854775808")),
            ("0x8000000000000000", Some("-9223372036854775808")),
            ("18446744073709551616", None),
        ] {
            check(ValType::I64, text, expected);
        }
        for (text, expected) in [
            ("1.5", Some("1.5")),
            ("-0", Some("-0")),
            ("1e3", Some("1000")),
            ("0.1", Some("0.1")),
            ("inf", Some("inf")),
            ("-inf", Some("-inf")),
            ("nan", Some("nan")),
            ("-nan", Some("-nan")),
            ("nan:0x1", Some("nan:0x1")),
            ("nan:0x400000", Some("nan")),
            ("nan:0x800000", None),
            ("nan:0x0", None),
            ("one", None),
            ("", None),
        ] {
            check(ValType::F32, text, expected);
        }
        check(ValType::F64, "0.1", Some("0.1"));
        check(ValType::F64, "nan:0x8000000000000", Some("nan"));
        check(ValType::F64, "-nan:0x1", Some("-nan:0x1"));
        let ones = Some("i32x4:0x01010101,0x01010101,0x01010101,0x01010101");
        check(ValType::V128, "i8x16:1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1", ones);
        check(
            ValType::V128,
            "i64x2:0x0101010101010101,72340172838076673",
            ones,
        );
        check(
            ValType::V128,
            "i16x8:-1,0,0,0,0,0,0,1",
            Some("i32x4:0x0000ffff,0x00000000,0x00000000,0x00010000"),
        );
        check(
            ValType::V128,
            "f32x4:1,0,0,-0",
            Some("i32x4:0x3f800000,0x00000000,0x00000000,0x80000000"),
        );
        check(
            ValType::V128,
            "f64x2:0,1",
            Some("i32x4:0x00000000,0x00000000,0x00000000,0x3ff00000"),
        );
        for wrong in [
            "",
            "1",
            "i32x4:1,2,3",
            "i8x16:256",
            "i24x5:1,2,3,4,5",
            "i32x4:1,2,3,x",
        ] {
            check(ValType::V128, wrong, None);
        }
        check(ValType::EXTERNREF, "null", Some("null"));
        check(ValType::FUNCREF, "null", Some("null"));
        check(ValType::FUNCREF, "main", None);
    }
}
