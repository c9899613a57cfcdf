//! References of embedders to JavaScript objects.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use rquickjs::{Ctx, Object, Persistent};

use crate::agent::agent;
use crate::error::HostError;

/// A reference to an object or a function of one [`Runtime`](crate::Runtime).
///
/// It keeps the object alive as long as the runtime lives; after that it refers to nothing. Handles are equal if one
/// is a clone of the other. They may be sent to and dropped on any thread.
///
/// ```
/// use bolide_js::{Runtime, Value};
///
/// let mut runtime = Runtime::builder().build()?;
/// let counter = runtime.eval_object("({ n: 1, next() { return ++this.n } })")?;
/// assert_eq!(runtime.call_method(&counter, "next", &[])?, Value::from(2));
/// runtime.set(&counter, "n", 10)?;
/// assert_eq!(runtime.get(&counter, "n")?, Value::from(10));
/// # Ok::<(), bolide_js::Error>(())
/// ```
#[derive(Clone)]
pub struct JsObject(Arc<Handle>);

struct Handle {
    id: u64,
    dropped: Arc<Dropped>,
}

/// The numbers of handles that were dropped and whose objects are to be freed. One for each runtime, which it also
/// identifies.
type Dropped = Mutex<Vec<u64>>;

impl Drop for Handle {
    fn drop(&mut self) {
        let mut dropped = self.dropped.lock().unwrap_or_else(PoisonError::into_inner);
        dropped.push(self.id);
    }
}

impl PartialEq for JsObject {
    fn eq(&self, other: &JsObject) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Eq for JsObject {}

impl fmt::Debug for JsObject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JsObject").finish_non_exhaustive()
    }
}

/// The objects that handles of one runtime refer to.
#[derive(Default)]
pub(crate) struct Handles {
    live: RefCell<HashMap<u64, Persistent<Object<'static>>>>,
    next: Cell<u64>,
    dropped: Arc<Dropped>,
}

impl Handles {
    /// A handle for an object.
    pub(crate) fn make<'js>(&self, ctx: &Ctx<'js>, object: Object<'js>) -> JsObject {
        self.sweep();
        let id = self.next.get();
        self.next.set(id + 1);
        let object = Persistent::save(ctx, object);
        self.live.borrow_mut().insert(id, object);
        JsObject(Arc::new(Handle {
            id,
            dropped: self.dropped.clone(),
        }))
    }

    /// Frees the objects whose handles were dropped.
    pub(crate) fn sweep(&self) {
        let mut dropped = self.dropped.lock().unwrap_or_else(PoisonError::into_inner);
        let ids = std::mem::take(&mut *dropped);
        drop(dropped);
        for id in ids {
            let object = self.live.borrow_mut().remove(&id);
            // Freed after the borrow has ended, for freeing can run finalizers.
            drop(object);
        }
    }

    pub(crate) fn teardown(&self) {
        let objects = std::mem::take(&mut *self.live.borrow_mut());
        drop(objects);
    }
}

impl JsObject {
    /// A handle for an object of the engine's own API, that [`Runtime::with_ctx`](crate::Runtime::with_ctx) gives
    /// access to.
    ///
    /// ```
    /// use bolide_js::{JsObject, Runtime, rquickjs};
    ///
    /// let mut runtime = Runtime::builder().build()?;
    /// let object = runtime.with_ctx(|ctx| {
    ///     let object = rquickjs::Object::new(ctx.clone())?;
    ///     object.set("n", 1)?;
    ///     Ok(JsObject::new(ctx, object))
    /// })?;
    /// let n: i32 = runtime.with_ctx(|ctx| object.restore(ctx)?.get("n"))?;
    /// assert_eq!(n, 1);
    /// # Ok::<(), bolide_js::Error>(())
    /// ```
    pub fn new<'js>(ctx: &Ctx<'js>, object: Object<'js>) -> JsObject {
        agent(ctx).handles.make(ctx, object)
    }

    /// The object, for the engine's own API.
    ///
    /// # Errors
    ///
    /// A `TypeError` is thrown if the object belongs to another runtime.
    pub fn restore<'js>(&self, ctx: &Ctx<'js>) -> rquickjs::Result<Object<'js>> {
        let agent = agent(ctx);
        let foreign = || HostError::type_error("the object belongs to another runtime").throw(ctx);
        if !Arc::ptr_eq(&self.0.dropped, &agent.handles.dropped) {
            return Err(foreign());
        }
        let object = agent.handles.live.borrow().get(&self.0.id).cloned();
        object.ok_or_else(foreign)?.restore(ctx)
    }
}
