//! What an agent knows of Node's side.

use super::fs::Descriptors;

/// See the module.
#[derive(Default)]
pub(crate) struct NodeState {
    pub(super) descriptors: Descriptors,
}
