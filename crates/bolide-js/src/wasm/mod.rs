//! The WebAssembly JavaScript Interface.

mod store;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use bolide::{Engine, Store, StoreLimits, Trap, UpdateDeadline};
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
    /// Calls of WebAssembly trap when the epoch advances and `interrupted` is set.
    pub(crate) fn new(
        engine: &Engine,
        limits: StoreLimits,
        interrupted: Arc<AtomicBool>,
    ) -> WasmState {
        let data = StoreData {
            limits,
            ..StoreData::default()
        };
        let mut store = Store::new(engine, data);
        store.limiter(|data| &mut data.limits);
        store.set_epoch_deadline(1);
        store.epoch_deadline_callback(move |_| match interrupted.load(Ordering::SeqCst) {
            true => Err(Trap::Interrupt.into()),
            false => Ok(UpdateDeadline::Continue(1)),
        });
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
