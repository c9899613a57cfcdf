//! What is known of loaded modules: who imports whom, and which could not be loaded.
//!
//! QuickJS frees a module that it cannot load, also when other modules refer to it in a cycle. So it must never see
//! a failure inside of a graph: a module that cannot be found or compiled is replaced by an empty one, and when
//! the whole graph is there, everything that depends on it is marked as failed, and its root is refused.
//!
//! QuickJS also leaks if it links a module again after that has failed, and a leak ends in an abort. So after a
//! failure, what may have been linked in part is forgotten: who imports it later gets a new copy.

use std::cell::{Cell, RefCell};
use std::collections::{HashMap, HashSet};

use rquickjs::{Ctx, Persistent, Promise, Value};

use super::hooks::ModulePointer;

type Reason = Persistent<Value<'static>>;

#[derive(Copy, Clone)]
struct Loaded {
    pointer: ModulePointer,
    /// Linked, and its evaluation has begun and returned.
    evaluated: bool,
}

/// Before the number of a copy in the name of a module. The name stays a URL with the same path.
const COPY: &str = "#bolide-copy=";

/// The name without the number of a copy.
pub(super) fn original_name(name: &str) -> &str {
    name.split_once(COPY).map_or(name, |(name, _)| name)
}

/// See the module.
#[derive(Default)]
pub(super) struct Graph {
    /// The imports of each module, by name.
    imports: RefCell<HashMap<String, Vec<String>>>,
    loaded: RefCell<HashMap<String, Loaded>>,
    failed: RefCell<HashMap<String, Reason>>,
    /// How often a module was forgotten.
    copies: RefCell<HashMap<String, u32>>,
    /// The modules whose evaluation was asked for and has not returned.
    roots: RefCell<Vec<String>>,
    /// CommonJS modules that run because ES modules import them.
    running: RefCell<Vec<String>>,
    /// How many loads are going on inside of each other.
    depth: Cell<usize>,
    /// The modules of the outermost load, in the order in which they were first seen.
    fresh: RefCell<Vec<String>>,
}

impl Graph {
    pub(super) fn teardown(&self) {
        self.failed.borrow_mut().clear();
        self.loaded.borrow_mut().clear();
    }

    /// Whether a graph is being loaded, so that failures must be kept from QuickJS.
    pub(super) fn is_loading(&self) -> bool {
        self.depth.get() > 0
    }

    pub(super) fn add_import(&self, importer: &str, module: &str) {
        let mut imports = self.imports.borrow_mut();
        match imports.get_mut(importer) {
            Some(list) => list.push(module.to_owned()),
            None => {
                imports.insert(importer.to_owned(), vec![module.to_owned()]);
            }
        }
    }

    pub(super) fn pointer(&self, name: &str) -> Option<ModulePointer> {
        Some(self.loaded.borrow().get(name)?.pointer)
    }

    /// The name under which QuickJS knows the module at present.
    pub(super) fn current_name(&self, name: String) -> String {
        match self.copies.borrow().get(&name) {
            None => name,
            Some(copy) => format!("{name}{COPY}{copy}"),
        }
    }

    /// Links and evaluates a module, which is loaded. Errors while linking are thrown, later ones reject the promise.
    pub(super) fn evaluate<'js>(
        &self,
        ctx: &Ctx<'js>,
        name: &str,
    ) -> rquickjs::Result<Promise<'js>> {
        if let Some(reason) = self.failure(ctx, name) {
            return Err(ctx.throw(reason));
        }
        let Some(Loaded { pointer, evaluated }) = self.loaded.borrow().get(name).copied() else {
            return Err(rquickjs::Error::Unknown);
        };
        self.roots.borrow_mut().push(name.to_owned());
        let result = pointer.evaluate(ctx);
        self.roots.borrow_mut().pop();
        if evaluated {
            return result;
        }
        match result {
            Ok(promise) => {
                let mut loaded = self.loaded.borrow_mut();
                for name in self.needs(name) {
                    if let Some(module) = loaded.get_mut(&name) {
                        module.evaluated = true;
                    }
                }
                Ok(promise)
            }
            Err(error) => {
                let reason = crate::error::thrown(ctx, error);
                self.fail(ctx, name, reason.clone());
                self.forget_unlinked(name);
                Err(ctx.throw(reason))
            }
        }
    }

    /// Links and evaluates a module unless that was done. For `import()`, where QuickJS would do it next.
    pub(super) fn ensure_linked<'js>(&self, ctx: &Ctx<'js>, name: &str) -> rquickjs::Result<()> {
        let module = self.loaded.borrow().get(name).copied();
        match module {
            Some(module) if !module.evaluated => self.evaluate(ctx, name).map(|_| ()),
            _ => Ok(()),
        }
    }

    fn forget_unlinked(&self, root: &str) {
        let mut loaded = self.loaded.borrow_mut();
        let mut copies = self.copies.borrow_mut();
        // What is being evaluated has been linked.
        let linked: HashSet<String> = self
            .roots
            .borrow()
            .iter()
            .flat_map(|root| self.needs(root))
            .collect();
        for name in self.needs(root) {
            let unlinked = !linked.contains(&name)
                && loaded.get(&name).is_some_and(|module| !module.evaluated);
            if unlinked && name != root {
                loaded.remove(&name);
                *copies.entry(original_name(&name).to_owned()).or_default() += 1;
            }
        }
    }

    /// Why a module of this name cannot be had.
    pub(super) fn failure<'js>(&self, ctx: &Ctx<'js>, name: &str) -> Option<Value<'js>> {
        let reason = self.failed.borrow().get(name).cloned()?;
        reason.restore(ctx).ok()
    }

    /// Marks a module as failed. The first reason counts.
    pub(super) fn fail<'js>(&self, ctx: &Ctx<'js>, name: &str, reason: Value<'js>) {
        let mut failed = self.failed.borrow_mut();
        failed
            .entry(name.to_owned())
            .or_insert_with(|| Persistent::save(ctx, reason));
    }

    /// Loads the module `name` with `load`, which may load others in turn. The outermost call fails if anything
    /// that it needs has failed; inner calls return `placeholder` instead.
    pub(super) fn load<'js>(
        &self,
        ctx: &Ctx<'js>,
        name: &str,
        load: impl FnOnce() -> rquickjs::Result<ModulePointer>,
        placeholder: impl FnOnce() -> rquickjs::Result<ModulePointer>,
    ) -> rquickjs::Result<ModulePointer> {
        let depth = self.depth.get();
        if depth == 0 {
            self.fresh.borrow_mut().clear();
        }
        self.fresh.borrow_mut().push(name.to_owned());
        self.depth.set(depth + 1);
        let result = load();
        self.depth.set(depth);
        match result {
            Ok(pointer) => {
                let evaluated = false;
                let module = Loaded { pointer, evaluated };
                self.loaded.borrow_mut().insert(name.to_owned(), module);
                if depth == 0 {
                    self.spread_failures();
                    if let Some(reason) = self.failure(ctx, name) {
                        return Err(ctx.throw(reason));
                    }
                }
                Ok(pointer)
            }
            Err(error) if depth == 0 => Err(error),
            Err(error) => {
                let reason = crate::error::thrown(ctx, error);
                self.fail(ctx, name, reason);
                placeholder()
            }
        }
    }

    /// Marks what depends on failed modules.
    fn spread_failures(&self) {
        let fresh = std::mem::take(&mut *self.fresh.borrow_mut());
        let imports = self.imports.borrow();
        let mut failed = self.failed.borrow_mut();
        if failed.is_empty() {
            return;
        }
        let mut changed = true;
        while changed {
            changed = false;
            for name in fresh.iter().rev() {
                if failed.contains_key(name) {
                    continue;
                }
                let needs = imports.get(name).into_iter().flatten();
                let reason = needs
                    .filter_map(|module| failed.get(module))
                    .next()
                    .cloned();
                if let Some(reason) = reason {
                    failed.insert(name.clone(), reason);
                    changed = true;
                }
            }
        }
    }

    /// Runs a CommonJS module that ES modules import.
    pub(super) fn run<R>(&self, name: &str, run: impl FnOnce() -> R) -> R {
        self.running.borrow_mut().push(name.to_owned());
        let result = run();
        self.running.borrow_mut().pop();
        result
    }

    /// Everything that `root` needs, itself included.
    fn needs(&self, root: &str) -> HashSet<String> {
        let imports = self.imports.borrow();
        let mut seen = HashSet::from([root.to_owned()]);
        let mut queue = vec![root];
        while let Some(name) = queue.pop() {
            for module in imports.get(name).into_iter().flatten() {
                if seen.insert(module.clone()) {
                    queue.push(module);
                }
            }
        }
        seen
    }

    /// A module that `root` needs and that itself needs a module that is running: one of `bodies`, or a CommonJS
    /// module that was imported.
    pub(super) fn cycle(&self, root: &str, bodies: &[String]) -> Option<String> {
        let imported = self.running.borrow();
        let loaded = self.loaded.borrow();
        let unfinished = |name: &String| loaded.get(name).is_some_and(|module| !module.evaluated);
        let running = bodies.iter().chain(&*imported);
        let running: Vec<&String> = running.filter(|name| unfinished(name)).collect();
        if running.is_empty() {
            return None;
        }
        let mut needed = self.needs(root).into_iter();
        needed.find(|name| {
            let needs = self.needs(name);
            unfinished(name) && running.iter().any(|running| needs.contains(*running))
        })
    }
}
