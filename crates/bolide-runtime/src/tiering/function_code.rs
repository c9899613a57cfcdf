//! Looking at the code of single functions.

use bolide_abi::{CompiledFunction, TrapCode};
use bolide_module::{DefinedFuncIndex, FuncIndex};

use super::Tier;
use crate::error::{Context, Result};
use crate::module::Module;

/// Machine code of one function, to look at. Made by [`Module::function_code`].
///
/// ```
/// use bolide::*;
///
/// let module = Module::new(&Engine::default(), "(module (func (unreachable)))")?;
/// let code: FunctionCode = module.function_code(0, Tier::Optimizing)?;
/// let traps: Vec<Trap> = (0..code.bytes().len()).filter_map(|offset| code.trap(offset)).collect();
/// assert_eq!(traps, [Trap::UnreachableCodeReached]);
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct FunctionCode {
    compiled: CompiledFunction,
}

impl FunctionCode {
    /// The instructions, followed by their constants. Fields that depend on where the code is put are not
    /// filled in.
    pub fn bytes(&self) -> &[u8] {
        &self.compiled.code
    }

    /// Offset in the module of the WebAssembly instruction that the machine code at an offset comes from.
    pub fn wasm_offset(&self, offset: usize) -> Option<u32> {
        let map = &self.compiled.address_map;
        let i = map.partition_point(|entry| entry.code as usize <= offset);
        let wasm = map[i.checked_sub(1)?].wasm;
        (wasm != u32::MAX).then_some(wasm)
    }

    /// What a fault of the instruction at an offset means.
    pub fn trap(&self, offset: usize) -> Option<TrapCode> {
        let traps = &self.compiled.traps;
        let i = traps
            .binary_search_by_key(&offset, |trap| trap.offset as usize)
            .ok()?;
        Some(traps[i].code)
    }

    /// Offsets in the module of the `loop` instructions at which the code can be left for optimized code.
    pub fn loops(&self) -> impl Iterator<Item = u32> {
        self.compiled.loops.iter().map(|at| at.wasm_offset)
    }
}

impl Module {
    /// Compiles a function for looking at its code. `func` is its index in the module's function index space.
    ///
    /// Nothing that runs changes.
    ///
    /// # Errors
    ///
    /// If the module does not define the function, the engine has no such compiler because of its
    /// [`Strategy`](crate::Strategy), or the compiler cannot handle the function.
    pub fn function_code(&self, func: u32, tier: Tier) -> Result<FunctionCode> {
        let inner = &self.inner;
        let func = inner.module.defined_func(FuncIndex(func));
        let func: DefinedFuncIndex = func
            .filter(|func| func.index() < inner.module.bodies.len())
            .context("the module does not define this function")?;
        let compilers = inner.engine.compilers();
        if compilers.of(tier).is_none() {
            crate::error::bail!(
                "the engine has no {tier} compiler: choose another strategy in its configuration"
            );
        }
        let compiled = inner.task(func, tier).compile(compilers);
        let compiled = compiled.map_err(|error| inner.compile_error(func, error))?;
        Ok(FunctionCode {
            compiled: compiled.function,
        })
    }
}
