use bolide_fuzz::{Loaded, Random, generate, load};

use crate::{count, for_each_seed};

/// A generated module, whole, mutated or cut off; or noise.
fn input(seed: u64) -> Vec<u8> {
    let mut random = Random::new(seed ^ 0x10ad);
    let kind = random.below(8);
    let len = 64 + random.below(2048);
    let noise = random.bytes(len);
    let mut bytes = match kind {
        0 => return [b"\0asm\x01\0\0\0", &noise[..64]].concat(),
        1 => return noise,
        2 => generate::executable(&noise).map_or(noise, |generated| generated.wasm),
        _ => generate::any(&noise).unwrap_or(noise),
    };
    match kind {
        2 | 3 => {}
        4 => bytes.truncate(random.below(bytes.len() + 1)),
        _ => {
            for _ in 0..1 + random.below(4) {
                mutate(&mut bytes, &mut random);
            }
        }
    }
    bytes
}

fn mutate(bytes: &mut Vec<u8>, random: &mut Random) {
    let at = random.below(bytes.len());
    match random.below(5) {
        0 => bytes[at] = random.bits() as u8,
        1 => bytes[at] ^= 1 << random.below(8),
        2 => drop(bytes.remove(at)),
        3 => bytes.insert(at, random.bits() as u8),
        // The largest LEB128 number.
        _ => drop(bytes.splice(at..at + 1, [0xff, 0xff, 0xff, 0xff, 0x0f])),
    }
}

#[test]
fn arbitrary_bytes_are_a_module_or_an_error() {
    let inputs = count("BOLIDE_FUZZ_INPUTS", 10_000);
    let results = for_each_seed("load", inputs, |seed| {
        let bytes = input(seed);
        load(&bytes).unwrap_or_else(|error| panic!("seed {seed}, bytes {bytes:02x?}: {error}"))
    });
    let number = |f: fn(&Loaded) -> bool| results.iter().filter(|l| f(l)).count() as u64;
    let invalid = number(|loaded| matches!(loaded, Loaded::Invalid));
    let ran = number(|loaded| matches!(loaded, Loaded::Ran(_)));
    let called = number(|loaded| matches!(loaded, Loaded::Ran(1..)));
    println!("load: {inputs} inputs, {invalid} invalid, {ran} instantiated, {called} called");
    assert!(invalid >= inputs / 3, "only {invalid} inputs were invalid");
    assert!(called >= inputs / 20, "only {called} inputs were run");
}
