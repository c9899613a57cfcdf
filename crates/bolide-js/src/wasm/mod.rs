//! The WebAssembly JavaScript Interface.

mod store;

use bolide::{Engine, Store, StoreLimits};
use bolide_wasi::WasiCtx;
use rquickjs::Ctx;

use crate::builtins::Area;
pub(crate) use store::StoreCell;

pub(crate) const AREA: Area = Area {
    sources: &[],
    globals: &[],
    natives: &[],
    modules: &[],
};

/// The data of the store.
#[derive(Default)]
pub(crate) struct StoreData {
    pub(crate) limits: StoreLimits,
    /// The contexts of `node:wasi`, by the number that their functions were made with.
    pub(crate) wasi: Vec<WasiCtx>,
}

/// What an agent knows of WebAssembly.
pub(crate) struct WasmState {
    pub(crate) store: StoreCell,
}

impl WasmState {
    pub(crate) fn new(engine: &Engine) -> WasmState {
        let mut store = Store::new(engine, StoreData::default());
        store.limiter(|data| &mut data.limits);
        WasmState {
            store: StoreCell::new(store),
        }
    }

    pub(crate) fn teardown(&self) {}
}

/// Defines what must exist before the first script runs.
pub(crate) fn install(_ctx: &Ctx<'_>) -> rquickjs::Result<()> {
    Ok(())
}
