//! What is known of loaded modules: who imports whom, and which could not be loaded.
//!
//! QuickJS frees a module that it cannot load, also when other modules refer to it in a cycle. So it must never see
//! a failure inside of a graph: a module that cannot be found or compiled is replaced by an empty one, and when
//! the whole graph is there, everything that depends on it is marked as failed, and its root is refused.

use std::cell::{Cell, RefCell};
use std::collections::{HashMap, HashSet};

use rquickjs::{Ctx, Persistent, Value};

use super::hooks::ModulePointer;

type Reason = Persistent<Value<'static>>;

/// See the module.
#[derive(Default)]
pub(super) struct Graph {
    /// The imports of each module, by name.
    imports: RefCell<HashMap<String, Vec<String>>>,
    loaded: RefCell<HashMap<String, ModulePointer>>,
    failed: RefCell<HashMap<String, Reason>>,
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
        self.loaded.borrow().get(name).copied()
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
                self.loaded.borrow_mut().insert(name.to_owned(), pointer);
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

    /// A module that `root` needs and that itself needs one of `running`.
    pub(super) fn cycle(&self, root: &str, running: &[String]) -> Option<String> {
        let running: Vec<&String> = running
            .iter()
            .filter(|name| self.pointer(name).is_some())
            .collect();
        if running.is_empty() {
            return None;
        }
        let mut needed = self.needs(root).into_iter();
        needed.find(|name| {
            let needs = self.needs(name);
            running.iter().any(|running| needs.contains(*running))
        })
    }
}
