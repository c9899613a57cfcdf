//! What both engines give a module: the same host, the same arguments, the same limits.

use crate::observation::{HostCall, MAX_HOST_CALLS};
use crate::random::Random;
use crate::value::{Kind, Value};

/// Most bytes of each memory.
pub(crate) const MAX_MEMORY: usize = 2 << 20;
/// Most elements of each table.
pub(crate) const MAX_TABLE: usize = 2000;
/// Exports that are called at most, each of them twice.
pub(crate) const MAX_CALLED_EXPORTS: usize = 12;

/// Everything that the host does, as a function of one number.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Plan {
    pub(crate) seed: u64,
    /// Fuel for instantiation and all calls together.
    pub(crate) fuel: u64,
    /// Whether NaNs may be any unless the engine makes them canonical.
    pub(crate) any_nan: bool,
}

/// Purposes of random numbers.
const GLOBAL: u64 = 1;
const HOST_RESULT: u64 = 2;
const ARGUMENT: u64 = 3;
const ORDER: u64 = 4;

impl Plan {
    /// Value of the imported global number `import`.
    pub(crate) fn global(&self, import: usize, kind: Kind) -> Value {
        Value::random(
            kind,
            &mut Random::derive(self.seed, &[GLOBAL, import as u64]),
        )
    }

    /// Initial value of imported tables.
    pub(crate) fn element(&self, kind: Kind) -> Value {
        match kind {
            Kind::Extern => Value::Extern(Some(0)),
            _ => Value::Func(None),
        }
    }

    /// Results of a host call, or `None` if it fails.
    pub(crate) fn host_results(
        &self,
        import: usize,
        call: usize,
        kinds: &[Kind],
    ) -> Option<Vec<Value>> {
        let mut random = Random::derive(self.seed, &[HOST_RESULT, import as u64, call as u64]);
        if random.below(50) == 0 {
            return None;
        }
        let values = kinds.iter().map(|&kind| Value::random(kind, &mut random));
        Some(values.collect())
    }

    /// Arguments of a call.
    pub(crate) fn arguments(&self, call: usize, kinds: &[Kind]) -> Vec<Value> {
        let mut random = Random::derive(self.seed, &[ARGUMENT, call as u64]);
        let values = kinds.iter().map(|&kind| Value::random(kind, &mut random));
        values.collect()
    }

    /// The exported functions to call, in order.
    pub(crate) fn order<'a>(&self, functions: &[&'a str]) -> Vec<&'a str> {
        let mut functions = functions.to_vec();
        let mut random = Random::derive(self.seed, &[ORDER]);
        for i in (1..functions.len()).rev() {
            functions.swap(i, random.below(i + 1));
        }
        functions.truncate(MAX_CALLED_EXPORTS);
        functions.repeat(2)
    }
}

/// Kinds of imports that depend on their number.
#[derive(Clone, Copy, Debug)]
pub(crate) enum ImportKind {
    Func,
    Global,
    Other,
}

/// Numbers imports by kind: the peer lists the kinds one after the other.
#[derive(Debug, Default)]
pub(crate) struct ImportCount([usize; 3]);

impl ImportCount {
    pub(crate) fn next(&mut self, kind: ImportKind) -> usize {
        let count = &mut self.0[kind as usize];
        *count += 1;
        *count - 1
    }
}

/// What the host remembers about a run.
#[derive(Debug, Default)]
pub(crate) struct HostLog {
    pub(crate) calls: Vec<HostCall>,
    pub(crate) count: usize,
}

impl HostLog {
    /// Notes a call and returns its number.
    pub(crate) fn record(&mut self, import: usize, params: Vec<Value>) -> usize {
        if self.calls.len() < MAX_HOST_CALLS {
            self.calls.push(HostCall { import, params });
        }
        self.count += 1;
        self.count - 1
    }
}

/// A host function failed, as the plan says.
#[derive(Debug)]
pub(crate) struct HostFailure;

impl std::fmt::Display for HostFailure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the host function failed as planned")
    }
}

impl std::error::Error for HostFailure {}
