//! Collects instructions together with what they are meant to be, and decodes them.

use std::collections::HashMap;
use std::sync::LazyLock;

use bolide_baseline::asm::Label;
use bolide_baseline::asm::x64::{Assembler, Feature, Gpr, Mem, Scale, Size, Xmm};
use iced_x86::{CpuidFeature, Decoder, DecoderOptions, Instruction, Mnemonic, OpKind, Register};

/// An operand as meant.
#[derive(Copy, Clone, Debug)]
pub(crate) enum Operand {
    R(Gpr, Size),
    X(Xmm),
    M(Mem),
    /// The lowest bits, as many as the encoding has.
    I(i64),
}

use Operand::*;

/// An instruction as meant.
#[derive(Debug)]
struct Meant {
    mnemonic: Mnemonic,
    operands: Vec<Operand>,
    lock: bool,
    feature: Option<Feature>,
}

static MNEMONICS: LazyLock<HashMap<String, Mnemonic>> = LazyLock::new(|| {
    let name = |mnemonic| format!("{mnemonic:?}").to_lowercase();
    Mnemonic::values().map(|m| (name(m), m)).collect()
});

pub(crate) fn mnemonic(name: &str) -> Mnemonic {
    let found = MNEMONICS.get(&name.to_lowercase());
    *found.unwrap_or_else(|| panic!("the disassembler knows no `{name}`"))
}

/// The name of an instruction from that of its constant.
pub(crate) fn legacy_name(constant: &str) -> &str {
    constant.split('_').next().unwrap_or(constant)
}

/// The name of the VEX form of an instruction from that of its constant.
pub(crate) fn vex_name(constant: &str) -> String {
    let name = legacy_name(constant);
    if name.starts_with('V') {
        name.to_owned()
    } else {
        format!("V{name}")
    }
}

pub(crate) struct Checker {
    asm: Assembler,
    meant: Vec<Meant>,
    /// Behind the last instruction.
    pub(crate) end: Label,
}

impl Checker {
    pub(crate) fn new() -> Checker {
        let mut asm = Assembler::new();
        let end = asm.buf.label();
        let meant = Vec::new();
        Checker { asm, meant, end }
    }

    /// `emit` writes one instruction, and it is meant to be this one.
    pub(crate) fn case(
        &mut self,
        mnemonic: Mnemonic,
        operands: &[Operand],
        emit: impl FnOnce(&mut Assembler),
    ) {
        self.meant.push(Meant {
            mnemonic,
            operands: operands.to_vec(),
            lock: false,
            feature: None,
        });
        emit(&mut self.asm);
    }

    /// The last instruction has a `lock` prefix.
    pub(crate) fn locked(&mut self) {
        self.meant.last_mut().unwrap().lock = true;
    }

    /// The last instruction needs this feature and no other.
    pub(crate) fn needs(&mut self, feature: Feature) {
        self.meant.last_mut().unwrap().feature = Some(feature);
    }

    /// Every form of address, to be used as a memory operand.
    pub(crate) fn addresses(&self) -> Vec<Mem> {
        let mut all = Vec::new();
        let edges = [0, 1, -1, 127, 128, -128, -129, i32::MAX, i32::MIN];
        for base in Gpr::ALL {
            all.extend(edges.iter().map(|&disp| Mem::base(base, disp)));
        }
        for index in Gpr::ALL.into_iter().filter(|&index| index != Gpr::Rsp) {
            for scale in Scale::ALL {
                for disp in [0, 8, 0x12345678] {
                    all.push(Mem::index(index, scale, disp));
                    let bases = Gpr::ALL.into_iter();
                    all.extend(bases.map(|base| Mem::base_index(base, index, scale, disp)));
                }
            }
        }
        let label = self.end;
        all.extend([0, 16, -3].map(|disp| Mem::Label { label, disp }));
        all
    }

    /// Calls `each` with every form of address and a register that goes through all numbers.
    pub(crate) fn with_addresses(&mut self, mut each: impl FnMut(&mut Checker, u8, Mem)) {
        for (number, mem) in self.addresses().into_iter().enumerate() {
            // 7 has no factor in common with 16 and the periods of the addresses.
            each(self, (number * 7 % 16) as u8, mem);
        }
    }

    /// Decodes everything and compares.
    pub(crate) fn check(mut self) {
        assert!(!self.meant.is_empty());
        self.asm.buf.bind(self.end);
        let end = self.asm.buf.label_offset(self.end).unwrap();
        let done = self.asm.buf.finish().unwrap();
        let end = u64::from(done.resolve(end));
        let code = &done.function.code[..end as usize];
        let mut decoder = Decoder::with_ip(64, code, 0, DecoderOptions::NONE);
        for meant in &self.meant {
            let found = decoder.decode();
            if let Err(why) = meant.compare(&found, end) {
                let range = found.ip() as usize..found.next_ip() as usize;
                let bytes = &code[range];
                panic!("{why}\n meant: {meant:?}\n found: {found:?}\n bytes: {bytes:02x?}");
            }
        }
        assert!(!decoder.can_decode(), "bytes are left over");
    }
}

impl Meant {
    fn compare(&self, found: &Instruction, end: u64) -> Result<(), String> {
        if found.is_invalid() {
            return Err("it is not an instruction".into());
        }
        if found.mnemonic() != self.mnemonic {
            return Err("it is another instruction".into());
        }
        if found.has_lock_prefix() != self.lock {
            return Err("the lock prefix is wrong".into());
        }
        if found.op_count() as usize != self.operands.len() {
            return Err("the number of operands is wrong".into());
        }
        if let Some(feature) = self.feature {
            let needs = found.cpuid_features();
            if !needs.iter().all(|need| covers(feature, *need)) {
                return Err(format!("it needs {needs:?}"));
            }
        }
        for (index, operand) in self.operands.iter().enumerate() {
            let same = match *operand {
                R(reg, size) => register(found, index) == Some(gpr(reg, size)),
                X(reg) => register(found, index) == Some(xmm(reg)),
                M(mem) => found.op_kind(index as u32) == OpKind::Memory && address(found, mem, end),
                I(value) => immediate(found, index as u32, value),
            };
            if !same {
                return Err(format!("operand {index} is wrong"));
            }
        }
        Ok(())
    }
}

fn covers(feature: Feature, need: CpuidFeature) -> bool {
    use CpuidFeature as C;
    match feature {
        Feature::Sse2 => {
            matches!(
                need,
                C::SSE | C::SSE2 | C::INTEL8086 | C::INTEL386 | C::INTEL486 | C::X64
            )
        }
        Feature::Sse3 => need == C::SSE3,
        Feature::Ssse3 => need == C::SSSE3,
        Feature::Sse41 => need == C::SSE4_1,
        Feature::Sse42 => need == C::SSE4_2,
        Feature::Avx => need == C::AVX,
        Feature::Avx2 => matches!(need, C::AVX | C::AVX2),
        Feature::Fma => need == C::FMA,
        Feature::Popcnt => need == C::POPCNT,
        Feature::Lzcnt => need == C::LZCNT,
        Feature::Bmi1 => need == C::BMI1,
        Feature::Bmi2 => need == C::BMI2,
    }
}

fn register(found: &Instruction, index: usize) -> Option<Register> {
    let index = index as u32;
    (found.op_kind(index) == OpKind::Register).then(|| found.op_register(index))
}

fn gpr(reg: Gpr, size: Size) -> Register {
    let number = u32::from(reg.index());
    match size {
        Size::S8 if number < 4 => Register::AL + number,
        Size::S8 => Register::SPL + (number - 4),
        Size::S16 => Register::AX + number,
        Size::S32 => Register::EAX + number,
        Size::S64 => Register::RAX + number,
    }
}

fn xmm(reg: Xmm) -> Register {
    Register::XMM0 + u32::from(reg.index())
}

fn address(found: &Instruction, mem: Mem, end: u64) -> bool {
    let wide = |reg| gpr(reg, Size::S64);
    let (base, index, scale, disp) = match mem {
        Mem::Base { base, disp } => (wide(base), Register::None, 1, i64::from(disp)),
        Mem::BaseIndex {
            base,
            index,
            scale,
            disp,
        } => (wide(base), wide(index), scale.factor(), disp.into()),
        Mem::Index { index, scale, disp } => {
            (Register::None, wide(index), scale.factor(), disp.into())
        }
        Mem::Label { disp, .. } => {
            let target = end as i64 + i64::from(disp);
            (Register::RIP, Register::None, 1, target)
        }
    };
    found.memory_base() == base
        && found.memory_index() == index
        && found.memory_index_scale() == scale
        && found.memory_displacement64() as i64 == disp
        && found.segment_prefix() == Register::None
}

fn immediate(found: &Instruction, index: u32, value: i64) -> bool {
    let held = match found.op_kind(index) {
        OpKind::Immediate8 | OpKind::Immediate8_2nd => {
            return found.immediate(index) as u8 == value as u8;
        }
        OpKind::Immediate16 | OpKind::Immediate8to16 => {
            return found.immediate(index) as u16 == value as u16;
        }
        OpKind::Immediate32 | OpKind::Immediate8to32 => {
            return found.immediate(index) as u32 == value as u32;
        }
        OpKind::Immediate64 | OpKind::Immediate32to64 | OpKind::Immediate8to64 => {
            found.immediate(index)
        }
        _ => return false,
    };
    held == value as u64
}
