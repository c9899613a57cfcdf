//! Generated programs, run under every configuration of the engine and on an independent interpreter.
#![no_main]

libfuzzer_sys::fuzz_target!(|seed: &[u8]| {
    if let Err(divergence) = bolide_fuzz::differential(seed) {
        panic!("{divergence}");
    }
});
