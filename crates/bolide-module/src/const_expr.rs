//! Decoding of constant expressions.

use wasmparser::{Operator, OperatorsReader, OperatorsReaderAllocations};

use crate::convert::TypeSpace;
use crate::index::*;
use crate::module::{ConstExpr, ConstOp, Unsupported};
use crate::operator;

/// A decoded expression, and the first instruction that [`ConstOp`] cannot say. The expression
/// then has only what comes before that instruction.
pub(crate) struct Decoded {
    pub(crate) expr: ConstExpr,
    pub(crate) unsupported: Option<Unsupported>,
}

/// Decodes expressions; reuses its memory from one to the next.
#[derive(Default)]
pub(crate) struct ConstExprDecoder {
    allocations: OperatorsReaderAllocations,
    ops: Vec<ConstOp>,
}

impl ConstExprDecoder {
    /// Decodes an expression that the validator has accepted.
    pub(crate) fn decode(
        &mut self,
        expr: &wasmparser::ConstExpr<'_>,
        types: &TypeSpace,
    ) -> Result<Decoded, wasmparser::Error> {
        let reader = expr.get_binary_reader();
        let offset = reader.original_position() as u32;
        let allocations = std::mem::take(&mut self.allocations);
        let mut reader = OperatorsReader::new_with_allocs(reader, allocations);
        self.ops.clear();
        let unsupported = read(&mut reader, types, &mut self.ops)?;
        self.allocations = reader.into_allocations();
        Ok(Decoded {
            expr: ConstExpr {
                ops: self.ops.as_slice().into(),
                offset,
            },
            unsupported,
        })
    }
}

/// Reads up to the end, or to an instruction that [`ConstOp`] cannot say, which is returned.
fn read(
    reader: &mut OperatorsReader<'_>,
    types: &TypeSpace,
    ops: &mut Vec<ConstOp>,
) -> Result<Option<Unsupported>, wasmparser::Error> {
    loop {
        let (op, at) = reader.read_with_offset()?;
        let op = match op {
            Operator::End => return Ok(None),
            Operator::I32Const { value } => ConstOp::I32Const(value),
            Operator::I64Const { value } => ConstOp::I64Const(value),
            Operator::F32Const { value } => ConstOp::F32Const(value.bits()),
            Operator::F64Const { value } => ConstOp::F64Const(value.bits()),
            Operator::V128Const { value } => {
                ConstOp::V128Const(u128::from_le_bytes(*value.bytes()))
            }
            Operator::GlobalGet { global_index } => ConstOp::GlobalGet(GlobalIndex(global_index)),
            Operator::RefNull { hty } => ConstOp::RefNull(types.heap(hty)),
            Operator::RefFunc { function_index } => ConstOp::RefFunc(FuncIndex(function_index)),
            Operator::I32Add => ConstOp::I32Add,
            Operator::I32Sub => ConstOp::I32Sub,
            Operator::I32Mul => ConstOp::I32Mul,
            Operator::I64Add => ConstOp::I64Add,
            Operator::I64Sub => ConstOp::I64Sub,
            Operator::I64Mul => ConstOp::I64Mul,
            other => {
                let (proposal, visit) = operator::describe(&other);
                return Ok(Some(Unsupported {
                    what: operator::text_name(visit),
                    proposal,
                    offset: at as u32,
                }));
            }
        };
        ops.push(op);
    }
}
