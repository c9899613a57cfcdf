//! From Cranelift's machine buffer to bytes and side tables.

use bolide_abi::{
    CompileError, CompiledFunction, Reloc, RelocTarget, RuntimeRoutine, StackMap, TrapSite,
};
use cranelift_codegen::binemit::Reloc as RelocKind;
use cranelift_codegen::ir::{ExternalName, LibCall};
use cranelift_codegen::{
    CompiledCode, Final, FinalizedMachReloc, FinalizedRelocTarget, MachBufferFinalized,
};

use crate::location::Locations;
use crate::trap;

type Buffer = MachBufferFinalized<Final>;

/// Collects everything the runtime needs from a compiled function.
pub(crate) fn finish(
    compiled: &CompiledCode,
    locations: Locations,
) -> Result<CompiledFunction, CompileError> {
    let buffer = &compiled.buffer;
    let (address_map, inlining) = locations.tables(buffer);
    Ok(CompiledFunction {
        code: buffer.data().to_vec(),
        alignment: buffer.alignment,
        relocs: buffer
            .relocs()
            .iter()
            .map(reloc)
            .collect::<Result<_, _>>()?,
        traps: traps(buffer)?,
        address_map,
        stack_maps: stack_maps(buffer)?,
        loops: Vec::new(),
        inlining,
    })
}

fn reloc(reloc: &FinalizedMachReloc) -> Result<Reloc, CompileError> {
    let unexpected = || CompileError::Internal(format!("unexpected relocation {:?}", reloc.target));
    let target = match &reloc.target {
        // The only user function that is ever declared is the one being compiled.
        FinalizedRelocTarget::ExternalName(ExternalName::User(_)) => RelocTarget::SelfStart,
        FinalizedRelocTarget::ExternalName(ExternalName::LibCall(call)) => {
            RelocTarget::Routine(routine(*call).ok_or_else(unexpected)?)
        }
        _ => return Err(unexpected()),
    };
    Ok(Reloc {
        offset: reloc.offset,
        target,
        addend: reloc.addend,
        absolute: match reloc.kind {
            RelocKind::Abs8 => true,
            RelocKind::X86PCRel4 | RelocKind::X86CallPCRel4 => false,
            _ => return Err(unexpected()),
        },
    })
}

fn routine(call: LibCall) -> Option<RuntimeRoutine> {
    Some(match call {
        LibCall::CeilF32 => RuntimeRoutine::CeilF32,
        LibCall::CeilF64 => RuntimeRoutine::CeilF64,
        LibCall::FloorF32 => RuntimeRoutine::FloorF32,
        LibCall::FloorF64 => RuntimeRoutine::FloorF64,
        LibCall::TruncF32 => RuntimeRoutine::TruncF32,
        LibCall::TruncF64 => RuntimeRoutine::TruncF64,
        LibCall::NearestF32 => RuntimeRoutine::NearestF32,
        LibCall::NearestF64 => RuntimeRoutine::NearestF64,
        LibCall::FmaF32 => RuntimeRoutine::FmaF32,
        LibCall::FmaF64 => RuntimeRoutine::FmaF64,
        LibCall::X86Pshufb => RuntimeRoutine::X86Pshufb,
        _ => return None,
    })
}

fn traps(buffer: &Buffer) -> Result<Vec<TrapSite>, CompileError> {
    let mut sites = buffer
        .traps()
        .iter()
        .map(|site| {
            let code = trap::from_cranelift(site.code)
                .ok_or_else(|| CompileError::Internal(format!("unknown trap {}", site.code)))?;
            Ok(TrapSite {
                offset: site.offset,
                code,
            })
        })
        .collect::<Result<Vec<_>, CompileError>>()?;
    sites.sort_by_key(|site| site.offset);
    Ok(sites)
}

fn stack_maps(buffer: &Buffer) -> Result<Vec<StackMap>, CompileError> {
    buffer
        .user_stack_maps()
        .iter()
        .map(|(return_offset, frame_size, map)| {
            // Cranelift counts from the stack pointer, which `frame_size` separates from the frame
            // pointer.
            let slots = map
                .entries()
                .map(|(_, offset)| frame_size.checked_sub(offset))
                .collect::<Option<Box<[u32]>>>()
                .ok_or_else(|| CompileError::Internal("a root lies outside its frame".into()))?;
            Ok(StackMap {
                return_offset: *return_offset,
                slots,
            })
        })
        .collect()
}
