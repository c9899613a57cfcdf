//! Code under construction: bytes, labels, constants, and the side tables that refer to them.

use bolide_abi::{AddressMapEntry, Reloc, RelocTarget, StackMap, TrapCode, TrapSite};

use super::pool::Pool;

/// A place in the code that may be referred to before it is known.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Hash)]
pub struct Label(u32);

impl Label {
    pub(super) fn index(self) -> usize {
        self.0 as usize
    }
}

/// The two parts of a function's code. The cold part is put behind the main part, so that what is
/// rarely executed does not dilute the instruction cache and needs no jump around it.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// The straight path.
    Main,
    /// Slow paths and traps.
    Cold,
}

/// A position in a part of the code. Positions in the cold part are final only once the length of
/// the main part is; [`Assembled::resolve`](super::Assembled::resolve) makes them offsets.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub struct CodeOffset(u32);

impl CodeOffset {
    const COLD: u32 = 1 << 31;
    const UNBOUND: CodeOffset = CodeOffset(u32::MAX);

    /// The offset, unless it is that of a label that is not bound.
    pub(super) fn bound(self) -> Option<CodeOffset> {
        (self != Self::UNBOUND).then_some(self)
    }

    pub(super) fn new(part: Part, offset: usize) -> CodeOffset {
        match part {
            Part::Main => CodeOffset(offset as u32),
            Part::Cold => CodeOffset(offset as u32 | Self::COLD),
        }
    }

    pub(super) fn part(self) -> Part {
        if self.0 & Self::COLD == 0 {
            Part::Main
        } else {
            Part::Cold
        }
    }

    /// Distance in bytes from the start of its part.
    pub(super) fn within_part(self) -> u32 {
        self.0 & !Self::COLD
    }
}

/// A field that holds the distance to a label that was unknown when it was written.
#[derive(Copy, Clone, Debug)]
pub(super) struct Fixup {
    /// Where the field starts in its part.
    pub(super) at: u32,
    pub(super) label: Label,
    /// Added to the distance from the field's start; the negated distance from there to the end of
    /// the instruction, plus any displacement from the label.
    pub(super) addend: i32,
    pub(super) kind: FixupKind,
}

/// The form of a field.
#[derive(Copy, Clone, Debug)]
pub(super) enum FixupKind {
    /// One byte.
    Rel8,
    /// Four bytes.
    Rel32,
}

/// One part of the code with its side tables. Offsets count from the part's start.
#[derive(Debug, Default)]
pub(super) struct PartCode {
    /// Longer than the code, so that an instruction is written in chunks of fixed size.
    pub(super) bytes: Vec<u8>,
    /// Length of the code.
    pub(super) len: usize,
    pub(super) fixups: Vec<Fixup>,
    pub(super) relocs: Vec<Reloc>,
    pub(super) traps: Vec<TrapSite>,
    pub(super) address_map: Vec<AddressMapEntry>,
    pub(super) stack_maps: Vec<StackMap>,
}

impl PartCode {
    #[cold]
    #[inline(never)]
    fn grow(&mut self) {
        let wanted = (self.len + 64).max(self.bytes.len() * 2).max(4096);
        self.bytes.resize(wanted, 0);
    }

    pub(super) fn clear(&mut self) {
        self.len = 0;
        self.fixups.clear();
        self.relocs.clear();
        self.traps.clear();
        self.address_map.clear();
        self.stack_maps.clear();
    }
}

/// Bytes that are accessible behind the code while an instruction is written.
const CHUNK: usize = 24;

/// A trap out of line.
#[derive(Copy, Clone, Debug)]
pub(super) struct ColdTrap {
    pub(super) label: Label,
    pub(super) code: TrapCode,
    pub(super) source: u32,
}

/// A table of jump targets.
#[derive(Copy, Clone, Debug)]
pub(super) struct JumpTable {
    pub(super) label: Label,
    /// End of its range in [`CodeBuffer::table_targets`]; it starts where the one before ends.
    pub(super) end: usize,
}

/// Code of one function under construction.
///
/// Bytes go to the current [`Part`]. Labels may be bound in one part and used in the other.
/// [`finish`](Self::finish) lays out main part, cold part, out-of-line traps, constants and jump
/// tables in this order, resolves everything, and leaves the buffer empty for the next function
/// with its allocations kept.
#[derive(Debug)]
pub struct CodeBuffer {
    pub(super) current: PartCode,
    pub(super) other: PartCode,
    part: Part,
    pub(super) labels: Vec<CodeOffset>,
    pub(super) cold_traps: Vec<ColdTrap>,
    pub(super) pool16: Pool<16>,
    pub(super) pool8: Pool<8>,
    pub(super) pool4: Pool<4>,
    pub(super) tables: Vec<JumpTable>,
    pub(super) table_targets: Vec<Label>,
    source: u32,
    pub(super) trap_instruction: &'static [u8],
}

impl CodeBuffer {
    /// What [`set_source`](Self::set_source) takes for code that comes from no instruction.
    pub const NO_SOURCE: u32 = u32::MAX;

    /// An empty buffer. `trap_instruction` is what an out-of-line trap consists of.
    pub fn new(trap_instruction: &'static [u8]) -> CodeBuffer {
        CodeBuffer {
            current: PartCode::default(),
            other: PartCode::default(),
            part: Part::Main,
            labels: Vec::new(),
            cold_traps: Vec::new(),
            pool16: Pool::new(),
            pool8: Pool::new(),
            pool4: Pool::new(),
            tables: Vec::new(),
            table_targets: Vec::new(),
            source: Self::NO_SOURCE,
            trap_instruction,
        }
    }

    /// Forgets the code, after a function that could not be compiled. Keeps allocations.
    pub fn clear(&mut self) {
        self.current.clear();
        self.other.clear();
        self.part = Part::Main;
        self.labels.clear();
        self.cold_traps.clear();
        self.pool16.clear();
        self.pool8.clear();
        self.pool4.clear();
        self.tables.clear();
        self.table_targets.clear();
        self.source = Self::NO_SOURCE;
    }

    /// Bytes of code so far, both parts together, without out-of-line traps and constants.
    pub fn code_len(&self) -> usize {
        self.current.len + self.other.len
    }

    /// Bytes of code that it has room for, without out-of-line traps and constants.
    pub fn capacity(&self) -> usize {
        self.current.bytes.len() + self.other.bytes.len()
    }

    // Bytes.

    /// Appends the lowest `count` bytes of `bytes`, at most 8, lowest first.
    #[inline(always)]
    pub fn put(&mut self, bytes: u64, count: usize) {
        debug_assert!(count <= 8);
        // What is beyond `count` is overwritten by what follows.
        self.chunk()[..8].copy_from_slice(&bytes.to_le_bytes());
        self.current.len += count;
    }

    /// Appends the lowest bytes of `first` and then of `second`, at most 8 of each. Twice
    /// [`put`](Self::put), but the next instruction has to wait for one addition only.
    #[inline(always)]
    pub fn put_pair(&mut self, first: u64, count: usize, second: u64, second_count: usize) {
        debug_assert!(count <= 8 && second_count <= 8);
        let chunk = self.chunk();
        chunk[..8].copy_from_slice(&first.to_le_bytes());
        // The mask changes nothing, and spares a check of the range.
        let at = count & 15;
        chunk[at..at + 8].copy_from_slice(&second.to_le_bytes());
        self.current.len += count + second_count;
    }

    /// Space behind the code for more than the longest instruction.
    #[inline(always)]
    fn chunk(&mut self) -> &mut [u8; CHUNK] {
        let part = &mut self.current;
        if part.bytes.len().saturating_sub(part.len) < CHUNK {
            part.grow();
        }
        part.bytes[part.len..]
            .first_chunk_mut()
            .expect("grow leaves room for a chunk")
    }

    /// Appends `bytes`.
    pub fn put_slice(&mut self, bytes: &[u8]) {
        let (chunks, rest) = bytes.as_chunks();
        for &chunk in chunks {
            self.put(u64::from_le_bytes(chunk), 8);
        }
        for &byte in rest {
            self.put(byte.into(), 1);
        }
    }

    /// Replaces the 4 bytes at `at`, which are already written, in either part.
    ///
    /// # Panics
    ///
    /// If there are no 4 bytes of code at `at`.
    pub fn patch32(&mut self, at: CodeOffset, value: u32) {
        let part = if at.part() == self.part {
            &mut self.current
        } else {
            &mut self.other
        };
        let at = at.within_part() as usize;
        part.bytes[..part.len][at..at + 4].copy_from_slice(&value.to_le_bytes());
    }

    /// The current position.
    pub fn offset(&self) -> CodeOffset {
        CodeOffset::new(self.part, self.current.len)
    }

    /// Distance in bytes from the start of the current part, of which the main one's is the start
    /// of the function.
    #[inline(always)]
    pub fn position(&self) -> usize {
        self.current.len
    }

    // Parts.

    /// The part that bytes go to.
    pub fn part(&self) -> Part {
        self.part
    }

    /// Directs what follows to `part`, and returns the part that was current, to go back to it:
    ///
    /// ```
    /// # use bolide_baseline::asm::{CodeBuffer, Part};
    /// # let mut buf = CodeBuffer::new(&[0x0f, 0x0b]);
    /// let slow = buf.label();
    /// // … a jump to `slow`
    /// let before = buf.enter(Part::Cold);
    /// buf.bind(slow);
    /// // … the slow path, which ends in a jump back
    /// buf.enter(before);
    /// # buf.finish().unwrap();
    /// ```
    pub fn enter(&mut self, part: Part) -> Part {
        let before = self.part;
        if before != part {
            std::mem::swap(&mut self.current, &mut self.other);
            self.part = part;
            self.record_source();
        }
        before
    }

    // Labels.

    /// A new label, to be bound once.
    #[inline]
    pub fn label(&mut self) -> Label {
        let label = Label(self.labels.len() as u32);
        self.labels.push(CodeOffset::UNBOUND);
        label
    }

    /// Makes `label` mean the current position. It must not be bound yet.
    #[inline]
    pub fn bind(&mut self, label: Label) {
        let here = self.offset();
        self.bind_at(label, here);
    }

    /// A new label at the current position.
    #[inline]
    pub fn label_here(&mut self) -> Label {
        let label = Label(self.labels.len() as u32);
        self.labels.push(self.offset());
        label
    }

    /// Where `label` is, if it is bound.
    #[inline]
    pub fn label_offset(&self, label: Label) -> Option<CodeOffset> {
        self.labels[label.index()].bound()
    }

    pub(super) fn bind_at(&mut self, label: Label, at: CodeOffset) {
        let slot = &mut self.labels[label.index()];
        debug_assert!(
            *slot == CodeOffset::UNBOUND,
            "{label:?} is bound a second time"
        );
        *slot = at;
    }

    /// Distance in bytes from the current position back to `label`, if it is bound in this part.
    #[inline]
    pub(super) fn distance_back(&self, label: Label) -> Option<usize> {
        let at = self.label_offset(label)?;
        (at.part() == self.part).then(|| self.position() - at.within_part() as usize)
    }

    /// Appends a field of 4 bytes that will hold the distance from its start to `label`, plus
    /// `addend`.
    #[inline]
    pub fn put_rel32(&mut self, label: Label, addend: i32) {
        self.fixup(label, addend, FixupKind::Rel32);
        self.put(0, 4);
    }

    /// Appends a field of 1 byte that will hold the distance from its start to `label`, plus
    /// `addend`. [`finish`](Self::finish) fails if it does not fit.
    #[inline]
    pub fn put_rel8(&mut self, label: Label, addend: i32) {
        self.fixup(label, addend, FixupKind::Rel8);
        self.put(0, 1);
    }

    #[inline]
    fn fixup(&mut self, label: Label, addend: i32, kind: FixupKind) {
        let at = self.position() as u32;
        self.current.fixups.push(Fixup {
            at,
            label,
            addend,
            kind,
        });
    }

    // Constants.

    /// The label of 4 constant bytes, aligned to 4.
    pub fn constant4(&mut self, value: [u8; 4]) -> Label {
        self.pool4.find(&value).unwrap_or_else(|| {
            let label = self.label();
            self.pool4.push(value, label);
            label
        })
    }

    /// The label of 8 constant bytes, aligned to 8.
    pub fn constant8(&mut self, value: [u8; 8]) -> Label {
        self.pool8.find(&value).unwrap_or_else(|| {
            let label = self.label();
            self.pool8.push(value, label);
            label
        })
    }

    /// The label of 16 constant bytes, aligned to 16.
    pub fn constant16(&mut self, value: [u8; 16]) -> Label {
        self.pool16.find(&value).unwrap_or_else(|| {
            let label = self.label();
            self.pool16.push(value, label);
            label
        })
    }

    /// The label of a table of 4-byte entries, aligned to 4: the signed distance of each target
    /// from the start of the table.
    pub fn jump_table(&mut self, targets: &[Label]) -> Label {
        let label = self.label();
        self.table_targets.extend_from_slice(targets);
        let end = self.table_targets.len();
        self.tables.push(JumpTable { label, end });
        label
    }

    // Side tables.

    /// What follows comes from the wasm instruction at byte `source` of the module.
    #[inline]
    pub fn set_source(&mut self, source: u32) {
        self.source = source;
        self.record_source();
    }

    /// What [`set_source`](Self::set_source) said last.
    pub fn source(&self) -> u32 {
        self.source
    }

    #[inline]
    fn record_source(&mut self) {
        let entry = AddressMapEntry {
            code: self.current.len as u32,
            wasm: self.source,
        };
        match self.current.address_map.last_mut() {
            Some(last) if last.code == entry.code => *last = entry,
            Some(last) if last.wasm == entry.wasm => {}
            _ => self.current.address_map.push(entry),
        }
    }

    /// The instruction that comes next traps with `code`, if it faults.
    #[inline]
    pub fn trap_site(&mut self, code: TrapCode) {
        let offset = self.current.len as u32;
        self.current.traps.push(TrapSite { offset, code });
    }

    /// The label of an instruction out of line that traps with `code` on behalf of the current
    /// source. Jumps of one source to the same trap share it.
    pub fn cold_trap(&mut self, code: TrapCode) -> Label {
        let source = self.source;
        // A source's traps are consecutive, and few.
        let same = self.cold_traps.iter().rev();
        let mut same = same.take_while(|trap| trap.source == source);
        if let Some(trap) = same.find(|trap| trap.code == code) {
            return trap.label;
        }
        let label = self.label();
        self.cold_traps.push(ColdTrap {
            label,
            code,
            source,
        });
        label
    }

    /// The field that comes next refers to `target`: a 64-bit address if `absolute`, a 32-bit
    /// displacement from the field's start plus `addend` otherwise.
    pub fn reloc(&mut self, target: RelocTarget, addend: i64, absolute: bool) {
        let offset = self.current.len as u32;
        self.current.relocs.push(Reloc {
            offset,
            target,
            addend,
            absolute,
        });
    }

    /// The current position is the return address of a call, at which the 8-byte slots at these
    /// distances below the frame pointer hold references.
    pub fn stack_map(&mut self, slots: Box<[u32]>) {
        let return_offset = self.current.len as u32;
        self.current.stack_maps.push(StackMap {
            return_offset,
            slots,
        });
    }
}
