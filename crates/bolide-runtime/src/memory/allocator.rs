//! Where and how large a memory is laid out.

use std::sync::Arc;

use bolide_abi::{MemoryStyle, MemoryTuning};
use bolide_module::{IndexType, MemoryType, WASM_PAGE_SIZE};
use rustix::io::Errno;
use rustix::process::Resource;

use super::error::{self, MemoryError};
use super::image::MemoryImage;
use super::linear::LinearMemory;
use super::mapping::{Mapping, page_size, round_up_to_page};
use super::pagemap::Pagemap;
use super::pool::Pool;
use super::shared::SharedLinearMemory;
use super::slot::{Slot, image_id};

/// How many full-size memories must fit in the address space for reservations to be worth it.
const MEMORIES_TO_FIT: usize = 16;
/// Guard on hosts where address space is scarce, in bytes.
const SCARCE_GUARD: u64 = 64 << 10;
/// On such hosts, idle slots may hold one part in this many of the free address space.
const SCARCE_IDLE_PART: usize = 8;
/// The largest reservation for a shared memory of the dynamic style, which cannot move, in bytes.
const MAX_SHARED_RESERVATION: u64 = 64 << 30;

const ADVICE_TOO_LARGE: &str = "lower the memory's minimum size";

/// How slots are kept between uses.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub struct PoolOptions {
    /// Slots that stay reserved while no memory is in them; 0 turns pooling off.
    pub max_idle_slots: usize,
    /// Bytes per idle slot that stay in physical memory: they are cleaned by copying, which makes the
    /// next use free of page faults. All other pages go back to the kernel.
    pub keep_resident: usize,
}

/// Hands out linear memories. One per engine.
#[derive(Debug)]
pub struct MemoryAllocator {
    tuning: MemoryTuning,
    keep_resident: usize,
    pool: Pool,
    pagemap: Option<Pagemap>,
}

/// Sizes in bytes of a memory's parts.
#[derive(Copy, Clone, Debug)]
pub(super) struct Layout {
    /// Accessible at first.
    pub(super) initial: usize,
    /// What the memory can grow to without moving, a multiple of the host page size.
    pub(super) capacity: usize,
    /// Inaccessible after `capacity`, a multiple of the host page size.
    pub(super) guard: usize,
    /// Whether a memory that outgrows `capacity` may move.
    pub(super) movable: bool,
}

impl MemoryAllocator {
    /// An allocator for memories of these styles. Pass [`host_tuning`](Self::host_tuning)'s answer.
    pub fn new(tuning: MemoryTuning, pool: PoolOptions) -> Arc<Self> {
        let pagemap = match pool {
            PoolOptions {
                max_idle_slots: 1..,
                keep_resident: 1..,
            } => Pagemap::open(),
            _ => None,
        };
        MemoryAllocator::with_pagemap(tuning, pool, pagemap)
    }

    pub(super) fn with_pagemap(
        tuning: MemoryTuning,
        pool: PoolOptions,
        pagemap: Option<Pagemap>,
    ) -> Arc<Self> {
        let max_bytes = free_address_space().map_or(usize::MAX, |free| free / SCARCE_IDLE_PART);
        Arc::new(MemoryAllocator {
            tuning,
            keep_resident: pool.keep_resident,
            pool: Pool::new(pool.max_idle_slots, max_bytes),
            pagemap,
        })
    }

    /// `requested`, or what to use instead on a host with so little address space (`ulimit -v`, or a
    /// container) that a few such memories would exhaust it: no reservation, so that memories take just
    /// what they need and accesses are checked explicitly, and a guard of at most 64 KiB.
    pub fn host_tuning(requested: MemoryTuning) -> MemoryTuning {
        let whole = requested
            .reservation
            .checked_add(requested.guard)
            .and_then(|whole| usize::try_from(whole).ok());
        let plenty = whole.is_some_and(|whole| {
            let fits = free_address_space()
                .is_none_or(|free| whole.saturating_mul(MEMORIES_TO_FIT) <= free);
            fits && Mapping::reserve(whole).is_ok()
        });
        if plenty {
            requested
        } else {
            MemoryTuning {
                reservation: 0,
                guard: requested.guard.min(SCARCE_GUARD),
            }
        }
    }

    /// The tuning that memories are laid out by.
    pub fn tuning(&self) -> MemoryTuning {
        self.tuning
    }

    /// Number of idle slots.
    pub fn idle_slots(&self) -> usize {
        self.pool.len()
    }

    /// Unmaps idle slots in which `image` is mapped, so that its pages can be freed when the module is
    /// dropped. Returns how many there were.
    pub fn purge_image(&self, image: &MemoryImage) -> usize {
        self.pool.purge(|id| id == image.id())
    }

    /// A new memory of type `ty`: contents of `image` if there is one, otherwise all zero.
    ///
    /// # Errors
    ///
    /// If the host has no room, if the type's minimum can never fit in the address space, if the image
    /// is larger than the minimum, or if the type is shared (see
    /// [`allocate_shared`](Self::allocate_shared)).
    pub fn allocate(
        self: &Arc<Self>,
        ty: &MemoryType,
        image: Option<&Arc<MemoryImage>>,
    ) -> Result<LinearMemory, MemoryError> {
        if ty.shared {
            return Err(MemoryError::request(
                "cannot allocate a shared memory for one instance",
                "use a shared memory object",
            ));
        }
        let layout = self.layout(ty)?;
        if let Some(image) = image
            && image.range().end > layout.initial
        {
            let image = error::bytes(image.range().end as u64);
            let size = error::bytes(layout.initial as u64);
            return Err(MemoryError::request(
                format!("a memory image of {image} does not fit in a linear memory of {size}"),
                "use the image only for the memory that it was made from",
            ));
        }
        let slot = self.slot(layout, image.map(Arc::as_ref)).map_err(|errno| {
            let size = error::bytes(layout.initial as u64);
            let reserved = error::bytes((layout.capacity + layout.guard) as u64);
            MemoryError::os(
                format!("cannot map a linear memory of {size} in a reservation of {reserved}"),
                errno,
            )
        })?;
        Ok(LinearMemory::new(self, *ty, slot, image.cloned(), layout))
    }

    /// A new memory of the shared type `ty`, all zero. It never moves: if its maximum cannot be
    /// reserved as a whole, it can grow as far as the host has room now.
    ///
    /// # Errors
    ///
    /// If the host has no room, if the minimum can never fit in the address space, or if the type has
    /// no maximum or is not shared.
    pub fn allocate_shared(
        self: &Arc<Self>,
        ty: &MemoryType,
    ) -> Result<SharedLinearMemory, MemoryError> {
        let (true, Some(maximum)) = (ty.shared, ty.maximum) else {
            return Err(MemoryError::request(
                "cannot make a shared memory of a type that is not shared or has no maximum",
                "declare the memory `shared` with a maximum size",
            ));
        };
        let mut layout = self.layout(ty)?;
        if layout.movable {
            layout.movable = false;
            let wanted = maximum
                .saturating_mul(WASM_PAGE_SIZE)
                .min(MAX_SHARED_RESERVATION);
            layout.capacity =
                usize::try_from(wanted).map_or(layout.initial, |w| w.max(layout.initial));
        }
        loop {
            match self.slot(layout, None) {
                Ok(slot) => {
                    let memory = LinearMemory::new(self, *ty, slot, None, layout);
                    return Ok(SharedLinearMemory::new(memory));
                }
                Err(Errno::NOMEM) if self.is_dynamic(ty) && layout.capacity > layout.initial => {
                    let page = WASM_PAGE_SIZE as usize;
                    layout.capacity = (layout.capacity / 4 / page * page).max(layout.initial);
                }
                Err(errno) => {
                    let size = error::bytes(layout.initial as u64);
                    let reserved = error::bytes((layout.capacity + layout.guard) as u64);
                    let what = format!(
                        "cannot map a shared memory of {size} in a reservation of {reserved}"
                    );
                    return Err(MemoryError::os(what, errno));
                }
            }
        }
    }

    fn is_dynamic(&self, ty: &MemoryType) -> bool {
        matches!(self.tuning.style(ty), MemoryStyle::Dynamic { .. })
    }

    fn layout(&self, ty: &MemoryType) -> Result<Layout, MemoryError> {
        self.checked_layout(ty).ok_or_else(|| {
            let pages = ty.minimum;
            MemoryError::request(
                format!("a linear memory of {pages} pages of 64 KiB exceeds the address space"),
                ADVICE_TOO_LARGE,
            )
        })
    }

    /// `None` if a size overflows or exceeds the limit of the memory's index type.
    fn checked_layout(&self, ty: &MemoryType) -> Option<Layout> {
        if ty.minimum > max_pages(ty) {
            return None;
        }
        let initial = byte_size(ty.minimum)?;
        let (capacity, guard, movable) = match self.tuning.style(ty) {
            MemoryStyle::Static { reservation, guard } => (reservation, guard, false),
            MemoryStyle::Dynamic { guard } => {
                let maximum = max_pages(ty).saturating_mul(WASM_PAGE_SIZE);
                let head_room = self.tuning.reservation.min(maximum);
                (head_room.max(initial as u64), guard, true)
            }
        };
        let capacity = round_up_to_page(usize::try_from(capacity).ok()?)?;
        let guard = round_up_to_page(usize::try_from(guard).ok()?)?;
        let whole = capacity.checked_add(guard)?;
        let fits = initial <= capacity && isize::try_from(whole).is_ok();
        fits.then_some(Layout {
            initial,
            capacity,
            guard,
            movable,
        })
    }

    /// A slot that holds a new memory, from the pool or freshly mapped.
    fn slot(&self, layout: Layout, image: Option<&MemoryImage>) -> Result<Box<Slot>, Errno> {
        let len = (layout.capacity + layout.guard).max(page_size());
        if self.pool.is_enabled()
            && let Some(mut slot) = self.pool.take(layout.capacity, len, image_id(image))
            && slot.prepare(layout.initial, image).is_ok()
        {
            return Ok(slot);
        }
        self.fresh_slot(layout, image)
    }

    /// A freshly mapped slot. If address space has run out, idle slots are given up for it.
    pub(super) fn fresh_slot(
        &self,
        layout: Layout,
        image: Option<&MemoryImage>,
    ) -> Result<Box<Slot>, Errno> {
        let make = || {
            let mut slot = Slot::reserve(layout.capacity, layout.guard)?;
            slot.prepare(layout.initial, image)?;
            Ok(Box::new(slot))
        };
        match make() {
            Err(Errno::NOMEM) if self.pool.purge(|_| true) > 0 => make(),
            result => result,
        }
    }

    /// A larger slot for a memory that moves when it grows to `size` bytes of at most `maximum`, with
    /// head-room in proportion so that repeated growth copies each byte a bounded number of times.
    pub(super) fn larger_slot(
        &self,
        old: Layout,
        size: usize,
        maximum: usize,
        image: Option<&MemoryImage>,
    ) -> Result<Box<Slot>, Errno> {
        let page = WASM_PAGE_SIZE as usize;
        let head_room = if self.tuning.reservation == 0 {
            size / 4 / page * page
        } else {
            size
        };
        let exact = Layout {
            initial: size,
            capacity: round_up_to_page(size).ok_or(Errno::NOMEM)?,
            ..old
        };
        exact
            .capacity
            .checked_add(exact.guard)
            .ok_or(Errno::NOMEM)?;
        let capacity = size.saturating_add(head_room).min(maximum).max(size);
        let roomy = round_up_to_page(capacity)
            .filter(|capacity| capacity.checked_add(old.guard).is_some())
            .map(|capacity| Layout { capacity, ..exact });
        if let Some(roomy) = roomy
            && let Ok(slot) = self.fresh_slot(roomy, image)
        {
            return Ok(slot);
        }
        self.fresh_slot(exact, image)
    }

    pub(super) fn pagemap(&self) -> Option<&Pagemap> {
        self.pagemap.as_ref()
    }

    /// Takes back the slot of a memory that is dropped. If the memory has moved, its slot has a size
    /// that no other memory will ask for, so it is unmapped.
    pub(super) fn release(&self, mut slot: Box<Slot>, layout: Layout, image: Option<&MemoryImage>) {
        if !self.pool.is_enabled() || slot.capacity() != layout.capacity {
            return;
        }
        let pagemap = self.pagemap.as_ref();
        if slot
            .reset(layout.initial, image, self.keep_resident, pagemap)
            .is_ok()
        {
            self.pool.put(slot);
        }
    }
}

/// The largest number of pages that a memory of this type may have.
pub(super) fn max_pages(ty: &MemoryType) -> u64 {
    let limit = match ty.index {
        IndexType::I32 => 1 << 16,
        IndexType::I64 => 1 << 48,
    };
    ty.maximum.map_or(limit, |maximum| maximum.min(limit))
}

/// `pages` in bytes, if that can be an amount of host memory.
pub(super) fn byte_size(pages: u64) -> Option<usize> {
    let bytes = isize::try_from(pages.checked_mul(WASM_PAGE_SIZE)?).ok()?;
    Some(bytes.cast_unsigned())
}

/// Bytes of address space that this process may still reserve, `None` if there is no limit.
fn free_address_space() -> Option<usize> {
    let limit = rustix::process::getrlimit(Resource::As).current?;
    // First field: total program size in pages (proc(5)).
    let used = std::fs::read_to_string("/proc/self/statm")
        .ok()
        .and_then(|text| text.split(' ').next()?.parse::<u64>().ok())
        .map_or(0, |pages| pages.saturating_mul(page_size() as u64));
    Some(usize::try_from(limit.saturating_sub(used)).unwrap_or(usize::MAX))
}
