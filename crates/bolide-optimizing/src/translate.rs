//! One pass over a function body that builds Cranelift's IR.
//!
//! The wasm operand stack becomes a stack of SSA values, locals become the frontend's variables,
//! and structured control becomes blocks (see `control`). Code that validation considers
//! unreachable is skipped.

use std::collections::HashMap;
use std::rc::Rc;

use bolide_abi::{
    Builtin, CallProfile, CodegenOptions, CompileError, CompileMode, CompileRequest, Optimizations,
    Profile, VmctxLayout,
};
use bolide_module::{DefinedFuncIndex, FuncIndex, Module, TypeId};
use cranelift_codegen::ir::immediates::Offset32;
use cranelift_codegen::ir::{
    Endianness, FuncRef, Function, GlobalValueData, InstBuilder, MemFlagsData, SigRef, Type, Value,
    types,
};
use cranelift_codegen::isa::TargetIsa;
use cranelift_frontend::{FuncInstBuilder, FunctionBuilder, FunctionBuilderContext, Variable};
use wasmparser::{BinaryReader, FunctionBody, Operator};

use crate::call::Callee;
use crate::control::Frame;
use crate::env::Region;
use crate::inline::Inliner;
use crate::location::Locations;
use crate::osr::Osr;
use crate::slot::Slot;
use crate::unroll::Unroller;

pub(crate) type Result<T> = std::result::Result<T, CompileError>;

/// Translates the body of `request.func` into `func`. Returns where its instructions come from.
pub(crate) fn function(
    isa: &dyn TargetIsa,
    options: &CodegenOptions,
    optimizations: &Optimizations,
    request: CompileRequest<'_>,
    func: &mut Function,
    frontend: &mut FunctionBuilderContext,
) -> Result<Locations> {
    let module = request.module;
    let index = module.func_index(request.func);
    let body = function_body(module, request.func)?;
    let osr = match request.mode {
        CompileMode::Function => None,
        CompileMode::Osr(at) => Some(Osr::new(at, &body)?),
    };
    let mut translator = Translator {
        builder: FunctionBuilder::new(func, frontend),
        isa,
        options,
        module,
        layout: request.layout,
        func: index,
        vmctx: Value::from_u32(0),
        locals: Vec::new(),
        stack: Vec::new(),
        control: Vec::new(),
        reachable: true,
        skipped_blocks: 0,
        profile: request.profile,
        pending_fuel: bolide_abi::FUNCTION_ENTRY_COST,
        callees: HashMap::new(),
        builtins: HashMap::new(),
        self_ref: None,
        is_entered_at_start: osr.is_none(),
        osr,
        call_profile: request.call_profile,
        optimizations,
        offset: 0,
        stores: 0,
        unroller: Unroller::new(),
        inliner: Inliner::new(module, index, optimizations),
    };
    translator.prologue(&body)?;
    translator.body(&body)?;
    translator.check_entry()?;
    translator.builder.seal_all_blocks();
    translator.builder.finalize(isa.frontend_config());
    Ok(translator.inliner.locations)
}

/// The body of a function of a validated module.
pub(crate) fn function_body(module: &Module, func: DefinedFuncIndex) -> Result<FunctionBody<'_>> {
    let range = module
        .bodies
        .get(func.index())
        .ok_or_else(|| internal("the function has no body"))?;
    let reader = BinaryReader::new(module.body(func), range.start.into());
    Ok(FunctionBody::new(reader))
}

/// State of a translation.
pub(crate) struct Translator<'a, 'f> {
    pub(crate) builder: FunctionBuilder<'f>,
    pub(crate) isa: &'a dyn TargetIsa,
    pub(crate) options: &'a CodegenOptions,
    pub(crate) module: &'a Module,
    pub(crate) layout: &'a VmctxLayout,
    /// The function being compiled.
    pub(crate) func: FuncIndex,
    /// Its vmctx.
    pub(crate) vmctx: Value,
    pub(crate) locals: Vec<Variable>,
    /// The operand stack.
    pub(crate) stack: Vec<Value>,
    /// Enclosing blocks, the function itself first.
    pub(crate) control: Vec<Frame>,
    /// Whether the current instruction can execute.
    pub(crate) reachable: bool,
    /// How many blocks were opened and not yet closed since code became unreachable.
    pub(crate) skipped_blocks: u32,
    /// Cost of the instructions since fuel was last charged.
    pub(crate) pending_fuel: i64,
    pub(crate) callees: HashMap<TypeId, Rc<Callee>>,
    pub(crate) builtins: HashMap<Builtin, SigRef>,
    pub(crate) self_ref: Option<FuncRef>,
    /// Whether the code is entered where the function starts.
    pub(crate) is_entered_at_start: bool,
    /// Where the code is entered, if not at its start. Of the innermost activation: inlined ones have none.
    pub(crate) osr: Option<Osr<'a>>,
    /// What is known of the compiled function.
    pub(crate) profile: Profile,
    /// What is known of the functions of the module and its calls.
    pub(crate) call_profile: Option<&'a dyn CallProfile>,
    pub(crate) optimizations: &'a Optimizations,
    /// Byte offset in the module of the current instruction.
    pub(crate) offset: u32,
    /// How many stores there were.
    pub(crate) stores: u32,
    pub(crate) inliner: Inliner,
    pub(crate) unroller: Unroller,
}

/// The error of a state that validation excludes.
pub(crate) fn internal(what: impl Into<String>) -> CompileError {
    CompileError::Internal(what.into())
}

/// Flags of memory that is not wasm's: always accessible, aligned and of host byte order.
pub(crate) const TRUSTED: MemFlagsData = MemFlagsData::trusted();

/// Flags of a bitcast between vector types, and of wasm's linear memory.
pub(crate) const LITTLE: MemFlagsData = MemFlagsData::new().with_endianness(Endianness::Little);

impl<'f> Translator<'_, 'f> {
    /// Sets up the signature, the stack check, parameters and locals.
    fn prologue(&mut self, body: &FunctionBody<'_>) -> Result<()> {
        let callee = self.callee(self.type_of(self.func)?)?;
        let signature = self.builder.func.dfg.signatures[callee.signature].clone();
        self.builder.func.signature = signature;
        self.declare_stack_limit();
        self.builder
            .make_stack_map_alias_region(Box::new(|regions, _, _, _| {
                Some(Region::Spills.declare(regions))
            }));

        let entry = self.builder.create_block();
        self.builder.append_block_params_for_function_params(entry);
        self.builder.switch_to_block(entry);
        self.builder.seal_block(entry);
        let params = self.builder.block_params(entry).to_vec();
        let (vmctx, params) = params
            .split_first()
            .ok_or_else(|| internal("no vmctx parameter"))?;
        self.vmctx = *vmctx;
        self.open_buffer();
        for (ty, value) in callee.ty.params.iter().zip(params) {
            self.declare_local(Slot::from(*ty), *value);
        }
        self.declare_locals(body)?;
        self.finish_entry()?;

        self.push_function_frame(&callee.ty.results);
        let start = self.inliner.source_location(body.range().start);
        self.builder.set_srcloc(start);
        self.check_interruption()?;
        self.check_fuel()?;
        Ok(())
    }

    fn declare_stack_limit(&mut self) {
        let func = &mut *self.builder.func;
        let flags = func.dfg.mem_flags.insert_unchecked(TRUSTED.with_readonly());
        let vmctx = func.create_global_value(GlobalValueData::VMContext);
        let store = func.create_global_value(GlobalValueData::Load {
            base: vmctx,
            offset: Offset32::new(bolide_abi::VMCTX_STORE as i32),
            global_type: types::I64,
            flags,
        });
        func.stack_limit = Some(func.create_global_value(GlobalValueData::Load {
            base: store,
            offset: Offset32::new(bolide_abi::STORE_STACK_LIMIT as i32),
            global_type: types::I64,
            flags,
        }));
    }

    pub(crate) fn declare_variable(&mut self, slot: Slot) -> Variable {
        let variable = self.builder.declare_var(slot.ty);
        if slot.collectable {
            self.builder.declare_var_needs_stack_map(variable);
        }
        variable
    }

    /// Declares the next local, which is `value` at the start of the function.
    pub(crate) fn declare_local(&mut self, slot: Slot, value: Value) {
        let variable = self.declare_variable(slot);
        let value = self.read_buffer(self.locals.len(), slot).unwrap_or(value);
        self.builder.def_var(variable, value);
        self.locals.push(variable);
    }

    pub(crate) fn declare_locals(&mut self, body: &FunctionBody<'_>) -> Result<()> {
        for group in body.get_locals_reader().map_err(malformed)? {
            let (count, ty) = group.map_err(malformed)?;
            let slot = Slot::in_body(self.module, ty)?;
            let zero = self.zero(slot.ty);
            for _ in 0..count {
                self.declare_local(slot, zero);
            }
        }
        Ok(())
    }

    /// The default value of a local.
    pub(crate) fn zero(&mut self, ty: Type) -> Value {
        match ty {
            types::F32 => self.builder.ins().f32const(0.0),
            types::F64 => self.builder.ins().f64const(0.0),
            _ if ty.is_vector() => {
                let zero = self.builder.func.dfg.constants.insert([0u8; 16][..].into());
                self.builder.ins().vconst(ty, zero)
            }
            _ => self.builder.ins().iconst(ty, 0),
        }
    }

    pub(crate) fn body(&mut self, body: &FunctionBody<'_>) -> Result<()> {
        let mut reader = body.get_operators_reader().map_err(malformed)?;
        // Where the body of the innermost loop starts.
        let mut loop_start = reader.clone();
        while !reader.eof() {
            let (op, offset) = reader.read_with_offset().map_err(malformed)?;
            if self.reachable && matches!(op, Operator::Loop { .. }) {
                self.plan_loop(reader.clone())?;
                loop_start.clone_from(&reader);
            }
            self.instruction(&op, offset)?;
            if std::mem::take(&mut self.unroller.is_copy_to_come) {
                reader.clone_from(&loop_start);
            }
        }
        if self.control.is_empty() {
            Ok(())
        } else {
            Err(internal("the body ends inside a block"))
        }
    }

    fn instruction(&mut self, op: &Operator<'_>, offset: u64) -> Result<()> {
        self.offset = offset as u32;
        let location = self.inliner.source_location(offset);
        self.builder.set_srcloc(location);
        if !self.reachable {
            return self.skip(op);
        }
        self.count_fuel(op);
        if self.operator(op)? {
            return Ok(());
        }
        Err(CompileError::Unsupported {
            what: bolide_module::operator_name(op),
            offset: self.offset,
        })
    }

    /// Translates one reachable operator. `false` if nothing here handles it.
    fn operator(&mut self, op: &Operator<'_>) -> Result<bool> {
        Ok(self.variable_operator(op)?
            || self.numeric_operator(op)?
            || self.memory_operator(op)?
            || self.control_operator(op)?
            || self.call_operator(op)?
            || self.conversion_operator(op)?
            || self.bulk_operator(op)?
            || self.table_operator(op)?
            || self.vector_memory_operator(op)?
            || self.vector_operator(op)?
            || self.relaxed_operator(op)?
            || self.atomic_operator(op)?)
    }

    pub(crate) fn push(&mut self, value: Value) {
        self.stack.push(value);
    }

    pub(crate) fn pop(&mut self) -> Result<Value> {
        self.stack
            .pop()
            .ok_or_else(|| internal("the operand stack is empty"))
    }

    /// Pops `N` operands; the last one was on top.
    pub(crate) fn pops<const N: usize>(&mut self) -> Result<[Value; N]> {
        self.stack
            .len()
            .checked_sub(N)
            .and_then(|start| {
                self.stack
                    .drain(start..)
                    .collect::<Vec<_>>()
                    .try_into()
                    .ok()
            })
            .ok_or_else(|| internal("the operand stack is too short"))
    }

    /// The top `count` operands, with vectors in their canonical type.
    pub(crate) fn top(&mut self, count: usize) -> Result<Vec<Value>> {
        let start = self
            .stack
            .len()
            .checked_sub(count)
            .ok_or_else(|| internal("the operand stack is too short"))?;
        let values = self.stack[start..].to_vec();
        Ok(values.into_iter().map(|v| self.canonical(v)).collect())
    }

    /// Removes the top `count` operands.
    pub(crate) fn discard(&mut self, count: usize) {
        let rest = self.stack.len().saturating_sub(count);
        self.stack.truncate(rest);
    }

    pub(crate) fn value_type(&self, value: Value) -> Type {
        self.builder.func.dfg.value_type(value)
    }

    /// `value` as the vector type `ty`.
    pub(crate) fn as_vector(&mut self, value: Value, ty: Type) -> Value {
        if self.value_type(value) == ty {
            value
        } else {
            self.builder.ins().bitcast(ty, LITTLE, value)
        }
    }

    /// Vectors as `i8x16`, other values unchanged.
    pub(crate) fn canonical(&mut self, value: Value) -> Value {
        if self.value_type(value).is_vector() {
            self.as_vector(value, types::I8X16)
        } else {
            value
        }
    }

    pub(crate) fn i32_const(&mut self, value: u32) -> Value {
        self.builder.ins().iconst(types::I32, i64::from(value))
    }

    pub(crate) fn i64_const(&mut self, value: u64) -> Value {
        self.builder.ins().iconst(types::I64, value as i64)
    }

    /// Replaces the top operand by a function of it.
    pub(crate) fn unary(
        &mut self,
        f: impl FnOnce(FuncInstBuilder<'_, 'f>, Value) -> Value,
    ) -> Result<bool> {
        let a = self.pop()?;
        let result = f(self.builder.ins(), a);
        self.push(result);
        Ok(true)
    }

    /// Replaces the top two operands by a function of them.
    pub(crate) fn binary(
        &mut self,
        f: impl FnOnce(FuncInstBuilder<'_, 'f>, Value, Value) -> Value,
    ) -> Result<bool> {
        let b = self.pop()?;
        let a = self.pop()?;
        let result = f(self.builder.ins(), a, b);
        self.push(result);
        Ok(true)
    }
}

/// An entry of an index space that validation has checked.
pub(crate) fn lookup<T>(space: &[T], index: u32) -> Result<&T> {
    space
        .get(index as usize)
        .ok_or_else(|| internal(format!("index {index} is out of range")))
}

pub(crate) fn malformed(error: wasmparser::Error) -> CompileError {
    internal(format!("the body does not decode: {error}"))
}
