//! The WebAssembly JavaScript Interface: the JavaScript API and the web embedding, over the engine of this project.
//!
//! The namespace and its classes are thin JavaScript over the natives of this area. `store` says who may use the store
//! when, `anchor` how memory is managed across the boundary, `function` and `import` are the calls in
//! both directions.

mod anchor;
mod convert;
pub(crate) mod exchange;
mod function;
mod global;
mod held;
mod import;
mod instance;
mod memory;
mod module;
mod natives;
mod object;
mod reach;
mod store;
mod strings;
mod table;
mod tag;
mod trap;

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use bolide::{
    Engine, Extern, Func, Instance, Store, StoreLimits, StoreLimitsBuilder, Trap, UpdateDeadline,
};
use bolide_wasi::WasiCtx;
use rquickjs::object::Property;
use rquickjs::{Array, Ctx, Function, IntoAtom, IntoJs, Object, Persistent, Value};

use self::anchor::{AnchorId, Anchors, DeadExterns, Owned};
use self::object::Classes;
use self::reach::ReachState;
use crate::agent::agent;
use crate::builtins::Area;
pub(crate) use function::exported_function;
pub(crate) use store::StoreCell;

pub(crate) const AREA: Area = Area {
    sources: &[
        ("wasm/errors", include_str!("errors.js")),
        ("wasm/webassembly", include_str!("webassembly.js")),
        ("wasm/compile", include_str!("compile.js")),
        ("wasm/strings", include_str!("strings.js")),
        ("wasm/memory", include_str!("memory.js")),
        ("wasm/table", include_str!("table.js")),
        ("wasm/global", include_str!("global.js")),
        ("wasm/tag", include_str!("tag.js")),
        ("wasm/convert", include_str!("convert.js")),
    ],
    globals: &[("WebAssembly", "wasm/webassembly")],
    natives: &[("wasm", natives::fill)],
    modules: &[],
};

/// Most elements that a table may have (JS API "Limits").
const MAX_TABLE_ELEMENTS: usize = 10_000_000;

/// The data of a runtime's store. It is opaque: host functions capture what they need.
///
/// ```
/// use bolide::{AsContextMut, Memory, MemoryType};
/// use bolide_js::{Runtime, StoreData};
///
/// let mut runtime = Runtime::builder().build()?;
/// let memory = runtime.with_store(|mut store: bolide::StoreContextMut<'_, StoreData>| {
///     Memory::new(&mut store, MemoryType::new(1, None))
/// })?;
/// # let _ = memory;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct StoreData {
    pub(crate) limits: StoreLimits,
    /// The contexts of `node:wasi`, by the number that their functions were made with.
    pub(crate) wasi: Vec<WasiCtx>,
}

impl StoreData {
    /// `max_memory` is the largest size of each memory in bytes.
    fn new(max_memory: Option<usize>) -> StoreData {
        // What bounds the rest is memory, of which the system and the collector take care.
        let limits = StoreLimitsBuilder::new()
            .table_elements(MAX_TABLE_ELEMENTS)
            .instances(usize::MAX)
            .tables(usize::MAX)
            .memories(usize::MAX);
        let limits = match max_memory {
            Some(bytes) => limits.memory_size(bytes),
            None => limits,
        };
        StoreData {
            limits: limits.build(),
            wasi: Vec::new(),
        }
    }
}

/// What an agent knows of WebAssembly.
pub(crate) struct WasmState {
    pub(crate) store: StoreCell,
    classes: Cell<Classes>,
    anchors: RefCell<Anchors>,
    /// The anchors of instances.
    instances: RefCell<HashMap<Instance, AnchorId>>,
    /// The anchors of host functions, and their index among the imports.
    host_funcs: RefCell<HashMap<Func, (AnchorId, u32)>>,
    dead_externs: DeadExterns,
    reach: ReachState,
    /// Whether the embedder may have handles, so that nothing may leave the store any more.
    exposed: Cell<bool>,
    /// The anchors of the embedder's instances.
    adopted: RefCell<Vec<Persistent<Value<'static>>>>,
    /// The anchor of the embedder's other entities.
    host_anchor: RefCell<Option<Persistent<Value<'static>>>>,
    /// What leaves the store as soon as no guest is active.
    retired: RefCell<Vec<Owned>>,
    /// Whether bindings of ES modules show mutable globals, and are updated at every crossing.
    pub(crate) live_bindings: Cell<bool>,
    /// Memories whose buffers are to be refreshed when they grow.
    buffers: RefCell<memory::Buffers>,
    prototypes: RefCell<HashMap<String, Persistent<Object<'static>>>>,
}

impl WasmState {
    /// Memories may have up to `max_memory` bytes each. Calls of WebAssembly trap when the epoch advances and
    /// `interrupted` is set.
    pub(crate) fn new(
        engine: &Engine,
        max_memory: Option<usize>,
        interrupted: Arc<AtomicBool>,
    ) -> WasmState {
        let mut store = Store::new(engine, StoreData::new(max_memory));
        store.limiter(|data| &mut data.limits);
        // What bounds the depth of calls between JavaScript and guests is the stack of JavaScript.
        store.extend_stack_of_nested_calls(true);
        store.set_epoch_deadline(1);
        store.epoch_deadline_callback(move |_| match interrupted.load(Ordering::SeqCst) {
            true => Err(Trap::Interrupt.into()),
            false => Ok(UpdateDeadline::Continue(1)),
        });
        WasmState {
            store: StoreCell::new(store),
            classes: Cell::default(),
            anchors: RefCell::default(),
            instances: RefCell::default(),
            host_funcs: RefCell::default(),
            dead_externs: DeadExterns::default(),
            reach: ReachState::default(),
            exposed: Cell::new(false),
            adopted: RefCell::default(),
            host_anchor: RefCell::default(),
            retired: RefCell::default(),
            live_bindings: Cell::default(),
            buffers: RefCell::default(),
            prototypes: RefCell::default(),
        }
    }

    pub(crate) fn teardown(&self) {
        self.prototypes.borrow_mut().clear();
        self.buffers.borrow_mut().teardown();
        self.adopted.borrow_mut().clear();
        self.host_anchor.borrow_mut().take();
    }

    /// Whether something is to leave the store.
    #[inline]
    fn has_retired(&self) -> bool {
        !self.retired.borrow().is_empty()
    }

    /// Takes what an anchor owned out of the tables, and out of the store when that is possible.
    fn retire(&self, owned: Vec<Owned>) {
        for item in &owned {
            match item {
                Owned::Instance(instance) => {
                    self.instances.borrow_mut().remove(instance);
                }
                Owned::Extern(Extern::Func(func)) => {
                    self.host_funcs.borrow_mut().remove(func);
                }
                Owned::Extern(_) => {}
            }
        }
        self.retired.borrow_mut().extend(owned);
    }

    /// Lets go what nothing can reach any more. To be called while no borrow of the store is in use.
    fn at_rest(&self, ctx: &Ctx<'_>) {
        self.trim_if_due(ctx);
        self.free_dead_externs(ctx);
        self.release_retired();
    }

    /// The anchor of a function, and the function's index there.
    fn owner<'js>(&self, ctx: &Ctx<'js>, func: Func) -> Option<(Value<'js>, u32)> {
        let (id, index) = match self.store.with(|store| func.owner(&store)) {
            Some((instance, index)) => (*self.instances.borrow().get(&instance)?, index),
            None => *self.host_funcs.borrow().get(&func)?,
        };
        Some((self.anchor(ctx, id)?, index))
    }
}

/// Defines what must exist before the first script runs.
pub(crate) fn install(ctx: &Ctx<'_>) -> rquickjs::Result<()> {
    let classes = object::register(ctx)?;
    agent(ctx).wasm.classes.set(classes);
    memory::guard_buffers(ctx)
}

/// The prototype of a class of the namespace.
fn prototype<'js>(ctx: &Ctx<'js>, name: &str) -> rquickjs::Result<Object<'js>> {
    let agent = agent(ctx);
    let find = || agent.wasm.prototypes.borrow().get(name).cloned();
    if find().is_none() {
        crate::builtins::load(ctx, "wasm/webassembly")?;
    }
    match find() {
        Some(prototype) => prototype.restore(ctx),
        None => Object::new(ctx.clone()),
    }
}

/// Defines a property of a new object, without a look at what its prototypes have (ECMA-262 "CreateDataProperty").
fn define<'js>(
    object: &Object<'js>,
    key: impl IntoAtom<'js>,
    value: impl IntoJs<'js>,
) -> rquickjs::Result<()> {
    let property = Property::from(value);
    object.prop(key, property.writable().enumerable().configurable())
}

/// The values that an iterable gives (Web IDL "sequence").
fn list_from_iterable<'js>(ctx: &Ctx<'js>, value: Value<'js>) -> rquickjs::Result<Array<'js>> {
    let list: Function<'js> = crate::builtins::load(ctx, "wasm/convert")?.get("list")?;
    list.call((value,))
}
