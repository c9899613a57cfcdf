//! Linkers: imports by name.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use bolide_runtime::{
    AsContext, AsContextMut, Caller, Context, Engine, Error, Extern, ExternType, Func, FuncType,
    Global, HostFunc, ImportType, Instance, IntoFunc, LinkedImport, Memory, Module, Result,
    SharedMemory, StoreContextMut, Table, Tag, Val, ValType, bail, ensure, format_err,
};

/// Names that modules import, with what they stand for. Host functions defined here belong to no store, so
/// one linker serves many.
///
/// ```
/// use bolide::*;
///
/// let engine = Engine::default();
/// let mut linker = Linker::new(&engine);
/// linker
///     .func_wrap("env", "add", |a: i32, b: i32| a + b)?
///     .func_wrap("env", "log", |caller: Caller<'_, &str>, x: i32| println!("{}: {x}", caller.data()))?;
///
/// let module = Module::new(
///     &engine,
///     r#"(module
///         (import "env" "add" (func $add (param i32 i32) (result i32)))
///         (import "env" "log" (func $log (param i32)))
///         (func (export "run") (call $log (call $add (i32.const 1) (i32.const 2)))))"#,
/// )?;
/// let mut store = Store::new(&engine, "guest");
/// let instance = linker.instantiate(&mut store, &module)?;
/// instance.get_typed_func::<(), ()>(&mut store, "run")?.call(&mut store, ())?;
///
/// // An import that does not exist is named, with what is most like it.
/// let module = Module::new(&engine, r#"(module (import "env" "Log" (func (param i32))))"#)?;
/// let error = linker.instantiate(&mut store, &module).unwrap_err();
/// assert!(error.to_string().contains("did you mean `env::log`?"));
/// # Ok::<(), Error>(())
/// ```
pub struct Linker<T: 'static> {
    engine: Engine,
    definitions: HashMap<Key, Definition<T>>,
    /// Names, interned: the same few module names come with every definition.
    names: HashMap<Arc<str>, ()>,
    allow_shadowing: bool,
}

type Key = (Arc<str>, Arc<str>);

enum Definition<T: 'static> {
    Extern(Extern),
    Host(HostFunc<T>),
}

impl<T: 'static> Clone for Definition<T> {
    fn clone(&self) -> Self {
        match self {
            Definition::Extern(item) => Definition::Extern(item.clone()),
            Definition::Host(func) => Definition::Host(func.clone()),
        }
    }
}

impl<T: 'static> Clone for Linker<T> {
    fn clone(&self) -> Self {
        Linker {
            engine: self.engine.clone(),
            definitions: self.definitions.clone(),
            names: self.names.clone(),
            allow_shadowing: self.allow_shadowing,
        }
    }
}

impl<T: 'static> Linker<T> {
    /// An empty linker.
    pub fn new(engine: &Engine) -> Linker<T> {
        Linker {
            engine: engine.clone(),
            definitions: HashMap::new(),
            names: HashMap::new(),
            allow_shadowing: false,
        }
    }

    /// The engine.
    pub fn engine(&self) -> &Engine {
        &self.engine
    }

    /// Whether a name may be defined again, replacing the earlier definition. Default: no.
    pub fn allow_shadowing(&mut self, allow: bool) -> &mut Self {
        self.allow_shadowing = allow;
        self
    }

    fn intern(&mut self, name: &str) -> Arc<str> {
        if let Some((name, ())) = self.names.get_key_value(name) {
            return name.clone();
        }
        let name: Arc<str> = name.into();
        self.names.insert(name.clone(), ());
        name
    }

    fn insert(&mut self, module: &str, name: &str, definition: Definition<T>) -> Result<&mut Self> {
        let key = (self.intern(module), self.intern(name));
        if !self.allow_shadowing && self.definitions.contains_key(&key) {
            bail!("import of `{module}::{name}` defined twice");
        }
        self.definitions.insert(key, definition);
        Ok(self)
    }

    /// Defines a name as something in a store.
    ///
    /// # Errors
    ///
    /// If the name is defined and shadowing is not allowed.
    pub fn define(
        &mut self,
        _store: impl AsContext<Data = T>,
        module: &str,
        name: &str,
        item: impl Into<Extern>,
    ) -> Result<&mut Self> {
        self.insert(module, name, Definition::Extern(item.into()))
    }

    /// Defines a host function from a closure; see [`Func::wrap`].
    ///
    /// # Errors
    ///
    /// If the name is defined and shadowing is not allowed.
    pub fn func_wrap<Params, Results>(
        &mut self,
        module: &str,
        name: &str,
        func: impl IntoFunc<T, Params, Results>,
    ) -> Result<&mut Self> {
        let func = HostFunc::wrap(&self.engine, func);
        self.insert(module, name, Definition::Host(func))
    }

    /// Defines a host function of a type that is only known at run time; see [`Func::new`].
    ///
    /// # Errors
    ///
    /// If the name is defined and shadowing is not allowed.
    pub fn func_new(
        &mut self,
        module: &str,
        name: &str,
        ty: FuncType,
        func: impl Fn(Caller<'_, T>, &[Val], &mut [Val]) -> Result<()> + Send + Sync + 'static,
    ) -> Result<&mut Self> {
        self.insert(module, name, Definition::Host(HostFunc::new(ty, func)))
    }

    /// Defines all exports of an instance under one module name.
    ///
    /// # Errors
    ///
    /// If a name is defined and shadowing is not allowed.
    pub fn instance(
        &mut self,
        mut store: impl AsContextMut<Data = T>,
        module_name: &str,
        instance: Instance,
    ) -> Result<&mut Self> {
        let mut store = store.as_context_mut();
        let exports: Vec<(String, Extern)> = instance
            .exports(&mut store)
            .map(|e| (e.name().to_owned(), e.into_extern()))
            .collect();
        for (name, item) in exports {
            self.insert(module_name, &name, Definition::Extern(item))?;
        }
        Ok(self)
    }

    /// Instantiates a module and defines its exports under `module_name`. A WASI reactor's `_initialize` is called.
    ///
    /// # Errors
    ///
    /// As [`Linker::instantiate`] and [`Linker::instance`].
    pub fn module(
        &mut self,
        mut store: impl AsContextMut<Data = T>,
        module_name: &str,
        module: &Module,
    ) -> Result<&mut Self> {
        let instance = self.instantiate(&mut store, module)?;
        if let Some(Extern::Func(initialize)) = instance.get_export(&mut store, "_initialize") {
            initialize.typed::<(), ()>(&store)?.call(&mut store, ())?;
        }
        self.instance(store, module_name, instance)
    }

    /// Makes `as_module::as_name` another name of `module::name`.
    ///
    /// # Errors
    ///
    /// If the latter is not defined, or the former is and shadowing is not allowed.
    pub fn alias(
        &mut self,
        module: &str,
        name: &str,
        as_module: &str,
        as_name: &str,
    ) -> Result<&mut Self> {
        let definition = self
            .lookup(module, name)
            .ok_or_else(|| format_err!("`{module}::{name}` is not defined"))?
            .clone();
        self.insert(as_module, as_name, definition)
    }

    /// Makes all names of `module` names of `as_module`, too.
    ///
    /// # Errors
    ///
    /// If such a name is defined and shadowing is not allowed.
    pub fn alias_module(&mut self, module: &str, as_module: &str) -> Result<()> {
        let found: Vec<(Arc<str>, Definition<T>)> = self
            .definitions
            .iter()
            .filter(|((m, _), _)| &**m == module)
            .map(|((_, name), definition)| (name.clone(), definition.clone()))
            .collect();
        for (name, definition) in found {
            self.insert(as_module, &name, definition)?;
        }
        Ok(())
    }

    /// Defines functions that trap when called, for all imports of a module that are functions and not defined. Other
    /// imports are left as they are: instantiation says which of them is missing.
    ///
    /// # Errors
    ///
    /// Those of [`Linker::func_new`].
    pub fn define_unknown_imports_as_traps(&mut self, module: &Module) -> Result<()> {
        for import in module.imports() {
            if self.lookup(import.module(), import.name()).is_some() {
                continue;
            }
            let ExternType::Func(ty) = import.ty() else {
                continue;
            };
            let what = format!("{}::{}", import.module(), import.name());
            self.func_new(import.module(), import.name(), ty, move |_, _, _| {
                bail!("unknown import: `{what}` has not been defined")
            })?;
        }
        Ok(())
    }

    /// Defines zeros, nulls, and new empty memories and tables for all imports of a module that are not defined.
    /// Functions return zeros and nulls.
    ///
    /// # Errors
    ///
    /// If an import has a type without such a value, such as a reference that cannot be null.
    pub fn define_unknown_imports_as_default_values(
        &mut self,
        mut store: impl AsContextMut<Data = T>,
        module: &Module,
    ) -> Result<()> {
        for import in module.imports() {
            let (module, name) = (import.module(), import.name());
            if self.lookup(module, name).is_some() {
                continue;
            }
            let item = default_item(&mut store, &self.engine, import.ty()).with_context(|| {
                format!(
                    "no default value exists for `{module}::{name}` ({})",
                    import.ty()
                )
            })?;
            self.insert(module, name, Definition::Extern(item))?;
        }
        Ok(())
    }

    fn lookup(&self, module: &str, name: &str) -> Option<&Definition<T>> {
        let (module, ()) = self.names.get_key_value(module)?;
        let (name, ()) = self.names.get_key_value(name)?;
        self.definitions.get(&(module.clone(), name.clone()))
    }

    /// What a name stands for.
    pub fn get(
        &self,
        mut store: impl AsContextMut<Data = T>,
        module: &str,
        name: &str,
    ) -> Option<Extern> {
        self.lookup(module, name)
            .map(|d| d.to_extern(&mut store.as_context_mut()))
    }

    /// What an import of a module stands for.
    pub fn get_by_import(
        &self,
        store: impl AsContextMut<Data = T>,
        import: &ImportType<'_>,
    ) -> Option<Extern> {
        self.get(store, import.module(), import.name())
    }

    /// All names with what they stand for, in no particular order.
    pub fn iter<'a>(
        &'a self,
        mut store: impl AsContextMut<Data = T> + 'a,
    ) -> impl Iterator<Item = (&'a str, &'a str, Extern)> + 'a {
        self.definitions.iter().map(move |((module, name), d)| {
            (&**module, &**name, d.to_extern(&mut store.as_context_mut()))
        })
    }

    /// Instantiates a module with the imports defined here.
    ///
    /// # Errors
    ///
    /// If an import is not defined, saying which and what is defined under a similar name, or as
    /// [`Instance::new`].
    pub fn instantiate(
        &self,
        store: impl AsContextMut<Data = T>,
        module: &Module,
    ) -> Result<Instance> {
        let mut imports = Vec::new();
        for import in module.imports() {
            let definition = self.lookup(import.module(), import.name());
            imports.push(definition.ok_or_else(|| self.unknown_import(&import))?);
        }
        Instance::link(
            store,
            module,
            imports.into_iter().map(Definition::for_import),
        )
    }

    /// Looks up all imports of a module now, so that instantiation is faster later.
    ///
    /// # Errors
    ///
    /// If an import is not defined.
    pub fn instantiate_pre(&self, module: &Module) -> Result<InstancePre<T>> {
        ensure!(
            Engine::same(&self.engine, module.engine()),
            "the module was made with another engine than the linker"
        );
        let mut imports = Vec::new();
        for import in module.imports() {
            let definition = self.lookup(import.module(), import.name());
            imports.push(
                definition
                    .ok_or_else(|| self.unknown_import(&import))?
                    .clone(),
            );
        }
        Ok(InstancePre {
            module: module.clone(),
            imports: imports.into(),
        })
    }

    /// The function that a command module (core spec appendix: WASI commands) is run by: the export `_start` or the one named "" of a defined module.
    ///
    /// # Errors
    ///
    /// If there is none.
    pub fn get_default(
        &self,
        mut store: impl AsContextMut<Data = T>,
        module: &str,
    ) -> Result<Func> {
        for name in ["", "_start"] {
            if let Some(item) = self.get(&mut store, module, name) {
                return item
                    .into_func()
                    .ok_or_else(|| format_err!("default export in `{module}` is not a function"));
            }
        }
        bail!("`{module}` has no default function: no export is named `` or `_start`")
    }

    #[cold]
    fn unknown_import(&self, import: &ImportType<'_>) -> Error {
        let (module, name) = (import.module(), import.name());
        let mut message = format!(
            "unknown import: `{module}::{name}` has not been defined ({})",
            import.ty()
        );
        let nearest = self
            .definitions
            .keys()
            .map(|(m, n)| {
                let distance =
                    strsim::damerau_levenshtein(m, module) + strsim::damerau_levenshtein(n, name);
                (distance, m, n)
            })
            .min();
        if let Some((distance, m, n)) = nearest
            && distance <= 3.max((module.len() + name.len()) / 3)
        {
            message += &format!("; did you mean `{m}::{n}`?");
        }
        Error::msg(message)
    }
}

/// What [`Linker::define_unknown_imports_as_default_values`] defines for an import of a type.
fn default_item(mut store: impl AsContextMut, engine: &Engine, ty: ExternType) -> Result<Extern> {
    let zero = |ty: &ValType| {
        let value = Val::default_for_ty(ty);
        value.ok_or_else(|| format_err!("`{ty}` has no default value"))
    };
    Ok(match ty {
        ExternType::Func(ty) => {
            let results = ty.results().map(|ty| zero(&ty));
            let values = results.collect::<Result<Vec<Val>>>()?;
            let func = Func::new(store, ty, move |_, _, results| {
                results.copy_from_slice(&values);
                Ok(())
            });
            func.into()
        }
        ExternType::Global(ty) => {
            let value = zero(ty.content())?;
            Global::new(store, ty, value)?.into()
        }
        ExternType::Table(ty) => {
            let element = zero(&ValType::Ref(ty.element().clone()))?;
            let element = element.ref_().context("elements are references")?;
            Table::new(store, ty, element)?.into()
        }
        ExternType::Memory(ty) if ty.is_shared() => SharedMemory::new(engine, ty)?.into(),
        ExternType::Memory(ty) => Memory::new(store.as_context_mut(), ty)?.into(),
        ExternType::Tag(ty) => Tag::new(store, &ty)?.into(),
    })
}

impl<T: 'static> Definition<T> {
    fn for_import(&self) -> LinkedImport<'_, T> {
        match self {
            Definition::Extern(item) => LinkedImport::Item(item),
            Definition::Host(func) => LinkedImport::Host(func),
        }
    }

    fn to_extern(&self, store: &mut StoreContextMut<'_, T>) -> Extern {
        match self {
            Definition::Extern(item) => item.clone(),
            Definition::Host(func) => Extern::Func(func.instantiate(store)),
        }
    }
}

impl<T: 'static> fmt::Debug for Linker<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Linker")
            .field("definitions", &self.definitions.len())
            .finish_non_exhaustive()
    }
}

/// A module whose imports have been looked up.
///
/// ```
/// use bolide::*;
///
/// let engine = Engine::default();
/// let mut linker = Linker::new(&engine);
/// linker.func_wrap("env", "request", |caller: Caller<'_, u32>| *caller.data())?;
/// let module = Module::new(
///     &engine,
///     r#"(module (import "env" "request" (func $request (result i32)))
///         (func (export "handle") (result i32) (i32.mul (call $request) (i32.const 10))))"#,
/// )?;
/// // Once …
/// let pre = linker.instantiate_pre(&module)?;
/// // … and then for each request, on any thread.
/// for request in 0..3 {
///     let mut store = Store::new(&engine, request);
///     let instance = pre.instantiate(&mut store)?;
///     let handle = instance.get_typed_func::<(), u32>(&mut store, "handle")?;
///     assert_eq!(handle.call(&mut store, ())?, request * 10);
/// }
/// # Ok::<(), Error>(())
/// ```
pub struct InstancePre<T: 'static> {
    module: Module,
    imports: Arc<[Definition<T>]>,
}

impl<T: 'static> Clone for InstancePre<T> {
    fn clone(&self) -> Self {
        InstancePre {
            module: self.module.clone(),
            imports: self.imports.clone(),
        }
    }
}

impl<T: 'static> InstancePre<T> {
    /// The module.
    pub fn module(&self) -> &Module {
        &self.module
    }

    /// Instantiates the module.
    ///
    /// # Errors
    ///
    /// As [`Instance::new`].
    ///
    /// # Panics
    ///
    /// If an import belongs to another store.
    pub fn instantiate(&self, store: impl AsContextMut<Data = T>) -> Result<Instance> {
        let imports = self.imports.iter().map(Definition::for_import);
        Instance::link(store, &self.module, imports)
    }
}

impl<T: 'static> fmt::Debug for InstancePre<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InstancePre")
            .field("module", &self.module)
            .finish_non_exhaustive()
    }
}
