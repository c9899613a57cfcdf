//! The native stack: how much of it wasm may use, and walks over its wasm frames.

use std::cell::Cell;

use crate::arch;
use crate::code::{self, CodeLocation};
use crate::error::MAX_BACKTRACE_FRAMES as MAX_FRAMES;
use crate::store::StoreInner;
use crate::trap::{self, Activation};

/// Bytes at the end of a thread's stack that wasm code never uses: room for host functions, the
/// compiler's entry, and signal handlers.
const HOST_RESERVE: usize = 128 << 10;

/// The address range of a thread's stack.
#[derive(Copy, Clone)]
struct Bounds {
    bottom: usize,
    top: usize,
}

thread_local! {
    /// Unknown while `top` is 0.
    static BOUNDS: Cell<Bounds> = const { Cell::new(Bounds { bottom: 0, top: 0 }) };
}

#[inline]
fn bounds() -> Bounds {
    let known = BOUNDS.get();
    if known.top != 0 {
        return known;
    }
    // A thread whose stack is unknown is treated like one that runs on a stack of its own.
    let bounds = query_bounds().unwrap_or(Bounds { bottom: 0, top: 1 });
    BOUNDS.set(bounds);
    bounds
}

#[cold]
fn query_bounds() -> Option<Bounds> {
    // SAFETY: plain pthread calls; the attribute is destroyed if it was made.
    unsafe {
        let mut attributes: libc::pthread_attr_t = std::mem::zeroed();
        if libc::pthread_getattr_np(libc::pthread_self(), &mut attributes) != 0 {
            return None;
        }
        let (mut address, mut size) = (std::ptr::null_mut(), 0);
        let status = libc::pthread_attr_getstack(&attributes, &mut address, &mut size);
        libc::pthread_attr_destroy(&mut attributes);
        let bottom = address as usize;
        (status == 0).then_some(Bounds {
            bottom,
            top: bottom + size,
        })
    }
}

/// The lowest stack pointer for wasm code that is entered here: `max_wasm_stack` bytes below this
/// frame, but never so low that the host could not work any more. A caller that runs on a stack of
/// its own (a coroutine) vouches for `max_wasm_stack` alone.
#[inline]
pub(crate) fn limit(max_wasm_stack: usize) -> usize {
    let here = 0u8;
    let sp = &raw const here as usize;
    let wanted = sp.saturating_sub(max_wasm_stack);
    let Bounds { bottom, top } = bounds();
    if (bottom..top).contains(&sp) {
        wanted.max(bottom + HOST_RESERVE)
    } else {
        wanted
    }
}

/// A wasm frame of a walk.
pub(crate) struct WalkedFrame {
    pub(crate) location: CodeLocation,
    /// How many host functions called wasm again between this frame and the innermost one.
    pub(crate) host_calls: u32,
}

/// Walks the wasm frames of a store from where it last left wasm code, innermost first.
pub(crate) fn walk_exit(store: *mut StoreInner) -> Vec<WalkedFrame> {
    trap::with_current(|activation| {
        let Some(activation) = innermost(activation, store) else {
            return Vec::new();
        };
        let mut frames = Vec::new();
        let (pc, fp) = exit(store);
        for_each_frame(activation, pc, fp, |pc, _, host_calls| {
            push_frame(&mut frames, pc - 1, host_calls)
        });
        frames
    })
}

fn push_frame(frames: &mut Vec<WalkedFrame>, pc: usize, host_calls: u32) -> bool {
    code::locate(pc, |location| {
        if frames.len() < MAX_FRAMES {
            frames.push(WalkedFrame {
                location,
                host_calls,
            });
        }
    });
    frames.len() < MAX_FRAMES
}

/// Where a store that is entered on this thread last left wasm code.
fn exit(store: *mut StoreInner) -> (usize, usize) {
    // SAFETY: the store is entered on this thread, so it is live.
    unsafe { (*(*store).vm.exit_pc.get(), *(*store).vm.exit_fp.get()) }
}

fn innermost(mut activation: Option<&Activation>, store: *mut StoreInner) -> Option<&Activation> {
    while let Some(a) = activation {
        if a.store() == store {
            return Some(a);
        }
        activation = a.previous();
    }
    None
}

/// The program counters of the innermost entry's wasm frames at a hardware trap: the instruction that
/// trapped, then return addresses. Taken in the signal handler, because the frames are gone once it
/// has resumed at the landing.
pub(crate) struct TrapFrames {
    pcs: [usize; MAX_FRAMES],
    count: usize,
}

impl TrapFrames {
    pub(crate) const EMPTY: TrapFrames = TrapFrames {
        pcs: [0; MAX_FRAMES],
        count: 0,
    };

    /// # Safety
    ///
    /// `pc` and `fp` are those of a live wasm frame of this thread.
    pub(crate) unsafe fn capture(&mut self, mut pc: usize, mut fp: usize) {
        self.count = 0;
        while pc != arch::entry_return_address() && self.count < MAX_FRAMES {
            self.pcs[self.count] = pc;
            self.count += 1;
            // SAFETY: wasm frames keep frame pointers; the chain ends at the entry's return address.
            (fp, pc) = unsafe { arch::caller_frame(fp) };
        }
    }

    /// The frames, followed by those of enclosing entries of the same store.
    pub(crate) fn walk(&self, activation: &Activation) -> Vec<WalkedFrame> {
        let mut frames = Vec::new();
        for (i, &pc) in self.pcs[..self.count].iter().enumerate() {
            push_frame(&mut frames, if i == 0 { pc } else { pc - 1 }, 0);
        }
        if frames.len() < MAX_FRAMES
            && let Some(outer) = innermost(activation.previous(), activation.store())
        {
            let (fp, pc) = activation.outer_exit();
            for_each_frame(outer, pc, fp, |pc, _, host_calls| {
                push_frame(&mut frames, pc - 1, host_calls + 1)
            });
        }
        frames
    }
}

/// Calls `f` with the program counter and frame pointer of every wasm frame of the activation's store
/// on this thread, innermost first, until it returns `false`. The third argument counts the entries that are passed.
pub(crate) fn for_each_frame(
    activation: &Activation,
    mut pc: usize,
    mut fp: usize,
    mut f: impl FnMut(usize, usize, u32) -> bool,
) {
    let store = activation.store();
    let mut entries = 0;
    let mut activation = Some(activation);
    while let Some(current) = activation {
        while pc != 0 && pc != arch::entry_return_address() {
            if !f(pc, fp, entries) {
                return;
            }
            // SAFETY: between an exit and its entry frame all frames are wasm frames, which keep
            // frame pointers; the chain ends at the entry's return address.
            (fp, pc) = unsafe { arch::caller_frame(fp) };
        }
        (fp, pc) = current.outer_exit();
        activation = innermost(current.previous(), store);
        entries += 1;
    }
}

/// Calls `f` with the address of every stack slot of the store's wasm frames on this thread that
/// holds a live collectable reference.
pub(crate) fn for_each_live_slot(store: *mut StoreInner, mut f: impl FnMut(*mut u64)) {
    trap::with_current(|activation| {
        let Some(activation) = innermost(activation, store) else {
            return;
        };
        let (pc, fp) = exit(store);
        for_each_frame(activation, pc, fp, |pc, fp, _| {
            code::for_each_live_slot(pc, |below| f((fp - below as usize) as *mut u64));
            true
        });
    });
}
