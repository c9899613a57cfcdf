//! Validation of function bodies, one by one or on all cores.

use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use rayon::prelude::*;
use wasmparser::{
    BinaryReader, FrameStack, FuncToValidate, FuncValidatorAllocations, ValidatorResources,
    VisitOperator, VisitSimdOperator, WasmFeatures, WasmModuleResources,
};

use crate::module::Unsupported;
use crate::operator;
use crate::quick::{Quick, Stacks};

/// Bytes of code from which validating on several threads pays.
pub(crate) const PARALLEL_THRESHOLD: u32 = 256 << 10;

/// Bytes of code that one task validates.
pub(crate) const TASK_SIZE: usize = 64 << 10;

/// An invalid body.
#[derive(Debug)]
pub(crate) struct BodyError {
    /// Index of the body in the code section.
    pub(crate) body: u32,
    pub(crate) error: wasmparser::Error,
}

/// What is known about the bodies of a range of functions.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    /// The first invalid body.
    pub(crate) error: Option<BodyError>,
    /// The first instruction that cannot be executed yet.
    pub(crate) unsupported: Option<Unsupported>,
}

impl Outcome {
    /// Joins the outcome of later bodies to this one.
    pub(crate) fn then(self, later: Outcome) -> Outcome {
        Outcome {
            error: self.error.or(later.error),
            unsupported: self.unsupported.or(later.unsupported),
        }
    }
}

/// Memory that one validation leaves to the next.
#[derive(Default)]
pub(crate) struct Allocations {
    stacks: Stacks,
    validator: FuncValidatorAllocations,
}

/// Everything that validating a body needs to know about the module. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct BodyChecker {
    resources: ValidatorResources,
    features: WasmFeatures,
    imported_functions: u32,
    /// What accepts most bodies, in less time.
    quick: Option<Arc<Quick>>,
}

impl BodyChecker {
    pub(crate) fn new(
        func: FuncToValidate<ValidatorResources>,
        imported_functions: u32,
    ) -> BodyChecker {
        BodyChecker {
            quick: Quick::new(&func.resources, func.features).map(Arc::new),
            features: func.features,
            resources: func.resources,
            imported_functions,
        }
    }

    /// Validates body number `body`, whose bytes start at `offset` of the module.
    pub(crate) fn check(
        &self,
        body: u32,
        bytes: &[u8],
        offset: u32,
        allocations: &mut Allocations,
    ) -> Outcome {
        let index = self.imported_functions + body;
        let reader = BinaryReader::new_features(bytes, u64::from(offset), self.features);
        if let Some(quick) = &self.quick
            && quick.accepts(
                &self.resources,
                index,
                reader.clone(),
                &mut allocations.stacks,
            )
        {
            return Outcome::default();
        }
        let func = FuncToValidate {
            resources: &self.resources,
            index,
            ty: self
                .resources
                .type_index_of_function(index)
                .expect("the parser has compared the counts of functions and bodies"),
            features: self.features,
        };
        let mut validator = func.into_validator(std::mem::take(&mut allocations.validator));
        let mut unsupported = None;
        let result = check_body(&mut validator, reader, &mut unsupported);
        allocations.validator = validator.into_allocations();
        Outcome {
            error: result.err().map(|error| BodyError { body, error }),
            unsupported,
        }
    }

    /// Validates bodies, numbered from `first`, up to the first error.
    pub(crate) fn check_all<'a>(
        &self,
        first: u32,
        bodies: impl Iterator<Item = (&'a [u8], u32)>,
        allocations: &mut Allocations,
    ) -> Outcome {
        let mut outcome = Outcome::default();
        for (body, (bytes, offset)) in (first..).zip(bodies) {
            outcome = outcome.then(self.check(body, bytes, offset, allocations));
            if outcome.error.is_some() {
                break;
            }
        }
        outcome
    }

    /// Validates all bodies of a module on all cores.
    pub(crate) fn check_parallel(&self, module: &[u8], bodies: &[Range<u32>]) -> Outcome {
        let tasks = split(bodies);
        let failed = AtomicUsize::new(usize::MAX);
        tasks
            .par_iter()
            .enumerate()
            .map_init(Allocations::default, |allocations, (i, task)| {
                // An error in earlier code is the one that will be reported.
                if failed.load(Ordering::Relaxed) < i {
                    return Outcome::default();
                }
                let bodies = bodies[task.clone()]
                    .iter()
                    .map(|r| (&module[r.start as usize..r.end as usize], r.start));
                let outcome = self.check_all(task.start as u32, bodies, allocations);
                if outcome.error.is_some() {
                    failed.fetch_min(i, Ordering::Relaxed);
                }
                outcome
            })
            .reduce(Outcome::default, Outcome::then)
    }
}

/// Splits bodies into runs of about [`TASK_SIZE`] bytes.
fn split(bodies: &[Range<u32>]) -> Vec<Range<usize>> {
    let mut tasks = Vec::new();
    let mut start = 0;
    for end in 1..=bodies.len() {
        let bytes = (bodies[end - 1].end - bodies[start].start) as usize;
        if bytes >= TASK_SIZE || end == bodies.len() {
            tasks.push(start..end);
            start = end;
        }
    }
    tasks
}

fn check_body(
    validator: &mut wasmparser::FuncValidator<&ValidatorResources>,
    mut reader: BinaryReader<'_>,
    unsupported: &mut Option<Unsupported>,
) -> Result<(), wasmparser::Error> {
    validator.read_locals(&mut reader)?;
    while !reader.eof() {
        let offset = reader.original_position();
        let mut watch = Watch {
            validator: validator.visitor(offset),
            unsupported,
            offset,
        };
        reader.visit_operator(&mut watch)??;
    }
    let end = reader.original_position();
    reader.finish_expression(&validator.visitor(end))
}

/// Passes instructions on to the validator and notes the first one that cannot be executed yet.
/// Which ones those are is known at compile time, so the others cost nothing.
struct Watch<'w, V> {
    validator: V,
    unsupported: &'w mut Option<Unsupported>,
    offset: u64,
}

impl<V> Watch<'_, V> {
    #[cold]
    fn note(&mut self, proposal: &'static str, visit: &'static str) {
        self.unsupported.get_or_insert_with(|| Unsupported {
            what: operator::text_name(visit),
            proposal,
            offset: self.offset as u32,
        });
    }
}

macro_rules! note {
    ($watch:ident @gc $visit:ident) => {
        $watch.note("gc", stringify!($visit))
    };
    ($watch:ident @exceptions $visit:ident) => {
        $watch.note("exceptions", stringify!($visit))
    };
    ($watch:ident @$proposal:ident $visit:ident) => {};
}

macro_rules! watch {
    ($(@$proposal:ident $op:ident $({ $($arg:ident: $argty:ty),* })? => $visit:ident ($($ann:tt)*))*) => {
        $(
            #[inline]
            fn $visit(&mut self $($(, $arg: $argty)*)?) -> Self::Output {
                note!(self @$proposal $visit);
                self.validator.$visit($($($arg),*)?)
            }
        )*
    };
}

impl<'a, V> VisitOperator<'a> for Watch<'_, V>
where
    V: VisitOperator<'a>,
{
    type Output = V::Output;

    fn simd_visitor(&mut self) -> Option<&mut dyn VisitSimdOperator<'a, Output = V::Output>> {
        self.validator.simd_visitor()
    }

    wasmparser::for_each_visit_operator!(watch);
}

impl<V: FrameStack> FrameStack for Watch<'_, V> {
    fn current_frame(&self) -> Option<wasmparser::FrameKind> {
        self.validator.current_frame()
    }
}
