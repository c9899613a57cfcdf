//! All bytes at once to a module.

use std::sync::Arc;

use wasmparser::{Chunk, FuncValidatorAllocations, Parser};

use crate::bytes::Bytes;
use crate::decode::{Decoder, Event};
use crate::error::ModuleError;
use crate::features::Features;
use crate::module::Module;
use crate::registry::TypeRegistry;
use crate::source;
use crate::validate::{Outcome, PARALLEL_THRESHOLD};

impl Module {
    /// Decodes and validates a binary module (core spec §5 and §3).
    ///
    /// The bodies of large modules are validated on all threads of the current rayon pool.
    ///
    /// # Errors
    ///
    /// If the bytes are no module, or it is malformed, invalid, uses a feature that is not in
    /// `features`, or is larger than 4 GiB - 1. If there are several errors it is the one that is
    /// found first when the bytes arrive one by one.
    ///
    /// # Examples
    ///
    /// ```
    /// use bolide_module::{Bytes, Features, Module, TypeRegistry};
    ///
    /// let registry = TypeRegistry::new().into();
    /// let bytes = Bytes::from(b"\0asm\x01\0\0\0".to_vec());
    /// let module = Module::new(&registry, Features::default(), bytes)?;
    /// assert!(module.exports.is_empty());
    /// # Ok::<(), bolide_module::ModuleError>(())
    /// ```
    pub fn new(
        registry: &Arc<TypeRegistry>,
        features: Features,
        bytes: Bytes,
    ) -> Result<Module, ModuleError> {
        let binary = bytes.as_slice();
        if u32::try_from(binary.len()).is_err() {
            return Err(ModuleError::too_large(binary.len() as u64));
        }
        source::check_header(binary, true)?;
        let mut decoder = Decoder::new(registry, features);
        let mut bodies = Bodies::default();
        let structure = decode(&mut decoder, &mut bodies, features, binary);
        if let Some(checker) = decoder.checker().filter(|_| bodies.in_parallel) {
            bodies.outcome = checker.check_parallel(binary, decoder.bodies());
        }
        if let Some(error) = bodies.outcome.error {
            return Err(decoder.body_error(error));
        }
        structure?;
        Ok(decoder.finish(bytes, bodies.outcome.unsupported))
    }
}

/// How bodies are validated and what came out.
#[derive(Default)]
struct Bodies {
    /// Later, on all threads, instead of one after the other while decoding.
    in_parallel: bool,
    outcome: Outcome,
}

fn decode(
    decoder: &mut Decoder,
    bodies: &mut Bodies,
    features: Features,
    mut rest: &[u8],
) -> Result<(), ModuleError> {
    let mut parser = Parser::new(0);
    parser.set_features(features.to_wasmparser());
    let mut allocations = FuncValidatorAllocations::default();
    let binary = rest;
    loop {
        let Chunk::Parsed { consumed, payload } = parser.parse(rest, true)? else {
            unreachable!("the parser knows that there are no more bytes")
        };
        rest = &rest[consumed..];
        match decoder.payload(payload)? {
            Event::None => {}
            Event::Code(size) => {
                bodies.in_parallel = size >= PARALLEL_THRESHOLD && rayon::current_num_threads() > 1;
            }
            Event::Body if bodies.in_parallel => {}
            Event::Body => {
                let outcome = decoder.check_last(binary, &mut allocations);
                bodies.outcome = std::mem::take(&mut bodies.outcome).then(outcome);
                if bodies.outcome.error.is_some() {
                    return Ok(());
                }
            }
            Event::End => return Ok(()),
        }
    }
}
