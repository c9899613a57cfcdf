//! What functions call, read from their bodies.

use bolide_module::{DefinedFuncIndex, FuncIndex, Module, TypeId, TypeIndex};
use wasmparser::{FunctionBody, Operator, OperatorsReader};

/// What a function refers to; each item once, in order.
#[derive(Default)]
pub(super) struct Body {
    /// Local variables, parameters among them.
    pub(super) locals: u64,
    /// Functions that it calls directly.
    pub(super) callees: Vec<FuncIndex>,
    /// Functions that it takes references to.
    pub(super) references: Vec<FuncIndex>,
    /// Types of functions that it calls through tables.
    pub(super) indirect: Vec<TypeId>,
    /// Types of functions that it calls through references.
    pub(super) by_reference: Vec<TypeId>,
}

impl Body {
    /// Reads a body. One that cannot be read, which a valid module does not have, ends where that is so.
    pub(super) fn read(module: &Module, index: DefinedFuncIndex) -> Body {
        let mut body = Body::default();
        let _ = body.scan(module, index);
        for list in [&mut body.callees, &mut body.references] {
            list.sort_unstable();
            list.dedup();
        }
        for list in [&mut body.indirect, &mut body.by_reference] {
            list.sort_unstable();
            list.dedup();
        }
        body
    }

    fn scan(&mut self, module: &Module, index: DefinedFuncIndex) -> wasmparser::Result<()> {
        let range = &module.bodies[index.index()];
        let reader = wasmparser::BinaryReader::new(module.body(index), u64::from(range.start));
        let body = FunctionBody::new(reader);
        let params = module.func_type(module.func_index(index)).params.len();
        self.locals = params as u64;
        for group in body.get_locals_reader()? {
            self.locals += u64::from(group?.0);
        }
        self.operators(module, body.get_operators_reader()?)
    }

    fn operators(
        &mut self,
        module: &Module,
        mut operators: OperatorsReader<'_>,
    ) -> wasmparser::Result<()> {
        let ty = |index: u32| module.types[TypeIndex(index).index()];
        while !operators.eof() {
            match operators.read()? {
                Operator::Call { function_index } | Operator::ReturnCall { function_index } => {
                    self.callees.push(FuncIndex(function_index));
                }
                Operator::RefFunc { function_index } => {
                    self.references.push(FuncIndex(function_index));
                }
                Operator::CallIndirect { type_index, .. }
                | Operator::ReturnCallIndirect { type_index, .. } => {
                    self.indirect.push(ty(type_index));
                }
                Operator::CallRef { type_index } | Operator::ReturnCallRef { type_index } => {
                    self.by_reference.push(ty(type_index));
                }
                _ => {}
            }
        }
        Ok(())
    }
}
