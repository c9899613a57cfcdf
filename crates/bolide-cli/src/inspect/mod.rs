//! `bolide inspect`.
use crate::args::InspectArgs;
use crate::failure::Failure;
pub(crate) const JSON_HELP: &str = "";
pub(crate) fn inspect(args: &InspectArgs) -> Result<u8, Failure> { let _ = args; Ok(0) }
