//! Arbitrary bytes into load.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    if let Err(error) = bolide_fuzz::load(bytes) {
        panic!("{error}");
    }
});
