//! Tables (JS API §5.4).

use bolide::{AsContextMut, Extern, Ref, Table, TableType};
use rquickjs::{Ctx, Value};

use super::StoreData;
use super::anchor::{Key, Owned, new_anchor, set_wrapper, with_anchor};
use super::convert::{Incoming, Kind, Outgoing, extern_to_js, to_wasm};
use super::held::Held;
use super::object::{Native, Traced, native, new_native};
use crate::agent::agent;
use crate::error::HostError;

/// What a `WebAssembly.Table` holds.
pub(super) struct TableObject {
    pub(super) table: Table,
    pub(super) anchor: Held,
    pub(super) kind: Kind,
    is_64: bool,
}

impl Traced for TableObject {
    fn trace(&self, visit: &mut dyn FnMut(&Held)) {
        visit(&self.anchor);
    }

    fn finalize(self, free: &mut dyn FnMut(Held)) {
        free(self.anchor);
    }
}

/// The table behind a value.
pub(super) fn table_of<'a>(value: &'a Value<'_>) -> rquickjs::Result<&'a TableObject> {
    match native(value) {
        Some(Native::Table(table)) => Ok(table),
        _ => {
            let message = "expected a WebAssembly.Table";
            Err(HostError::type_error(message).throw(value.ctx()))
        }
    }
}

/// Makes the `WebAssembly.Table` of a table that belongs to `anchor`.
pub(super) fn wrap<'js>(
    ctx: &Ctx<'js>,
    anchor: &Value<'js>,
    table: Table,
) -> rquickjs::Result<Value<'js>> {
    let ty = agent(ctx).wasm.store.with(|store| table.ty(&store));
    let prototype = super::prototype(ctx, "Table")?;
    let object = TableObject {
        table,
        anchor: Held::new(anchor.clone()),
        kind: Kind::reference(ty.element()),
        is_64: ty.is_64(),
    };
    let value = new_native(ctx, Some(&prototype), Native::Table(object))?;
    set_wrapper(anchor, Key::Table(table), value.clone());
    Ok(value)
}

/// A reference for a table or global.
pub(super) fn reference(
    value: Incoming,
    kind: &Kind,
    store: &mut bolide::StoreContextMut<'_, StoreData>,
) -> bolide::Result<Ref> {
    Ok(match (value, kind) {
        (Incoming::Func(func), _) => Ref::Func(Some(func)),
        (value @ Incoming::Extern(_), _) => {
            let raw = value.finish(store)?.get_externref();
            Ref::Extern(bolide::ExternRef::from_raw(store.as_context_mut(), raw))
        }
        (Incoming::Raw(_), Kind::Func { .. }) => Ref::Func(None),
        (Incoming::Raw(_), Kind::Extern { .. }) => Ref::Extern(None),
        (
            Incoming::Raw(_),
            Kind::Other {
                exception: true, ..
            },
        ) => Ref::Exn(None),
        (Incoming::Raw(_), _) => Ref::Any(None),
    })
}

/// Makes a table of a type with limits that are valid, filled with `value`.
pub(super) fn new<'js>(
    ctx: &Ctx<'js>,
    ty: TableType,
    value: Value<'js>,
) -> rquickjs::Result<Value<'js>> {
    let agent = agent(ctx);
    let state = &agent.wasm;
    state.at_rest(ctx);
    let anchor = new_anchor(ctx)?;
    let kind = Kind::reference(ty.element());
    let value = to_wasm(ctx, value, &kind, &anchor)?;
    let table = state.with_scope(|mut store| {
        let value = reference(value, &kind, &mut store)?;
        Table::new(&mut store, ty, value)
    });
    let table = table.map_err(|error| {
        HostError::range_error(format!("cannot allocate the table: {error:#}")).throw(ctx)
    })?;
    with_anchor(&anchor, |inner| {
        inner.owned.push(Owned::Extern(Extern::Table(table)));
    });
    wrap(ctx, &anchor, table)
}

/// `length`.
pub(super) fn length(ctx: &Ctx<'_>, value: &Value<'_>) -> rquickjs::Result<u64> {
    let object = table_of(value)?;
    Ok(agent(ctx)
        .wasm
        .store
        .with(|store| object.table.size(&store)))
}

/// Whether indices are 64-bit.
pub(super) fn is_64(value: &Value<'_>) -> rquickjs::Result<bool> {
    Ok(table_of(value)?.is_64)
}

/// `get`.
pub(super) fn get<'js>(
    ctx: &Ctx<'js>,
    value: &Value<'js>,
    index: u64,
) -> rquickjs::Result<Value<'js>> {
    let object = table_of(value)?;
    let agent = agent(ctx);
    if object.kind.is_opaque() {
        let message = "elements of this table cannot cross to JavaScript";
        return Err(HostError::type_error(message).throw(ctx));
    }
    let found = agent.wasm.with_scope(|mut store| {
        let found = object.table.get(&mut store, index)?;
        Some(match found {
            Ref::Func(Some(func)) => Outgoing::Func(func),
            Ref::Extern(reference) => Outgoing::Value(extern_to_js(ctx, reference, &mut store)),
            _ => Outgoing::Value(Value::new_null(ctx.clone())),
        })
    });
    match found {
        Some(found) => found.finish(ctx),
        None => {
            let message = format!("the index {index} is outside the table");
            Err(HostError::range_error(message).throw(ctx))
        }
    }
}

/// `set`.
pub(super) fn set<'js>(
    ctx: &Ctx<'js>,
    object: &Value<'js>,
    index: u64,
    value: Value<'js>,
) -> rquickjs::Result<()> {
    let table = table_of(object)?;
    let agent = agent(ctx);
    let state = &agent.wasm;
    let value = to_wasm(ctx, value, &table.kind, &table.anchor.get(ctx))?;
    let result = state.with_scope(|mut store| {
        let value = reference(value, &table.kind, &mut store)?;
        table.table.set(&mut store, index, value)
    });
    state.free_dead_externs(ctx);
    result.map_err(|_| {
        let message = format!("the index {index} is outside the table");
        HostError::range_error(message).throw(ctx)
    })
}

/// `grow`.
pub(super) fn grow<'js>(
    ctx: &Ctx<'js>,
    object: &Value<'js>,
    delta: u64,
    value: Value<'js>,
) -> rquickjs::Result<u64> {
    let table = table_of(object)?;
    let agent = agent(ctx);
    let value = to_wasm(ctx, value, &table.kind, &table.anchor.get(ctx))?;
    let result = agent.wasm.with_scope(|mut store| {
        let value = reference(value, &table.kind, &mut store)?;
        table.table.grow(&mut store, delta, value)
    });
    result.map_err(|error| HostError::range_error(format!("{error:#}")).throw(ctx))
}
