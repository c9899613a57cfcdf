//! The functions of a page, as columns: item `i` of each is about the function at position `i`.

use std::collections::HashMap;

use bolide_module::*;
use serde::Serialize;

use super::super::report::Function;
use super::super::types;
use super::bounds;
use super::calls::Body;
use super::groups::{Group, Groups};

/// Imported functions.
const IMPORTED: usize = 10_000;

/// Bytes of the names of all functions.
const NAMES: usize = 4 << 20;

/// Bytes of the types of all functions.
const TYPES: usize = 1 << 20;

/// Calls and references, all functions together.
const EDGES: usize = 400_000;

/// Positions of functions in `index`, function by function: how many follow, the first, and then the distance of each
/// from the one before it.
type Edges = Vec<u32>;

/// Imported functions, and the largest of those that are defined.
#[derive(Default, Serialize)]
pub(super) struct Functions {
    /// Index in the module, ascending.
    index: Vec<u32>,
    name: Vec<Option<String>>,
    /// Position in `types`.
    #[serde(rename = "type")]
    ty: Vec<u32>,
    /// Position in `groups`.
    group: Vec<Option<u32>>,
    /// Bytes of the body, 0 for an import.
    size: Vec<u32>,
    /// Where the body starts in the file, 0 for an import.
    offset: Vec<u32>,
    /// Local variables with parameters.
    locals: Vec<u64>,
    /// How many functions it calls directly, whether the page lists them or not.
    calls: Vec<u32>,
    /// How many functions call it directly, whether the page lists them or not.
    callers: Vec<u32>,
    callees: Edges,
    references: Edges,
    /// For each function: how many follow, then positions in `types`, doubled, and one more for `call_ref`.
    indirect: Vec<u32>,
    types: Vec<String>,
    groups: Vec<Group>,
    /// Defined functions that are not listed.
    rest: u32,
    rest_size: u64,
    /// Of these, what is in no group.
    ungrouped: u32,
    ungrouped_size: u64,
}

impl Functions {
    /// The functions of a module, of those it defines `listed`.
    pub(super) fn new(module: &Module, mut listed: Vec<Function>) -> Functions {
        listed.sort_unstable_by_key(|function| function.index);
        let mut functions = Functions::default();
        functions.imports(module);
        functions.definitions(&listed);
        functions.names(module, &listed);
        functions.bodies(module);
        functions
    }

    fn imports(&mut self, module: &Module) {
        for index in 0..module.imported_functions.min(IMPORTED as u32) {
            self.index.push(index);
            self.size.push(0);
            self.offset.push(0);
        }
    }

    fn definitions(&mut self, listed: &[Function]) {
        for function in listed {
            self.index.push(function.index);
            self.size.push(function.size);
            self.offset.push(function.offset);
        }
    }

    /// Names, groups, and the sums of what is not listed.
    fn names(&mut self, module: &Module, listed: &[Function]) {
        let mut budget = NAMES;
        let imported = self.index.len() - listed.len();
        for &index in &self.index[..imported] {
            let name = module.func_name(FuncIndex(index)).map(bolide::demangle);
            self.name
                .push(name.map(|name| bounds::text(&name, &mut budget)));
            self.group.push(None);
        }
        let mut groups = Groups::default();
        let defined = 0..module.bodies.len() as u32;
        let indices = defined.map(|i| module.func_index(DefinedFuncIndex(i)));
        let names: Vec<Option<String>> = indices
            .map(|index| module.func_name(index).map(bolide::demangle))
            .collect();
        let assigned = groups.assign(&names);
        let mut rest = listed.iter().peekable();
        for (i, (group, name)) in assigned.into_iter().zip(names).enumerate() {
            let index = module.func_index(DefinedFuncIndex::from_usize(i));
            if rest.next_if(|function| function.index == index.0).is_some() {
                self.group.push(group);
                self.name
                    .push(name.map(|name| bounds::text(&name, &mut budget)));
                continue;
            }
            let size = u64::from(module.bodies[i].end - module.bodies[i].start);
            self.rest += 1;
            self.rest_size += size;
            let (count, sum) = match group.map(|group| &mut groups.groups[group as usize]) {
                Some(group) => (&mut group.rest, &mut group.rest_size),
                None => (&mut self.ungrouped, &mut self.ungrouped_size),
            };
            *count += 1;
            *sum += size;
        }
        self.groups = groups.groups;
    }

    /// What bodies say: locals and calls. All are read, so that the numbers of callers are right.
    fn bodies(&mut self, module: &Module) {
        let mut positions = vec![u32::MAX; module.functions.len()];
        for (position, &index) in self.index.iter().enumerate() {
            positions[index as usize] = position as u32;
        }
        let mut callers = vec![0_u32; module.functions.len()];
        let mut types = Types::default();
        let imported = self
            .index
            .iter()
            .take_while(|&&i| i < module.imported_functions);
        for &index in imported {
            self.ty
                .push(types.position(module, module.functions[index as usize]));
            self.locals
                .push(module.func_type(FuncIndex(index)).params.len() as u64);
            self.calls.push(0);
            for list in [&mut self.callees, &mut self.references, &mut self.indirect] {
                list.push(0);
            }
        }
        let mut budget = EDGES;
        for i in 0..module.bodies.len() {
            let defined = DefinedFuncIndex::from_usize(i);
            let body = Body::read(module, defined);
            for callee in &body.callees {
                callers[callee.index()] += 1;
            }
            let index = module.func_index(defined).index();
            if positions[index] == u32::MAX {
                continue;
            }
            self.ty
                .push(types.position(module, module.functions[index]));
            self.locals.push(body.locals);
            self.calls.push(body.callees.len() as u32);
            edges(&mut self.callees, &body.callees, &positions, &mut budget);
            edges(
                &mut self.references,
                &body.references,
                &positions,
                &mut budget,
            );
            let indirect = body.indirect.iter().map(|&ty| (ty, 0));
            let indirect = indirect.chain(body.by_reference.iter().map(|&ty| (ty, 1)));
            let count = (body.indirect.len() + body.by_reference.len()).min(budget);
            budget -= count;
            self.indirect.push(count as u32);
            for (ty, by_reference) in indirect.take(count) {
                self.indirect
                    .push(2 * types.position(module, ty) + by_reference);
            }
        }
        let listed = self.index.iter();
        self.callers = listed.map(|&index| callers[index as usize]).collect();
        self.types = types.texts;
    }
}

/// Appends what a function refers to, as far as it is listed.
fn edges(edges: &mut Edges, functions: &[FuncIndex], positions: &[u32], budget: &mut usize) {
    let length = edges.len();
    edges.push(0);
    let mut last = 0;
    let listed = functions.iter().map(|index| positions[index.index()]);
    for position in listed
        .filter(|&position| position != u32::MAX)
        .take(*budget)
    {
        edges.push(position - last);
        last = position;
    }
    let count = edges.len() - length - 1;
    edges[length] = count as u32;
    *budget -= count;
}

/// Types of functions as texts, each once.
struct Types {
    texts: Vec<String>,
    known: HashMap<TypeId, u32>,
    budget: usize,
}

impl Default for Types {
    fn default() -> Types {
        Types {
            texts: Vec::new(),
            known: HashMap::new(),
            budget: TYPES,
        }
    }
}

impl Types {
    fn position(&mut self, module: &Module, ty: TypeId) -> u32 {
        if let Some(&position) = self.known.get(&ty) {
            return position;
        }
        let text = types::entity(module, EntityType::Func(ty));
        self.texts.push(bounds::text(&text, &mut self.budget));
        let position = self.texts.len() as u32 - 1;
        self.known.insert(ty, position);
        position
    }
}
