//! ToWebAssemblyValue and ToJSValue (JS API §5.6 "Exported Functions").
#![allow(unsafe_code, reason = "conversions of numbers are on the hottest path")]

use bolide::{
    AsContextMut, ExternRef, Func, FuncType, HeapType, RefType, Rooted, StoreContextMut, ValRaw,
    ValType,
};
use rquickjs::{Ctx, Value, qjs};

use super::anchor::{ExternValue, extern_value, hold_extern, keep};
use super::object::function;
use super::{StoreData, WasmState};
use crate::agent::agent;
use crate::error::HostError;

/// A type of values, as conversions see it.
#[derive(Clone, Debug)]
pub(super) enum Kind {
    I32,
    I64,
    F32,
    F64,
    /// Never converted.
    V128,
    Extern {
        nullable: bool,
    },
    /// A function of any type, or of one.
    Func {
        nullable: bool,
        ty: Option<FuncType>,
    },
    /// A reference that only null can be of here.
    Other {
        nullable: bool,
        /// Exception references are never converted.
        exception: bool,
    },
}

impl Kind {
    pub(super) fn new(ty: &ValType) -> Kind {
        match ty {
            ValType::I32 => Kind::I32,
            ValType::I64 => Kind::I64,
            ValType::F32 => Kind::F32,
            ValType::F64 => Kind::F64,
            ValType::V128 => Kind::V128,
            ValType::Ref(ty) => Kind::reference(ty),
        }
    }

    pub(super) fn reference(ty: &RefType) -> Kind {
        let nullable = ty.is_nullable();
        match ty.heap_type() {
            HeapType::Extern => Kind::Extern { nullable },
            HeapType::Func => Kind::Func { nullable, ty: None },
            HeapType::ConcreteFunc(func) => Kind::Func {
                nullable,
                ty: Some(func.clone()),
            },
            heap => Kind::Other {
                nullable,
                exception: matches!(heap, HeapType::Exn | HeapType::NoExn),
            },
        }
    }

    /// Whether values of the type are numbers that need nothing of the store.
    fn is_plain(&self) -> bool {
        matches!(self, Kind::I32 | Kind::I64 | Kind::F32 | Kind::F64)
    }

    /// Whether values of the type never cross.
    pub(super) fn is_opaque(&self) -> bool {
        matches!(
            self,
            Kind::V128
                | Kind::Other {
                    exception: true,
                    ..
                }
        )
    }

    /// Whether values of the type are references.
    pub(super) fn is_reference(&self) -> bool {
        !self.is_plain() && !matches!(self, Kind::V128)
    }
}

/// A function type, as conversions see it.
#[derive(Debug)]
pub(super) struct Signature {
    pub(super) params: Box<[Kind]>,
    pub(super) results: Box<[Kind]>,
    /// All types are numbers.
    pub(super) plain: bool,
    /// There are types whose values never cross.
    pub(super) opaque: bool,
    /// There are references.
    pub(super) references: bool,
}

impl Signature {
    pub(super) fn new(ty: &FuncType) -> Signature {
        let params: Box<[Kind]> = ty.params().map(|ty| Kind::new(&ty)).collect();
        let results: Box<[Kind]> = ty.results().map(|ty| Kind::new(&ty)).collect();
        let any = |test: fn(&Kind) -> bool| params.iter().chain(&results).any(test);
        Signature {
            plain: !any(|kind| !kind.is_plain()),
            opaque: any(Kind::is_opaque),
            references: any(Kind::is_reference),
            params,
            results,
        }
    }

    /// How many values a call needs room for.
    pub(super) fn values(&self) -> usize {
        self.params.len().max(self.results.len())
    }
}

/// Converts to a number. On failure an exception is pending.
///
/// # Safety
///
/// Context and value must be live.
#[inline]
pub(super) unsafe fn number_to_wasm(
    ctx: *mut qjs::JSContext,
    value: qjs::JSValue,
    kind: &Kind,
) -> Option<ValRaw> {
    // SAFETY: promised by the caller; results go to live variables.
    unsafe {
        match kind {
            Kind::I32 => {
                if qjs::JS_IsInt(value) {
                    return Some(ValRaw::i32(qjs::JS_VALUE_GET_INT(value)));
                }
                let mut result = 0;
                (qjs::JS_ToInt32(ctx, &mut result, value) == 0).then(|| ValRaw::i32(result))
            }
            Kind::I64 => {
                let mut result = 0;
                (qjs::JS_ToBigInt64(ctx, &mut result, value) == 0).then(|| ValRaw::i64(result))
            }
            Kind::F32 => {
                let value = to_f64(ctx, value)?;
                Some(ValRaw::f32((value as f32).to_bits()))
            }
            _ => Some(ValRaw::f64(to_f64(ctx, value)?.to_bits())),
        }
    }
}

/// # Safety
///
/// As [`number_to_wasm`].
#[inline]
unsafe fn to_f64(ctx: *mut qjs::JSContext, value: qjs::JSValue) -> Option<f64> {
    // SAFETY: promised by the caller.
    unsafe {
        let tag = qjs::JS_VALUE_GET_TAG(value);
        if qjs::JS_TAG_IS_FLOAT64(tag) {
            return Some(qjs::JS_VALUE_GET_FLOAT64(value));
        }
        if tag == qjs::JS_TAG_INT {
            return Some(qjs::JS_VALUE_GET_INT(value).into());
        }
        let mut result = 0.0;
        (qjs::JS_ToFloat64(ctx, &mut result, value) == 0).then_some(result)
    }
}

/// Converts a number of a guest.
///
/// # Safety
///
/// The context must be live.
#[inline]
pub(super) unsafe fn number_to_js(
    ctx: *mut qjs::JSContext,
    value: ValRaw,
    kind: &Kind,
) -> qjs::JSValue {
    match kind {
        Kind::I32 => qjs::JS_MKVAL(qjs::JS_TAG_INT, value.get_i32()),
        // SAFETY: promised by the caller.
        Kind::I64 => unsafe { qjs::JS_NewBigInt64(ctx, value.get_i64()) },
        Kind::F32 => qjs::JS_NewFloat64(f32::from_bits(value.get_f32()).into()),
        _ => qjs::JS_NewFloat64(f64::from_bits(value.get_f64())),
    }
}

/// As [`number_to_js`].
pub(super) fn number<'js>(ctx: &Ctx<'js>, raw: ValRaw, kind: &Kind) -> Value<'js> {
    // SAFETY: the context is live, and the value is new.
    unsafe {
        let raw = number_to_js(ctx.as_raw().as_ptr(), raw, kind);
        Value::from_raw(ctx.clone(), raw)
    }
}

/// A value on its way to a guest: what is left needs the store, but runs no JavaScript.
pub(super) enum Incoming {
    Raw(ValRaw),
    Func(Func),
    Extern(ExternValue),
}

/// The first step to a guest, which may run JavaScript. `anchor` is whose entity receives the value.
pub(super) fn to_wasm<'js>(
    ctx: &Ctx<'js>,
    value: Value<'js>,
    kind: &Kind,
    anchor: &Value<'js>,
) -> rquickjs::Result<Incoming> {
    let refuse = |message: &str| Err(HostError::type_error(message).throw(ctx));
    match kind {
        Kind::I32 | Kind::I64 | Kind::F32 | Kind::F64 => {
            // SAFETY: context and value are live.
            let raw = unsafe { number_to_wasm(ctx.as_raw().as_ptr(), value.as_raw(), kind) };
            raw.map(Incoming::Raw).ok_or(rquickjs::Error::Exception)
        }
        Kind::Extern { nullable: true }
        | Kind::Func { nullable: true, .. }
        | Kind::Other {
            nullable: true,
            exception: false,
        } if value.is_null() => Ok(Incoming::Raw(ValRaw::null())),
        Kind::Extern { .. } if value.is_null() => {
            refuse("null is no value of a reference type without null")
        }
        Kind::Extern { .. } => {
            let agent = agent(ctx);
            Ok(Incoming::Extern(hold_extern(
                anchor,
                &agent.wasm.dead_externs,
                value,
            )))
        }
        Kind::Func { ty, .. } => {
            let Some(function) = function(&value) else {
                return refuse(
                    "a function reference must be null or a function that WebAssembly exports",
                );
            };
            if let Some(wanted) = ty {
                let agent = agent(ctx);
                let found = agent.wasm.store.with(|store| function.func.ty(&store));
                if !found.matches(wanted) {
                    return refuse(&format!(
                        "expected a function of type {wanted}, found one of type {found}"
                    ));
                }
            }
            let theirs = function.anchor.get(ctx);
            keep(anchor, &theirs);
            if function.signature.references {
                // Calls carry references to there too.
                keep(&theirs, anchor);
            }
            Ok(Incoming::Func(function.func))
        }
        Kind::V128 => refuse("values of type v128 cannot cross to or from JavaScript"),
        Kind::Other {
            exception: true, ..
        } => refuse("exception references cannot cross to or from JavaScript"),
        Kind::Other { nullable, .. } => refuse(match nullable {
            true => "only null is a value of this reference type so far",
            false => "there is no value of this reference type so far",
        }),
    }
}

impl Incoming {
    /// The second step to a guest. New references are rooted in the enclosing scope of the store.
    pub(super) fn finish(
        self,
        store: &mut StoreContextMut<'_, StoreData>,
    ) -> bolide::Result<ValRaw> {
        Ok(match self {
            Incoming::Raw(raw) => raw,
            Incoming::Func(func) => ValRaw::funcref(func.to_raw(&store)),
            Incoming::Extern(value) => {
                let reference = ExternRef::new(store.as_context_mut(), value)?;
                ValRaw::externref(reference.to_raw(&store)?)
            }
        })
    }
}

/// A value on its way from a guest: what is left may make objects.
pub(super) enum Outgoing<'js> {
    Value(Value<'js>),
    Func(Func),
}

/// The first step from a guest, which makes no objects but BigInts.
///
/// # Safety
///
/// `raw` must be a value of the type that the guest has just given away.
pub(super) unsafe fn from_wasm<'js>(
    ctx: &Ctx<'js>,
    store: &mut StoreContextMut<'_, StoreData>,
    raw: ValRaw,
    kind: &Kind,
) -> Outgoing<'js> {
    match kind {
        Kind::Func { .. } => {
            // SAFETY: promised by the caller.
            match unsafe { Func::from_raw(&store, raw.get_funcref()) } {
                Some(func) => Outgoing::Func(func),
                None => Outgoing::Value(Value::new_null(ctx.clone())),
            }
        }
        Kind::Extern { .. } => Outgoing::Value(extern_to_js(
            ctx,
            ExternRef::from_raw(store.as_context_mut(), raw.get_externref()),
            store,
        )),
        Kind::V128 | Kind::Other { .. } => Outgoing::Value(Value::new_null(ctx.clone())),
        _ => Outgoing::Value(number(ctx, raw, kind)),
    }
}

/// The value behind an external reference. Undefined if the host made it without JavaScript.
pub(super) fn extern_to_js<'js>(
    ctx: &Ctx<'js>,
    reference: Option<Rooted<ExternRef>>,
    store: &mut StoreContextMut<'_, StoreData>,
) -> Value<'js> {
    let Some(reference) = reference else {
        return Value::new_null(ctx.clone());
    };
    let place = match reference.data(&*store) {
        Ok(Some(data)) => data.downcast_ref::<ExternValue>(),
        _ => None,
    };
    place
        .map(|place| (place.anchor, place.index))
        .and_then(|(anchor, index)| extern_value(ctx, anchor, index))
        .unwrap_or_else(|| Value::new_undefined(ctx.clone()))
}

impl<'js> Outgoing<'js> {
    /// The second step from a guest.
    pub(super) fn finish(self, ctx: &Ctx<'js>) -> rquickjs::Result<Value<'js>> {
        match self {
            Outgoing::Value(value) => Ok(value),
            Outgoing::Func(func) => super::function::function_object(ctx, func),
        }
    }
}

impl WasmState {
    /// A scope for the roots of references that are on their way.
    pub(super) fn with_scope<R>(&self, f: impl FnOnce(StoreContextMut<'_, StoreData>) -> R) -> R {
        self.store.with(|mut store| {
            let mut scope = bolide::RootScope::new(&mut store);
            f(scope.as_context_mut())
        })
    }
}

/// A number after a conversion to WebAssembly and back.
pub(super) fn to_number<'js>(
    ctx: &Ctx<'js>,
    value: Value<'js>,
    kind: &Kind,
) -> rquickjs::Result<Value<'js>> {
    // SAFETY: context and value are live.
    let raw = unsafe { number_to_wasm(ctx.as_raw().as_ptr(), value.as_raw(), kind) };
    let raw = raw.ok_or(rquickjs::Error::Exception)?;
    Ok(number(ctx, raw, kind))
}
