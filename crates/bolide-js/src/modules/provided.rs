//! Modules that the embedder provides as objects.

use std::cell::RefCell;
use std::collections::HashMap;

use rquickjs::{Ctx, Object, Persistent};

/// The objects, by specifier.
#[derive(Default)]
pub(super) struct Provided(RefCell<HashMap<String, Persistent<Object<'static>>>>);

impl Provided {
    pub(super) fn set<'js>(&self, ctx: &Ctx<'js>, specifier: &str, exports: Object<'js>) {
        let exports = Persistent::save(ctx, exports);
        let before = self.0.borrow_mut().insert(specifier.to_owned(), exports);
        // Freed after the borrow has ended, for freeing can run finalizers.
        drop(before);
    }

    pub(super) fn has(&self, specifier: &str) -> bool {
        self.0.borrow().contains_key(specifier)
    }

    pub(super) fn get<'js>(
        &self,
        ctx: &Ctx<'js>,
        specifier: &str,
    ) -> rquickjs::Result<Option<Object<'js>>> {
        let exports = self.0.borrow().get(specifier).cloned();
        exports.map(|exports| exports.restore(ctx)).transpose()
    }

    pub(super) fn teardown(&self) {
        let exports = std::mem::take(&mut *self.0.borrow_mut());
        drop(exports);
    }
}
