//! Arguments and expected results.

use std::fmt;

use bolide::{AsContextMut, ExternRef, HeapType, Result, Rooted, Store, Val, ValType, bail};
use wast::core::{
    AbstractHeapType, HeapType as WastHeapType, NanPattern, V128Pattern, WastArgCore, WastRetCore,
};
use wast::token::{F32, F64};
use wast::{WastArg, WastRet};

/// The value of an argument for a parameter of type `ty`.
pub(crate) fn argument<T: 'static>(
    store: &mut Store<T>,
    arg: &WastArg<'_>,
    ty: Option<&ValType>,
) -> Result<Val> {
    let WastArg::Core(arg) = arg else {
        bail!("components have no arguments here: this engine runs core modules");
    };
    Ok(match arg {
        WastArgCore::I32(v) => Val::I32(*v),
        WastArgCore::I64(v) => Val::I64(*v),
        WastArgCore::F32(v) => Val::F32(v.bits),
        WastArgCore::F64(v) => Val::F64(v.bits),
        WastArgCore::V128(v) => Val::V128(u128::from_le_bytes(v.to_le_bytes()).into()),
        WastArgCore::RefNull(heap) => match (hierarchy(heap), ty) {
            (Some(heap), _) => Val::null_ref(&heap),
            (None, Some(ValType::Ref(ty))) => Val::null_ref(ty.heap_type()),
            (None, _) => bail!("cannot tell which null `ref.null` with a type index is here"),
        },
        WastArgCore::RefExtern(v) => Val::from(ExternRef::new(store.as_context_mut(), *v)?),
        other => bail!("arguments like {other:?} are not supported"),
    })
}

/// The top of an abstract heap type's hierarchy.
fn hierarchy(heap: &WastHeapType<'_>) -> Option<HeapType> {
    let WastHeapType::Abstract { shared: false, ty } = heap else {
        return None;
    };
    Some(match ty {
        AbstractHeapType::Func | AbstractHeapType::NoFunc => HeapType::Func,
        AbstractHeapType::Extern | AbstractHeapType::NoExtern => HeapType::Extern,
        AbstractHeapType::Exn | AbstractHeapType::NoExn => HeapType::Exn,
        AbstractHeapType::Cont | AbstractHeapType::NoCont => return None,
        AbstractHeapType::Any
        | AbstractHeapType::Eq
        | AbstractHeapType::Struct
        | AbstractHeapType::Array
        | AbstractHeapType::I31
        | AbstractHeapType::None => HeapType::Any,
    })
}

/// Checks results against the patterns of an `assert_return`.
///
/// # Errors
///
/// What differs first.
pub(crate) fn check_results<T: 'static>(
    store: &Store<T>,
    expected: &[WastRet<'_>],
    actual: &[Val],
) -> Result<()> {
    if expected.len() != actual.len() {
        bail!(
            "expected {} results, found {}",
            expected.len(),
            actual.len()
        );
    }
    for (i, (expected, actual)) in expected.iter().zip(actual).enumerate() {
        let WastRet::Core(expected) = expected else {
            bail!("result {i}: components have no results here: this engine runs core modules");
        };
        if !matches(store, expected, actual)? {
            bail!(
                "result {i}: expected {}, found {}",
                Expected(expected),
                describe(store, actual)
            );
        }
    }
    Ok(())
}

fn matches<T: 'static>(store: &Store<T>, expected: &WastRetCore<'_>, actual: &Val) -> Result<bool> {
    Ok(match (expected, actual) {
        (WastRetCore::I32(e), Val::I32(a)) => e == a,
        (WastRetCore::I64(e), Val::I64(a)) => e == a,
        (WastRetCore::F32(e), Val::F32(a)) => f32_matches(e, *a),
        (WastRetCore::F64(e), Val::F64(a)) => f64_matches(e, *a),
        (WastRetCore::V128(e), Val::V128(a)) => v128_matches(e, a.as_u128()),
        (WastRetCore::RefNull(heap), actual) => {
            let hierarchy = heap.as_ref().and_then(hierarchy);
            match actual {
                Val::FuncRef(None) => matches!(hierarchy, None | Some(HeapType::Func)),
                Val::ExternRef(None) => matches!(hierarchy, None | Some(HeapType::Extern)),
                Val::AnyRef(None) => matches!(hierarchy, None | Some(HeapType::Any)),
                Val::ExnRef(None) => matches!(hierarchy, None | Some(HeapType::Exn)),
                _ => false,
            }
        }
        (WastRetCore::RefExtern(e), Val::ExternRef(Some(a))) => match e {
            Some(e) => host_number(store, a)? == Some(*e),
            None => true,
        },
        (WastRetCore::RefFunc(_), Val::FuncRef(Some(_))) => true,
        (WastRetCore::Either(options), actual) => {
            for option in options {
                if matches(store, option, actual)? {
                    return Ok(true);
                }
            }
            false
        }
        _ => false,
    })
}

/// The number that a script made a host reference with.
fn host_number<T: 'static>(store: &Store<T>, reference: &Rooted<ExternRef>) -> Result<Option<u32>> {
    let data = reference.data(store)?;
    Ok(data.and_then(|data| data.downcast_ref::<u32>().copied()))
}

const F32_CANONICAL: u32 = 0x7fc0_0000;
const F64_CANONICAL: u64 = 0x7ff8_0000_0000_0000;

fn f32_matches(expected: &NanPattern<F32>, actual: u32) -> bool {
    match expected {
        NanPattern::CanonicalNan => actual & 0x7fff_ffff == F32_CANONICAL,
        NanPattern::ArithmeticNan => actual & F32_CANONICAL == F32_CANONICAL,
        NanPattern::Value(value) => value.bits == actual,
    }
}

fn f64_matches(expected: &NanPattern<F64>, actual: u64) -> bool {
    match expected {
        NanPattern::CanonicalNan => actual & 0x7fff_ffff_ffff_ffff == F64_CANONICAL,
        NanPattern::ArithmeticNan => actual & F64_CANONICAL == F64_CANONICAL,
        NanPattern::Value(value) => value.bits == actual,
    }
}

fn v128_matches(expected: &V128Pattern, actual: u128) -> bool {
    let lane = |i: usize, bits: usize| actual >> (i * bits);
    match expected {
        V128Pattern::I8x16(lanes) => (0..16).all(|i| lanes[i] == lane(i, 8) as i8),
        V128Pattern::I16x8(lanes) => (0..8).all(|i| lanes[i] == lane(i, 16) as i16),
        V128Pattern::I32x4(lanes) => (0..4).all(|i| lanes[i] == lane(i, 32) as i32),
        V128Pattern::I64x2(lanes) => (0..2).all(|i| lanes[i] == lane(i, 64) as i64),
        V128Pattern::F32x4(lanes) => (0..4).all(|i| f32_matches(&lanes[i], lane(i, 32) as u32)),
        V128Pattern::F64x2(lanes) => (0..2).all(|i| f64_matches(&lanes[i], lane(i, 64) as u64)),
    }
}

/// A value, with its bits in hexadecimal where decimal does not tell all.
fn describe<T: 'static>(store: &Store<T>, value: &Val) -> String {
    match value {
        Val::I32(v) => format!("i32 {v}"),
        Val::I64(v) => format!("i64 {v}"),
        Val::F32(v) => f32_text(*v),
        Val::F64(v) => f64_text(*v),
        Val::V128(v) => format!("v128 {:#034x}", v.as_u128()),
        Val::ExternRef(Some(r)) => match host_number(store, r) {
            Ok(Some(number)) => format!("ref.extern {number}"),
            _ => "ref.extern of another value".to_owned(),
        },
        Val::FuncRef(Some(_)) => "ref.func".to_owned(),
        Val::FuncRef(None) => "ref.null func".to_owned(),
        Val::ExternRef(None) => "ref.null extern".to_owned(),
        Val::AnyRef(_) => "ref.null any".to_owned(),
        Val::ExnRef(_) => "ref.null exn".to_owned(),
    }
}

fn f32_text(bits: u32) -> String {
    format!("f32 {:?} ({bits:#010x})", f32::from_bits(bits))
}

fn f64_text(bits: u64) -> String {
    format!("f64 {:?} ({bits:#018x})", f64::from_bits(bits))
}

/// A pattern, written like [`describe`] writes a value.
struct Expected<'a>(&'a WastRetCore<'a>);

impl fmt::Display for Expected<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            WastRetCore::I32(v) => write!(f, "i32 {v}"),
            WastRetCore::I64(v) => write!(f, "i64 {v}"),
            WastRetCore::F32(NanPattern::Value(v)) => f.write_str(&f32_text(v.bits)),
            WastRetCore::F32(pattern) => write!(f, "f32 {}", nan_name(pattern)),
            WastRetCore::F64(NanPattern::Value(v)) => f.write_str(&f64_text(v.bits)),
            WastRetCore::F64(pattern) => write!(f, "f64 {}", nan_name(pattern)),
            WastRetCore::V128(pattern) => write_pattern(f, pattern),
            WastRetCore::RefNull(None) => f.write_str("ref.null"),
            WastRetCore::RefNull(Some(heap)) => write!(f, "ref.null {heap:?}"),
            WastRetCore::RefExtern(None) => f.write_str("ref.extern"),
            WastRetCore::RefExtern(Some(v)) => write!(f, "ref.extern {v}"),
            WastRetCore::RefFunc(_) => f.write_str("ref.func"),
            WastRetCore::Either(options) => {
                for (i, option) in options.iter().enumerate() {
                    let or = if i > 0 { " or " } else { "" };
                    write!(f, "{or}{}", Expected(option))?;
                }
                Ok(())
            }
            other => write!(f, "{other:?}"),
        }
    }
}

fn nan_name<V>(pattern: &NanPattern<V>) -> &'static str {
    match pattern {
        NanPattern::CanonicalNan => "nan:canonical",
        NanPattern::ArithmeticNan => "nan:arithmetic",
        NanPattern::Value(_) => "value",
    }
}

/// Writes a pattern as one hexadecimal number if it is one, and lane by lane otherwise.
fn write_pattern(f: &mut fmt::Formatter<'_>, pattern: &V128Pattern) -> fmt::Result {
    let mut lanes: Vec<(u128, &'static str)> = Vec::new();
    let bits = match pattern {
        V128Pattern::I8x16(v) => {
            lanes.extend(v.iter().map(|v| (u128::from(*v as u8), "")));
            8
        }
        V128Pattern::I16x8(v) => {
            lanes.extend(v.iter().map(|v| (u128::from(*v as u16), "")));
            16
        }
        V128Pattern::I32x4(v) => {
            lanes.extend(v.iter().map(|v| (u128::from(*v as u32), "")));
            32
        }
        V128Pattern::I64x2(v) => {
            lanes.extend(v.iter().map(|v| (u128::from(*v as u64), "")));
            64
        }
        V128Pattern::F32x4(v) => {
            lanes.extend(v.iter().map(|v| match v {
                NanPattern::Value(v) => (v.bits.into(), ""),
                nan => (0, nan_name(nan)),
            }));
            32
        }
        V128Pattern::F64x2(v) => {
            lanes.extend(v.iter().map(|v| match v {
                NanPattern::Value(v) => (v.bits.into(), ""),
                nan => (0, nan_name(nan)),
            }));
            64
        }
    };
    if lanes.iter().all(|(_, nan)| nan.is_empty()) {
        let value = lanes
            .iter()
            .enumerate()
            .fold(0, |value, (i, (lane, _))| value | lane << (i * bits));
        return write!(f, "v128 {value:#034x}");
    }
    write!(f, "v128 with lanes")?;
    for (value, nan) in lanes {
        match nan {
            "" => write!(f, " {value:#x}")?,
            nan => write!(f, " {nan}")?,
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nan_patterns() {
        let check = |pattern: NanPattern<F32>, bits: u32, expected: bool| {
            assert_eq!(
                f32_matches(&pattern, bits),
                expected,
                "{pattern:?} {bits:#x}"
            );
        };
        for sign in [0, 0x8000_0000] {
            check(NanPattern::CanonicalNan, sign | 0x7fc0_0000, true);
            check(NanPattern::CanonicalNan, sign | 0x7fc0_0001, false);
            check(NanPattern::CanonicalNan, sign | 0x7f80_0000, false);
            check(NanPattern::ArithmeticNan, sign | 0x7fc0_0000, true);
            check(NanPattern::ArithmeticNan, sign | 0x7fff_ffff, true);
            check(NanPattern::ArithmeticNan, sign | 0x7fa0_0000, false);
            check(NanPattern::ArithmeticNan, sign | 0x7f80_0000, false);
        }
        let wide = |pattern: NanPattern<F64>, bits: u64, expected: bool| {
            assert_eq!(
                f64_matches(&pattern, bits),
                expected,
                "{pattern:?} {bits:#x}"
            );
        };
        wide(NanPattern::CanonicalNan, 0xfff8_0000_0000_0000, true);
        wide(NanPattern::CanonicalNan, 0x7ff8_0000_0000_0001, false);
        wide(NanPattern::ArithmeticNan, 0x7ff8_0000_0000_0001, true);
        wide(NanPattern::ArithmeticNan, 0x7ff4_0000_0000_0000, false);
    }
}
