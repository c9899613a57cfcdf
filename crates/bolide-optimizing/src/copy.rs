//! `memory.copy` and `memory.fill` without a builtin.
//!
//! Bounds are checked here, and then nothing can fail: so what is short is done with loads and stores, and the rest by
//! the C library. All loads come before the first store, because the ranges may overlap. For lengths that are not
//! constant, one comparison or two find accesses that cover everything between them, with as much overlap as needed.

use bolide_abi::{Builtin, LeafFunction, TrapCode, VMCTX_BUILTINS, leaf_offset};
use bolide_module::IndexType;
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{
    AbiParam, Block, InstBuilder, MemFlagsData, Signature, Type, Value, types,
};
use cranelift_codegen::isa::CallConv;
use types::{I8, I8X16, I16, I32, I64};

use crate::memory::Heap;
use crate::translate::{LITTLE, Result, Translator};
use crate::trap;

/// Largest constant length without a call, in bytes.
const MOST_UNROLLED: u64 = 64;
/// What covers a length that is only known when it runs: the least length, and the accesses' type. Two accesses are as
/// long as twice the type, so that the next one starts there.
const CASES: [(i64, Type); 3] = [(16, I8X16), (8, I64), (4, I32)];
/// The first length that the cases do not cover.
const TOO_LONG: i64 = 33;

/// A range of a memory that is in bounds.
#[derive(Copy, Clone)]
struct Span {
    /// Machine address of its first byte.
    start: Value,
    /// Of accesses to it.
    flags: MemFlagsData,
}

/// Where a piece of a range is.
#[derive(Copy, Clone)]
struct Piece {
    ty: Type,
    at: Position,
}

#[derive(Copy, Clone)]
enum Position {
    /// A constant distance from the start.
    Constant(i32),
    /// A distance from the start, 64 bits.
    Value(Value),
}

/// What is written to a range.
#[derive(Copy, Clone)]
enum Source {
    Span(Span),
    /// One byte in each of the eight bytes of the value.
    Bytes(Value),
}

impl Translator<'_, '_> {
    pub(crate) fn memory_copy(&mut self, dst_mem: u32, src_mem: u32) -> Result<()> {
        let [dst, src, len] = self.pops()?;
        let (to, from) = (self.heap(dst_mem)?, self.heap(src_mem)?);
        let constant = self.known_constant(len);
        let [dst, src, len] = [dst, src, len].map(|value| self.widen(value));
        // Other threads see the single accesses to a shared memory, whose base may have to be read again.
        if !self.optimizations.short_copies || to.shared || from.shared {
            let memories = [self.i32_const(dst_mem), self.i32_const(src_mem)];
            let args = [memories[0], memories[1], dst, src, len];
            self.call_builtin(Builtin::memory_copy, &args)?;
            return Ok(());
        }
        self.check_span(&from, src, len);
        self.check_span(&to, dst, len);
        let source = self.span(&from, src);
        let target = self.span(&to, dst);
        self.write(target, Source::Span(source), len, constant, |translator| {
            translator.call_leaf(LeafFunction::Memmove, [target.start, source.start, len]);
        });
        Ok(())
    }

    pub(crate) fn memory_fill(&mut self, memory: u32) -> Result<()> {
        let [dst, value, len] = self.pops()?;
        let heap = self.heap(memory)?;
        let constant = self.known_constant(len);
        let [dst, len] = [dst, len].map(|value| self.widen(value));
        if !self.optimizations.short_copies || heap.shared {
            let args = [self.i32_const(memory), dst, value, len];
            self.call_builtin(Builtin::memory_fill, &args)?;
            return Ok(());
        }
        self.check_span(&heap, dst, len);
        let target = self.span(&heap, dst);
        let byte = self.builder.ins().ireduce(I8, value);
        let byte = self.builder.ins().uextend(I64, byte);
        let each = self.i64_const(0x0101_0101_0101_0101);
        let bytes = self.builder.ins().imul(byte, each);
        self.write(target, Source::Bytes(bytes), len, constant, |translator| {
            translator.call_leaf(LeafFunction::Memset, [target.start, value, len]);
        });
        Ok(())
    }

    /// Traps unless the `len` bytes at `index` are in bounds, whatever the length.
    fn check_span(&mut self, heap: &Heap, index: Value, len: Value) {
        let code = trap::to_cranelift(TrapCode::MemoryOutOfBounds);
        let end = match heap.index_type {
            IndexType::I32 => self.builder.ins().iadd(index, len),
            IndexType::I64 => self.builder.ins().uadd_overflow_trap(index, len, code),
        };
        let length = self.memory_length(heap);
        let outside = self
            .builder
            .ins()
            .icmp(IntCC::UnsignedGreaterThan, end, length);
        self.builder.ins().trapnz(outside, code);
    }

    fn span(&mut self, heap: &Heap, index: Value) -> Span {
        let base = self.memory_base(heap);
        Span {
            start: self.builder.ins().iadd(base, index),
            flags: self.heap_flags(heap).with_trap_code(None),
        }
    }

    /// Writes `source` to `target`, with `call` if that is too long.
    fn write(
        &mut self,
        target: Span,
        source: Source,
        len: Value,
        constant: Option<u64>,
        call: impl FnOnce(&mut Self),
    ) {
        match constant {
            Some(len) if len <= MOST_UNROLLED => {
                self.write_pieces(target, source, &pieces_of(len as i32));
            }
            Some(_) => call(self),
            None => self.write_dynamic(target, source, len, call),
        }
    }

    fn write_dynamic(
        &mut self,
        target: Span,
        source: Source,
        len: Value,
        call: impl FnOnce(&mut Self),
    ) {
        let done = self.builder.create_block();
        let mut otherwise = self.if_at_least(len, TOO_LONG);
        call(self);
        self.builder.ins().jump(done, []);
        for (least, ty) in CASES {
            self.builder.switch_to_block(otherwise);
            otherwise = self.if_at_least(len, least);
            let last = self.builder.ins().iadd_imm_s(len, -least);
            let ends = [Position::Constant(0), Position::Value(last)];
            self.write_pieces(target, source, &ends.map(|at| Piece { ty, at }));
            self.builder.ins().jump(done, []);
        }
        self.builder.switch_to_block(otherwise);
        let nothing = self.if_at_least(len, 1);
        // Of three bytes each is one of these, of two bytes as well.
        let middle = self.builder.ins().ushr_imm_u(len, 1);
        let last = self.builder.ins().iadd_imm_s(len, -1);
        let bytes = [
            Position::Constant(0),
            Position::Value(middle),
            Position::Value(last),
        ];
        self.write_pieces(target, source, &bytes.map(|at| Piece { ty: I8, at }));
        self.builder.ins().jump(done, []);
        self.builder.switch_to_block(nothing);
        self.builder.ins().jump(done, []);
        self.builder.seal_block(done);
        self.builder.switch_to_block(done);
    }

    /// Goes on in a block for `len >= bound`. Returns the block for the opposite.
    fn if_at_least(&mut self, len: Value, bound: i64) -> Block {
        let [then, otherwise] = [self.builder.create_block(), self.builder.create_block()];
        let condition = IntCC::UnsignedGreaterThanOrEqual;
        let bound = self.i64_const(bound as u64);
        let condition = self.builder.ins().icmp(condition, len, bound);
        self.builder.ins().brif(condition, then, [], otherwise, []);
        self.builder.seal_block(then);
        self.builder.seal_block(otherwise);
        self.builder.switch_to_block(then);
        otherwise
    }

    fn write_pieces(&mut self, target: Span, source: Source, pieces: &[Piece]) {
        let values: Vec<Value> = pieces.iter().map(|p| self.read_piece(source, *p)).collect();
        for (piece, value) in pieces.iter().zip(values) {
            let (address, offset) = self.place_of(target, piece.at);
            self.builder
                .ins()
                .store(target.flags, value, address, offset);
        }
    }

    fn read_piece(&mut self, source: Source, piece: Piece) -> Value {
        match source {
            Source::Span(span) => {
                let (address, offset) = self.place_of(span, piece.at);
                let load = self.builder.ins();
                load.load(piece.ty, span.flags, address, offset)
            }
            Source::Bytes(bytes) if piece.ty == I8X16 => {
                let halves = self.builder.ins().splat(types::I64X2, bytes);
                self.builder.ins().bitcast(I8X16, LITTLE, halves)
            }
            Source::Bytes(bytes) if piece.ty == I64 => bytes,
            Source::Bytes(bytes) => self.builder.ins().ireduce(piece.ty, bytes),
        }
    }

    /// Where a piece of a span is, as address and offset.
    fn place_of(&mut self, span: Span, at: Position) -> (Value, i32) {
        match at {
            Position::Constant(offset) => (span.start, offset),
            Position::Value(distance) => (self.builder.ins().iadd(span.start, distance), 0),
        }
    }

    fn call_leaf(&mut self, function: LeafFunction, args: [Value; 3]) {
        let mut signature = Signature::new(CallConv::SystemV);
        let param = |arg: &Value| AbiParam::new(self.value_type(*arg));
        signature.params.extend(args.iter().map(param));
        let signature = self.builder.import_signature(signature);
        let table = self.load_for_call(self.vmctx, VMCTX_BUILTINS);
        let code = self.load_for_call(table, leaf_offset(function));
        self.builder.ins().call_indirect(signature, code, &args);
    }
}

/// What covers a constant length.
fn pieces_of(len: i32) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut covered = 0;
    for ty in [I8X16, I64, I32, I16, I8] {
        let size = ty.bytes() as i32;
        while len - covered >= size {
            let at = Position::Constant(covered);
            pieces.push(Piece { ty, at });
            covered += size;
        }
        // One access that overlaps the last one, rather than several.
        if covered < len && covered >= size {
            let at = Position::Constant(len - size);
            pieces.push(Piece { ty, at });
            covered = len;
        }
    }
    pieces
}
