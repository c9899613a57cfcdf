//! What a store consists of, by position. A position stays the same as long as its item lives, and is
//! given to another item after that.

use std::ops::{Index, IndexMut};

use crate::error::{Result, bail};

/// All items of one kind.
pub(crate) struct Items<T> {
    slots: Vec<Slot<T>>,
    free: Vec<u32>,
    /// How many items have no owner.
    unowned: usize,
    /// How many of them are released.
    released: usize,
}

struct Slot<T> {
    /// `None` in a free slot.
    item: Option<T>,
    /// Position of the instance that defines the item, and in whose context its definition is. `None` for what the
    /// host made, and for instances.
    owner: Option<u32>,
    /// The host has given up its handles.
    released: bool,
}

impl<T> Default for Items<T> {
    fn default() -> Self {
        Items {
            slots: Vec::new(),
            free: Vec::new(),
            unowned: 0,
            released: 0,
        }
    }
}

#[cold]
fn gone() -> ! {
    panic!("a handle was used after what it stands for had been released and freed")
}

impl<T> Index<u32> for Items<T> {
    type Output = T;

    #[inline]
    fn index(&self, index: u32) -> &T {
        match self.slots[index as usize].item.as_ref() {
            Some(item) => item,
            None => gone(),
        }
    }
}

impl<T> IndexMut<u32> for Items<T> {
    #[inline]
    fn index_mut(&mut self, index: u32) -> &mut T {
        match self.slots[index as usize].item.as_mut() {
            Some(item) => item,
            None => gone(),
        }
    }
}

impl<T> Items<T> {
    /// The position that the next item will get.
    pub(crate) fn next(&self) -> Result<u32> {
        if let Some(index) = self.free.last() {
            return Ok(*index);
        }
        match u32::try_from(self.slots.len()) {
            Ok(index) => Ok(index),
            Err(_) => bail!("the store holds too many items"),
        }
    }

    /// Adds an item and returns its position.
    pub(crate) fn insert(&mut self, item: T, owner: Option<u32>) -> Result<u32> {
        let index = self.next()?;
        let slot = Slot {
            item: Some(item),
            owner,
            released: false,
        };
        self.unowned += usize::from(owner.is_none());
        if self.free.pop().is_some() {
            self.slots[index as usize] = slot;
        } else {
            self.slots.push(slot);
        }
        Ok(index)
    }

    /// How many items there are.
    pub(crate) fn len(&self) -> usize {
        self.slots.len() - self.free.len()
    }

    /// How many of them no instance defines.
    pub(super) fn unowned(&self) -> usize {
        self.unowned
    }

    /// How many of them are released.
    pub(super) fn released(&self) -> usize {
        self.released
    }

    /// All positions, those of free slots included.
    pub(super) fn positions(&self) -> usize {
        self.slots.len()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &T> {
        self.slots.iter().filter_map(|slot| slot.item.as_ref())
    }

    /// Two different items.
    ///
    /// # Panics
    ///
    /// If the positions are equal.
    pub(crate) fn two(&mut self, a: u32, b: u32) -> [&mut T; 2] {
        let slots = self.slots.get_disjoint_mut([a as usize, b as usize]);
        let slots = slots.expect("two positions of items");
        slots.map(|slot| slot.item.as_mut().unwrap_or_else(|| gone()))
    }

    /// Notes whether the host has given up its handles of an item that no instance defines. Returns whether
    /// that is new.
    pub(super) fn set_released(&mut self, index: u32, released: bool) -> bool {
        let slot = &mut self.slots[index as usize];
        if slot.item.is_none() {
            gone();
        }
        if slot.owner.is_some() || slot.released == released {
            return false;
        }
        slot.released = released;
        if released {
            self.released += 1;
        } else {
            self.released -= 1;
        }
        true
    }

    /// The instance that defines an item.
    pub(super) fn owner(&self, index: u32) -> Option<u32> {
        self.slots[index as usize].owner
    }

    /// What lives whether or not something refers to it.
    pub(super) fn roots(&self) -> impl Iterator<Item = u32> {
        let slots = (0..).zip(&self.slots);
        slots.filter_map(|(index, slot)| {
            (slot.item.is_some() && slot.owner.is_none() && !slot.released).then_some(index)
        })
    }

    /// Takes out the items whose positions are not marked.
    pub(super) fn sweep(&mut self, marked: &[bool]) -> Vec<T> {
        let mut dead = Vec::new();
        for (index, (slot, marked)) in (0..).zip(self.slots.iter_mut().zip(marked)) {
            if *marked {
                continue;
            }
            if let Some(item) = slot.item.take() {
                dead.push(item);
                self.free.push(index);
                self.unowned -= usize::from(slot.owner.is_none());
                self.released -= usize::from(slot.released);
            }
        }
        dead
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_are_used_again() {
        let mut items = Items::default();
        for round in 0..100 {
            let positions = [0, 1, 2].map(|i| items.insert(i, None).unwrap());
            let owned = items.insert(3, Some(7)).unwrap();
            assert_eq!((items.len(), items.unowned()), (4, 3));
            assert!(items.set_released(positions[1], true));
            assert!(!items.set_released(positions[1], true), "already");
            assert!(!items.set_released(owned, true), "its owner decides");
            assert_eq!(items.released(), 1);
            assert!(!items.roots().any(|i| i == positions[1] || i == owned));
            let mut marked = vec![true; items.positions()];
            marked[positions[1] as usize] = false;
            assert_eq!(items.sweep(&marked), [1], "round {round}");
            assert_eq!((items.len(), items.released()), (3, 0));
            assert_eq!(items.next().unwrap(), positions[1]);
            assert_eq!((items[positions[2]], items[owned]), (2, 3));
            let rest = items.sweep(&vec![false; items.positions()]);
            assert_eq!(rest.len(), 3);
            assert_eq!((items.len(), items.unowned(), items.positions()), (0, 0, 4));
        }
    }

    #[test]
    #[should_panic(expected = "released and freed")]
    fn free_positions_are_not_read() {
        let mut items = Items::default();
        let position = items.insert((), None).unwrap();
        items.sweep(&[false]);
        items[position]
    }
}
