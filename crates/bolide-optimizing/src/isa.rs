//! The target: the host's processor and Cranelift's settings.

use bolide_abi::{CodegenOptions, CompileError};
use cranelift_codegen::isa::OwnedTargetIsa;
use cranelift_codegen::settings::{self, Configurable, Flags};

/// The host with all the processor features that it has.
pub(crate) fn host(options: &CodegenOptions) -> Result<OwnedTargetIsa, CompileError> {
    let builder = cranelift_native::builder().map_err(|why| {
        CompileError::Internal(format!("cannot generate code for this processor: {why}"))
    })?;
    builder
        .finish(flags(options)?)
        .map_err(|error| CompileError::Internal(format!("cannot configure the target: {error}")))
}

fn flags(options: &CodegenOptions) -> Result<Flags, CompileError> {
    let on_off = |on| if on { "true" } else { "false" };
    let mut builder = settings::builder();
    for (name, value) in [
        ("opt_level", "speed"),
        ("preserve_frame_pointers", "true"),
        ("unwind_info", "false"),
        ("is_pic", "false"),
        ("use_colocated_libcalls", "false"),
        ("enable_probestack", "true"),
        ("probestack_strategy", "inline"),
        ("enable_verifier", on_off(cfg!(debug_assertions))),
        (
            "enable_nan_canonicalization",
            on_off(options.canonicalize_nans),
        ),
    ] {
        builder.set(name, value).map_err(|error| {
            CompileError::Internal(format!("cannot set `{name}` to `{value}`: {error}"))
        })?;
    }
    Ok(Flags::new(builder))
}
