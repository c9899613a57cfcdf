//! Modules ready to be instantiated: decoded, validated, and compiled function by function on demand.

use std::fmt;
use std::ptr::{NonNull, null};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock, Weak};

use bolide_abi::{CompileError, CompiledFunction, VmctxLayout, buffer_slots};
use bolide_module::{Bytes, CompositeType, DefinedFuncIndex, MemoryIndex};

use crate::code::{self, CodeMemory, Published};
use crate::engine::Engine;
use crate::error::{Context, Error, Result, bail};
use crate::memory::MemoryImage;
use crate::store::StoreInner;
use crate::tiering::{CompilationStatistics, Strategy, Tiers};
use crate::trap;
use crate::types::{ExportType, ExternType, ImportType};
use crate::vm::{CodeSlot, VMContext};

/// A validated module. Functions are compiled when they are first called, and the code is shared by
/// all instances and threads. Cheap to clone, and `Send + Sync`.
///
/// ```
/// use bolide::*;
///
/// let engine = Engine::default();
/// let module = Module::new(
///     &engine,
///     r#"(module $math
///         (import "env" "log" (func (param i32)))
///         (func (export "double") (param i32) (result i32)
///             (i32.mul (local.get 0) (i32.const 2))))"#,
/// )?;
/// assert_eq!(module.name(), Some("math"));
/// assert_eq!(module.imports().next().unwrap().name(), "log");
/// let double = module.get_export("double").unwrap();
/// assert_eq!(double.to_string(), "(func (param i32) (result i32))");
///
/// // What is wrong with other bytes, and what to do.
/// let error = Module::new(&engine, b"<!DOCTYPE html><title>404</title>").unwrap_err();
/// assert!(error.to_string().starts_with("the file is an HTML or XML page"));
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone)]
pub struct Module {
    pub(crate) inner: Arc<ModuleInner>,
}

/// With more segments, copying them to one memory takes less than half of the time of an image.
const MOST_SEGMENTS: usize = 1000;

/// The initial contents of a memory of a module.
#[derive(Default)]
struct Image {
    /// Whether a memory asked for it.
    wanted: AtomicBool,
    /// Made for the first memory, or for the second, see [`MOST_SEGMENTS`].
    made: OnceLock<Option<Arc<MemoryImage>>>,
}

pub(crate) struct ModuleInner {
    pub(crate) this: Weak<ModuleInner>,
    pub(crate) engine: Engine,
    pub(crate) module: Arc<bolide_module::Module>,
    pub(crate) layout: Arc<VmctxLayout>,
    pub(crate) tiers: Tiers,
    slots: Box<[CodeSlot]>,
    code: CodeMemory,
    images: Box<[Image]>,
    /// Slots of the result buffer that calls in this module need at most.
    pub(crate) result_slots: usize,
    pub(crate) symbols: OnceLock<crate::dwarf::Symbols>,
}

impl Module {
    /// Makes a module from a WebAssembly binary or text (which must start with `(` or white space).
    ///
    /// # Errors
    ///
    /// If the bytes are not a valid module, with the offset of what is wrong.
    pub fn new(engine: &Engine, bytes: impl AsRef<[u8]>) -> Result<Module> {
        Module::from_binary_or_text(engine, Bytes::copy_of(bytes.as_ref()))
    }

    fn from_binary_or_text(engine: &Engine, bytes: Bytes) -> Result<Module> {
        let features = engine.config().semantics.features;
        let module =
            bolide_module::Module::from_binary_or_text(engine.type_registry(), features, bytes)?;
        Module::from_validated(engine, module)
    }

    /// Makes a module from a WebAssembly binary, without accepting text.
    ///
    /// # Errors
    ///
    /// As [`Module::new`].
    pub fn from_binary(engine: &Engine, binary: &[u8]) -> Result<Module> {
        Module::from_bytes(engine, Bytes::copy_of(binary))
    }

    /// Makes a module from the contents of a file.
    ///
    /// # Errors
    ///
    /// If the file cannot be read, or as [`Module::new`].
    pub fn from_file(engine: &Engine, file: impl AsRef<std::path::Path>) -> Result<Module> {
        let file = file.as_ref();
        let bytes =
            std::fs::read(file).with_context(|| format!("cannot read {}", file.display()))?;
        Module::from_binary_or_text(engine, bytes.into())
            .with_context(|| format!("cannot load {}", file.display()))
    }

    /// Makes a module from a mapped file, without reading it into memory first.
    ///
    /// # Errors
    ///
    /// If the file cannot be mapped, or as [`Module::new`].
    ///
    /// # Safety
    ///
    /// Functions are compiled from the file's bytes long after they were validated, and a background thread may still
    /// do so for a while when the module and its engine were dropped: the file must not be changed or truncated, by
    /// any process, until this process ends. A new version may take its place by being renamed to it.
    pub unsafe fn from_mapped_file(
        engine: &Engine,
        file: impl AsRef<std::path::Path>,
    ) -> Result<Module> {
        let path = file.as_ref();
        let file =
            std::fs::File::open(path).with_context(|| format!("cannot open {}", path.display()))?;
        // SAFETY: the caller promises that the file does not change as long as this process runs. Whatever reads the
        // mapping owns a share of it.
        let map = unsafe { memmap2::Mmap::map(&file) };
        let map = map.with_context(|| format!("cannot map {}", path.display()))?;
        Module::from_bytes(engine, map).with_context(|| format!("cannot load {}", path.display()))
    }

    /// Makes a module from bytes that are handed over, so that nothing is copied.
    ///
    /// # Errors
    ///
    /// As [`Module::new`].
    pub fn from_bytes(engine: &Engine, bytes: impl Into<Bytes>) -> Result<Module> {
        let features = engine.config().semantics.features;
        let module = bolide_module::Module::new(engine.type_registry(), features, bytes.into())?;
        Module::from_validated(engine, module)
    }

    /// Checks that the bytes are a valid module that this engine would load.
    ///
    /// # Errors
    ///
    /// As [`Module::new`].
    pub fn validate(engine: &Engine, binary: &[u8]) -> Result<()> {
        let features = engine.config().semantics.features;
        bolide_module::Module::new(engine.type_registry(), features, Bytes::copy_of(binary))?;
        Ok(())
    }

    /// Makes a module from one that was decoded with this engine's registry just now and not changed
    /// since: function bodies are not validated again, so nobody else may call this.
    fn from_validated(engine: &Engine, module: bolide_module::Module) -> Result<Module> {
        assert!(
            Arc::ptr_eq(&module.registry, engine.type_registry()),
            "the module was decoded for another engine"
        );
        if let Some(unsupported) = &module.unsupported {
            bail!(
                "`{}` at offset {:#x} belongs to the `{}` proposal, which this version validates but cannot execute",
                unsupported.what,
                unsupported.offset,
                unsupported.proposal
            );
        }
        engine.count_module(module.bytes.as_slice().len());
        let layout = VmctxLayout::new(&module).context("the module defines too many entities")?;
        let mut slots: Box<[CodeSlot]> =
            module.bodies.iter().map(|_| CodeSlot::default()).collect();
        code::fill_with_lazy_stubs(&mut slots).context("cannot make executable memory")?;
        let defined_memories = module.memories.len() - module.imported_memories as usize;
        let tuning = &engine.config().tuning;
        let counting = (tuning.strategy == Strategy::Tiered).then_some(&tuning.tiering);
        let code_bytes = module.bodies.iter().map(|body| body.len()).sum();
        let inner = Arc::new_cyclic(|weak| ModuleInner {
            this: weak.clone(),
            engine: engine.clone(),
            layout: Arc::new(layout),
            tiers: Tiers::new(slots.len(), code_bytes, counting),
            slots,
            code: CodeMemory::new(weak.clone()),
            images: (0..defined_memories).map(|_| Image::default()).collect(),
            result_slots: result_slots(&module),
            symbols: OnceLock::new(),
            module: Arc::new(module),
        });
        Ok(Module { inner })
    }

    /// The engine.
    pub fn engine(&self) -> &Engine {
        &self.inner.engine
    }

    /// The name from the name section.
    pub fn name(&self) -> Option<&str> {
        self.inner.module.names().module()
    }

    /// The decoded module.
    pub fn decoded(&self) -> &bolide_module::Module {
        &self.inner.module
    }

    /// Imports in declaration order.
    pub fn imports(&self) -> impl ExactSizeIterator<Item = ImportType<'_>> {
        let module = &self.inner.module;
        module.imports.iter().map(|import| ImportType {
            module: &import.module,
            name: &import.name,
            ty: ExternType::from_raw(&self.inner.engine, module.entity_type(import.index)),
        })
    }

    /// Exports in declaration order.
    pub fn exports(&self) -> impl ExactSizeIterator<Item = ExportType<'_>> {
        let module = &self.inner.module;
        module.exports.iter().map(|export| ExportType {
            name: &export.name,
            ty: ExternType::from_raw(&self.inner.engine, module.entity_type(export.index)),
        })
    }

    /// The type of an export.
    pub fn get_export(&self, name: &str) -> Option<ExternType> {
        let entity = self.inner.module.export(name)?;
        Some(ExternType::from_raw(
            &self.inner.engine,
            self.inner.module.entity_type(entity),
        ))
    }

    /// Contents of all custom sections with a name, in the order of the binary.
    ///
    /// ```
    /// use bolide::*;
    ///
    /// let text = r#"(module (@custom "notes" "first") (@custom "other" "") (@custom "notes" "second"))"#;
    /// let module = Module::new(&Engine::default(), text)?;
    /// let notes: Vec<&[u8]> = module.custom_sections("notes").collect();
    /// assert_eq!(notes, [&b"first"[..], b"second"]);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn custom_sections<'a>(&'a self, name: &str) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        let module = &self.inner.module;
        let name: Box<str> = name.into();
        let sections = module.custom_sections.iter();
        sections
            .filter(move |(n, _)| *n == name)
            .map(|(_, range)| &module.bytes.as_slice()[range.start as usize..range.end as usize])
    }

    /// Bytes of machine code that exist for this module so far.
    pub fn code_bytes(&self) -> usize {
        self.inner.code.code_bytes()
    }

    /// What has been compiled so far, by tier.
    pub fn statistics(&self) -> CompilationStatistics {
        self.inner.tiers.statistics()
    }

    /// Compiles every function now instead of at its first call, with the compiler that its first call would use.
    ///
    /// # Errors
    ///
    /// The first function that the compiler rejects.
    pub fn compile_all(&self) -> Result<()> {
        (0..self.inner.slots.len()).try_for_each(|i| {
            self.inner
                .compile(DefinedFuncIndex::from_usize(i))
                .map(drop)
        })
    }

    /// Whether two handles are the same module.
    pub fn same(a: &Module, b: &Module) -> bool {
        Arc::ptr_eq(&a.inner, &b.inner)
    }
}

/// Slots that any function type which the module declares, and so can call, needs.
fn result_slots(module: &bolide_module::Module) -> usize {
    let types = module.types.iter().map(|id| module.registry.get(*id));
    let slots = types.map(|ty| match &ty.composite {
        CompositeType::Func(func) => buffer_slots(&func.results),
        _ => 0,
    });
    slots.max().unwrap_or(0)
}

impl fmt::Debug for Module {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Module")
            .field("name", &self.name())
            .finish_non_exhaustive()
    }
}

impl Drop for ModuleInner {
    fn drop(&mut self) {
        self.engine.pool().forget(self);
        // Idle memories keep the pages of the image they were last mapped with.
        for image in self.images.iter().filter_map(|i| i.made.get()?.as_ref()) {
            self.engine.memories().purge_image(image);
        }
    }
}

impl ModuleInner {
    pub(crate) fn slots(&self) -> &[CodeSlot] {
        &self.slots
    }

    /// What calls of a function run now.
    pub(crate) fn current_code(&self, func: DefinedFuncIndex) -> NonNull<u8> {
        let code = self.slots[func.index()].load(Ordering::Acquire);
        NonNull::new(code).expect("slots are never null")
    }

    /// Makes calls of a function run `code`, of this module's code memory.
    pub(crate) fn set_code(&self, func: DefinedFuncIndex, code: NonNull<u8>) {
        self.slots[func.index()].store(code.as_ptr(), Ordering::Release);
    }

    /// Puts code in code memory. Nothing runs it yet.
    pub(crate) fn add_code(
        &self,
        func: DefinedFuncIndex,
        compiled: CompiledFunction,
    ) -> Result<Published<'_>> {
        let published = self.code.publish(func, compiled);
        published.context("cannot get memory for machine code")
    }

    #[cold]
    pub(crate) fn compile_error(&self, func: DefinedFuncIndex, error: CompileError) -> Error {
        let index = self.module.func_index(func);
        let name = self
            .module
            .names()
            .function(index)
            .unwrap_or("<unnamed>")
            .to_owned();
        Error::new(error).context(format!("cannot compile function {} `{name}`", index.0))
    }

    /// The copy-on-write image of a defined memory, if its data segments allow one.
    pub(crate) fn image(&self, memory: MemoryIndex) -> Option<&Arc<MemoryImage>> {
        if !self.engine.config().tuning.memory_init_cow {
            return None;
        }
        let image = &self.images[memory.index() - self.module.imported_memories as usize];
        if self.module.data.len() > MOST_SEGMENTS && !image.wanted.swap(true, Ordering::Relaxed) {
            return None;
        }
        // An image only saves time: without one, segments are copied.
        let make = || MemoryImage::from_module(&self.module, memory).unwrap_or(None);
        image.made.get_or_init(make).as_ref()
    }
}

/// Called by the lazy stubs. Returns the function's code, or null after recording an error.
///
/// # Safety
///
/// `vmctx` must be a live vmctx whose module defines function `index`.
pub(crate) unsafe extern "C" fn compile_lazy(vmctx: *mut VMContext, index: u32) -> *const u8 {
    // SAFETY: the caller promises a live vmctx, so its store and instance are live, too.
    let (store, module) = unsafe {
        let store: *mut StoreInner = (*vmctx).store.cast();
        (store, &(*(*vmctx).instance).module.inner)
    };
    let func = DefinedFuncIndex(index);
    match trap::catch(store, || module.compile(func)) {
        Some(code) => {
            // SAFETY: the caller promises a live vmctx, whose instance is not borrowed while the guest runs.
            unsafe { &*(*vmctx).instance }.update_funcref(func);
            module.compile_ahead(Some(func));
            code.as_ptr()
        }
        None => null(),
    }
}

/// A module that is loaded from bytes as they arrive: function bodies are validated as soon as they are
/// complete, so that validation ends with the last byte.
///
/// ```
/// use bolide::*;
///
/// let bytes = parse_text(r#"(module (func (export "run")))"#)?;
/// let engine = Engine::default();
/// let mut stream = StreamingModule::new(&engine);
/// for chunk in bytes.chunks(7) {
///     stream.push(chunk)?;
/// }
/// let module = stream.finish()?;
/// assert!(module.get_export("run").is_some());
/// # Ok::<(), Error>(())
/// ```
pub struct StreamingModule {
    engine: Engine,
    inner: bolide_module::StreamingModule,
}

impl StreamingModule {
    /// Begins to load a module.
    pub fn new(engine: &Engine) -> StreamingModule {
        let features = engine.config().semantics.features;
        StreamingModule {
            engine: engine.clone(),
            inner: bolide_module::StreamingModule::new(engine.type_registry(), features),
        }
    }

    /// Takes the next bytes, in pieces of any size.
    ///
    /// # Errors
    ///
    /// If the bytes up to here cannot be the beginning of a valid module, with the offset of what is wrong.
    pub fn push(&mut self, chunk: &[u8]) -> Result<()> {
        Ok(self.inner.push(chunk)?)
    }

    /// Ends the module.
    ///
    /// # Errors
    ///
    /// If it is not complete or not valid, or uses something that the engine cannot execute.
    pub fn finish(self) -> Result<Module> {
        Module::from_validated(&self.engine, self.inner.finish()?)
    }
}

impl fmt::Debug for StreamingModule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StreamingModule")
            .field("bytes", &self.inner.len())
            .finish_non_exhaustive()
    }
}
