//! Idle slots.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::slot::{NO_IMAGE, Slot};

/// Idle slots in the order of their return. The lock is held for a short scan; all system calls, also
/// the unmapping of slots that fall out, happen outside of it.
#[derive(Debug)]
pub(super) struct Pool {
    idle: Mutex<Idle>,
    max_slots: usize,
    max_bytes: usize,
}

#[derive(Debug, Default)]
struct Idle {
    /// Oldest first.
    slots: VecDeque<Entry>,
    /// Address space of all of them.
    bytes: usize,
}

/// What a search looks at, next to each other in memory; moving an entry is cheap.
#[derive(Debug)]
struct Entry {
    image_id: u64,
    len: usize,
    capacity: usize,
    slot: Box<Slot>,
}

impl Pool {
    /// A pool of at most `max_slots` slots and `max_bytes` bytes of address space.
    pub(super) fn new(max_slots: usize, max_bytes: usize) -> Pool {
        Pool {
            idle: Mutex::default(),
            max_slots,
            max_bytes,
        }
    }

    fn lock(&self) -> MutexGuard<'_, Idle> {
        // Every state of `Idle` between its statements is valid, so a panic elsewhere is harmless.
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether slots are kept at all.
    pub(super) fn is_enabled(&self) -> bool {
        self.max_slots > 0
    }

    /// Number of idle slots.
    pub(super) fn len(&self) -> usize {
        self.lock().slots.len()
    }

    /// Takes an idle slot with exactly this capacity and length: the latest with that image, else one
    /// without an image, else the one idle longest.
    pub(super) fn take(&self, capacity: usize, len: usize, image_id: u64) -> Option<Box<Slot>> {
        let mut idle = self.lock();
        let mut second_choice = None;
        let mut found = None;
        for (i, entry) in idle.slots.iter().enumerate().rev() {
            if entry.capacity != capacity || entry.len != len {
                continue;
            }
            if entry.image_id == image_id {
                found = Some(i);
                break;
            }
            match second_choice {
                Some((_, NO_IMAGE)) => {}
                _ => second_choice = Some((i, entry.image_id)),
            }
        }
        let i = found.or(second_choice.map(|(i, _)| i))?;
        let entry = idle.slots.remove(i)?;
        idle.bytes -= entry.len;
        Some(entry.slot)
    }

    /// Adds an idle slot, and drops the oldest ones beyond the pool's limits.
    pub(super) fn put(&self, slot: Box<Slot>) {
        let entry = Entry {
            image_id: slot.image_id(),
            len: slot.len(),
            capacity: slot.capacity(),
            slot,
        };
        let mut evicted = Vec::new();
        {
            let mut idle = self.lock();
            idle.bytes += entry.len;
            idle.slots.push_back(entry);
            while idle.slots.len() > self.max_slots || idle.bytes > self.max_bytes {
                let Some(oldest) = idle.slots.pop_front() else {
                    break;
                };
                idle.bytes -= oldest.len;
                evicted.push(oldest);
            }
        }
    }

    /// Unmaps all idle slots for which `condition` holds for the id of their image; returns how many.
    pub(super) fn purge(&self, condition: impl Fn(u64) -> bool) -> usize {
        let purged: VecDeque<Entry> = {
            let mut idle = self.lock();
            let (purged, kept) = std::mem::take(&mut idle.slots)
                .into_iter()
                .partition(|entry| condition(entry.image_id));
            idle.slots = kept;
            idle.bytes = idle.slots.iter().map(|entry| entry.len).sum();
            purged
        };
        purged.len()
    }
}
