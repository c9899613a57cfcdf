//! Configuring packages, and what they import.

use std::fmt;
use std::path::Path;

use bolide_js::rquickjs::{Ctx, Object as RawObject, Value as JsValue};
use bolide_js::{JsObject, Runtime, RuntimeBuilder, Value};

use crate::closure::{BackgroundFn, Closure, HostFn};
use crate::convert::IntoJs;
use crate::error::{Error, Failure, Result};
use crate::host::{Wait, run_in};
use crate::package::Package;

/// Configures and loads a [`Package`].
///
/// ```
/// # let _folder = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/docs/pkg.rs"));
/// use std::time::Duration;
///
/// use bolide_bindgen::{Imports, Package, Runtime};
///
/// let limits = Runtime::builder().max_heap(64 << 20).timeout(Duration::from_secs(5));
/// let mut package = Package::builder()
///     .runtime(limits)
///     // #[wasm_bindgen] extern "C" { fn hello_from_js(name: &str) -> String; }
///     .global("hello_from_js", |name: String| format!("Hello, {name}"))
///     // #[wasm_bindgen(module = "env")] extern "C" { fn now() -> f64; }
///     .module("env", Imports::new().function("now", || 0.0))
///     .load("pkg")?;
/// # Ok::<(), bolide_bindgen::Error>(())
/// ```
pub struct PackageBuilder {
    runtime: RuntimeBuilder,
    globals: Imports,
    modules: Vec<(String, Imports)>,
}

impl PackageBuilder {
    pub(crate) fn new() -> PackageBuilder {
        PackageBuilder {
            runtime: Runtime::builder(),
            globals: Imports::new(),
            modules: Vec::new(),
        }
    }

    /// The engine, permissions, limits and output of the runtime that the package gets: what [`RuntimeBuilder`] has.
    /// Its [`own_folder`](RuntimeBuilder::own_folder) is that of the package. A package that imports others from a
    /// `node_modules` around it needs [`dir`](RuntimeBuilder::dir), one that fetches
    /// [`allow_net`](RuntimeBuilder::allow_net).
    pub fn runtime(mut self, runtime: RuntimeBuilder) -> Self {
        self.runtime = runtime;
        self
    }

    /// A global function that the package imports. With a dot, as in `console.log`, it is a method of a global
    /// object, which is made if there is none: what `js_namespace` names.
    pub fn global<M>(mut self, name: &str, closure: impl HostFn<M> + 'static) -> Self {
        self.globals = self.globals.function(name, closure);
        self
    }

    /// Several globals, such as values or functions that return promises.
    pub fn globals(mut self, imports: Imports) -> Self {
        self.globals.0.extend(imports.0);
        self
    }

    /// A module that the package imports, by its specifier as in `#[wasm_bindgen(module = "env")]`. It goes before any
    /// file or package of that name. Files that a crate names with a slash, as in `module = "/src/env.js"`, are part of
    /// the package and need nothing here.
    pub fn module(mut self, specifier: &str, exports: Imports) -> Self {
        self.modules.push((specifier.to_owned(), exports));
        self
    }

    /// Loads the package: see [`Package::load`].
    ///
    /// # Errors
    ///
    /// As [`Package::load`], and if the runtime cannot be made or an import not be defined.
    pub fn load(self, path: impl AsRef<Path>) -> Result<Package> {
        let path = path.as_ref();
        crate::load::load(self, path).map_err(|error| error.while_loading(path))
    }

    /// The runtime, in which the files below `folder` can be read, and what the package imports is defined.
    pub(crate) fn into_runtime(self, folder: &Path) -> Result<Runtime> {
        let built = self.runtime.own_folder(folder).build();
        let mut runtime = built.map_err(|error| Error::from_runtime("", error))?;
        let globals = self.globals;
        run_in(
            &mut runtime,
            "the globals",
            Wait::No,
            |ctx| {
                globals.define(ctx, ctx.globals())?;
                Ok(JsValue::new_undefined(ctx.clone()))
            },
            |_, _| Ok(()),
        )?;
        for (specifier, exports) in self.modules {
            let module = run_in(
                &mut runtime,
                &specifier,
                Wait::No,
                |ctx| {
                    let module = RawObject::new(ctx.clone())?;
                    exports.define(ctx, module.clone())?;
                    Ok(module.into_value())
                },
                |ctx, value| Ok(JsObject::new(ctx, value.get()?)),
            )?;
            let defined = runtime.define_module(&specifier, &module);
            defined.map_err(|error| Error::from_runtime(&specifier, error))?;
        }
        Ok(runtime)
    }
}

impl fmt::Debug for PackageBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PackageBuilder")
            .field("globals", &self.globals)
            .field("modules", &self.modules)
            .finish_non_exhaustive()
    }
}

/// What a package imports from its host: globals, or the exports of a module. Names may have dots, as
/// [`PackageBuilder::global`] says.
///
/// ```
/// use bolide_bindgen::Imports;
///
/// let imports = Imports::new()
///     .function("host.note", |text: String| println!("{text}"))
///     .background("host.sleep", |milliseconds: u64| {
///         std::thread::sleep(std::time::Duration::from_millis(milliseconds));
///     })
///     .value("LEVEL", 3);
/// ```
#[derive(Default)]
pub struct Imports(Vec<(String, Import)>);

enum Import {
    Closure(Closure),
    Value(Value),
}

impl Imports {
    /// None yet.
    pub fn new() -> Imports {
        Imports::default()
    }

    /// Adds a function: see [`Closure`].
    pub fn function<M>(self, name: &str, closure: impl HostFn<M> + 'static) -> Self {
        self.closure(name, Closure::new(closure))
    }

    /// Adds a function whose calls run on other threads and return promises: see [`Closure::background`].
    pub fn background<M>(self, name: &str, closure: impl BackgroundFn<M>) -> Self {
        self.closure(name, Closure::background(closure))
    }

    /// Adds a closure.
    pub fn closure(mut self, name: &str, closure: Closure) -> Self {
        let closure = closure.named(name);
        self.0.push((name.to_owned(), Import::Closure(closure)));
        self
    }

    /// Adds a value.
    pub fn value(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.0.push((name.to_owned(), Import::Value(value.into())));
        self
    }

    fn define<'js>(self, ctx: &Ctx<'js>, target: RawObject<'js>) -> Result<(), Failure> {
        for (path, import) in self.0 {
            let value = match import {
                Import::Closure(closure) => closure.into_js(ctx),
                Import::Value(value) => value.into_js(ctx),
            };
            let value = value
                .map_err(|error| Failure::converting(&format!("the import `{path}`"), error))?;
            define(ctx, target.clone(), &path, value)?;
        }
        Ok(())
    }
}

/// Defines a property at a path of names separated by dots.
fn define<'js>(
    ctx: &Ctx<'js>,
    mut object: RawObject<'js>,
    path: &str,
    value: JsValue<'js>,
) -> Result<(), Failure> {
    let mut names = path.split('.').peekable();
    while let Some(name) = names.next() {
        if names.peek().is_none() {
            object.set(name, value)?;
            break;
        }
        let inner: JsValue<'js> = object.get(name)?;
        object = match inner.into_object() {
            Some(inner) => inner,
            None => {
                let inner = RawObject::new(ctx.clone())?;
                object.set(name, inner.clone())?;
                inner
            }
        };
    }
    Ok(())
}

impl fmt::Debug for Imports {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = self.0.iter().map(|(name, _)| name);
        f.debug_set().entries(names).finish()
    }
}
