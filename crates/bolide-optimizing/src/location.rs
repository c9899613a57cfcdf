//! Source locations: which instruction of which activation machine code comes from.
//!
//! The location of an instruction of the compiled function is its offset in the module. That of an instruction of an
//! inlined function is the position of an entry in a table, marked by the highest bit.
//!
//! Cranelift keeps the location of every instruction, but what it emits for two of them has one: a load that becomes an
//! operand of another instruction is attributed to that one. [`attribute_loads`] makes the locations agree first,
//! because the frames of a backtrace follow from them.

use std::collections::HashMap;

use bolide_abi::{AddressMapEntry, InlinedCall, InlinedRange, Inlining};
use cranelift_codegen::cursor::{Cursor, FuncCursor};
use cranelift_codegen::entity::EntitySet;
use cranelift_codegen::ir::{
    Block, Function, Inst, InstBuilder, InstructionData, SourceLoc, Value,
};
use cranelift_codegen::{Final, MachBufferFinalized};

/// Marks a position in the table.
const IN_TABLE: u32 = 1 << 31;

/// The activations and locations of a compilation.
#[derive(Debug, Default)]
pub(crate) struct Locations {
    pub(crate) calls: Vec<InlinedCall>,
    /// Offset in the module and inlined call.
    table: Vec<(u32, u32)>,
}

impl Locations {
    /// Whether an instruction at this offset can be told from an entry of the table.
    pub(crate) fn can_represent(offset: u32) -> bool {
        offset < IN_TABLE
    }

    /// The location of the instruction at `offset`, which belongs to an inlined call or to none.
    pub(crate) fn at(&mut self, offset: u32, call: Option<u32>) -> SourceLoc {
        let Some(call) = call else {
            return SourceLoc::new(offset);
        };
        if self.table.last() != Some(&(offset, call)) {
            self.table.push((offset, call));
        }
        SourceLoc::new(IN_TABLE | (self.table.len() - 1) as u32)
    }

    /// Offset and inlined call of a location.
    fn resolve(&self, location: SourceLoc) -> (u32, Option<u32>) {
        let bits = location.bits();
        if location.is_default() || bits & IN_TABLE == 0 || self.calls.is_empty() {
            return (bits, None);
        }
        match self.table.get((bits & !IN_TABLE) as usize) {
            Some((offset, call)) => (*offset, Some(*call)),
            None => (u32::MAX, None),
        }
    }

    /// The tables that map code offsets back.
    pub(crate) fn tables(
        self,
        buffer: &MachBufferFinalized<Final>,
    ) -> (Vec<AddressMapEntry>, Inlining) {
        let mut map: Vec<AddressMapEntry> = Vec::new();
        let mut ranges: Vec<InlinedRange> = Vec::new();
        let mut end = 0;
        let mut push = |code, (wasm, call): (u32, Option<u32>)| {
            if map.last().is_none_or(|last| last.wasm != wasm) {
                map.push(AddressMapEntry { code, wasm });
            }
            if ranges
                .last()
                .map_or(call.is_some(), |last| last.call != call)
            {
                ranges.push(InlinedRange { code, call });
            }
        };
        for range in buffer.get_srclocs_sorted() {
            if range.start > end {
                push(end, (u32::MAX, None));
            }
            push(range.start, self.resolve(range.loc));
            end = range.end;
        }
        if (end as usize) < buffer.data().len() {
            push(end, (u32::MAX, None));
        }
        let inlining = Inlining {
            calls: self.calls.into(),
            ranges: ranges.into(),
        };
        (map, inlining)
    }
}

/// A load that may become an operand, as seen from a value that is computed from it.
#[derive(Copy, Clone)]
struct Origin {
    load: Inst,
    location: SourceLoc,
    /// Position of the load in its block.
    position: usize,
    /// How many instructions lie between.
    distance: u32,
}

/// How far the patterns that absorb loads reach: a load, an operation, and a store.
const REACH: u32 = 3;

/// What an instruction is that may have absorbed a load.
enum Role {
    /// It cannot trap once the load has not.
    Follows,
    /// It can trap for another reason.
    Traps,
    /// It takes its operands from registers.
    Separate,
}

/// Gives instructions that a load may become an operand of the location of the load, if only the load can trap.
/// Those that trap themselves are kept from absorbing it.
pub(crate) fn attribute_loads(func: &mut Function) {
    let used_once = values_used_once(func);
    let blocks: Vec<Block> = func.layout.blocks().collect();
    let mut insts: Vec<Inst> = Vec::new();
    let mut origins: HashMap<Value, Origin> = HashMap::new();
    let mut apart = Vec::new();
    for block in blocks {
        origins.clear();
        insts.clear();
        insts.extend(func.layout.block_insts(block));
        for (position, &inst) in insts.iter().enumerate() {
            // Of several loads, only the last can have been moved past the others.
            let origin = func
                .dfg
                .inst_values(inst)
                .filter_map(|value| origins.get(&value))
                .max_by_key(|origin| origin.position)
                .copied();
            let mut next = None;
            if let Some(origin) = origin {
                match role(func, inst, &origin) {
                    Role::Follows => {
                        func.set_srcloc(inst, origin.location);
                        next = Some(origin);
                    }
                    Role::Traps if func.srcloc(inst) != origin.location => apart.push(origin.load),
                    Role::Traps | Role::Separate => {}
                }
            }
            if is_trapping_load(func, inst) {
                next = Some(Origin {
                    load: inst,
                    location: func.srcloc(inst),
                    position,
                    distance: 0,
                });
            }
            if let (Some(next), [result]) = (next, func.dfg.inst_results(inst))
                && next.distance < REACH
                && used_once.contains(*result)
            {
                let distance = next.distance + 1;
                origins.insert(*result, Origin { distance, ..next });
            }
        }
    }
    for load in apart {
        FuncCursor::new(func)
            .after_inst(load)
            .ins()
            .sequence_point();
    }
}

fn role(func: &Function, inst: Inst, origin: &Origin) -> Role {
    let data = &func.dfg.insts[inst];
    let opcode = data.opcode();
    if let InstructionData::Store { args, offset, .. } = *data {
        let address = func.dfg.resolve_aliases(args[1]);
        return match func.dfg.insts[origin.load] {
            InstructionData::Load {
                arg, offset: from, ..
            } if func.dfg.resolve_aliases(arg) == address && from == offset => Role::Follows,
            _ => Role::Separate,
        };
    }
    if opcode.can_load() || opcode.can_store() || opcode.is_call() || opcode.is_return() {
        Role::Separate
    } else if opcode.can_trap() {
        Role::Traps
    } else {
        Role::Follows
    }
}

fn is_trapping_load(func: &Function, inst: Inst) -> bool {
    let data = &func.dfg.insts[inst];
    data.opcode().can_load()
        && data
            .memflags_data(&func.dfg)
            .is_some_and(|flags| flags.trap_code().is_some())
}

fn values_used_once(func: &Function) -> EntitySet<Value> {
    let mut once = EntitySet::with_capacity(func.dfg.num_values());
    let mut more = EntitySet::with_capacity(func.dfg.num_values());
    for block in func.layout.blocks() {
        for inst in func.layout.block_insts(block) {
            for value in func.dfg.inst_values(inst) {
                if !once.insert(value) {
                    more.insert(value);
                }
            }
        }
    }
    for value in more.iter() {
        once.remove(value);
    }
    once
}
