//! Stores: the owners of instances, memories, tables, globals and host references.

mod context;
mod items;
mod release;

use std::any::Any;
use std::cell::Cell;
use std::fmt;
use std::marker::PhantomData;
use std::ptr::NonNull;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use bolide_abi::{TrapCode, buffer_slots};
use bolide_module::{HeapType, TypeGuard, TypeId, ValType};

pub use context::{AsContext, AsContextMut, Caller, StoreContext, StoreContextMut};
pub(crate) use items::Items;
use release::Released;
pub use release::StoreItem;

use crate::engine::{Engine, StoreInterrupt};
use crate::error::{Error, Result, bail};
use crate::func::{CallPlan, HOST_INDEX, HostFuncInner};
use crate::gc::ExternHeap;
use crate::global::GlobalCell;
use crate::instance::InstanceInner;
use crate::limits::ResourceLimiter;
use crate::memory::{Expected, Interrupt, WaitError, WaitResult, deadline};
use crate::memory_handle::MemoryCell;
use crate::table::TableCell;
use crate::tag::TagCell;
use crate::val::Extern;
use crate::vm::{VMContext, VMFuncRef, VMHostContext, VMStoreContext};

/// What identifies a store in the handles that belong to it.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct StoreId(u64);

impl StoreId {
    fn fresh() -> StoreId {
        /// Ids that a thread takes at once, so that threads which make many stores do not take turns.
        const BLOCK: u64 = 1 << 10;
        static NEXT: AtomicU64 = AtomicU64::new(1);
        thread_local! {
            /// The next id of this thread, and where its block ends.
            static OWN: Cell<(u64, u64)> = const { Cell::new((0, 0)) };
        }
        let (mut id, mut end) = OWN.get();
        if id == end {
            id = NEXT.fetch_add(BLOCK, Ordering::Relaxed);
            end = id + BLOCK;
        }
        OWN.set((id + 1, end));
        StoreId(id)
    }

    /// # Panics
    ///
    /// If `self` is not `store`'s id.
    #[inline]
    pub(crate) fn assert_is(self, store: &StoreInner) {
        if self != store.id {
            wrong_store();
        }
    }
}

#[cold]
fn wrong_store() -> ! {
    panic!("a handle was used with a store that it does not belong to")
}

/// The part of a store that does not depend on its data's type. Starts with the context that
/// compiled code accesses, so pointers to the two are the same.
#[repr(C)]
pub(crate) struct StoreInner {
    pub(crate) vm: VMStoreContext,
    /// The pointer that this store was allocated with. What outlives a borrow of the store (contexts,
    /// frames) or reaches its data gets this one, which is valid for the whole allocation.
    pub(crate) this: *mut StoreInner,
    pub(crate) id: StoreId,
    pub(crate) engine: Engine,
    /// Before the instances, so that memories are back in the pool when the last instance drops the
    /// module whose image they were mapped with.
    pub(crate) memories: Items<MemoryCell>,
    /// In boxes, because compiled code holds their addresses.
    pub(crate) instances: Items<Box<InstanceInner>>,
    pub(crate) tables: Items<TableCell>,
    pub(crate) globals: Items<GlobalCell>,
    pub(crate) tags: Items<TagCell>,
    pub(crate) externs: ExternHeap,
    /// In boxes, because function references are their addresses.
    host_funcs: Items<Box<HostFuncCell>>,
    released: Released,
    /// How many of `memories` are imports of shared ones, which the limiter does not count.
    pub(crate) shared_imports: usize,
    /// How often memories of this store have grown, shared ones excepted.
    pub(crate) memory_growths: u64,
    /// Copied from the configuration, for every call needs it.
    max_wasm_stack: usize,
    /// Whether calls below host functions have that much stack again.
    pub(crate) extends_nested_stack: bool,
    results: Vec<u128>,
    osr_buffer: Vec<u128>,
    /// How to call functions of each type, by id, as far as that was needed.
    call_plans: Vec<Option<Arc<CallPlan>>>,
    /// Keeps the types of `call_plans` registered, so that their ids are not given to others.
    /// `None`: there are none.
    call_types: Option<TypeGuard>,
    /// Fuel beyond what the counter in `vm` can hold.
    fuel_reserve: u64,
    interrupt: Arc<StoreInterrupt>,
    epoch_behavior: EpochBehavior,
    limiter: Option<LimiterAccess>,
}

/// Finds the limiter in the store's data. The argument points to the store's data.
type LimiterAccess = Box<dyn FnMut(*mut StoreInner) -> NonNull<dyn ResourceLimiter> + Send + Sync>;

/// What happens when the epoch deadline is reached.
enum EpochBehavior {
    Trap,
    Callback(EpochCallback),
}

type EpochCallback = Box<dyn FnMut(*mut StoreInner) -> Result<UpdateDeadline> + Send + Sync>;

/// What an epoch callback asks for.
///
/// ```
/// use bolide::*;
///
/// let mut config = Config::new();
/// config.epoch_interruption(true);
/// let engine = Engine::new(&config)?;
/// let mut store = Store::new(&engine, 0);
/// store.set_epoch_deadline(1);
/// store.epoch_deadline_callback(|mut context| {
///     *context.data_mut() += 1;
///     match context.data() {
///         1..=3 => Ok(UpdateDeadline::Continue(1)),
///         _ => Ok(UpdateDeadline::Interrupt),
///     }
/// });
///
/// let module = Module::new(
///     &engine,
///     r#"(module (import "" "tick" (func $tick))
///         (func (export "spin") (loop (call $tick) (br 0))))"#,
/// )?;
/// let tick = Func::wrap(&mut store, |caller: Caller<'_, i32>| caller.engine().increment_epoch());
/// let instance = Instance::new(&mut store, &module, &[tick.into()])?;
/// let spin = instance.get_typed_func::<(), ()>(&mut store, "spin")?;
/// let error = spin.call(&mut store, ()).unwrap_err();
/// assert_eq!(error.downcast_ref::<Trap>(), Some(&Trap::Interrupt));
/// assert_eq!(*store.data(), 4);
/// # Ok::<(), Error>(())
/// ```
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum UpdateDeadline {
    /// Interrupt the guest with [`Trap::Interrupt`](crate::Trap::Interrupt).
    Interrupt,
    /// Go on, and set the deadline this many ticks beyond the current epoch.
    Continue(u64),
}

/// A host function in a store: its context, which is what calls get as their vmctx, and the reference to it.
#[repr(C)]
pub(crate) struct HostFuncCell {
    context: VMHostContext,
    funcref: VMFuncRef,
    /// In the store's `host_funcs`.
    position: u32,
    _owner: Arc<HostFuncInner>,
}

/// The allocation behind a `Store<T>`. `StoreInner` is first, so that a pointer to it can be cast
/// back by whoever knows `T`.
#[repr(C)]
struct StoreData<T> {
    inner: StoreInner,
    data: T,
}

impl StoreInner {
    fn new(engine: &Engine) -> StoreInner {
        StoreInner {
            vm: VMStoreContext {
                stack_limit: usize::MAX.into(),
                fuel: 0.into(),
                interrupt: 0.into(),
                reserved: 0,
                caller_vmctx: std::ptr::null_mut::<VMContext>().into(),
                results: std::ptr::null_mut::<u128>().into(),
                exit_fp: 0.into(),
                exit_pc: 0.into(),
                entry_sp: 0.into(),
                osr_buffer: std::ptr::null_mut::<u128>().into(),
            },
            this: std::ptr::null_mut(),
            id: StoreId::fresh(),
            engine: engine.clone(),
            instances: Items::default(),
            memories: Items::default(),
            tables: Items::default(),
            globals: Items::default(),
            tags: Items::default(),
            externs: ExternHeap::default(),
            host_funcs: Items::default(),
            released: Released::default(),
            shared_imports: 0,
            memory_growths: 0,
            max_wasm_stack: engine.config().semantics.max_wasm_stack,
            extends_nested_stack: false,
            results: Vec::new(),
            osr_buffer: Vec::new(),
            call_plans: Vec::new(),
            call_types: None,
            fuel_reserve: 0,
            interrupt: Arc::new(StoreInterrupt {
                deadline: AtomicU64::new(0),
                flag: std::ptr::null(),
                waiting_at: AtomicUsize::new(0),
            }),
            epoch_behavior: EpochBehavior::Trap,
            limiter: None,
        }
    }

    #[inline]
    pub(crate) fn max_wasm_stack(&self) -> usize {
        self.max_wasm_stack
    }

    /// Whether an address belongs to a memory of this store, its guard included.
    pub(crate) fn owns_address(&self, address: usize) -> bool {
        self.memories
            .iter()
            .any(|m| m.reservation().contains(&address))
    }

    /// Makes room for functions with `slots` results that do not fit in registers.
    pub(crate) fn reserve_results(&mut self, slots: usize) {
        if slots > self.results.len() {
            self.results.resize(slots, 0);
            *self.vm.results.get_mut() = self.results.as_mut_ptr();
        }
    }

    /// Room for the values of a frame that is left for optimized code.
    pub(crate) fn osr_buffer(&mut self, slots: usize) -> &mut [u128] {
        if slots > self.osr_buffer.len() {
            self.osr_buffer.resize(slots, 0);
            *self.vm.osr_buffer.get_mut() = self.osr_buffer.as_mut_ptr();
        }
        &mut self.osr_buffer[..slots]
    }

    /// How to call functions of a type.
    #[inline]
    pub(crate) fn call_plan(&mut self, ty: TypeId) -> *const CallPlan {
        match self.call_plans.get(ty.index()) {
            Some(Some(plan)) => Arc::as_ptr(plan),
            _ => self.add_call_plan(ty),
        }
    }

    #[cold]
    fn add_call_plan(&mut self, ty: TypeId) -> *const CallPlan {
        let func = self.engine.type_registry().func_type(ty);
        let registry = self.engine.type_registry();
        self.call_types
            .get_or_insert_with(|| TypeGuard::new(registry.clone()))
            .retain(ty);
        self.reserve_results(buffer_slots(&func.results));
        if self.call_plans.len() <= ty.index() {
            self.call_plans.resize(ty.index() + 1, None);
        }
        let plan = self.call_plans[ty.index()].insert(Arc::new(CallPlan::new(&func)));
        Arc::as_ptr(plan)
    }

    /// Forgets how to call functions. No call may be going on.
    fn forget_call_plans(&mut self) {
        self.call_plans.clear();
        self.call_types = None;
    }

    /// Puts a host function into this store.
    ///
    /// # Panics
    ///
    /// If the store holds 2³² of them.
    pub(crate) fn add_host_func(&mut self, func: &Arc<HostFuncInner>) -> NonNull<VMFuncRef> {
        self.reserve_results(func.result_slots());
        let vm: *mut VMStoreContext = self.this.cast();
        let mut cell = Box::new(HostFuncCell {
            context: func.context(vm),
            funcref: VMFuncRef::new(
                crate::func::host_slot(),
                std::ptr::null_mut(),
                func.ty().id().0,
                HOST_INDEX,
            ),
            position: self.host_funcs.next().expect("memory for all of them"),
            _owner: func.clone(),
        });
        cell.funcref.vmctx = (&raw mut *cell).cast();
        let funcref = NonNull::from(&mut cell.funcref);
        let inserted = self.host_funcs.insert(cell, None);
        inserted.expect("the position was found above");
        funcref
    }

    /// Keeps the type that `ty` may name registered, for an item that no module does so for.
    pub(crate) fn type_guard(&self, ty: ValType) -> Option<TypeGuard> {
        let ValType::Ref(ty) = ty else { return None };
        match ty.heap {
            HeapType::ConcreteFunc(id)
            | HeapType::ConcreteStruct(id)
            | HeapType::ConcreteArray(id) => {
                let mut guard = TypeGuard::new(self.engine.type_registry().clone());
                guard.retain(id);
                Some(guard)
            }
            _ => None,
        }
    }

    /// Asks the limiter whether a memory may grow.
    pub(crate) fn memory_growing(
        &mut self,
        current: usize,
        desired: usize,
        maximum: Option<usize>,
    ) -> Result<bool> {
        self.with_limiter(|limiter| limiter.memory_growing(current, desired, maximum))
            .unwrap_or(Ok(true))
    }

    /// Tells the limiter that a memory did not grow.
    pub(crate) fn memory_grow_failed(&mut self, error: Error) -> Result<()> {
        self.with_limiter(|limiter| limiter.memory_grow_failed(error))
            .unwrap_or(Ok(()))
    }

    /// Asks the limiter whether a table may grow.
    pub(crate) fn table_growing(
        &mut self,
        current: usize,
        desired: usize,
        maximum: Option<usize>,
    ) -> Result<bool> {
        self.with_limiter(|limiter| limiter.table_growing(current, desired, maximum))
            .unwrap_or(Ok(true))
    }

    /// Tells the limiter that a table did not grow.
    pub(crate) fn table_grow_failed(&mut self, error: Error) -> Result<()> {
        self.with_limiter(|limiter| limiter.table_grow_failed(error))
            .unwrap_or(Ok(()))
    }

    /// Checks the limiter's counts before something new is created. What is released does not count if it
    /// can be freed; `used` cannot.
    pub(crate) fn check_counts(
        &mut self,
        instances: usize,
        memories: usize,
        tables: usize,
        used: &[Extern],
    ) -> Result<()> {
        let checked = self.try_counts(instances, memories, tables);
        if checked.is_err() && self.has_released() {
            drop(self.collect_released(used));
            return self.try_counts(instances, memories, tables);
        }
        checked
    }

    fn try_counts(&mut self, instances: usize, memories: usize, tables: usize) -> Result<()> {
        let (have_instances, have_memories, have_tables) = (
            self.instances.len(),
            self.memories.len() - self.shared_imports,
            self.tables.len(),
        );
        let check = |what: &str, have: usize, more: usize, limit: usize| {
            if have.saturating_add(more) > limit {
                bail!(
                    "resource limit exceeded: {what} count too high at {}, limit {limit}",
                    have + more
                );
            }
            Ok(())
        };
        self.with_limiter(|limiter| {
            check("instance", have_instances, instances, limiter.instances())?;
            check("memory", have_memories, memories, limiter.memories())?;
            check("table", have_tables, tables, limiter.tables())
        })
        .unwrap_or(Ok(()))
    }

    /// Calls the limiter, if there is one.
    fn with_limiter<R>(&mut self, f: impl FnOnce(&mut dyn ResourceLimiter) -> R) -> Option<R> {
        let this = self.this;
        let mut limiter = self.limiter.as_mut().map(|access| access(this))?;
        // SAFETY: the limiter is in the store's data, which nobody else borrows: the embedder's borrow
        // ended when it called into the store.
        Some(f(unsafe { limiter.as_mut() }))
    }

    /// Called when the interrupt flag is set: continues, or fails.
    ///
    /// # Safety
    ///
    /// `this` is a live store that nothing borrows. It is a pointer because a callback may do anything
    /// with the store.
    pub(crate) unsafe fn on_interrupt(this: *mut StoreInner) -> Result<()> {
        // SAFETY: promised by the caller; this borrow ends before the callback.
        let store = unsafe { &mut *this };
        store.vm.interrupt.store(0, Ordering::SeqCst);
        if store.engine.current_epoch() < store.interrupt.deadline.load(Ordering::SeqCst) {
            return Ok(());
        }
        let mut behavior = std::mem::replace(&mut store.epoch_behavior, EpochBehavior::Trap);
        let update = match &mut behavior {
            EpochBehavior::Trap => Ok(UpdateDeadline::Interrupt),
            EpochBehavior::Callback(callback) => callback(this),
        };
        // SAFETY: the callback has ended.
        let store = unsafe { &mut *this };
        store.epoch_behavior = behavior;
        match update? {
            UpdateDeadline::Interrupt => {
                // The deadline stays reached for the next call.
                store.vm.interrupt.store(1, Ordering::SeqCst);
                Err(TrapCode::Interrupt.into())
            }
            UpdateDeadline::Continue(ticks) => {
                store.set_epoch_deadline(ticks);
                Ok(())
            }
        }
    }

    /// `memory.atomic.wait32` and `wait64` of a guest, which an epoch deadline interrupts.
    ///
    /// # Safety
    ///
    /// As [`StoreInner::on_interrupt`].
    pub(crate) unsafe fn atomic_wait(
        this: *mut StoreInner,
        memory: u32,
        address: u64,
        expected: Expected,
        timeout_ns: i64,
    ) -> Result<WaitResult> {
        let deadline = deadline(timeout_ns);
        loop {
            // SAFETY: promised by the caller; this borrow ends before `on_interrupt`.
            let store = unsafe { &*this };
            let memory = store.memories[memory]
                .as_shared()
                .ok_or(TrapCode::AtomicWaitNonSharedMemory)?;
            let interrupt = Interrupt {
                flag: &store.vm.interrupt,
                waiting_at: &store.interrupt.waiting_at,
                id: store.id.0 as usize,
            };
            let result = memory
                .raw()
                .atomic_wait(address, expected, deadline, Some(interrupt))
                .map_err(WaitError::trap_code)?;
            match result {
                Some(result) => return Ok(result),
                // SAFETY: promised by the caller.
                None => unsafe { StoreInner::on_interrupt(this)? },
            }
        }
    }

    fn gc(&mut self) {
        drop(self.collect_released(&[]));
        crate::gc::collect(self);
    }

    fn set_epoch_deadline(&mut self, ticks: u64) {
        let deadline = self.engine.current_epoch().saturating_add(ticks);
        self.interrupt.deadline.store(deadline, Ordering::SeqCst);
        // An epoch that ends between these lines is seen by the second load.
        self.vm.interrupt.store(0, Ordering::SeqCst);
        if self.engine.current_epoch() >= deadline {
            self.vm.interrupt.store(1, Ordering::SeqCst);
        }
    }

    /// Called when the fuel counter is not negative: continues from the reserve, or fails.
    pub(crate) fn on_out_of_fuel(&mut self) -> Result<()> {
        let fuel = *self.vm.fuel.get_mut();
        let used = fuel.max(0) as u64;
        if self.fuel_reserve > used {
            self.refill(self.fuel_reserve - used);
            return Ok(());
        }
        self.fuel_reserve = 0;
        Err(TrapCode::OutOfFuel.into())
    }

    fn refill(&mut self, fuel: u64) {
        let now = fuel.min(i64::MAX as u64);
        *self.vm.fuel.get_mut() = -(now as i64);
        self.fuel_reserve = fuel - now;
    }

    fn check_fuel_enabled(&self) -> Result<()> {
        if !self.engine.config().semantics.consume_fuel {
            bail!(
                "fuel is not configured in this store's engine; call `Config::consume_fuel(true)`"
            );
        }
        Ok(())
    }

    fn fuel(&self) -> Result<u64> {
        self.check_fuel_enabled()?;
        // SAFETY: only the thread that runs the store accesses the counter.
        let counter = unsafe { *self.vm.fuel.get() };
        Ok(self.fuel_reserve + counter.min(0).unsigned_abs())
    }

    fn set_fuel(&mut self, fuel: u64) -> Result<()> {
        self.check_fuel_enabled()?;
        self.refill(fuel);
        Ok(())
    }
}

impl fmt::Debug for StoreInner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Store")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

/// Owner of instances and all they consist of, with data of the embedder. Nothing in a store is
/// freed before the store is dropped, except host references that nothing reaches any more, and what the
/// embedder [releases](Store::release).
///
/// Handles such as [`Func`](crate::Func) and [`Memory`](crate::Memory) name parts of a store; using one with
/// another store panics.
///
/// ```
/// use bolide::*;
///
/// let mut config = Config::new();
/// config.consume_fuel(true);
/// let engine = Engine::new(&config)?;
/// let module = Module::new(&engine, r#"(module (func (export "spin") (loop (br 0))))"#)?;
///
/// let mut store = Store::new(&engine, "my data");
/// assert_eq!(*store.data(), "my data");
/// store.set_fuel(10_000)?;
/// let instance = Instance::new(&mut store, &module, &[])?;
/// let spin = instance.get_typed_func::<(), ()>(&mut store, "spin")?;
/// let error = spin.call(&mut store, ()).unwrap_err();
/// assert_eq!(error.downcast_ref::<Trap>(), Some(&Trap::OutOfFuel));
/// assert_eq!(store.get_fuel()?, 0);
/// # Ok::<(), Error>(())
/// ```
pub struct Store<T: 'static> {
    ptr: NonNull<StoreData<T>>,
    _owns: PhantomData<T>,
    /// Invariant in `T`, because closures in the store read and write its data as `T`.
    _invariant: PhantomData<fn(T) -> T>,
}

// SAFETY: a store owns everything it points to; what it shares with other threads (modules, the engine,
// shared memories) is `Sync`. Host functions are `Send + Sync`.
unsafe impl<T: Send> Send for Store<T> {}
// SAFETY: a shared store allows only reading.
unsafe impl<T: Sync> Sync for Store<T> {}

impl<T: 'static> Store<T> {
    /// Makes an empty store.
    pub fn new(engine: &Engine, data: T) -> Store<T> {
        let mut boxed = Box::new(StoreData {
            inner: StoreInner::new(engine),
            data,
        });
        let inner = &mut boxed.inner;
        inner.interrupt = Arc::new(StoreInterrupt {
            deadline: AtomicU64::new(0),
            flag: &raw const inner.vm.interrupt,
            waiting_at: AtomicUsize::new(0),
        });
        if engine.config().semantics.epoch_interruption {
            inner.vm.interrupt.store(1, Ordering::Relaxed);
            engine.register_store(inner.id.0, inner.interrupt.clone());
        }
        if engine.config().semantics.consume_fuel {
            // Without fuel, the first instruction already runs out of it.
            inner.refill(0);
        }
        let ptr = NonNull::from(Box::leak(boxed));
        // SAFETY: just allocated, and borrowed by nobody.
        unsafe { (*ptr.as_ptr()).inner.this = ptr.as_ptr().cast() };
        Store {
            ptr,
            _owns: PhantomData,
            _invariant: PhantomData,
        }
    }

    fn get(&self) -> &StoreData<T> {
        // SAFETY: the allocation is ours until drop.
        unsafe { self.ptr.as_ref() }
    }

    fn get_mut(&mut self) -> &mut StoreData<T> {
        // SAFETY: as above, and the borrow of `self` is exclusive.
        unsafe { self.ptr.as_mut() }
    }

    /// The embedder's data.
    pub fn data(&self) -> &T {
        &self.get().data
    }

    /// The embedder's data.
    pub fn data_mut(&mut self) -> &mut T {
        &mut self.get_mut().data
    }

    /// Drops the store and returns the embedder's data.
    pub fn into_data(self) -> T {
        let this = std::mem::ManuallyDrop::new(self);
        unregister(&this.get().inner);
        // SAFETY: the allocation came from a box, and `this` is never used again.
        let boxed = unsafe { Box::from_raw(this.ptr.as_ptr()) };
        boxed.data
    }

    /// The engine.
    pub fn engine(&self) -> &Engine {
        &self.get().inner.engine
    }

    /// Sets who decides about the growth of memories and tables, and about how many there may be.
    pub fn limiter(
        &mut self,
        mut limiter: impl (FnMut(&mut T) -> &mut dyn ResourceLimiter) + Send + Sync + 'static,
    ) {
        self.get_mut().inner.limiter = Some(Box::new(move |store| {
            // SAFETY: this closure is only called with the store that it was set on, whose data is `T`
            // and not borrowed at that time.
            let data = unsafe { &mut (*store.cast::<StoreData<T>>()).data };
            NonNull::from(limiter(data))
        }));
    }

    /// Sets how much fuel is left. See [`Config::consume_fuel`](crate::Config::consume_fuel).
    ///
    /// # Errors
    ///
    /// If the engine does not count fuel.
    pub fn set_fuel(&mut self, fuel: u64) -> Result<()> {
        self.get_mut().inner.set_fuel(fuel)
    }

    /// How much fuel is left.
    ///
    /// # Errors
    ///
    /// If the engine does not count fuel.
    pub fn get_fuel(&self) -> Result<u64> {
        self.get().inner.fuel()
    }

    /// Whether a call that a host function makes may go [`max_wasm_stack`](crate::Config::max_wasm_stack) below
    /// that host function, instead of below the outermost call. For hosts that bound the depth of such calls in
    /// another way, such as interpreters with a stack limit of their own. Off at first.
    pub fn extend_stack_of_nested_calls(&mut self, extend: bool) {
        self.get_mut().inner.extends_nested_stack = extend;
    }

    /// How often memories of the store have grown until now, by guests or the host, growth by 0 pages
    /// included and shared memories excluded. A host that keeps addresses or sizes of memories compares this with an
    /// earlier value, for the price of one load, to know whether to look again;
    /// [`Memory::growths`](crate::Memory::growths) says which memory it was.
    #[inline]
    pub fn memory_growths(&self) -> u64 {
        self.get().inner.memory_growths
    }

    /// Interrupts guests of this store when the engine's epoch has advanced by `ticks` from now. A
    /// new store's deadline is the epoch at which it was made, so guests are interrupted at once unless this is called.
    pub fn set_epoch_deadline(&mut self, ticks: u64) {
        self.get_mut().inner.set_epoch_deadline(ticks);
    }

    /// At the deadline, guests trap with [`Trap::Interrupt`](crate::Trap::Interrupt). This is the default.
    pub fn epoch_deadline_trap(&mut self) {
        self.get_mut().inner.epoch_behavior = EpochBehavior::Trap;
    }

    /// At the deadline, `callback` decides; an error from it stops the guest with that error.
    pub fn epoch_deadline_callback(
        &mut self,
        mut callback: impl FnMut(StoreContextMut<'_, T>) -> Result<UpdateDeadline>
        + Send
        + Sync
        + 'static,
    ) {
        self.get_mut().inner.epoch_behavior = EpochBehavior::Callback(Box::new(move |store| {
            // SAFETY: only called with the store that it was set on, by a builtin that holds no
            // borrow of it.
            callback(unsafe { StoreContextMut::from_raw(store) })
        }));
    }

    /// Frees host references that neither guests nor the host can reach, and items that were
    /// [released](Store::release). Runs by itself as references are made and items released; never needed for
    /// correctness. Items stay while a guest of this store is running.
    pub fn gc(&mut self) {
        self.get_mut().inner.gc();
    }

    /// Gives something in the store back: an instance, with all that it defines, or something that the host made. It is
    /// freed when nothing in the store that is not released reaches it: not an instance that imports from it, not a
    /// function reference in a table, a global or an element segment. Of two released instances that only reach
    /// each other, both are freed. Items that instances define go with these; for them, nothing happens here.
    ///
    /// That is found out by collections, which run as more and more is released, when something is made and by
    /// [`Store::gc`], but never while a guest of this store is running or waiting for a host function. They
    /// run destructors of host functions, which must not use the store.
    ///
    /// # Panics
    ///
    /// If the item belongs to another store.
    ///
    /// # Safety
    ///
    /// No handle of the item may be used any more, nor of anything that a released instance defines: its
    /// functions, memories, tables, globals and tags, and functions that a linker made for its imports, wherever the
    /// handle comes from. Linkers that hold one count.
    ///
    /// A handle that is got afterwards, say of a function from a table, may be used until the next call of this method or
    /// of one that makes something in the store; [`Store::retain`] lifts that limit.
    ///
    /// ```
    /// use bolide::*;
    ///
    /// let engine = Engine::default();
    /// let mut store = Store::new(&engine, ());
    /// let module = Module::new(&engine, r#"(module (memory 10) (func (export "run")))"#)?;
    /// for _ in 0..1000 {
    ///     let instance = Instance::new(&mut store, &module, &[])?;
    ///     instance.get_typed_func::<(), ()>(&mut store, "run")?.call(&mut store, ())?;
    ///     // SAFETY: the instance and its exports are not used any more.
    ///     unsafe { store.release(instance) };
    /// }
    /// # Ok::<(), Error>(())
    /// ```
    pub unsafe fn release(&mut self, item: impl Into<StoreItem>) {
        self.get_mut().inner.release(item.into());
    }

    /// Takes [`Store::release`] back, for something that is still there: the host has got a handle of it again, and it
    /// lives until it is released once more. With something that an instance defines, retains the instance.
    ///
    /// # Panics
    ///
    /// If the item belongs to another store.
    ///
    /// ```
    /// use bolide::*;
    ///
    /// let mut store = Store::<()>::default();
    /// let table = Table::new(&mut store, TableType::new(RefType::FUNCREF, 1, None), Ref::Func(None))?;
    /// let module = Module::new(
    ///     store.engine(),
    ///     r#"(module (import "host" "table" (table 1 funcref)) (elem (i32.const 0) func $f) (func $f))"#,
    /// )?;
    /// let instance = Instance::new(&mut store, &module, &[table.into()])?;
    /// // SAFETY: the instance is not used until there is a handle again.
    /// unsafe { store.release(instance) };
    /// store.gc();
    ///
    /// let element = table.get(&mut store, 0).unwrap();
    /// let func = *element.unwrap_func().unwrap();
    /// store.retain(func);
    /// table.set(&mut store, 0, Ref::Func(None))?;
    /// store.gc();
    /// func.call(&mut store, &[], &mut [])?;
    /// # Ok::<(), Error>(())
    /// ```
    pub fn retain(&mut self, item: impl Into<StoreItem>) {
        self.get_mut().inner.retain(item.into());
    }
}

fn unregister(inner: &StoreInner) {
    if inner.engine.config().semantics.epoch_interruption {
        inner.engine.unregister_store(inner.id.0);
    }
}

impl<T: 'static> Drop for Store<T> {
    fn drop(&mut self) {
        unregister(&self.get().inner);
        // SAFETY: the allocation came from a box, and nothing uses it after this.
        drop(unsafe { Box::from_raw(self.ptr.as_ptr()) });
    }
}

impl<T: Default + 'static> Default for Store<T> {
    /// A store with a default engine and default data.
    fn default() -> Self {
        Store::new(&Engine::default(), T::default())
    }
}

impl<T: fmt::Debug + 'static> fmt::Debug for Store<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Store")
            .field("data", self.data())
            .finish_non_exhaustive()
    }
}

/// A value of any type that can be held by the guest as an `externref`.
pub(crate) type HostValue = Box<dyn Any + Send + Sync>;
