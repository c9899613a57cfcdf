//! The commands that go from source to a package: `new`, `build`, `serve` and `test`.

mod build;
mod build_c;
mod cargo;
mod new;
mod packaging;
mod report;
mod serve;
mod test;

pub(crate) use build::{BuildArgs, build};
pub(crate) use new::{NewArgs, new};
pub(crate) use serve::{ServeArgs, serve};
pub(crate) use test::{TestArgs, test};

use crate::exit;
use crate::failure::Failure;

impl From<bolide_pack::Error> for Failure {
    fn from(error: bolide_pack::Error) -> Failure {
        Failure::from(&error)
    }
}

impl From<&bolide_pack::Error> for Failure {
    fn from(error: &bolide_pack::Error) -> Failure {
        if error.is_told() {
            return Failure::silent(exit::ERROR);
        }
        let mut failure = Failure::new(error.what());
        for cause in error.causes() {
            failure = failure.with_cause(cause);
        }
        for help in error.help() {
            failure = failure.with_help(help);
        }
        failure
    }
}
