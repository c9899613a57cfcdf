//! Modules from seeds.

use arbitrary::{Result, Unstructured};
use wasm_smith::Config;

/// A generated module.
#[derive(Clone, Debug)]
pub struct Generated {
    /// The binary.
    pub wasm: Vec<u8>,
    /// Whether it was instrumented so that it ends at the same place in every engine.
    pub terminates: bool,
    /// Whether it leaves it to the engine which NaNs it computes.
    pub any_nan: bool,
}

/// Calls and loop iterations after which an instrumented module traps.
const INSTRUMENTED_FUEL: u32 = 1000;

/// A module that both the engine and the peer can run: everything but garbage collection,
/// exceptions and threads, small in every dimension, with everything exported.
///
/// # Errors
///
/// If the seed is unsuitable, which is rare.
pub fn executable(seed: &[u8]) -> Result<Generated> {
    let mut u = Unstructured::new(seed);
    let mut config = Config {
        min_funcs: 2,
        max_funcs: 8,
        min_types: 2,
        max_types: 12,
        max_imports: 8,
        max_globals: 8,
        max_tables: 3,
        max_table_elements: 200,
        max_memories: 3,
        max_memory32_bytes: 8 << 16,
        max_memory64_bytes: 8 << 16,
        max_data_segments: 6,
        max_element_segments: 6,
        max_elements: 12,
        max_instructions: 120,
        max_type_size: 200,
        max_exports: 40,
        export_everything: true,
        gc_enabled: false,
        exceptions_enabled: false,
        threads_enabled: false,
        compact_imports_enabled: false,
        wide_arithmetic_enabled: false,
        allow_start_export: u.ratio(1, 4)?,
        disallow_traps: u.arbitrary()?,
        ..Config::default()
    };
    // Features that are often absent, so that what remains is tested more deeply.
    config.simd_enabled = u.arbitrary()?;
    config.relaxed_simd_enabled = config.simd_enabled && u.arbitrary()?;
    config.memory64_enabled = u.arbitrary()?;
    config.reference_types_enabled = u.ratio(3, 4)?;
    config.tail_call_enabled = u.arbitrary()?;
    config.allow_floats = u.ratio(3, 4)?;
    if u.ratio(1, 4)? {
        // No constants added to addresses: accesses in bounds are then frequent.
        config.memory_offset_choices = wasm_smith::MemoryOffsetChoices(1, 0, 0);
    }
    let terminates = u.ratio(7, 8)?;
    let any_nan = config.allow_floats && u.ratio(1, 8)?;
    config.canonicalize_nans = !any_nan;
    let mut module = wasm_smith::Module::new(config, &mut u)?;
    if terminates {
        let ended = module.ensure_termination(INSTRUMENTED_FUEL);
        ended.map_err(|_| arbitrary::Error::IncorrectFormat)?;
    }
    Ok(Generated {
        wasm: module.to_bytes(),
        terminates,
        any_nan,
    })
}

/// A module of any shape, with all features that can be generated, as food for mutation.
///
/// # Errors
///
/// If the seed is unsuitable, which is rare.
pub fn any(seed: &[u8]) -> Result<Vec<u8>> {
    let mut u = Unstructured::new(seed);
    let config = Config {
        max_funcs: 6,
        max_types: 10,
        max_imports: 8,
        max_instructions: 60,
        max_type_size: 100,
        max_memories: 3,
        max_tables: 3,
        generate_custom_sections: u.arbitrary()?,
        min_funcs: 1,
        export_everything: u.ratio(3, 4)?,
        max_memory32_bytes: if u.arbitrary()? { 1 << 20 } else { 1 << 32 },
        max_memory64_bytes: if u.arbitrary()? { 1 << 20 } else { 1 << 64 },
        max_table_elements: if u.arbitrary()? { 100 } else { 1_000_000 },
        disallow_traps: u.arbitrary()?,
        gc_enabled: u.ratio(1, 4)?,
        exceptions_enabled: u.ratio(1, 4)?,
        // Proposals that are not supported.
        compact_imports_enabled: u.ratio(1, 16)?,
        custom_page_sizes_enabled: u.ratio(1, 16)?,
        shared_everything_threads_enabled: u.ratio(1, 16)?,
        wide_arithmetic_enabled: u.ratio(1, 16)?,
        ..Config::default()
    };
    Ok(wasm_smith::Module::new(config, &mut u)?.to_bytes())
}
