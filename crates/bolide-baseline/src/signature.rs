//! Function types as callers and callees see them.

use std::sync::{Arc, Weak};

use bolide_abi::{ArgLoc, ResultLoc, param_locs, result_locs};
use bolide_module::{Module, TypeGuard, TypeId};

use crate::masm::Kind;

/// A function type.
#[derive(Debug)]
pub(crate) struct Signature {
    pub(crate) params: Box<[Kind]>,
    pub(crate) results: Box<[Kind]>,
    pub(crate) param_locs: Box<[ArgLoc]>,
    pub(crate) result_locs: Box<[ResultLoc]>,
    /// Bytes of stack arguments.
    pub(crate) stack_bytes: u32,
}

/// Signatures that were used lately, to save their computation. They belong to one module.
#[derive(Debug, Default)]
pub(crate) struct Signatures {
    module: Weak<TypeGuard>,
    entries: Vec<Option<(TypeId, Arc<Signature>)>>,
}

/// A power of two.
const ENTRIES: usize = 128;

impl Signatures {
    /// Forgets the signatures of other modules: their type ids may mean something else by now.
    pub(crate) fn prepare(&mut self, module: &Module) {
        let guard = module.type_guard();
        if !std::ptr::eq(self.module.as_ptr(), Arc::as_ptr(guard)) {
            self.module = Arc::downgrade(guard);
            self.entries.clear();
            self.entries.resize(ENTRIES, None);
        }
    }

    pub(crate) fn get(&mut self, module: &Module, id: TypeId) -> Arc<Signature> {
        let entry = &mut self.entries[id.index() & (ENTRIES - 1)];
        match entry {
            Some((known, signature)) if *known == id => signature.clone(),
            _ => {
                let signature = Arc::new(Signature::new(module, id));
                *entry = Some((id, signature.clone()));
                signature
            }
        }
    }
}

impl Signature {
    fn new(module: &Module, id: TypeId) -> Signature {
        let ty = module.registry.func_type(id);
        let kinds = |types: &[_]| types.iter().map(|ty| Kind::from(*ty)).collect();
        let params = param_locs(&ty.params);
        Signature {
            params: kinds(&ty.params),
            results: kinds(&ty.results),
            param_locs: params.locs,
            stack_bytes: params.stack_bytes,
            result_locs: result_locs(&ty.results),
        }
    }
}
