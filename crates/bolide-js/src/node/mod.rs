//! node

use crate::builtins::Area;

pub(crate) const AREA: Area = Area {
    sources: &[],
    globals: &[],
    natives: &[],
    modules: &[],
};
