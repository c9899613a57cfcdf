//! `fs.cp`: copies of files and of whole folders.

use std::io;
use std::path::{Path, PathBuf};

use super::Reply;
use super::operations::{Prepared, list, work};
use super::target::{Arguments, Target, pair_error};
use crate::error::HostError;
use crate::files::Access;

/// How to copy.
#[derive(Copy, Clone)]
struct Rules {
    recursive: bool,
    force: bool,
    error_on_exist: bool,
    dereference: bool,
}

/// from, to, and the rules in the order of [`Rules`].
pub(super) fn prepare(arguments: &Arguments<'_, '_>) -> Prepared {
    let from = arguments.path(0, Access::Read)?;
    let to = arguments.path(1, Access::Write)?;
    let rules = Rules {
        recursive: arguments.flag(2),
        force: arguments.flag(3),
        error_on_exist: arguments.flag(4),
        dereference: arguments.flag(5),
    };
    work(move || {
        let kind = from.run("cp", |dir, path| dir.metadata(path))?;
        if kind.is_dir() && !rules.recursive {
            let message = format!(
                "Recursive option not enabled, cannot copy a directory: cp returned EISDIR ({} is a directory (not copied)) {0}",
                from.shown.display()
            );
            return Err(HostError::error(message).with_code("ERR_FS_EISDIR"));
        }
        let (source, place) = (normal(&from), normal(&to));
        if place.starts_with(&source) {
            let message = format!(
                "Cannot copy {} to itself or a subdirectory of self",
                from.shown.display()
            );
            return Err(HostError::error(message).with_code("ERR_FS_CP_EINVAL"));
        }
        copy(&from, &to, Path::new(""), rules)?;
        Ok(Reply::Nothing)
    })
}

fn normal(target: &Target) -> PathBuf {
    crate::files::normalize(&target.absolute)
}

/// Copies what is at `inner` below `from` to the same place below `to`.
fn copy(from: &Target, to: &Target, inner: &Path, rules: Rules) -> Result<(), HostError> {
    let (source, place) = (inside(from, inner), inside(to, inner));
    let fail = |error: &io::Error| pair_error(error, "cp", from, to);
    let (input, output) = (&from.located.dir, &to.located.dir);
    let metadata = match rules.dereference {
        true => input.metadata(&source),
        false => input.symlink_metadata(&source),
    };
    let metadata = metadata.map_err(|error| fail(&error))?;
    if metadata.is_dir() {
        if !output.is_dir(&place) {
            output
                .create_dir_all(&place)
                .map_err(|error| fail(&error))?;
        }
        for (name, _) in list(input, &source).map_err(|error| fail(&error))? {
            copy(from, to, &inner.join(name), rules)?;
        }
        return Ok(());
    }
    if output.symlink_metadata(&place).is_ok() {
        if !rules.force && rules.error_on_exist {
            let message = format!("Target already exists: {}", place.display());
            return Err(HostError::error(message).with_code("ERR_FS_CP_EEXIST"));
        }
        if !rules.force {
            return Ok(());
        }
        output.remove_file(&place).map_err(|error| fail(&error))?;
    } else if let Some(parent) = place.parent().filter(|path| !path.as_os_str().is_empty()) {
        output
            .create_dir_all(parent)
            .map_err(|error| fail(&error))?;
    }
    let result = match metadata.is_symlink() {
        true => input
            .read_link_contents(&source)
            .and_then(|contents| output.symlink_contents(contents, &place)),
        false => input.copy(&source, output, &place).map(drop),
    };
    result.map_err(|error| fail(&error))
}

fn inside(target: &Target, inner: &Path) -> PathBuf {
    match inner.as_os_str().is_empty() {
        true => target.located.path.clone(),
        false => target.located.path.join(inner),
    }
}
