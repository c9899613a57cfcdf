//! `bolide test`.

use clap::Args;

use crate::failure::Failure;

#[derive(Args, Debug)]
pub(crate) struct TestArgs {}

pub(crate) fn test(_: &TestArgs) -> Result<u8, Failure> {
    Err(Failure::new("`bolide test` is not there yet"))
}
