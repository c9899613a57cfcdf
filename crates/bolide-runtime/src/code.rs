//! Memory for machine code, and the map from program counters back to functions.
//!
//! A chunk is shared anonymous memory that is mapped twice: once readable and writable, once readable and executable.
//! No address is ever both. (Not a file in memory: `perf` looks up names in anonymous memory only.) Code is appended and never changed; a chunk is unmapped when its owner
//! (a module, or the process for lazy stubs) goes away.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::ffi::c_void;
use std::io;
use std::ptr::{NonNull, null_mut};
use std::sync::{Arc, Mutex, OnceLock, RwLock, Weak};

use bolide_abi::{
    AddressMapEntry, CompiledFunction, Inlining, RelocTarget, RuntimeRoutine, StackMap, TrapCode,
    TrapSite,
};
use bolide_module::DefinedFuncIndex;
use rustix::mm::{
    MapFlags, MprotectFlags, MremapFlags, ProtFlags, mmap_anonymous, mprotect, mremap, munmap,
};

use crate::arch;
use crate::module::ModuleInner;
use crate::vm::CodeSlot;

const FIRST_CHUNK: usize = 64 << 10;
const LARGEST_CHUNK: usize = 16 << 20;
const PAGE: usize = 4096;

/// One dual mapping.
struct DualMapping {
    rw: NonNull<u8>,
    rx: NonNull<u8>,
    size: usize,
}

// SAFETY: a mapping belongs to the process, not to a thread.
unsafe impl Send for DualMapping {}
// SAFETY: shared access only copies the pointers; writes are serialized by the owner's mutex.
unsafe impl Sync for DualMapping {}

impl DualMapping {
    fn new(size: usize) -> io::Result<DualMapping> {
        let protection = ProtFlags::READ | ProtFlags::WRITE;
        // SAFETY: a fresh mapping at an address that the kernel chooses aliases nothing of ours.
        let rw = unsafe { mmap_anonymous(null_mut(), size, protection, MapFlags::SHARED)? };
        // SAFETY: `rw` was mapped above and nothing refers to it. Moving 0 bytes of a shared mapping makes a second
        // mapping of its memory and leaves the first as it is (mremap(2)).
        let rx = match unsafe { mremap(rw, 0, size, MremapFlags::MAYMOVE) } {
            Ok(rx) => rx,
            Err(error) => {
                // SAFETY: as above.
                let _ = unsafe { munmap(rw, size) };
                return Err(error.into());
            }
        };
        let not_null = |p: *mut c_void| NonNull::new(p.cast()).ok_or(io::ErrorKind::OutOfMemory);
        // From here on, dropping it unmaps both.
        let mapping = DualMapping {
            rw: not_null(rw)?,
            rx: not_null(rx)?,
            size,
        };
        // SAFETY: the mapping is ours, and nothing refers to it.
        unsafe { mprotect(rx, size, MprotectFlags::READ | MprotectFlags::EXEC)? };
        Ok(mapping)
    }
}

impl Drop for DualMapping {
    fn drop(&mut self) {
        // SAFETY: both mappings are ours; the owner makes sure that no thread runs or reads this code.
        unsafe {
            let _ = munmap(self.rw.as_ptr().cast(), self.size);
            let _ = munmap(self.rx.as_ptr().cast(), self.size);
        }
    }
}

/// Where a program counter belongs.
#[derive(Clone, Debug)]
pub(crate) struct CodeLocation {
    /// The module; `None` if it is being dropped.
    pub(crate) module: Weak<ModuleInner>,
    pub(crate) func: DefinedFuncIndex,
    /// Byte offset in the module of the instruction at (or before) the program counter.
    pub(crate) wasm_offset: Option<u32>,
}

/// Side tables of one published function.
struct CodeEntry {
    start: u32,
    end: u32,
    func: DefinedFuncIndex,
    traps: Box<[TrapSite]>,
    address_map: Box<[AddressMapEntry]>,
    stack_maps: Box<[StackMap]>,
    inlining: Inlining,
}

struct Chunk {
    mapping: DualMapping,
    owner: Weak<ModuleInner>,
    /// By ascending start, because code is appended.
    entries: RwLock<Vec<CodeEntry>>,
}

impl Chunk {
    fn base(&self) -> usize {
        self.mapping.rx.as_ptr() as usize
    }
}

/// Chunks of all modules of the process by their last address, for whoever has just a program counter:
/// the signal handler and the stack walker. Accessed through [`with_chunks`] and [`update_chunks`].
static CHUNKS: RwLock<BTreeMap<usize, Arc<Chunk>>> = RwLock::new(BTreeMap::new());

thread_local! {
    /// Whether this thread holds the lock of `CHUNKS` or waits for it. Constant and without destructor,
    /// so that a signal handler may access it.
    static IN_CHUNKS: Cell<bool> = const { Cell::new(false) };
}

/// Marks this thread as being in `CHUNKS`. `None` if it is already: then this is a signal handler, and waiting
/// for the lock would be for ever.
struct InChunks;

impl InChunks {
    fn enter() -> Option<InChunks> {
        // Not `then_some`: dropping a guard that is not handed out would clear the flag of the one that is.
        if IN_CHUNKS.replace(true) {
            None
        } else {
            Some(InChunks)
        }
    }
}

impl Drop for InChunks {
    fn drop(&mut self) {
        IN_CHUNKS.set(false);
    }
}

fn with_chunks<R>(f: impl FnOnce(&BTreeMap<usize, Arc<Chunk>>) -> R) -> Option<R> {
    let _in = InChunks::enter()?;
    let chunks = CHUNKS.read().ok()?;
    Some(f(&chunks))
}

fn update_chunks(f: impl FnOnce(&mut BTreeMap<usize, Arc<Chunk>>)) {
    let _in = InChunks::enter();
    // A poisoned lock would mean that an allocation failed in between, which aborts.
    f(&mut CHUNKS.write().unwrap_or_else(|e| e.into_inner()));
}

fn with_entry<R>(pc: usize, f: impl FnOnce(&Chunk, &CodeEntry, u32) -> R) -> Option<R> {
    with_chunks(|chunks| {
        let (_, chunk) = chunks.range(pc..).next()?;
        let offset = u32::try_from(pc.checked_sub(chunk.base())?).ok()?;
        let entries = chunk.entries.read().ok()?;
        let i = entries
            .partition_point(|e| e.start <= offset)
            .checked_sub(1)?;
        let entry = &entries[i];
        (offset < entry.end).then(|| f(chunk, entry, offset - entry.start))
    })?
}

/// The trap that a fault of the instruction at `pc` means, if that is compiled code.
///
/// Called from the signal handler, after [`is_code`]. The locks are safe there: if `pc` is compiled code,
/// then the interrupted thread holds none of them.
pub(crate) fn trap_at(pc: usize) -> Option<TrapCode> {
    with_entry(pc, |_, entry, offset| {
        let i = entry
            .traps
            .binary_search_by_key(&offset, |t| t.offset)
            .ok()?;
        Some(entry.traps[i].code)
    })?
}

/// Whether `pc` lies in code memory. Can be asked at any fault: it waits for other threads at most.
pub(crate) fn is_code(pc: usize) -> bool {
    let found = with_chunks(|chunks| {
        let chunk = chunks.range(pc..).next();
        chunk.is_some_and(|(_, chunk)| pc >= chunk.base())
    });
    found.unwrap_or(false)
}

/// Calls `f` with the functions that `pc` belongs to: that which was compiled is the last, and those inlined into it
/// come before, innermost first. For a return address, pass the address minus one.
pub(crate) fn locate(pc: usize, mut f: impl FnMut(CodeLocation)) {
    with_entry(pc, |chunk, entry, offset| {
        let i = entry.address_map.partition_point(|e| e.code <= offset);
        let mut wasm_offset = i
            .checked_sub(1)
            .map(|i| entry.address_map[i].wasm)
            .filter(|&w| w != u32::MAX);
        let mut frame = |func, wasm_offset| {
            f(CodeLocation {
                module: chunk.owner.clone(),
                func,
                wasm_offset,
            })
        };
        for inlined in entry.inlining.calls_at(offset) {
            frame(inlined.func, wasm_offset);
            wasm_offset = Some(inlined.call);
        }
        frame(entry.func, wasm_offset);
    });
}

/// Calls `f` with the distances below the frame pointer of the references that are live at the call
/// which returns to `return_pc`. Returns whether `return_pc` is in compiled code.
pub(crate) fn for_each_live_slot(return_pc: usize, mut f: impl FnMut(u32)) -> bool {
    with_entry(return_pc - 1, |_, entry, offset| {
        let offset = offset + 1;
        if let Ok(i) = entry
            .stack_maps
            .binary_search_by_key(&offset, |m| m.return_offset)
        {
            entry.stack_maps[i].slots.iter().for_each(|&slot| f(slot));
        }
    })
    .is_some()
}

/// A function in code memory.
pub(crate) struct Published<'a> {
    /// What any thread may execute.
    pub(crate) address: NonNull<u8>,
    /// The bytes there.
    pub(crate) code: &'a [u8],
}

/// The code of one module.
pub(crate) struct CodeMemory {
    owner: Weak<ModuleInner>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    chunks: Vec<Arc<Chunk>>,
    /// Bytes used in the last chunk.
    used: usize,
    code_bytes: usize,
}

impl CodeMemory {
    pub(crate) fn new(owner: Weak<ModuleInner>) -> CodeMemory {
        CodeMemory {
            owner,
            state: Mutex::default(),
        }
    }

    /// Bytes of machine code published so far.
    pub(crate) fn code_bytes(&self) -> usize {
        self.state
            .lock()
            .expect("publishing does not panic")
            .code_bytes
    }

    /// Copies a function into code memory, applies its relocations and registers its side tables.
    pub(crate) fn publish(
        &self,
        func: DefinedFuncIndex,
        compiled: CompiledFunction,
    ) -> io::Result<Published<'_>> {
        let align = (compiled.alignment as usize).max(16);
        let size = compiled.code.len();
        let mut state = self.state.lock().expect("publishing does not panic");
        let mut start = state.used.next_multiple_of(align);
        let fits = state
            .chunks
            .last()
            .is_some_and(|c| start + size <= c.mapping.size);
        if !fits {
            let previous = state
                .chunks
                .last()
                .map_or(FIRST_CHUNK / 2, |c| c.mapping.size);
            let chunk_size = (previous * 2)
                .min(LARGEST_CHUNK)
                .max(size.next_multiple_of(PAGE));
            let chunk = Arc::new(Chunk {
                mapping: DualMapping::new(chunk_size)?,
                owner: self.owner.clone(),
                entries: RwLock::default(),
            });
            let last = chunk.base() + chunk_size - 1;
            update_chunks(|chunks| {
                chunks.insert(last, chunk.clone());
            });
            state.chunks.push(chunk);
            start = 0;
        }
        let chunk = state.chunks.last().expect("there is a chunk now").clone();
        let address = chunk.base() + start;
        let mut code = compiled.code;
        for reloc in &compiled.relocs {
            let target = match reloc.target {
                RelocTarget::SelfStart => address,
                RelocTarget::Routine(routine) => routine_address(routine),
            } as i64
                + reloc.addend;
            let field = reloc.offset as usize;
            if reloc.absolute {
                code[field..field + 8].copy_from_slice(&target.to_le_bytes());
            } else {
                let displacement = i32::try_from(target - (address + field) as i64)
                    .map_err(|_| io::Error::other("a relocation target is out of reach"))?;
                code[field..field + 4].copy_from_slice(&displacement.to_le_bytes());
            }
        }
        // SAFETY: the range is inside the writable mapping, and no other code uses it: offsets below
        // `used` only, under the mutex.
        unsafe {
            std::ptr::copy_nonoverlapping(
                code.as_ptr(),
                chunk.mapping.rw.as_ptr().add(start),
                size,
            );
        }
        chunk
            .entries
            .write()
            .expect("pushing does not panic")
            .push(CodeEntry {
                start: start as u32,
                end: (start + size) as u32,
                func,
                traps: compiled.traps.into(),
                address_map: compiled.address_map.into(),
                stack_maps: compiled.stack_maps.into(),
                inlining: compiled.inlining,
            });
        state.used = start + size;
        state.code_bytes += size;
        let address = NonNull::new(address as *mut u8).expect("mappings are not at address 0");
        // SAFETY: published code is readable, does not change, and is unmapped no sooner than `self` is dropped.
        let code = unsafe { std::slice::from_raw_parts(address.as_ptr(), size) };
        Ok(Published { address, code })
    }
}

impl Drop for CodeMemory {
    fn drop(&mut self) {
        let Ok(state) = self.state.get_mut() else {
            return;
        };
        update_chunks(|chunks| {
            for chunk in &state.chunks {
                chunks.remove(&(chunk.base() + chunk.mapping.size - 1));
            }
        });
    }
}

fn routine_address(routine: RuntimeRoutine) -> usize {
    use crate::routines as r;
    match routine {
        RuntimeRoutine::CeilF32 => r::ceil_f32 as *const () as usize,
        RuntimeRoutine::CeilF64 => r::ceil_f64 as *const () as usize,
        RuntimeRoutine::FloorF32 => r::floor_f32 as *const () as usize,
        RuntimeRoutine::FloorF64 => r::floor_f64 as *const () as usize,
        RuntimeRoutine::TruncF32 => r::trunc_f32 as *const () as usize,
        RuntimeRoutine::TruncF64 => r::trunc_f64 as *const () as usize,
        RuntimeRoutine::NearestF32 => r::nearest_f32 as *const () as usize,
        RuntimeRoutine::NearestF64 => r::nearest_f64 as *const () as usize,
        RuntimeRoutine::FmaF32 => r::fma_f32 as *const () as usize,
        RuntimeRoutine::FmaF64 => r::fma_f64 as *const () as usize,
        RuntimeRoutine::X86Pshufb => r::x86_pshufb as *const () as usize,
    }
}

/// Stubs in one block.
const STUBS_PER_BLOCK: u32 = 8192;

/// Lazy stubs of the whole process, made in blocks as modules with more functions appear and kept
/// for its lifetime: a stub depends only on the function's index.
static STUB_BLOCKS: OnceLock<Mutex<Vec<DualMapping>>> = OnceLock::new();

/// Points every slot at the lazy stub of its function.
pub(crate) fn fill_with_lazy_stubs(slots: &mut [CodeSlot]) -> io::Result<()> {
    let mut blocks = STUB_BLOCKS
        .get_or_init(Mutex::default)
        .lock()
        .expect("making stubs does not panic");
    for (block_index, slots) in slots.chunks_mut(STUBS_PER_BLOCK as usize).enumerate() {
        if block_index == blocks.len() {
            let size = arch::LAZY_STUB_PROLOGUE + STUBS_PER_BLOCK as usize * arch::LAZY_STUB_SIZE;
            let block = DualMapping::new(size.next_multiple_of(PAGE))?;
            // SAFETY: the mapping is `size` bytes, writable, and nobody else knows it yet.
            let bytes = unsafe { std::slice::from_raw_parts_mut(block.rw.as_ptr(), size) };
            arch::write_lazy_stubs(bytes, block_index as u32 * STUBS_PER_BLOCK);
            blocks.push(block);
        }
        let stubs = blocks[block_index]
            .rx
            .as_ptr()
            .wrapping_add(arch::LAZY_STUB_PROLOGUE);
        for (i, slot) in slots.iter_mut().enumerate() {
            *slot.get_mut() = stubs.wrapping_add(i * arch::LAZY_STUB_SIZE);
        }
    }
    Ok(())
}
