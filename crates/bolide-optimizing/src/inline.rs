//! Inlining: a direct call becomes the body of its callee, translated in place.
//!
//! The callee's activation replaces the caller's in the translator for as long as its body lasts: it has locals, an
//! operand stack and enclosing blocks of its own, and returning is a branch to the end of its outermost block. Fuel is
//! counted and charged as in a call. The entry needs no check of the stack and no poll: without a real call or a loop,
//! which have their own, no code runs for long or uses much stack.

use std::collections::HashMap;

use bolide_abi::{FUNCTION_ENTRY_COST, Heat, InlinedCall, Optimizations};
use bolide_module::{DefinedFuncIndex, FuncIndex, Module};
use cranelift_codegen::ir::{SourceLoc, Value};
use cranelift_frontend::Variable;
use wasmparser::Operator;

use crate::control::Frame;
use crate::location::Locations;
use crate::osr::Osr;
use crate::slot::Slot;
use crate::translate::{Result, Translator, function_body, malformed};

/// Size in bytes of bodies that are inlined wherever they are called: about as much code as a call.
const TINY: usize = 24;
/// Size in bytes of the largest body that is inlined into straight-line code.
const SMALL: usize = 90;
/// Size in bytes of the largest body that is inlined into a loop, or anywhere if it is hot.
const SMALL_IN_LOOP: usize = 250;
/// Size in bytes of the largest body that is inlined into a loop if it is hot.
const HOT_IN_LOOP: usize = 400;
/// Size in bytes of the largest body that is inlined into itself.
const SMALL_RECURSIVE: usize = 200;
/// How many inlined calls may be inside each other.
const MAX_DEPTH: usize = 6;
/// How many activations of a function may be in each other, the first included.
const MAX_ACTIVATIONS: usize = 4;
/// How many bytes of bodies may be inlined into a function, whatever its size.
const BASE_BUDGET: usize = 1500;
/// How many bytes may be inlined for each byte of its body.
const BUDGET_FACTOR: usize = 3;
/// How many bytes may be inlined at most.
const MAX_BUDGET: usize = 40_000;
/// Parameters and locals of the largest frame that is inlined.
const MAX_LOCALS: usize = 64;
/// Cranelift's frontend has a table entry of 4 bytes for each variable and each block up to the last that uses it; as
/// many entries may come from inlining. Without a limit, a small module could use up the host's memory.
const MAX_ENTRIES: usize = 8 << 20;

/// What is known of a function that may be inlined.
#[derive(Copy, Clone, Debug)]
struct Candidate {
    /// Bytes of its body.
    size: usize,
    has_calls: bool,
    /// Parameters and locals.
    locals: usize,
}

/// The inlining in one compilation.
#[derive(Debug, Default)]
pub(crate) struct Inliner {
    enabled: bool,
    recursion: bool,
    by_heat: bool,
    /// Bytes that may still be inlined.
    budget: usize,
    /// Of [`MAX_ENTRIES`], those that are left.
    entries: usize,
    /// `None`: it cannot be inlined.
    candidates: HashMap<DefinedFuncIndex, Option<Candidate>>,
    /// Functions whose activations are in each other, the compiled one first.
    activations: Vec<FuncIndex>,
    /// Loops around the innermost activation's call.
    loops: usize,
    pub(crate) locations: Locations,
    /// The innermost activation in the table of inlined calls; `None`: the compiled function's.
    current: Option<u32>,
}

/// The state of the caller's activation.
struct Suspended<'a> {
    locals: Vec<Variable>,
    stack: Vec<Value>,
    control: Vec<Frame>,
    loops: usize,
    offset: u32,
    current: Option<u32>,
    osr: Option<Osr<'a>>,
}

impl Inliner {
    pub(crate) fn new(module: &Module, func: FuncIndex, optimizations: &Optimizations) -> Inliner {
        let size = module
            .defined_func(func)
            .map_or(0, |func| module.body(func).len());
        let last = module.bodies.last().map_or(0, |range| range.end);
        Inliner {
            enabled: optimizations.inline && Locations::can_represent(last),
            recursion: optimizations.inline_recursion,
            by_heat: optimizations.inline_by_heat,
            budget: (BASE_BUDGET + BUDGET_FACTOR * size).min(MAX_BUDGET),
            entries: MAX_ENTRIES,
            activations: vec![func],
            ..Inliner::default()
        }
    }

    /// Whether the innermost activation is an inlined one.
    pub(crate) fn is_inlined(&self) -> bool {
        self.current.is_some()
    }

    /// The location of the innermost activation's instruction at `offset`.
    pub(crate) fn source_location(&mut self, offset: u64) -> SourceLoc {
        self.locations.at(offset as u32, self.current)
    }
}

impl<'a> Translator<'a, '_> {
    /// Inlines the call of `func` by the instruction at `self.offset`, if that is worth it.
    pub(crate) fn inline_call(&mut self, func: FuncIndex) -> Result<bool> {
        let Some(defined) = self.module.defined_func(func) else {
            return Ok(false);
        };
        if !self.inliner.enabled || !self.is_worth_inlining(func, defined) {
            return Ok(false);
        }
        let body = function_body(self.module, defined)?;
        let ty = self.module.registry.func_type(self.type_of(func)?);
        let args = self.top(ty.params.len())?;
        self.discard(ty.params.len());

        let caller = self.suspend(func, defined);
        for (ty, value) in ty.params.iter().zip(args) {
            self.declare_local(Slot::from(*ty), value);
        }
        let start = self.inliner.source_location(body.range().start);
        self.builder.set_srcloc(start);
        self.declare_locals(&body)?;
        self.push_function_frame(&ty.results);
        self.pending_fuel = FUNCTION_ENTRY_COST;
        self.check_fuel()?;
        self.body(&body)?;
        self.resume(caller);
        Ok(true)
    }

    fn suspend(&mut self, func: FuncIndex, defined: DefinedFuncIndex) -> Suspended<'a> {
        let inliner = &mut self.inliner;
        let call = inliner.locations.calls.len() as u32;
        inliner.locations.calls.push(InlinedCall {
            func: defined,
            call: self.offset,
            parent: inliner.current,
        });
        let suspended = Suspended {
            locals: std::mem::take(&mut self.locals),
            stack: std::mem::take(&mut self.stack),
            loops: inliner.loops,
            offset: self.offset,
            current: inliner.current.replace(call),
            control: std::mem::take(&mut self.control),
            osr: self.osr.take(),
        };
        inliner.loops += suspended.control.iter().filter(|f| f.is_loop()).count();
        inliner.activations.push(func);
        suspended
    }

    /// Goes on in the caller, with the results of the callee on its stack.
    fn resume(&mut self, caller: Suspended<'a>) {
        let results = std::mem::replace(&mut self.stack, caller.stack);
        if self.reachable {
            self.stack.extend(results);
        }
        self.locals = caller.locals;
        self.control = caller.control;
        self.osr = caller.osr;
        // Returning has charged everything, and the call was charged before it.
        self.pending_fuel = 0;
        self.inliner.loops = caller.loops;
        self.inliner.current = caller.current;
        self.inliner.activations.pop();
        self.offset = caller.offset;
        let location = self.inliner.source_location(self.offset.into());
        self.builder.set_srcloc(location);
    }

    fn is_worth_inlining(&mut self, func: FuncIndex, defined: DefinedFuncIndex) -> bool {
        let inliner = &self.inliner;
        let size = self.module.body(defined).len();
        let activations = &inliner.activations;
        let depth = activations.len();
        let same = activations.iter().filter(|f| **f == func).count();
        if size > HOT_IN_LOOP || size > inliner.budget || depth > MAX_DEPTH {
            return false;
        }
        let profile = self.call_profile.filter(|_| inliner.by_heat);
        let heat = profile.map_or(Heat::Some, |profile| profile.heat(defined));
        let in_loop = inliner.loops > 0 || self.control.iter().any(Frame::is_loop);
        let limit = match same {
            0 if heat == Heat::Never => TINY,
            0 if in_loop && heat == Heat::Hot => HOT_IN_LOOP,
            0 if in_loop || heat == Heat::Hot => SMALL_IN_LOOP,
            0 => SMALL,
            _ if inliner.recursion && same < MAX_ACTIVATIONS => SMALL_RECURSIVE,
            _ => 0,
        };
        if size > limit {
            return false;
        }
        let Some(candidate) = self.candidate(defined) else {
            return false;
        };
        // A function that only passes a call on would otherwise be inlined for nothing.
        if candidate.size > TINY && candidate.has_calls && depth > MAX_DEPTH / 2 {
            return false;
        }
        let entries = candidate.locals * self.builder.func.dfg.num_blocks();
        if entries > self.inliner.entries {
            return false;
        }
        self.inliner.entries -= entries;
        self.inliner.budget -= size;
        true
    }

    fn candidate(&mut self, func: DefinedFuncIndex) -> Option<Candidate> {
        let module = self.module;
        *self
            .inliner
            .candidates
            .entry(func)
            .or_insert_with(|| examine(module, func).ok().flatten())
    }
}

/// Looks at the body of a function.
fn examine(module: &Module, func: DefinedFuncIndex) -> Result<Option<Candidate>> {
    let body = function_body(module, func)?;
    let ty = module.functions[module.func_index(func).index()];
    let mut locals = module.registry.func_type(ty).params.len();
    for group in body.get_locals_reader().map_err(malformed)? {
        locals = locals.saturating_add(group.map_err(malformed)?.0 as usize);
    }
    if locals > MAX_LOCALS {
        return Ok(None);
    }
    let mut reader = body.get_operators_reader().map_err(malformed)?;
    let mut has_calls = false;
    while !reader.eof() {
        match reader.read().map_err(malformed)? {
            Operator::Call { .. } | Operator::CallIndirect { .. } | Operator::CallRef { .. } => {
                has_calls = true;
            }
            // A tail call drops the frame of the function that makes it, which is the caller's if it is inlined.
            Operator::ReturnCall { .. }
            | Operator::ReturnCallIndirect { .. }
            | Operator::ReturnCallRef { .. }
            // Handlers are found by frames.
            | Operator::TryTable { .. }
            | Operator::Try { .. } => return Ok(None),
            _ => {}
        }
    }
    Ok(Some(Candidate {
        size: module.body(func).len(),
        has_calls,
        locals,
    }))
}
