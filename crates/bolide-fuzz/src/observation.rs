//! What one can see of a program from outside.

use bolide::Trap;

use crate::value::Value;

/// How an instantiation or a call ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It returned values.
    Returned(Vec<Value>),
    /// The guest trapped.
    Trapped(Trap),
    /// A host function failed.
    HostFailed,
    /// The engine declined, for instance because of its limits.
    Refused(String),
}

impl Outcome {
    /// Whether it depends on an engine's own limits, so that engines may differ from here on.
    pub(crate) fn is_engine_limit(&self) -> Option<&'static str> {
        match self {
            Outcome::Trapped(Trap::StackOverflow) => Some("stack overflow"),
            Outcome::Trapped(Trap::OutOfFuel) => Some("out of fuel"),
            Outcome::Refused(_) => Some("refused"),
            _ => None,
        }
    }
}

/// State that an instance exports.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum State {
    Global(Value),
    Memory(Vec<u8>),
    Table(Vec<Value>),
}

/// A call from the guest to the host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct HostCall {
    pub(crate) import: usize,
    pub(crate) params: Vec<Value>,
}

/// More calls than this are only counted.
pub(crate) const MAX_HOST_CALLS: usize = 2000;

/// Function and offset in the module of each frame.
pub(crate) type Backtrace = Vec<(u32, Option<usize>)>;

/// Everything that a run of a module shows.
#[derive(Clone)]
pub struct Observation {
    pub(crate) instantiation: Outcome,
    /// Names of exports and how calling them ended.
    pub(crate) calls: Vec<(String, Outcome)>,
    pub(crate) host_calls: Vec<HostCall>,
    pub(crate) state: Vec<(String, State)>,
    /// Fuel consumed, if it was counted.
    pub(crate) fuel: Option<u64>,
    /// Of all that failed in order, if they are known.
    pub(crate) backtraces: Option<Vec<Backtrace>>,
}

impl Observation {
    /// How instantiation ended.
    pub fn instantiation(&self) -> &Outcome {
        &self.instantiation
    }

    /// Names of the exports that were called, with how that ended.
    pub fn calls(&self) -> &[(String, Outcome)] {
        &self.calls
    }

    /// The limit of the engine at which this run ended, if one was met.
    pub(crate) fn engine_limit(&self) -> Option<&'static str> {
        let calls = self.calls.iter().map(|(_, outcome)| outcome);
        std::iter::once(&self.instantiation)
            .chain(calls)
            .find_map(Outcome::is_engine_limit)
    }

    pub(crate) fn add_backtrace(&mut self, backtrace: Backtrace) {
        self.backtraces.get_or_insert_default().push(backtrace);
    }

    /// The first difference from another run. Fuel is compared if both counted it, backtraces if both have them.
    pub(crate) fn difference(&self, other: &Observation) -> Option<String> {
        if self.instantiation != other.instantiation {
            return Some(format!(
                "instantiation: {:?} != {:?}",
                self.instantiation, other.instantiation
            ));
        }
        let host_calls = self.host_calls.iter().zip(&other.host_calls);
        for (i, (a, b)) in host_calls.enumerate() {
            if a != b {
                return Some(format!("host call {i}: {a:?} != {b:?}"));
            }
        }
        for ((name, a), (_, b)) in self.calls.iter().zip(&other.calls) {
            if a != b {
                return Some(format!("call of `{name}`: {a:?} != {b:?}"));
            }
        }
        let counts = |o: &Observation| (o.host_calls.len(), o.calls.len(), o.state.len());
        if counts(self) != counts(other) {
            return Some(format!(
                "(host calls, calls, exported state): {:?} != {:?}",
                counts(self),
                counts(other)
            ));
        }
        for ((name, a), (_, b)) in self.state.iter().zip(&other.state) {
            if let Some(difference) = a.difference(b) {
                return Some(format!("`{name}`: {difference}"));
            }
        }
        if let (Some(a), Some(b)) = (&self.backtraces, &other.backtraces)
            && let Some((a, b)) = a.iter().zip(b).find(|(a, b)| a != b)
        {
            return Some(format!("backtrace: {a:x?} != {b:x?}"));
        }
        match (self.fuel, other.fuel) {
            (Some(a), Some(b)) if a != b => Some(format!("fuel: {a} != {b}")),
            _ => None,
        }
    }
}

impl State {
    fn difference(&self, other: &State) -> Option<String> {
        match (self, other) {
            (State::Memory(a), State::Memory(b)) if a.len() == b.len() => {
                let at = a.iter().zip(b).position(|(a, b)| a != b)?;
                Some(format!("byte {at:#x}: {:#x} != {:#x}", a[at], b[at]))
            }
            (State::Memory(a), State::Memory(b)) => {
                Some(format!("memory of {} != {} bytes", a.len(), b.len()))
            }
            (State::Table(a), State::Table(b)) if a.len() == b.len() => {
                let at = a.iter().zip(b).position(|(a, b)| a != b)?;
                Some(format!("element {at}: {:?} != {:?}", a[at], b[at]))
            }
            (State::Table(a), State::Table(b)) => {
                Some(format!("table of {} != {} elements", a.len(), b.len()))
            }
            (State::Global(a), State::Global(b)) => {
                (a != b).then(|| format!("global {a:?} != {b:?}"))
            }
            _ => Some("of different kinds".to_owned()),
        }
    }
}
