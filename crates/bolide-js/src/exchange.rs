//! WebAssembly entities that an embedder shares with JavaScript.

use bolide::{Extern, Instance, Module, StoreContextMut};

use crate::error::Result;
use crate::handle::JsObject;
use crate::runtime::{Runtime, reference};
use crate::wasm::{StoreData, exchange};

/// For exchange of WebAssembly entities. They all live in the store of the runtime.
///
/// JavaScript frees instances and memories that it no longer reaches, which it cannot know of an embedder's handles.
/// From the first use of one of these functions on, except for modules, entities are freed with the runtime only.
impl Runtime {
    /// Gives access to the store that the WebAssembly of this runtime lives in, with bolide's own API. A call of
    /// WebAssembly may call JavaScript that the instance imports.
    ///
    /// # Errors
    ///
    /// Only after the script has exited.
    ///
    /// ```
    /// use bolide_js::Runtime;
    ///
    /// let mut runtime = Runtime::builder().build()?;
    /// let exports = runtime.eval_object(
    ///     "const bytes = new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0, 5, 3, 1, 0, 2, 7, 5, 1, 1, 109, 2, 0]);
    ///      new WebAssembly.Instance(new WebAssembly.Module(bytes)).exports",
    /// )?;
    /// let memory = runtime.get_object(&exports, "m")?;
    /// let memory = runtime.as_extern(&memory)?.and_then(bolide::Extern::into_memory).unwrap();
    /// let pages = runtime.with_store(|store| memory.size(&store))?;
    /// assert_eq!(pages, 2);
    /// # Ok::<(), bolide_js::Error>(())
    /// ```
    pub fn with_store<R>(
        &mut self,
        f: impl FnOnce(StoreContextMut<'_, StoreData>) -> R,
    ) -> Result<R> {
        self.access(|ctx| {
            exchange::expose(ctx);
            Ok(crate::agent::agent(ctx).wasm.store.with(f))
        })
    }

    /// The JavaScript object of a memory, table, global or function of the runtime's store, such as a
    /// `WebAssembly.Memory`. The same entity has the same object each time.
    ///
    /// # Errors
    ///
    /// If JavaScript's own code has been broken by scripts.
    ///
    /// # Panics
    ///
    /// If the entity belongs to another store.
    ///
    /// ```
    /// use bolide::{Memory, MemoryType};
    /// use bolide_js::{Runtime, Value};
    ///
    /// let mut runtime = Runtime::builder().build()?;
    /// let memory = runtime
    ///     .with_store(|mut store| Memory::new(&mut store, MemoryType::new(1, None)))?
    ///     .unwrap();
    /// let object = runtime.expose(memory)?;
    /// runtime.set_global("memory", object)?;
    /// runtime.eval("new Uint8Array(memory.buffer).set([1, 2, 3], 100)")?;
    /// let bytes = runtime.with_store(|store| memory.data(&store)[100..103].to_vec())?;
    /// assert_eq!(bytes, [1, 2, 3]);
    /// # Ok::<(), bolide_js::Error>(())
    /// ```
    pub fn expose(&mut self, entity: impl Into<Extern>) -> Result<JsObject> {
        let entity = entity.into();
        self.access(|ctx| {
            let value = exchange::extern_to_js(ctx, entity)?;
            reference(ctx, value)
        })
    }

    /// A `WebAssembly.Instance` of an instance in the runtime's store.
    ///
    /// # Errors
    ///
    /// As [`Runtime::expose`].
    ///
    /// # Panics
    ///
    /// If the instance belongs to another store.
    ///
    /// ```
    /// use bolide::{Instance, Module};
    /// use bolide_js::{Runtime, Value};
    ///
    /// let mut runtime = Runtime::builder().build()?;
    /// let text = r#"(module (func (export "one") (result i32) i32.const 1))"#;
    /// let module = Module::new(runtime.engine(), text).unwrap();
    /// let instance = runtime.with_store(|mut store| Instance::new(&mut store, &module, &[]))?;
    /// let object = runtime.expose_instance(instance.unwrap())?;
    /// runtime.set_global("instance", object)?;
    /// assert_eq!(runtime.eval("instance.exports.one()")?, Value::from(1));
    /// # Ok::<(), bolide_js::Error>(())
    /// ```
    pub fn expose_instance(&mut self, instance: Instance) -> Result<JsObject> {
        self.access(|ctx| {
            let value = exchange::instance_to_js(ctx, instance)?;
            reference(ctx, value)
        })
    }

    /// A `WebAssembly.Module` of a module.
    ///
    /// # Errors
    ///
    /// If the module was made with another engine than [`Runtime::engine`].
    ///
    /// ```
    /// use bolide::Module;
    /// use bolide_js::{Runtime, Value};
    ///
    /// let mut runtime = Runtime::builder().build()?;
    /// let module = Module::new(runtime.engine(), r#"(module (memory (export "m") 1))"#).unwrap();
    /// let object = runtime.expose_module(&module)?;
    /// runtime.set_global("module", object.clone())?;
    /// let name = runtime.eval("WebAssembly.Module.exports(module)[0].name")?;
    /// assert_eq!(name, Value::from("m"));
    /// assert!(Module::same(&runtime.as_module(&object)?.unwrap(), &module));
    /// # Ok::<(), bolide_js::Error>(())
    /// ```
    pub fn expose_module(&mut self, module: &Module) -> Result<JsObject> {
        self.access(|ctx| {
            let value = exchange::module_to_js(ctx, module)?;
            reference(ctx, value)
        })
    }

    /// The memory, table, global, tag or function of WebAssembly that an object is; `None` for other objects.
    ///
    /// # Errors
    ///
    /// If the object belongs to another runtime.
    pub fn as_extern(&mut self, object: &JsObject) -> Result<Option<Extern>> {
        self.access(|ctx| {
            let value = object.restore(ctx)?.into_value();
            Ok(exchange::extern_from_js(ctx, &value))
        })
    }

    /// The instance that a `WebAssembly.Instance` is of; `None` for other objects.
    ///
    /// # Errors
    ///
    /// If the object belongs to another runtime.
    pub fn as_instance(&mut self, object: &JsObject) -> Result<Option<Instance>> {
        self.access(|ctx| {
            let value = object.restore(ctx)?.into_value();
            Ok(exchange::instance_from_js(ctx, &value))
        })
    }

    /// The module that a `WebAssembly.Module` is of; `None` for other objects.
    ///
    /// # Errors
    ///
    /// If the object belongs to another runtime.
    pub fn as_module(&mut self, object: &JsObject) -> Result<Option<Module>> {
        self.access(|ctx| {
            let value = object.restore(ctx)?.into_value();
            Ok(exchange::module_from_js(&value))
        })
    }
}
