//! Tags and exceptions (JS API §5.8, §5.9). The engine has no instructions that throw yet: exceptions are objects of
//! JavaScript only.

use bolide::{Extern, FuncType, Tag, TagType, ValType};
use rquickjs::{Array, Ctx, Value};

use super::anchor::{Key, Owned, new_anchor, set_wrapper, with_anchor};
use super::convert::{Kind, to_number};
use super::held::Held;
use super::object::{Native, Traced, function, native, new_native};
use crate::agent::agent;
use crate::error::HostError;

/// What a `WebAssembly.Tag` holds.
pub(super) struct TagObject {
    pub(super) tag: Tag,
    pub(super) anchor: Held,
    params: Box<[Kind]>,
}

impl Traced for TagObject {
    fn trace(&self, visit: &mut dyn FnMut(&Held)) {
        visit(&self.anchor);
    }

    fn finalize(self, free: &mut dyn FnMut(Held)) {
        free(self.anchor);
    }
}

/// What a `WebAssembly.Exception` holds.
pub(super) struct ExceptionObject {
    tag: Tag,
    /// Of the tag.
    anchor: Held,
    payload: Vec<Held>,
}

impl Traced for ExceptionObject {
    fn trace(&self, visit: &mut dyn FnMut(&Held)) {
        visit(&self.anchor);
        self.payload.iter().for_each(visit);
    }

    fn finalize(self, free: &mut dyn FnMut(Held)) {
        free(self.anchor);
        self.payload.into_iter().for_each(free);
    }
}

/// The tag behind a value.
pub(super) fn tag_of<'a>(value: &'a Value<'_>) -> rquickjs::Result<&'a TagObject> {
    match native(value) {
        Some(Native::Tag(tag)) => Ok(tag),
        _ => Err(HostError::type_error("expected a WebAssembly.Tag").throw(value.ctx())),
    }
}

fn exception_of<'a>(value: &'a Value<'_>) -> rquickjs::Result<&'a ExceptionObject> {
    match native(value) {
        Some(Native::Exception(exception)) => Ok(exception),
        _ => {
            let message = "expected a WebAssembly.Exception";
            Err(HostError::type_error(message).throw(value.ctx()))
        }
    }
}

/// Makes the `WebAssembly.Tag` of a tag that belongs to `anchor`.
pub(super) fn wrap<'js>(
    ctx: &Ctx<'js>,
    anchor: &Value<'js>,
    tag: Tag,
) -> rquickjs::Result<Value<'js>> {
    let ty = agent(ctx).wasm.store.with(|store| tag.ty(&store));
    let prototype = super::prototype(ctx, "Tag")?;
    let object = TagObject {
        tag,
        anchor: Held::new(anchor.clone()),
        params: ty.ty().params().map(|ty| Kind::new(&ty)).collect(),
    };
    let value = new_native(ctx, Some(&prototype), Native::Tag(object))?;
    set_wrapper(anchor, Key::Tag(tag), value.clone());
    Ok(value)
}

/// Makes a tag whose exceptions carry values of these types.
pub(super) fn new<'js>(ctx: &Ctx<'js>, params: Vec<ValType>) -> rquickjs::Result<Value<'js>> {
    let agent = agent(ctx);
    let ty = TagType::new(FuncType::new(&agent.engine, params, []));
    let tag = agent.wasm.store.with(|mut store| Tag::new(&mut store, &ty));
    let tag = tag.map_err(|error| HostError::type_error(format!("{error:#}")).throw(ctx))?;
    let anchor = new_anchor(ctx)?;
    with_anchor(&anchor, |inner| {
        inner.owned.push(Owned::Extern(Extern::Tag(tag)));
    });
    wrap(ctx, &anchor, tag)
}

/// The value of a payload, after a conversion to WebAssembly and back.
fn payload_value<'js>(
    ctx: &Ctx<'js>,
    value: Value<'js>,
    kind: &Kind,
) -> rquickjs::Result<Value<'js>> {
    let refuse = |message: &str| Err(HostError::type_error(message).throw(ctx));
    match kind {
        Kind::I32 | Kind::I64 | Kind::F32 | Kind::F64 => to_number(ctx, value, kind),
        Kind::Extern { nullable } if *nullable || !value.is_null() => Ok(value),
        Kind::Func { nullable: true, .. } | Kind::Other { nullable: true, .. }
            if value.is_null() =>
        {
            Ok(value)
        }
        Kind::Func { .. } if function(&value).is_some() => Ok(value),
        _ => refuse("the payload has a value that is not of the tag's type"),
    }
}

/// Makes a `WebAssembly.Exception`.
pub(super) fn new_exception<'js>(
    ctx: &Ctx<'js>,
    tag: &Value<'js>,
    payload: Array<'js>,
) -> rquickjs::Result<Value<'js>> {
    let tag = tag_of(tag)?;
    if payload.len() != tag.params.len() {
        let message = format!(
            "the tag's exceptions have {} values, not {}",
            tag.params.len(),
            payload.len()
        );
        return Err(HostError::type_error(message).throw(ctx));
    }
    if tag.params.iter().any(Kind::is_opaque) {
        let message = "the tag's exceptions have values that cannot cross to or from JavaScript";
        return Err(HostError::type_error(message).throw(ctx));
    }
    let values = payload.iter::<Value<'js>>().zip(&*tag.params);
    let values = values.map(|(value, kind)| payload_value(ctx, value?, kind));
    let values: Vec<Value<'js>> = values.collect::<rquickjs::Result<_>>()?;
    let prototype = super::prototype(ctx, "Exception")?;
    let object = ExceptionObject {
        tag: tag.tag,
        anchor: Held::new(tag.anchor.get(ctx)),
        payload: values.into_iter().map(Held::new).collect(),
    };
    new_native(ctx, Some(&prototype), Native::Exception(object))
}

/// `is`.
pub(super) fn is(exception: &Value<'_>, tag: &Value<'_>) -> rquickjs::Result<bool> {
    Ok(exception_of(exception)?.tag == tag_of(tag)?.tag)
}

/// `getArg`.
pub(super) fn argument<'js>(
    ctx: &Ctx<'js>,
    exception: &Value<'js>,
    tag: &Value<'js>,
    index: u32,
) -> rquickjs::Result<Value<'js>> {
    let exception = exception_of(exception)?;
    let tag = tag_of(tag)?;
    if exception.tag != tag.tag {
        let message = "the exception was made with another tag";
        return Err(HostError::type_error(message).throw(ctx));
    }
    match exception.payload.get(index as usize) {
        Some(value) => Ok(value.get(ctx)),
        None => {
            let count = exception.payload.len();
            let message = format!("the exception has {count} values; {index} is outside");
            Err(HostError::range_error(message).throw(ctx))
        }
    }
}
