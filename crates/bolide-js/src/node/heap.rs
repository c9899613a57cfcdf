//! How much memory the JavaScript heap takes.
#![allow(
    unsafe_code,
    reason = "the safe wrapper offers this to the runtime's owner only"
)]

use rquickjs::{Ctx, Function, Object, qjs};

/// `usage()`, in bytes.
pub(crate) fn fill<'js>(ctx: &Ctx<'js>, object: &Object<'js>) -> rquickjs::Result<()> {
    object.set("usage", Function::new(ctx.clone(), usage)?)
}

fn usage<'js>(ctx: Ctx<'js>) -> rquickjs::Result<Object<'js>> {
    let mut usage = std::mem::MaybeUninit::uninit();
    // SAFETY: the runtime is live, and the call fills the structure in.
    let usage: qjs::JSMemoryUsage = unsafe {
        let runtime = qjs::JS_GetRuntime(ctx.as_raw().as_ptr());
        qjs::JS_ComputeMemoryUsage(runtime, usage.as_mut_ptr());
        usage.assume_init()
    };
    let object = Object::new(ctx)?;
    object.set("total", usage.malloc_size as f64)?;
    object.set("used", usage.memory_used_size as f64)?;
    object.set("buffers", usage.binary_object_size as f64)?;
    Ok(object)
}
