//! The edge to QuickJS's modules. Its own wrappers cannot be used: their resolver refuses specifiers that are not
//! UTF-8 in the middle of a graph (see `graph`), and they hide the pointer of a module.
#![allow(unsafe_code, reason = "QuickJS's module functions are C functions")]

use std::ffi::{CStr, CString, c_char, c_int, c_void};
use std::ptr::NonNull;

use rquickjs::{Ctx, Function, Object, Promise, Value, qjs};

use super::load;
use crate::error::{HostError, thrown};

/// A module of a context. Modules live as long as their context, for `graph` keeps QuickJS from freeing any.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub(crate) struct ModulePointer(NonNull<qjs::JSModuleDef>);

/// Sets the functions that QuickJS resolves and loads modules with.
pub(super) fn install(ctx: &Ctx<'_>) {
    // SAFETY: the context is live, so its runtime is; the functions have the types that the bindings state.
    unsafe {
        let runtime = qjs::JS_GetRuntime(ctx.as_raw().as_ptr());
        qjs::JS_SetModuleLoaderFunc2(runtime, None, Some(load_module), None, std::ptr::null_mut());
        qjs::JS_SetModuleNormalizeFunc2(runtime, Some(normalize));
    }
}

/// The text of a C string from QuickJS, with U+FFFD for lone surrogates: no module has such a name.
///
/// # Safety
///
/// `text` is a C string that lives during the call.
unsafe fn text(text: *const c_char) -> String {
    // SAFETY: as the caller promises.
    unsafe { CStr::from_ptr(text) }
        .to_string_lossy()
        .into_owned()
}

/// Makes `error` the pending exception.
fn rethrow(ctx: &Ctx<'_>, error: rquickjs::Error) {
    if !error.is_exception() {
        let value = thrown(ctx, error);
        ctx.throw(value);
    }
}

unsafe extern "C" fn normalize(
    context: *mut qjs::JSContext,
    base: *const c_char,
    specifier: *const c_char,
    attributes: qjs::JSValue,
    _opaque: *mut c_void,
) -> *mut c_char {
    let context = NonNull::new(context).expect("QuickJS passes its context");
    // SAFETY: QuickJS passes a live context, C strings and a value that live during the call; the value is borrowed.
    let (ctx, base, specifier, attributes) = unsafe {
        let ctx = Ctx::from_raw(context);
        let attributes = qjs::JS_DupValue(context.as_ptr(), attributes);
        let attributes = Value::from_raw(ctx.clone(), attributes);
        (ctx, text(base), text(specifier), attributes)
    };
    match load::normalize(&ctx, &base, &specifier, attributes.into_object()) {
        // SAFETY: QuickJS frees the copy, which it allocates itself.
        Ok(name) => unsafe {
            qjs::js_strndup(context.as_ptr(), name.as_ptr().cast(), name.len() as _)
        },
        Err(error) => {
            rethrow(&ctx, error);
            std::ptr::null_mut()
        }
    }
}

unsafe extern "C" fn load_module(
    context: *mut qjs::JSContext,
    name: *const c_char,
    _opaque: *mut c_void,
    _attributes: qjs::JSValue,
) -> *mut qjs::JSModuleDef {
    let context = NonNull::new(context).expect("QuickJS passes its context");
    // SAFETY: QuickJS passes a live context and a C string.
    let (ctx, name) = unsafe { (Ctx::from_raw(context), text(name)) };
    match load::requested(&ctx, &name) {
        Ok(module) => module.0.as_ptr(),
        Err(error) => {
            rethrow(&ctx, error);
            std::ptr::null_mut()
        }
    }
}

/// Compiles an ES module; what it imports is loaded on the way.
pub(super) fn compile<'js>(
    ctx: &Ctx<'js>,
    name: &str,
    source: Vec<u8>,
) -> rquickjs::Result<ModulePointer> {
    let name = CString::new(name)?;
    let mut source = source;
    let length = source.len();
    source.push(0);
    let flags =
        qjs::JS_EVAL_TYPE_MODULE | qjs::JS_EVAL_FLAG_STRICT | qjs::JS_EVAL_FLAG_COMPILE_ONLY;
    // SAFETY: the context is live; the source ends in NUL, which `length` does not count; both strings live during
    // the call.
    let value = unsafe {
        let value = qjs::JS_Eval(
            ctx.as_raw().as_ptr(),
            source.as_ptr().cast(),
            length as _,
            name.as_ptr(),
            flags as c_int,
        );
        if qjs::JS_IsException(value) {
            return Err(rquickjs::Error::Exception);
        }
        value
    };
    // SAFETY: without an exception, and asked to compile only, the function returns a module. Its count stays one
    // higher than QuickJS needs, which has no effect: modules are freed with their context whatever it is.
    let pointer = unsafe { NonNull::new(qjs::JS_VALUE_GET_PTR(value).cast()) };
    pointer.map(ModulePointer).ok_or(rquickjs::Error::Unknown)
}

/// Makes a module without a source. When it is evaluated, `evaluate` returns an object that has the exports.
pub(super) fn synthesize<'js>(
    ctx: &Ctx<'js>,
    name: &str,
    exports: &[String],
    evaluate: Function<'js>,
) -> rquickjs::Result<ModulePointer> {
    let name = CString::new(name)?;
    let context = ctx.as_raw().as_ptr();
    // SAFETY: the context and the string are live; the function has the type that the bindings state.
    let module = unsafe { qjs::JS_NewCModule(context, name.as_ptr(), Some(initialize)) };
    let module = NonNull::new(module).ok_or(rquickjs::Error::Exception)?;
    for export in exports {
        // C strings cannot name an export that contains NUL.
        let Ok(export) = CString::new(export.as_str()) else {
            continue;
        };
        // SAFETY: as above; the module was just made.
        if unsafe { qjs::JS_AddModuleExport(context, module.as_ptr(), export.as_ptr()) } < 0 {
            // Exports are distinct, so there is no more memory; the module stays, unused.
            return Err(rquickjs::Error::Exception);
        }
    }
    let evaluate = evaluate.into_value();
    // SAFETY: as above; the module takes over a reference of the function.
    unsafe {
        let evaluate = qjs::JS_DupValue(context, evaluate.as_raw());
        qjs::JS_SetModulePrivateValue(context, module.as_ptr(), evaluate);
    }
    Ok(ModulePointer(module))
}

/// Evaluates a module of [`synthesize`].
unsafe extern "C" fn initialize(
    context: *mut qjs::JSContext,
    module: *mut qjs::JSModuleDef,
) -> c_int {
    let context = NonNull::new(context).expect("QuickJS passes its context");
    // SAFETY: QuickJS passes a live context and a module of it, whose private value is the function that
    // `synthesize` put there; the call returns a reference that is ours.
    let (ctx, evaluate) = unsafe {
        let ctx = Ctx::from_raw(context);
        let evaluate = qjs::JS_GetModulePrivateValue(context.as_ptr(), module);
        let evaluate = Value::from_raw(ctx.clone(), evaluate);
        (ctx, evaluate)
    };
    match set_exports(&ctx, module, &evaluate) {
        Ok(()) => 0,
        Err(error) => {
            rethrow(&ctx, error);
            -1
        }
    }
}

fn set_exports<'js>(
    ctx: &Ctx<'js>,
    module: *mut qjs::JSModuleDef,
    evaluate: &Value<'js>,
) -> rquickjs::Result<()> {
    let Some(evaluate) = evaluate.as_function() else {
        return Err(HostError::error("a module was evaluated before it was complete").throw(ctx));
    };
    let exports: Object<'js> = evaluate.call(())?;
    for entry in exports.props::<String, Value<'js>>() {
        let (name, value) = entry?;
        let Ok(name) = CString::new(name) else {
            continue;
        };
        let context = ctx.as_raw().as_ptr();
        // SAFETY: the context, the module and the string are live; the module takes over a reference of the value,
        // also when it has no such export.
        unsafe {
            let value = qjs::JS_DupValue(context, value.as_raw());
            qjs::JS_SetModuleExport(context, module, name.as_ptr(), value);
        }
    }
    Ok(())
}

impl ModulePointer {
    /// `import.meta`.
    pub(super) fn meta<'js>(self, ctx: &Ctx<'js>) -> rquickjs::Result<Object<'js>> {
        // SAFETY: modules live as long as their context; the call returns a reference that is ours.
        let meta = unsafe {
            let meta = qjs::JS_GetImportMeta(ctx.as_raw().as_ptr(), self.0.as_ptr());
            Value::from_raw(ctx.clone(), meta)
        };
        meta.into_object().ok_or(rquickjs::Error::Exception)
    }

    /// Links and evaluates the module and what it imports. The promise is rejected if that throws; an error while
    /// linking is thrown at once.
    pub(super) fn evaluate<'js>(self, ctx: &Ctx<'js>) -> rquickjs::Result<Promise<'js>> {
        let context = ctx.as_raw().as_ptr();
        // SAFETY: as in `meta`; the call consumes the reference that is made for it.
        let promise = unsafe {
            let module = qjs::JS_MKPTR(qjs::JS_TAG_MODULE, self.0.as_ptr().cast());
            let module = qjs::JS_DupValue(context, module);
            Value::from_raw(ctx.clone(), qjs::JS_EvalFunction(context, module))
        };
        promise.into_promise().ok_or(rquickjs::Error::Exception)
    }

    /// The namespace object. The module must be linked.
    pub(super) fn namespace<'js>(self, ctx: &Ctx<'js>) -> rquickjs::Result<Object<'js>> {
        // SAFETY: as in `meta`.
        let namespace = unsafe {
            let namespace = qjs::JS_GetModuleNamespace(ctx.as_raw().as_ptr(), self.0.as_ptr());
            Value::from_raw(ctx.clone(), namespace)
        };
        namespace.into_object().ok_or(rquickjs::Error::Exception)
    }
}
