//! Globals (JS API §5.5).

use bolide::{Extern, Func, Global, GlobalType, Mutability, Val};
use rquickjs::{Ctx, Value};

use super::StoreData;
use super::anchor::{Key, Owned, new_anchor, set_wrapper, with_anchor};
use super::convert::{Incoming, Kind, Outgoing, extern_to_js, number, to_wasm};
use super::held::Held;
use super::object::{Native, Traced, native, new_native};
use super::table::reference;
use crate::agent::agent;
use crate::error::HostError;

/// What a `WebAssembly.Global` holds.
pub(super) struct GlobalObject {
    pub(super) global: Global,
    pub(super) anchor: Held,
    pub(super) kind: Kind,
    pub(super) mutable: bool,
}

impl Traced for GlobalObject {
    fn trace(&self, visit: &mut dyn FnMut(&Held)) {
        visit(&self.anchor);
    }

    fn finalize(self, free: &mut dyn FnMut(Held)) {
        free(self.anchor);
    }
}

/// The global behind a value.
pub(super) fn global_of<'a>(value: &'a Value<'_>) -> rquickjs::Result<&'a GlobalObject> {
    match native(value) {
        Some(Native::Global(global)) => Ok(global),
        _ => {
            let message = "expected a WebAssembly.Global";
            Err(HostError::type_error(message).throw(value.ctx()))
        }
    }
}

/// Makes the `WebAssembly.Global` of a global that belongs to `anchor`.
pub(super) fn wrap<'js>(
    ctx: &Ctx<'js>,
    anchor: &Value<'js>,
    global: Global,
) -> rquickjs::Result<Value<'js>> {
    let ty = agent(ctx).wasm.store.with(|store| global.ty(&store));
    let prototype = super::prototype(ctx, "Global")?;
    let object = GlobalObject {
        global,
        anchor: Held::new(anchor.clone()),
        kind: Kind::new(ty.content()),
        mutable: ty.mutability().is_var(),
    };
    let value = new_native(ctx, Some(&prototype), Native::Global(object))?;
    set_wrapper(anchor, Key::Global(global), value.clone());
    Ok(value)
}

fn val(
    value: Incoming,
    kind: &Kind,
    store: &mut bolide::StoreContextMut<'_, StoreData>,
) -> bolide::Result<Val> {
    Ok(match (value, kind) {
        (Incoming::Raw(raw), Kind::I32) => Val::I32(raw.get_i32()),
        (Incoming::Raw(raw), Kind::I64) => Val::I64(raw.get_i64()),
        (Incoming::Raw(raw), Kind::F32) => Val::F32(raw.get_f32()),
        (Incoming::Raw(raw), Kind::F64) => Val::F64(raw.get_f64()),
        (Incoming::Raw(raw), Kind::V128) => Val::V128(raw.get_v128().into()),
        (value, kind) => reference(value, kind, store)?.into(),
    })
}

/// Makes a global with a value.
pub(super) fn new<'js>(
    ctx: &Ctx<'js>,
    ty: GlobalType,
    value: Value<'js>,
) -> rquickjs::Result<Value<'js>> {
    agent(ctx).wasm.at_rest(ctx);
    let anchor = new_anchor(ctx)?;
    let global = make(ctx, &anchor, ty, value)?;
    wrap(ctx, &anchor, global)
}

/// Makes a global that `anchor` owns.
pub(super) fn make<'js>(
    ctx: &Ctx<'js>,
    anchor: &Value<'js>,
    ty: GlobalType,
    value: Value<'js>,
) -> rquickjs::Result<Global> {
    let kind = Kind::new(ty.content());
    let value = match kind {
        Kind::V128 => Incoming::Raw(bolide::ValRaw::default()),
        _ => to_wasm(ctx, value, &kind, anchor)?,
    };
    let global = agent(ctx).wasm.with_scope(|mut store| {
        let value = val(value, &kind, &mut store)?;
        Global::new(&mut store, ty, value)
    });
    let global =
        global.map_err(|error| HostError::type_error(format!("{error:#}")).throw(ctx))?;
    with_anchor(anchor, |inner| {
        inner.owned.push(Owned::Extern(Extern::Global(global)));
    });
    Ok(global)
}

/// `value`.
pub(super) fn get<'js>(ctx: &Ctx<'js>, value: &Value<'js>) -> rquickjs::Result<Value<'js>> {
    let object = global_of(value)?;
    if object.kind.is_opaque() {
        let message = "values of this global's type cannot cross to JavaScript";
        return Err(HostError::type_error(message).throw(ctx));
    }
    let found = agent(ctx)
        .wasm
        .with_scope(|mut store| match object.global.get(&mut store) {
            Val::FuncRef(Some(func)) => Found::Func(func),
            Val::ExternRef(reference) => Found::Value(extern_to_js(ctx, reference, &mut store)),
            Val::I32(value) => Found::Raw(bolide::ValRaw::i32(value)),
            Val::I64(value) => Found::Raw(bolide::ValRaw::i64(value)),
            Val::F32(value) => Found::Raw(bolide::ValRaw::f32(value)),
            Val::F64(value) => Found::Raw(bolide::ValRaw::f64(value)),
            _ => Found::Value(Value::new_null(ctx.clone())),
        });
    match found {
        Found::Func(func) => Outgoing::Func(func).finish(ctx),
        Found::Value(value) => Ok(value),
        Found::Raw(raw) => Ok(number(ctx, raw, &object.kind)),
    }
}

enum Found<'js> {
    Func(Func),
    Value(Value<'js>),
    Raw(bolide::ValRaw),
}

/// Sets `value`.
pub(super) fn set<'js>(
    ctx: &Ctx<'js>,
    object: &Value<'js>,
    value: Value<'js>,
) -> rquickjs::Result<()> {
    let global = global_of(object)?;
    if !global.mutable {
        let message = "the value of an immutable global cannot be set";
        return Err(HostError::type_error(message).throw(ctx));
    }
    let agent = agent(ctx);
    let state = &agent.wasm;
    let value = to_wasm(ctx, value, &global.kind, &global.anchor.get(ctx))?;
    let result = state.with_scope(|mut store| {
        let value = val(value, &global.kind, &mut store)?;
        global.global.set(&mut store, value)
    });
    state.free_dead_externs(ctx);
    result.map_err(|error| HostError::type_error(format!("{error:#}")).throw(ctx))
}

/// The type of a global.
pub(super) fn global_type(content: bolide::ValType, mutable: bool) -> GlobalType {
    let mutability = match mutable {
        true => Mutability::Var,
        false => Mutability::Const,
    };
    GlobalType::new(content, mutability)
}
