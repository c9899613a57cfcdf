//! `bolide serve`.

use clap::Args;

use crate::failure::Failure;

#[derive(Args, Debug)]
pub(crate) struct ServeArgs {}

pub(crate) fn serve(_: &ServeArgs) -> Result<u8, Failure> {
    Err(Failure::new("`bolide serve` is not there yet"))
}
