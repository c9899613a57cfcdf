//! What the JavaScript of this area calls.

use bolide::{HeapType, MemoryType, Module, RefType, TableType, ValType};
use rquickjs::function::Opt;
use rquickjs::{Array, Ctx, Function, Object, Persistent, Value};

use super::object::{Native, native};
use super::strings::Options;
use super::{global, instance, memory, module, table, tag};
use crate::agent::agent;
use crate::buffer::copy_bytes;
use crate::error::HostError;

macro_rules! define {
    ($object:ident, $ctx:ident: $($name:literal = $function:expr;)*) => {
        $($object.set($name, Function::new($ctx.clone(), $function)?)?;)*
    };
}

/// See the functions.
pub(super) fn fill<'js>(ctx: &Ctx<'js>, object: &Object<'js>) -> rquickjs::Result<()> {
    define! { object, ctx:
        "setPrototypes" = set_prototypes;
        "kind" = kind;
        "compile" = |ctx: Ctx<'js>, bytes: Value<'js>, options: Object<'js>| {
            module::compile(&ctx, take_bytes(&bytes)?, &take_options(&options)?)
        };
        "compileAsync" = |ctx: Ctx<'js>, bytes: Value<'js>, options: Object<'js>| {
            module::compile_async(&ctx, take_bytes(&bytes)?, take_options(&options)?)
        };
        "validate" = validate;
        "moduleExports" = |ctx: Ctx<'js>, value: Value<'js>| module::exports(&ctx, &value);
        "moduleImports" = |ctx: Ctx<'js>, value: Value<'js>| module::imports(&ctx, &value);
        "customSections" = |ctx: Ctx<'js>, value: Value<'js>, name: String| {
            module::custom_sections(&ctx, &value, &name)
        };
        "readImports" = |ctx: Ctx<'js>, module: Value<'js>, imports: Value<'js>| {
            instance::read_imports(&ctx, &module, imports)
        };
        "instantiate" = |ctx: Ctx<'js>, module: Value<'js>, imports: Array<'js>| {
            instance::instantiate(&ctx, &module, &imports)
        };
        "instanceExports" = |ctx: Ctx<'js>, value: Value<'js>| instance::exports(&ctx, &value);
        "post" = |ctx: Ctx<'js>, task: Function<'js>| agent(&ctx).events.post(&ctx, task);
    }
    fill_entities(ctx, object)
}

fn fill_entities<'js>(ctx: &Ctx<'js>, object: &Object<'js>) -> rquickjs::Result<()> {
    define! { object, ctx:
        "newMemory" = new_memory;
        "memoryIs64" = |ctx: Ctx<'js>, value: Value<'js>| memory::is_64(&ctx, &value);
        "memoryGrow" = |ctx: Ctx<'js>, value: Value<'js>, delta: Value<'js>| {
            Ok::<f64, rquickjs::Error>(memory::grow(&ctx, &value, to_u64(&delta)?)? as f64)
        };
        "memoryBuffer" = |ctx: Ctx<'js>, value: Value<'js>| memory::buffer(&ctx, &value);
        "memoryFixed" = |ctx: Ctx<'js>, value: Value<'js>| {
            memory::convert_buffer(&ctx, &value, false)
        };
        "memoryResizable" = |ctx: Ctx<'js>, value: Value<'js>| {
            memory::convert_buffer(&ctx, &value, true)
        };
        "newTable" = new_table;
        "tableIs64" = |value: Value<'js>| table::is_64(&value);
        "tableLength" = |ctx: Ctx<'js>, value: Value<'js>| {
            Ok::<f64, rquickjs::Error>(table::length(&ctx, &value)? as f64)
        };
        "tableGet" = |ctx: Ctx<'js>, value: Value<'js>, index: Value<'js>| {
            table::get(&ctx, &value, to_u64(&index)?)
        };
        "tableSet" = |ctx: Ctx<'js>, table: Value<'js>, index: Value<'js>, value: Opt<Value<'js>>| {
            let value = value.0.unwrap_or_else(|| default_element(&ctx, &table));
            table::set(&ctx, &table, to_u64(&index)?, value)
        };
        "tableGrow" = |ctx: Ctx<'js>, table: Value<'js>, delta: Value<'js>, value: Opt<Value<'js>>| {
            let value = value.0.unwrap_or_else(|| default_element(&ctx, &table));
            Ok::<f64, rquickjs::Error>(table::grow(&ctx, &table, to_u64(&delta)?, value)? as f64)
        };
        "newGlobal" = new_global;
        "globalGet" = |ctx: Ctx<'js>, value: Value<'js>| global::get(&ctx, &value);
        "globalSet" = |ctx: Ctx<'js>, global: Value<'js>, value: Value<'js>| {
            global::set(&ctx, &global, value)
        };
        "globalIsMutable" = |value: Value<'js>| {
            Ok::<bool, rquickjs::Error>(global::global_of(&value)?.mutable)
        };
        "newTag" = new_tag;
        "newException" = |ctx: Ctx<'js>, tag: Value<'js>, payload: Array<'js>| {
            tag::new_exception(&ctx, &tag, payload)
        };
        "exceptionIs" = |exception: Value<'js>, tag: Value<'js>| tag::is(&exception, &tag);
        "exceptionArgument" = |ctx: Ctx<'js>, exception: Value<'js>, tag: Value<'js>, index: f64| {
            tag::argument(&ctx, &exception, &tag, index as u32)
        };
    }
    Ok(())
}

/// Tells which prototypes the objects of each class get.
fn set_prototypes<'js>(ctx: Ctx<'js>, prototypes: Object<'js>) -> rquickjs::Result<()> {
    let agent = agent(&ctx);
    for entry in prototypes.props::<String, Object<'js>>() {
        let (name, prototype) = entry?;
        let prototype = Persistent::save(&ctx, prototype);
        agent.wasm.prototypes.borrow_mut().insert(name, prototype);
    }
    Ok(())
}

/// The class of the namespace that a value is an object of; the empty string for none.
fn kind(value: Value<'_>) -> &'static str {
    match native(&value) {
        Some(Native::Module(_)) => "Module",
        Some(Native::Instance(_)) => "Instance",
        Some(Native::Memory(_)) => "Memory",
        Some(Native::Table(_)) => "Table",
        Some(Native::Global(_)) => "Global",
        Some(Native::Tag(_)) => "Tag",
        Some(Native::Exception(_)) => "Exception",
        Some(Native::Anchor(_)) | None => "",
    }
}

/// "Get a copy of the bytes held by the buffer source".
fn take_bytes(value: &Value<'_>) -> rquickjs::Result<Vec<u8>> {
    // A detached buffer holds no bytes.
    Ok(copy_bytes(value).unwrap_or_default())
}

fn validate<'js>(ctx: Ctx<'js>, bytes: Value<'js>, options: Object<'js>) -> rquickjs::Result<bool> {
    let bytes = take_bytes(&bytes)?;
    let options = take_options(&options)?;
    let engine = &agent(&ctx).engine;
    if options.builtins.is_empty() && options.string_constants.is_none() {
        return Ok(Module::validate(engine, &bytes).is_ok());
    }
    Ok(module::compile_bytes(engine, bytes, &options).is_ok())
}

/// Options that the JavaScript layer has converted.
fn take_options(options: &Object<'_>) -> rquickjs::Result<Options> {
    Ok(Options {
        builtins: options.get("builtins")?,
        string_constants: options.get("importedStringConstants")?,
    })
}

/// An address or size that the JavaScript layer has converted.
fn to_u64(value: &Value<'_>) -> rquickjs::Result<u64> {
    if let Some(number) = value.as_number() {
        return Ok(number as u64);
    }
    match value.as_big_int() {
        Some(big) => {
            // Values from 2^63 on come out negative.
            Ok(big.clone().to_i64()? as u64)
        }
        None => Err(HostError::type_error("expected an address").throw(value.ctx())),
    }
}

fn optional_u64(value: &Value<'_>) -> rquickjs::Result<Option<u64>> {
    match value.is_undefined() {
        true => Ok(None),
        false => to_u64(value).map(Some),
    }
}

fn new_memory<'js>(
    ctx: Ctx<'js>,
    initial: Value<'js>,
    maximum: Value<'js>,
    shared: bool,
    is_64: bool,
) -> rquickjs::Result<Value<'js>> {
    let (initial, maximum) = (to_u64(&initial)?, optional_u64(&maximum)?);
    let small = |pages: u64| u32::try_from(pages).unwrap_or(u32::MAX);
    let ty = match (shared, is_64) {
        (false, false) => MemoryType::new(small(initial), maximum.map(small)),
        (false, true) => MemoryType::new64(initial, maximum),
        (true, false) => MemoryType::shared(small(initial), small(maximum.unwrap_or(u64::MAX))),
        (true, true) => MemoryType::shared64(initial, maximum.unwrap_or(u64::MAX)),
    };
    memory::new(&ctx, ty)
}

fn reference_type(name: &str) -> RefType {
    match name {
        "externref" => RefType::EXTERNREF,
        "anyfunc" | "funcref" => RefType::FUNCREF,
        "anyref" => RefType::new(true, HeapType::Any),
        _ => RefType::new(true, HeapType::Exn),
    }
}

fn value_type(name: &str) -> ValType {
    match name {
        "i32" => ValType::I32,
        "i64" => ValType::I64,
        "f32" => ValType::F32,
        "f64" => ValType::F64,
        "v128" => ValType::V128,
        name => ValType::Ref(reference_type(name)),
    }
}

fn new_table<'js>(
    ctx: Ctx<'js>,
    element: String,
    initial: Value<'js>,
    maximum: Value<'js>,
    is_64: bool,
    value: Opt<Value<'js>>,
) -> rquickjs::Result<Value<'js>> {
    let (initial, maximum) = (to_u64(&initial)?, optional_u64(&maximum)?);
    let small = |count: u64| u32::try_from(count).unwrap_or(u32::MAX);
    let element = reference_type(&element);
    let value = value
        .0
        .unwrap_or_else(|| default_value(&ctx, &ValType::Ref(element.clone())));
    let ty = match is_64 {
        true => TableType::new64(element, initial, maximum),
        false => TableType::new(element, small(initial), maximum.map(small)),
    };
    table::new(&ctx, ty, value)
}

/// DefaultValue (JS API §5.5), as a JavaScript value.
fn default_value<'js>(ctx: &Ctx<'js>, ty: &ValType) -> Value<'js> {
    match ty {
        ValType::I64 => {
            let zero = rquickjs::BigInt::from_i64(ctx.clone(), 0);
            zero.map_or_else(
                |_| Value::new_undefined(ctx.clone()),
                |zero| zero.into_value(),
            )
        }
        ValType::Ref(ty) if *ty.heap_type() == HeapType::Extern => {
            Value::new_undefined(ctx.clone())
        }
        ValType::Ref(_) => Value::new_null(ctx.clone()),
        _ => Value::new_int(ctx.clone(), 0),
    }
}

fn default_element<'js>(ctx: &Ctx<'js>, table: &Value<'js>) -> Value<'js> {
    match table::table_of(table).map(|table| &table.kind) {
        Ok(super::convert::Kind::Extern { .. }) => Value::new_undefined(ctx.clone()),
        _ => Value::new_null(ctx.clone()),
    }
}

fn new_global<'js>(
    ctx: Ctx<'js>,
    ty: String,
    mutable: bool,
    value: Opt<Value<'js>>,
) -> rquickjs::Result<Value<'js>> {
    let ty = value_type(&ty);
    let value = match value.0 {
        Some(value) if !(value.is_undefined() && ty != ValType::EXTERNREF) => value,
        _ => default_value(&ctx, &ty),
    };
    global::new(&ctx, global::global_type(ty, mutable), value)
}

fn new_tag<'js>(ctx: Ctx<'js>, params: Vec<String>) -> rquickjs::Result<Value<'js>> {
    let params = params.iter().map(|name| value_type(name)).collect();
    tag::new(&ctx, params)
}
