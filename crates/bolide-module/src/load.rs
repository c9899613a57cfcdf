//! All bytes at once to a module.

use std::sync::Arc;

use wasmparser::{Chunk, Parser};

use crate::bytes::Bytes;
use crate::decode::{Decoder, Event};
use crate::error::ModuleError;
use crate::features::Features;
use crate::module::Module;
use crate::registry::TypeRegistry;
use crate::source;
use crate::validate::{Allocations, Outcome, PARALLEL_THRESHOLD};

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
        let mut loading = Loading {
            decoder: Decoder::new(registry, features),
            parser: Parser::new(0),
            decoded: 0,
            in_parallel: false,
            outcome: Outcome::default(),
        };
        loading.parser.set_features(features.to_wasmparser());
        let structure = loading.run(binary);
        let Loading {
            decoder, outcome, ..
        } = loading;
        if let Some(error) = outcome.error {
            return Err(decoder.body_error(error));
        }
        structure?;
        Ok(decoder.finish(bytes, outcome.unsupported))
    }
}

/// A module that is decoded, and the validation of its bodies.
struct Loading {
    decoder: Decoder,
    parser: Parser,
    /// How many bytes are decoded.
    decoded: usize,
    /// Bodies are validated on all threads, after they are all decoded, instead of one after the other.
    in_parallel: bool,
    /// What came out for the bodies.
    outcome: Outcome,
}

impl Loading {
    /// Decodes and validates everything, unless there is an error in the structure, which is returned, or in a body.
    fn run(&mut self, binary: &[u8]) -> Result<(), ModuleError> {
        let until_bodies = self.decode(binary, true);
        let Some(checker) = self.decoder.checker().filter(|_| self.in_parallel) else {
            // Without bodies, or when each was validated on the way, everything is decoded.
            return until_bodies;
        };
        let (checker, bodies) = (checker.clone(), self.decoder.take_bodies());
        // What comes after the bodies does not depend on them.
        let (outcome, rest) = rayon::join(
            || checker.check_parallel(binary, &bodies),
            || until_bodies.and_then(|()| self.decode(binary, false)),
        );
        self.decoder.put_bodies(bodies);
        self.outcome = outcome;
        rest
    }

    /// Decodes up to the end, up to an invalid body, or up to the last one of bodies that are validated in parallel.
    fn decode(&mut self, binary: &[u8], until_bodies: bool) -> Result<(), ModuleError> {
        let mut allocations = Allocations::default();
        loop {
            let parsed = self.parser.parse(&binary[self.decoded..], true)?;
            let Chunk::Parsed { consumed, payload } = parsed else {
                unreachable!("the parser knows that there are no more bytes")
            };
            self.decoded += consumed;
            match self.decoder.payload(payload, binary)? {
                Event::None => {}
                Event::Code(size) => {
                    self.in_parallel =
                        size >= PARALLEL_THRESHOLD && rayon::current_num_threads() > 1;
                }
                Event::Body if self.in_parallel => {
                    if until_bodies && self.decoder.has_all_bodies() {
                        return Ok(());
                    }
                }
                Event::Body => {
                    let outcome = self.decoder.check_last(binary, &mut allocations);
                    self.outcome = std::mem::take(&mut self.outcome).then(outcome);
                    if self.outcome.error.is_some() {
                        return Ok(());
                    }
                }
                Event::End => return Ok(()),
            }
        }
    }
}
