//! What the optimizing compiler can ask about the calls of a module.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use bolide_abi::{CallProfile, Heat, LikelyTargets};
use bolide_module::DefinedFuncIndex;

use super::state;
use super::targets::TargetCells;

/// Where a module's calls are noted. It may outlive the module, and changes while it is read.
#[derive(Clone, Debug)]
pub(crate) struct ModuleProfile {
    pub(super) targets: Arc<TargetCells>,
    /// The state of each function.
    pub(super) states: Arc<[AtomicU8]>,
}

impl CallProfile for ModuleProfile {
    fn heat(&self, func: DefinedFuncIndex) -> Heat {
        let Some(state) = self.states.get(func.index()) else {
            return Heat::Never;
        };
        let state = state.load(Ordering::Relaxed);
        let is_optimized = state & state::TIER == super::Tier::Optimizing as u8;
        match state & state::TIER {
            0 => Heat::Never,
            _ if is_optimized || state & state::REQUESTED != 0 => Heat::Hot,
            _ => Heat::Some,
        }
    }

    fn targets(&self, call: u32) -> LikelyTargets {
        self.targets.targets(call)
    }
}
