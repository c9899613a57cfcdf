//! The same program on several engines.

use std::fmt;

use wasmparser::{FunctionBody, Operator, Parser, Payload};

use crate::observation::{Observation, Outcome};
use crate::ours::{self, DETERMINISTIC, VARIANTS};
use crate::plan::Plan;
use crate::random::digest;
use crate::{generate, peer};

/// What a comparison was worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// All engines did the same.
    Agreed {
        /// Calls of exports.
        calls: usize,
        /// Calls that returned instead of trapping.
        returned: usize,
    },
    /// All configurations of ours did the same, but the peer cannot tell whether that is right,
    /// for this reason.
    Inconclusive(&'static str),
}

/// Engines, or configurations, that did different things.
#[derive(Clone)]
pub struct Divergence {
    what: String,
    wasm: Vec<u8>,
    plan: Plan,
    ours: Option<Box<Observation>>,
}

impl Divergence {
    /// What differs, and between whom, in one line.
    pub fn what(&self) -> &str {
        &self.what
    }

    /// If it is only the peer that differs, what ours did.
    pub fn from_peer(&self) -> Option<&Observation> {
        self.ours.as_deref()
    }

    /// The number that makes [`differential_module`] show this.
    pub fn seed(&self) -> u64 {
        self.plan.seed
    }

    /// Whether the engines make NaNs canonical.
    pub fn any_nan(&self) -> bool {
        self.plan.any_nan
    }

    /// The module.
    pub fn wasm(&self) -> &[u8] {
        &self.wasm
    }
}

impl fmt::Display for Divergence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = wasmprinter::print_bytes(&self.wasm);
        let text = text.unwrap_or_else(|error| format!("(cannot be printed: {error})"));
        write!(f, "{}, when running\n{text}", self.what)
    }
}

impl fmt::Debug for Divergence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for Divergence {}

/// The verdict on programs whose NaNs are not the peer's.
pub const ANY_NAN: &str = "NaNs that the engine makes canonical";

/// Fuel for programs that may not end by themselves.
const SHORT: u64 = 20_000;
/// Fuel that programs which end by themselves do not use up.
const AMPLE: u64 = 1 << 40;

/// Generates a module from `seed` and runs it everywhere.
///
/// # Errors
///
/// The first difference.
pub fn differential(seed: &[u8]) -> Result<Verdict, Divergence> {
    let Ok(generated) = generate::executable(seed) else {
        return Ok(Verdict::Inconclusive("no module"));
    };
    let plan = Plan {
        seed: digest(seed),
        fuel: if generated.terminates { AMPLE } else { SHORT },
        any_nan: generated.any_nan,
    };
    match compare(&generated.wasm, plan) {
        Ok((verdict, _)) => Ok(verdict),
        Err(divergence) if divergence.ours.is_some() && selects_on_eqz(&generated.wasm) => {
            Ok(Verdict::Inconclusive("known mistake of the peer"))
        }
        Err(divergence) => Err(divergence),
    }
}

/// Whether there is a `select` on the result of an `eqz`, which wasmi 2.0.0 sometimes gets wrong
/// (see `tests/regressions/peer_select_on_eqz.wat`).
fn selects_on_eqz(wasm: &[u8]) -> bool {
    let in_body = |body: FunctionBody<'_>| -> wasmparser::Result<bool> {
        let mut after_eqz = false;
        for operator in body.get_operators_reader()? {
            match operator? {
                Operator::Select | Operator::TypedSelect { .. } if after_eqz => return Ok(true),
                operator => after_eqz = matches!(operator, Operator::I32Eqz | Operator::I64Eqz),
            }
        }
        Ok(false)
    };
    Parser::new(0).parse_all(wasm).any(|payload| match payload {
        Ok(Payload::CodeSectionEntry(body)) => in_body(body).unwrap_or(false),
        _ => false,
    })
}

/// Runs a module that ends by itself everywhere, and returns what it does. The arguments of its
/// functions depend on `seed`. If it may compute `any_nan`, it runs only on engines that make NaNs canonical.
///
/// # Errors
///
/// The first difference.
pub fn differential_module(
    wasm: &[u8],
    seed: u64,
    any_nan: bool,
) -> Result<(Verdict, Observation), Divergence> {
    let plan = Plan {
        seed,
        fuel: AMPLE,
        any_nan,
    };
    compare(wasm, plan)
}

fn compare(wasm: &[u8], plan: Plan) -> Result<(Verdict, Observation), Divergence> {
    let fail = |what: String| Divergence {
        what,
        wasm: wasm.to_vec(),
        plan,
        ours: None,
    };
    let variants = if plan.any_nan {
        &DETERMINISTIC
    } else {
        &VARIANTS
    };
    let (reference, others) = variants.split_first().expect("there are variants");
    let run = |variant| {
        ours::run(variant, wasm, plan).map_err(|error| {
            fail(format!(
                "a valid module was rejected ({}): {error:#}",
                variant.name
            ))
        })
    };
    let expected = run(reference)?;
    let limit = expected.engine_limit();
    for variant in others {
        if limit == Some("out of fuel") && !variant.stops_endless_loops() {
            continue;
        }
        let actual = run(variant)?;
        // Frames differ in size, so that stacks overflow at different depths.
        let overflows = |o: &Observation| o.engine_limit() == Some("stack overflow");
        if overflows(&expected) || overflows(&actual) {
            continue;
        }
        if let Some(difference) = expected.difference(&actual) {
            return Err(fail(format!(
                "`{}` and `{}` differ: {difference}",
                reference.name, variant.name
            )));
        }
    }
    if let Some(limit) = limit {
        return Ok((Verdict::Inconclusive(limit), expected));
    }
    if plan.any_nan {
        return Ok((Verdict::Inconclusive(ANY_NAN), expected));
    }
    let verdict = match peer::run(wasm, plan) {
        Err(_) => Verdict::Inconclusive("rejected by the peer"),
        Ok(actual) => match (actual.engine_limit(), expected.difference(&actual)) {
            (Some(limit), _) => Verdict::Inconclusive(limit),
            (None, Some(difference)) => {
                let mut divergence = fail(format!("bolide and wasmi differ: {difference}"));
                divergence.ours = Some(Box::new(expected));
                return Err(divergence);
            }
            (None, None) => agreed(&expected),
        },
    };
    Ok((verdict, expected))
}

fn agreed(observation: &Observation) -> Verdict {
    let returned = |(_, outcome): &&(String, Outcome)| matches!(outcome, Outcome::Returned(_));
    Verdict::Agreed {
        calls: observation.calls.len(),
        returned: observation.calls.iter().filter(returned).count(),
    }
}
