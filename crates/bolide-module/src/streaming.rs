//! Bytes in chunks, as they arrive, to a module.

use std::sync::Arc;

use wasmparser::{Chunk, Parser};

use crate::background::Background;
use crate::bytes::Bytes;
use crate::decode::{Decoder, Event};
use crate::error::ModuleError;
use crate::features::Features;
use crate::module::Module;
use crate::registry::TypeRegistry;
use crate::source;
use crate::validate::{Allocations, Outcome, PARALLEL_THRESHOLD};

/// Decodes and validates a module while its bytes arrive.
///
/// A function body is validated as soon as it is complete, so that there is next to nothing left to
/// do after the last byte. The result, or the error, is the same as that of [`Module::new`] for
/// the whole, however the bytes are split into chunks.
///
/// # Examples
///
/// ```
/// use bolide_module::{Features, StreamingModule, TypeRegistry};
///
/// let registry = TypeRegistry::new().into();
/// let mut stream = StreamingModule::new(&registry, Features::default());
/// for chunk in [&b"\0as"[..], b"m\x01\0", b"\0\0"] {
///     stream.push(chunk)?;
/// }
/// let module = stream.finish()?;
/// assert_eq!(module.bytes.as_slice().len(), 8);
/// # Ok::<(), bolide_module::ModuleError>(())
/// ```
pub struct StreamingModule {
    decoder: Decoder,
    parser: Parser,
    allocations: Allocations,
    outcome: Outcome,
    background: Option<Background>,
    /// All bytes so far.
    buffer: Vec<u8>,
    /// How much of `buffer` is decoded.
    decoded: usize,
    /// The parser can do nothing before `buffer` has this length.
    needed: usize,
    header_checked: bool,
    failed: Option<ModuleError>,
}

impl StreamingModule {
    /// Starts with no bytes.
    pub fn new(registry: &Arc<TypeRegistry>, features: Features) -> StreamingModule {
        let mut parser = Parser::new(0);
        parser.set_features(features.to_wasmparser());
        StreamingModule {
            decoder: Decoder::new(registry, features),
            parser,
            allocations: Allocations::default(),
            outcome: Outcome::default(),
            background: None,
            buffer: Vec::new(),
            decoded: 0,
            needed: 0,
            header_checked: false,
            failed: None,
        }
    }

    /// Takes the next bytes.
    ///
    /// # Errors
    ///
    /// As soon as it is known that no continuation makes a valid module, see [`Module::new`]. With
    /// validation in the background that may be a few chunks later. Pushing more gives the same
    /// error again.
    pub fn push(&mut self, chunk: &[u8]) -> Result<(), ModuleError> {
        if let Some(error) = &self.failed {
            return Err(error.clone());
        }
        let result = self
            .accept(chunk)
            .and_then(|()| self.advance(false).map(drop));
        self.ordered(result)
    }

    /// Ends the input.
    ///
    /// # Errors
    ///
    /// If the bytes so far are no valid module, see [`Module::new`].
    pub fn finish(mut self) -> Result<Module, ModuleError> {
        if let Some(error) = self.failed {
            return Err(error);
        }
        let result = self.advance(true);
        self.ordered(result)?;
        if let Some(background) = self.background.take() {
            self.join(background)?;
        }
        let bytes = Bytes::from(self.buffer);
        Ok(self.decoder.finish(bytes, self.outcome.unsupported))
    }

    /// Number of bytes so far.
    pub fn len(&self) -> usize {
        self.buffer.len()
    }

    /// Whether there was no byte yet.
    pub fn is_empty(&self) -> bool {
        self.buffer.is_empty()
    }

    fn accept(&mut self, chunk: &[u8]) -> Result<(), ModuleError> {
        let length = self.buffer.len() as u64 + chunk.len() as u64;
        if u32::try_from(length).is_err() {
            return Err(ModuleError::too_large(length));
        }
        self.buffer.extend_from_slice(chunk);
        Ok(())
    }

    /// Makes an error in a body that is being validated in the background win over a later one.
    fn ordered(&mut self, mut result: Result<(), ModuleError>) -> Result<(), ModuleError> {
        let has_failed = self.background.as_ref().is_some_and(Background::has_failed);
        if (result.is_err() || has_failed)
            && let Some(background) = self.background.take()
            && let Err(earlier) = self.join(background)
        {
            result = Err(earlier);
        }
        if let Err(error) = &result {
            self.failed = Some(error.clone());
        }
        result
    }

    fn join(&mut self, background: Background) -> Result<(), ModuleError> {
        let outcome = background.join();
        self.body_outcome(outcome)
    }

    fn body_outcome(&mut self, outcome: Outcome) -> Result<(), ModuleError> {
        self.outcome = std::mem::take(&mut self.outcome).then(outcome);
        match self.outcome.error.take() {
            Some(error) => Err(self.decoder.body_error(error)),
            None => Ok(()),
        }
    }

    /// Decodes what is complete.
    fn advance(&mut self, complete: bool) -> Result<(), ModuleError> {
        if !self.header_checked {
            self.header_checked = source::check_header(&self.buffer, complete)?;
        }
        while self.header_checked && (complete || self.buffer.len() >= self.needed) {
            let rest = &self.buffer[self.decoded..];
            let (consumed, payload) = match self.parser.parse(rest, complete)? {
                Chunk::Parsed { consumed, payload } => (consumed, payload),
                Chunk::NeedMoreData(more) => {
                    self.needed = self.buffer.len().saturating_add(more.max(1));
                    break;
                }
            };
            self.decoded += consumed;
            match self.decoder.payload(payload, &self.buffer)? {
                Event::None => {}
                Event::Code(size) => {
                    if size >= PARALLEL_THRESHOLD && rayon::current_num_threads() > 1 {
                        self.background = Some(Background::new());
                    }
                }
                Event::Body => self.body()?,
                Event::End => break,
            }
        }
        Ok(())
    }

    fn body(&mut self) -> Result<(), ModuleError> {
        let Some(background) = &mut self.background else {
            let outcome = self.decoder.check_last(&self.buffer, &mut self.allocations);
            return self.body_outcome(outcome);
        };
        if let Some(checker) = self.decoder.checker() {
            let last = self.decoder.has_all_bodies();
            background.add(checker, &self.buffer, self.decoder.bodies(), last);
        }
        Ok(())
    }
}
