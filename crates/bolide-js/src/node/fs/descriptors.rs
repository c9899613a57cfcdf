//! The descriptors of a script: numbers for open files, which are not those of the operating system.

use std::cell::RefCell;
use std::fs::File;
use std::io;
use std::path::Path;
use std::sync::Arc;

use crate::error::HostError;
use crate::files::{Access, call_error, denied};

/// An open file, used by several threads at once.
#[derive(Clone, Debug)]
pub(in crate::node) struct OpenFile {
    pub(super) file: Arc<File>,
    /// Whether every write goes to the end, wherever it is told to go.
    pub(super) append: bool,
    /// The path of a file in a folder that may only be read: a descriptor for reading would let its metadata be
    /// changed.
    pub(super) protected: Option<Arc<Path>>,
}

impl OpenFile {
    /// Refuses to change anything of a file in a folder that may only be read.
    pub(super) fn check_writable(&self) -> Result<(), HostError> {
        match &self.protected {
            Some(path) => Err(denied(path, Access::Write)),
            None => Ok(()),
        }
    }
}

/// The open files of one agent, from descriptor 3 on.
#[derive(Default)]
pub(in crate::node) struct Descriptors {
    open: RefCell<Vec<Option<OpenFile>>>,
}

/// The first descriptor that is none of standard input and outputs.
const FIRST: usize = 3;

impl Descriptors {
    /// Gives the file the lowest free number.
    pub(super) fn insert(&self, file: OpenFile) -> u32 {
        let mut open = self.open.borrow_mut();
        let free = open.iter().position(Option::is_none);
        let index = free.unwrap_or(open.len());
        match open.get_mut(index) {
            Some(slot) => *slot = Some(file),
            None => open.push(Some(file)),
        }
        (index + FIRST) as u32
    }

    /// The file behind a number.
    pub(super) fn get(&self, number: f64, syscall: &'static str) -> Result<OpenFile, HostError> {
        let file = self.slot(number, |slot| slot.clone());
        file.flatten().ok_or_else(|| bad_descriptor(syscall))
    }

    /// As [`Descriptors::get`], only the file.
    pub(in crate::node) fn file(
        &self,
        number: f64,
        syscall: &'static str,
    ) -> Result<Arc<File>, HostError> {
        Ok(self.get(number, syscall)?.file)
    }

    /// Takes the file away from its number.
    pub(super) fn remove(&self, number: f64) -> Result<OpenFile, HostError> {
        let file = self.slot(number, Option::take);
        file.flatten().ok_or_else(|| bad_descriptor("close"))
    }

    fn slot<R>(&self, number: f64, f: impl FnOnce(&mut Option<OpenFile>) -> R) -> Option<R> {
        let index = (number as usize).checked_sub(FIRST)?;
        self.open.borrow_mut().get_mut(index).map(f)
    }
}

fn bad_descriptor(syscall: &'static str) -> HostError {
    let error = io::Error::from(rustix::io::Errno::BADF);
    call_error(&error, syscall, None, None)
}
