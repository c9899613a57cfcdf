//! Arguments of operations: paths inside the folders that a script reaches, files, bytes.

use std::io;
use std::path::{Path, PathBuf};

use rquickjs::{Ctx, Value};
use rustix::fs::{Timespec, Timestamps, UTIME_OMIT};
use rustix::io::Errno;

use super::descriptors::OpenFile;
use crate::agent::agent;
use crate::buffer::{copy_bytes, lossy_text};
use crate::error::HostError;
use crate::files::{Access, Located, call_error, denied, system_error};

/// A path of an operation.
#[derive(Clone)]
pub(super) struct Target {
    pub(super) located: Located,
    /// As the script wrote it, for errors.
    pub(super) shown: PathBuf,
    /// Absolute, for errors of permission.
    pub(super) absolute: PathBuf,
    pub(super) access: Access,
}

impl Target {
    /// Runs `f` on the folder and the path inside it.
    pub(super) fn run<T>(
        &self,
        syscall: &'static str,
        f: impl FnOnce(&cap_std::fs::Dir, &Path) -> io::Result<T>,
    ) -> Result<T, HostError> {
        f(&self.located.dir, &self.located.path).map_err(|error| self.error(&error, syscall))
    }

    pub(super) fn error(&self, error: &io::Error, syscall: &'static str) -> HostError {
        if escapes(error) {
            return denied(&self.absolute, self.access);
        }
        system_error(error, syscall, &self.shown, self.access)
    }
}

/// Whether cap-std refused a path because it leads out of the folder.
fn escapes(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::PermissionDenied && error.raw_os_error().is_none()
}

/// The error of an operation on two paths.
pub(super) fn pair_error(
    error: &io::Error,
    syscall: &'static str,
    from: &Target,
    to: &Target,
) -> HostError {
    if escapes(error) {
        return denied(&to.absolute, to.access);
    }
    call_error(error, syscall, Some(&from.shown), Some(&to.shown))
}

/// The arguments of one operation, which `node/fs` has checked the types of.
pub(super) struct Arguments<'a, 'js> {
    pub(super) ctx: &'a Ctx<'js>,
    pub(super) values: &'a [Value<'js>],
}

impl<'js> Arguments<'_, 'js> {
    fn get(&self, index: usize) -> Result<&Value<'js>, HostError> {
        let value = self.values.get(index);
        value.ok_or_else(|| HostError::type_error(format!("argument {index} is missing")))
    }

    pub(super) fn is_number(&self, index: usize) -> bool {
        self.values.get(index).is_some_and(Value::is_number)
    }

    /// The number, or 0 if the argument is none.
    pub(super) fn number(&self, index: usize) -> f64 {
        let value = self.values.get(index);
        value.and_then(Value::as_number).unwrap_or(0.0)
    }

    pub(super) fn flag(&self, index: usize) -> bool {
        let value = self.values.get(index);
        value.and_then(Value::as_bool).unwrap_or(false)
    }

    pub(super) fn text(&self, index: usize) -> Result<String, HostError> {
        let text = self.get(index)?.as_string().map(lossy_text);
        match text {
            Some(Ok(text)) => Ok(text),
            _ => Err(HostError::type_error(format!(
                "argument {index} is no string"
            ))),
        }
    }

    pub(super) fn bytes(&self, index: usize) -> Result<Vec<u8>, HostError> {
        let bytes = copy_bytes(self.get(index)?);
        bytes.ok_or_else(|| HostError::type_error("the buffer is detached, or no buffer"))
    }

    /// A time in seconds since 1970. As in libuv, NaN leaves a time as it is.
    pub(super) fn time(&self, index: usize) -> Result<Timespec, Errno> {
        let seconds = self.number(index);
        if seconds.is_nan() {
            return Ok(Timespec {
                tv_sec: 0,
                tv_nsec: UTIME_OMIT as _,
            });
        }
        // 2^63 is the first number of seconds that is too large.
        const LIMIT: f64 = 9_223_372_036_854_775_808.0;
        let whole = seconds.floor();
        if !(-LIMIT..LIMIT).contains(&whole) {
            return Err(Errno::INVAL);
        }
        let nanos = ((seconds - whole) * 1e9).round().min(999_999_999.0);
        Ok(Timespec {
            tv_sec: whole as i64,
            tv_nsec: nanos as _,
        })
    }

    /// The times of access and modification.
    pub(super) fn times(&self, accessed: usize, modified: usize) -> Result<Timestamps, Errno> {
        Ok(Timestamps {
            last_access: self.time(accessed)?,
            last_modification: self.time(modified)?,
        })
    }

    /// The number of a user or group; -1, also as 32 bits without a sign, leaves it as it is.
    pub(super) fn id(&self, index: usize) -> Option<u32> {
        let number = self.number(index);
        (number >= 0.0 && number < f64::from(u32::MAX)).then_some(number as u32)
    }

    pub(super) fn path(&self, index: usize, access: Access) -> Result<Target, HostError> {
        let shown = PathBuf::from(self.text(index)?);
        let agent = agent(self.ctx);
        let absolute = agent.settings.cwd.join(&shown);
        let located = agent.files.locate(&absolute, access)?;
        Ok(Target {
            located,
            shown,
            absolute,
            access,
        })
    }

    pub(super) fn file(&self, index: usize, syscall: &'static str) -> Result<OpenFile, HostError> {
        let descriptors = &agent(self.ctx).node.descriptors;
        descriptors.get(self.number(index), syscall)
    }

    /// As [`Arguments::file`], for what changes the file or what is known of it.
    pub(super) fn writable_file(
        &self,
        index: usize,
        syscall: &'static str,
    ) -> Result<OpenFile, HostError> {
        let file = self.file(index, syscall)?;
        file.check_writable()?;
        Ok(file)
    }
}

/// The error of an operation on a descriptor.
pub(super) fn plain_error(syscall: &'static str) -> impl Fn(io::Error) -> HostError {
    move |error| call_error(&error, syscall, None, None)
}
