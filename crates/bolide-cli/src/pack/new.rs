//! `bolide new`.

use clap::Args;

use crate::failure::Failure;

#[derive(Args, Debug)]
pub(crate) struct NewArgs {}

pub(crate) fn new(_: &NewArgs) -> Result<u8, Failure> {
    Err(Failure::new("`bolide new` is not there yet"))
}
