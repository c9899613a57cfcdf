//! Layout, constants, jump tables and side tables.

use bolide_abi::{CompileError, RelocTarget, RuntimeRoutine, TrapCode};
use bolide_baseline::asm::x64::Size::{S32, S64};
use bolide_baseline::asm::x64::{Alu, Assembler, Cond, Gpr, Mem, Xmm, vec_ops};
use bolide_baseline::asm::{CodeBuffer, Part};
use iced_x86::{Decoder, DecoderOptions};

use crate::support::mnemonic;

/// Where the `rip`-relative operand of the instruction at `at` points to.
fn operand_target(code: &[u8], at: u32) -> usize {
    let bytes = &code[at as usize..];
    let found = Decoder::with_ip(64, bytes, at.into(), DecoderOptions::NONE).decode();
    assert!(found.is_ip_rel_memory_operand());
    found.ip_rel_memory_address() as usize
}

#[test]
fn empty() {
    let done = Assembler::new().buf.finish().unwrap().function;
    assert!(done.code.is_empty() && done.address_map.is_empty() && done.traps.is_empty());
}

#[test]
fn constants_are_aligned_and_shared() {
    let mut asm = Assembler::new();
    let (four, eight, sixteen) = (7u32.to_le_bytes(), 8u64.to_le_bytes(), [9; 16]);
    let mut uses = Vec::new();
    for _ in 0..2 {
        let label = asm.buf.constant4(four);
        uses.push((asm.buf.offset(), four.to_vec()));
        asm.bin_rm(vec_ops::ADDSS, Xmm::Xmm1, Mem::label(label));
        let label = asm.buf.constant8(eight);
        uses.push((asm.buf.offset(), eight.to_vec()));
        asm.bin_rm(vec_ops::ADDSD, Xmm::Xmm1, Mem::label(label));
        let label = asm.buf.constant16(sixteen);
        uses.push((asm.buf.offset(), sixteen.to_vec()));
        // An immediate comes between the field and the end of the instruction.
        asm.bin_rmi(vec_ops::SHUFPS, Xmm::Xmm9, Mem::label(label), 3);
        let similar = (8u64 | 1 << 63).to_le_bytes();
        let label = asm.buf.constant8(similar);
        uses.push((asm.buf.offset(), similar.to_vec()));
        asm.vbin_rrm(vec_ops::ADDSD, Xmm::Xmm1, Xmm::Xmm2, Mem::label(label));
        let before = asm.buf.enter(Part::Cold);
        asm.int3();
        asm.buf.enter(before);
    }
    let len = asm.buf.code_len();
    let done = asm.buf.finish().unwrap();
    let code = &done.function.code;
    assert_eq!(done.function.alignment % 16, 0);
    assert_eq!(code.len(), len.next_multiple_of(16) + 16 + 8 + 8 + 4);
    for (at, value) in uses {
        let target = operand_target(code, done.resolve(at));
        assert!(target.is_multiple_of(value.len()));
        assert_eq!(code[target..][..value.len()], value);
    }
}

#[test]
fn distant_constants_need_not_be_shared_but_are_right() {
    let mut asm = Assembler::new();
    let values = (0..100u64).chain(0..100);
    let uses: Vec<_> = values
        .map(|value| {
            let label = asm.buf.constant8(value.to_le_bytes());
            let at = asm.buf.offset();
            asm.mov_rm(S64, Gpr::R9, Mem::label(label));
            (at, value)
        })
        .collect();
    let done = asm.buf.finish().unwrap();
    for (at, value) in uses {
        let target = operand_target(&done.function.code, done.resolve(at));
        assert_eq!(done.function.code[target..][..8], value.to_le_bytes());
    }
}

#[test]
fn jump_tables_hold_distances_from_their_start() {
    let mut asm = Assembler::new();
    let (ahead, cold) = (asm.buf.label(), asm.buf.label());
    let back = asm.buf.label_here();
    asm.int3();
    let first = asm.buf.jump_table(&[back, ahead, cold, back]);
    let second = asm.buf.jump_table(&[cold]);
    let at_first = asm.buf.offset();
    asm.lea(S64, Gpr::R11, Mem::label(first));
    let at_second = asm.buf.offset();
    asm.lea(S64, Gpr::R11, Mem::label(second));
    asm.buf.bind(ahead);
    let ahead = asm.buf.offset();
    asm.ret();
    asm.buf.enter(Part::Cold);
    asm.buf.bind(cold);
    let cold = asm.buf.offset();
    asm.ud2();
    let done = asm.buf.finish().unwrap();
    let code = &done.function.code;
    let (ahead, cold) = (done.resolve(ahead), done.resolve(cold));
    for (at, targets) in [(at_first, vec![0, ahead, cold, 0]), (at_second, vec![cold])] {
        let table = operand_target(code, done.resolve(at));
        assert!(table.is_multiple_of(4));
        for (index, target) in targets.into_iter().enumerate() {
            let entry = code[table + index * 4..][..4].try_into().unwrap();
            let distance = i64::from(i32::from_le_bytes(entry));
            assert_eq!(table as i64 + distance, i64::from(target));
        }
    }
}

#[test]
fn cold_traps_are_shared_within_a_source() {
    let mut asm = Assembler::new();
    let mut uses = Vec::new();
    for (source, code) in [
        (10, TrapCode::IntegerOverflow),
        (10, TrapCode::IntegerDivisionByZero),
        (10, TrapCode::IntegerOverflow),
        (20, TrapCode::IntegerOverflow),
    ] {
        asm.buf.set_source(source);
        uses.push((asm.buf.offset(), source, code));
        asm.trap_if(Cond::O, code);
    }
    asm.ret();
    let len = asm.buf.code_len();
    let done = asm.buf.finish().unwrap();
    let function = &done.function;
    assert_eq!(function.code.len(), len + 3 * 2);
    assert_eq!(function.traps.len(), 3);
    for (at, source, code) in uses {
        let at = done.resolve(at);
        let bytes = &function.code[at as usize..];
        let jump = Decoder::with_ip(64, bytes, at.into(), DecoderOptions::NONE).decode();
        let target = jump.near_branch_target() as u32;
        assert_eq!(function.code[target as usize..][..2], [0x0f, 0x0b]);
        let site = function.traps.iter().find(|site| site.offset == target);
        assert_eq!(site.unwrap().code, code);
        assert_eq!(source_at(function, target), Some(source));
    }
    assert!(function.traps.is_sorted_by_key(|site| site.offset));
}

fn source_at(function: &bolide_abi::CompiledFunction, at: u32) -> Option<u32> {
    let map = &function.address_map;
    let index = map.partition_point(|entry| entry.code <= at);
    index.checked_sub(1).map(|index| map[index].wasm)
}

#[test]
fn side_tables_follow_the_layout() {
    let mut asm = Assembler::new();
    let routine = RelocTarget::Routine(RuntimeRoutine::FloorF64);
    let mut meant = Vec::new();
    let mut at_relocs = Vec::new();
    let mut at_maps = Vec::new();
    for source in 0..6 {
        let parts = [Part::Main, Part::Cold];
        asm.buf.enter(parts[source as usize % 2]);
        asm.buf.set_source(source);
        // An instruction without code leaves nothing behind.
        asm.buf.set_source(source + 100);
        meant.push((asm.buf.offset(), source + 100));
        asm.call_reloc(routine);
        at_maps.push((asm.buf.offset(), source));
        asm.buf.stack_map(Box::new([source]));
        at_relocs.push(asm.buf.offset());
        asm.mov_reloc(Gpr::R10, RelocTarget::SelfStart);
        meant.push((asm.buf.offset(), source + 100));
        asm.trap(TrapCode::UnreachableCodeReached);
    }
    asm.buf.enter(Part::Main);
    asm.buf.set_source(7);
    let done = asm.buf.finish().unwrap();
    let function = &done.function;
    for (at, source) in meant {
        assert_eq!(source_at(function, done.resolve(at)), Some(source));
    }
    assert_eq!(function.address_map.len(), 6);
    assert!(function.address_map.is_sorted_by_key(|entry| entry.code));
    assert!(function.traps.is_sorted_by_key(|site| site.offset));
    assert_eq!(function.traps.len(), 6);
    assert!(
        function
            .stack_maps
            .is_sorted_by_key(|map| map.return_offset)
    );
    for (at, slot) in at_maps {
        let at = done.resolve(at);
        let map = function
            .stack_maps
            .iter()
            .find(|map| map.return_offset == at);
        assert_eq!(*map.unwrap().slots, [slot]);
        let call = function.relocs.iter().find(|reloc| reloc.offset == at - 4);
        let call = call.unwrap();
        assert_eq!(
            (call.target, call.addend, call.absolute),
            (routine, -4, false)
        );
    }
    for at in at_relocs {
        // The field follows REX and opcode.
        let at = done.resolve(at) + 2;
        let reloc = function.relocs.iter().find(|reloc| reloc.offset == at);
        let reloc = reloc.unwrap();
        assert_eq!(reloc.target, RelocTarget::SelfStart);
        assert!(reloc.absolute && reloc.addend == 0);
    }
}

#[test]
fn code_before_the_first_source_has_none() {
    let mut asm = Assembler::new();
    asm.int3();
    asm.buf.set_source(5);
    let at = asm.buf.offset();
    asm.int3();
    let one = asm.buf.constant4([1; 4]);
    asm.mov_rm(S64, Gpr::Rax, Mem::label(one));
    let done = asm.buf.finish().unwrap();
    let len = done.function.code.len() as u32;
    assert_eq!(source_at(&done.function, 0), None);
    assert_eq!(source_at(&done.function, done.resolve(at)), Some(5));
    let last = source_at(&done.function, len - 1);
    assert_eq!(last, Some(CodeBuffer::NO_SOURCE));
}

#[test]
fn immediates_can_be_filled_in_later() {
    let mut asm = Assembler::new();
    let mut holes = Vec::new();
    for part in [Part::Main, Part::Cold] {
        asm.buf.enter(part);
        for size in [S32, S64] {
            for (&op, dst) in Alu::ALL
                .iter()
                .zip([Gpr::Rsp, Gpr::R11].into_iter().cycle())
            {
                let start = asm.buf.offset();
                holes.push((start, op, asm.alu_ri_later(op, size, dst)));
            }
        }
    }
    for (number, &(_, _, hole)) in holes.iter().enumerate() {
        asm.buf.patch32(hole, 0x1000 + number as u32);
    }
    let done = asm.buf.finish().unwrap();
    for (number, (start, op, _)) in holes.into_iter().enumerate() {
        let bytes = &done.function.code[done.resolve(start) as usize..];
        let found = Decoder::new(64, bytes, DecoderOptions::NONE).decode();
        assert_eq!(found.mnemonic(), mnemonic(op.mnemonic()));
        assert_eq!(found.immediate(1), 0x1000 + number as u64);
    }
}

#[test]
fn a_label_that_is_never_bound_is_an_error() {
    let mut asm = Assembler::new();
    let label = asm.buf.label();
    asm.jmp(label);
    let error = asm.buf.finish().unwrap_err();
    assert!(matches!(error, CompileError::Internal(_)));
    // The buffer is usable all the same.
    asm.ret();
    assert_eq!(asm.buf.finish().unwrap().function.code, [0xc3]);
}

/// A function with some of everything.
fn sample(asm: &mut Assembler) {
    let top = asm.buf.label_here();
    let slow = asm.buf.label();
    asm.buf.set_source(1);
    asm.trap_if(Cond::E, TrapCode::MemoryOutOfBounds);
    asm.jcc(Cond::L, slow);
    let constant = asm.buf.constant16([3; 16]);
    asm.un_rm(vec_ops::PABSD, Xmm::Xmm3, Mem::label(constant));
    let table = asm.buf.jump_table(&[top, slow]);
    asm.lea(S64, Gpr::R11, Mem::label(table));
    (0..2000).for_each(|_| asm.mov_ri(Gpr::Rax, 1 << 40));
    asm.jmp(top);
    asm.buf.enter(Part::Cold);
    asm.buf.bind(slow);
    asm.buf.set_source(2);
    asm.call_reloc(RelocTarget::SelfStart);
    asm.buf.stack_map(Box::new([8]));
}

#[test]
fn a_buffer_that_is_used_again_gives_the_same_code() {
    let mut fresh = Assembler::new();
    sample(&mut fresh);
    let fresh = fresh.buf.finish().unwrap().function;
    let mut asm = Assembler::new();
    sample(&mut asm);
    asm.buf.clear();
    for _ in 0..2 {
        sample(&mut asm);
        let again = asm.buf.finish().unwrap().function;
        assert_eq!(format!("{again:?}"), format!("{fresh:?}"));
    }
}
