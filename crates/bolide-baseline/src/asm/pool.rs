//! Constants that live behind the code.

use super::buffer::Label;

/// How many of the latest constants are searched for an equal one. Constants repeat close to each
/// other if at all, and the search must stay cheap in functions with thousands of them.
const SEARCHED: usize = 16;

/// Constants of one size, in the order in which they were first used.
#[derive(Debug)]
pub(super) struct Pool<const SIZE: usize> {
    entries: Vec<([u8; SIZE], Label)>,
}

impl<const SIZE: usize> Pool<SIZE> {
    pub(super) const fn new() -> Self {
        Pool {
            entries: Vec::new(),
        }
    }

    /// The label of a recent equal constant, if there is one.
    pub(super) fn find(&self, value: &[u8; SIZE]) -> Option<Label> {
        let recent = self.entries.iter().rev().take(SEARCHED);
        recent
            .into_iter()
            .find(|(held, _)| held == value)
            .map(|&(_, label)| label)
    }

    pub(super) fn push(&mut self, value: [u8; SIZE], label: Label) {
        self.entries.push((value, label));
    }

    pub(super) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Takes the constants out and keeps the allocation.
    pub(super) fn drain(&mut self) -> impl Iterator<Item = ([u8; SIZE], Label)> + '_ {
        self.entries.drain(..)
    }

    pub(super) fn clear(&mut self) {
        self.entries.clear();
    }
}
