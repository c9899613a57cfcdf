//! From code under construction to finished code.

use bolide_abi::{AddressMapEntry, CompileError, CompiledFunction, Reloc, StackMap, TrapSite};

use super::buffer::{CodeBuffer, CodeOffset, Fixup, FixupKind, Label, Part, PartCode};
use super::pool::Pool;

/// Code of one function may not be longer, in bytes, so that any two places in it are within reach
/// of a 32-bit displacement and an offset has a bit to spare.
const MAX_CODE: usize = 1 << 30;

/// Alignment of the code, for that of its constants.
const ALIGNMENT: usize = 16;

/// Finished code.
#[derive(Debug)]
pub struct Assembled {
    /// Code and side tables.
    pub function: CompiledFunction,
    cold_start: u32,
}

impl Assembled {
    /// Where in the finished code `at` is.
    pub fn resolve(&self, at: CodeOffset) -> u32 {
        resolve(at, self.cold_start)
    }
}

fn resolve(at: CodeOffset, cold_start: u32) -> u32 {
    match at.part() {
        Part::Main => at.within_part(),
        Part::Cold => cold_start + at.within_part(),
    }
}

impl CodeBuffer {
    /// Lays out and resolves everything. The buffer is empty afterwards, whatever the result.
    ///
    /// # Errors
    ///
    /// [`CompileError::TooLarge`] if the code exceeds 1 GiB; [`CompileError::Internal`] if a label
    /// that is referred to is not bound, or is too far for a field of one byte.
    pub fn finish(&mut self) -> Result<Assembled, CompileError> {
        let result = self.lay_out();
        self.clear();
        result
    }

    fn lay_out(&mut self) -> Result<Assembled, CompileError> {
        self.put_cold_traps();
        self.enter(Part::Cold);
        check_size(self.code_len())?;
        let cold_start = self.other.len;
        self.put_constants(cold_start);
        let tables = self.put_tables(cold_start);
        let total = cold_start + self.current.len;
        check_size(total)?;

        let (main, cold) = (&self.other, &self.current);
        let mut code = Vec::with_capacity(total);
        code.extend_from_slice(&main.bytes[..main.len]);
        code.extend_from_slice(&cold.bytes[..cold.len]);
        let places = Places {
            labels: &self.labels,
            cold_start: cold_start as u32,
        };
        places.apply(&mut code, &main.fixups, 0)?;
        places.apply(&mut code, &cold.fixups, cold_start)?;
        if let Some(start) = tables {
            self.fill_tables(&mut code, cold_start + start, &places)?;
        }
        let function = CompiledFunction {
            code,
            alignment: ALIGNMENT as u32,
            ..self.side_tables(cold_start as u32)
        };
        Ok(Assembled {
            function,
            cold_start: cold_start as u32,
        })
    }

    /// Appends traps out of line to the cold part.
    fn put_cold_traps(&mut self) {
        self.enter(Part::Cold);
        let traps = std::mem::take(&mut self.cold_traps);
        for trap in &traps {
            self.set_source(trap.source);
            self.bind(trap.label);
            self.trap_site(trap.code);
            self.put_slice(self.trap_instruction);
        }
        self.cold_traps = traps;
    }

    /// Appends the constants to the cold part.
    fn put_constants(&mut self, cold_start: usize) {
        let (mut pool16, mut pool8, mut pool4) = (
            std::mem::replace(&mut self.pool16, Pool::new()),
            std::mem::replace(&mut self.pool8, Pool::new()),
            std::mem::replace(&mut self.pool4, Pool::new()),
        );
        // Larger ones first: one alignment serves all.
        self.put_pool(&mut pool16, cold_start);
        self.put_pool(&mut pool8, cold_start);
        self.put_pool(&mut pool4, cold_start);
        (self.pool16, self.pool8, self.pool4) = (pool16, pool8, pool4);
    }

    fn put_pool<const SIZE: usize>(&mut self, pool: &mut Pool<SIZE>, cold_start: usize) {
        if pool.is_empty() {
            return;
        }
        self.pad(cold_start, SIZE);
        for (value, label) in pool.drain() {
            self.bind(label);
            self.put_slice(&value);
        }
    }

    /// Reserves space for the jump tables and returns the offset of the first in the cold part.
    fn put_tables(&mut self, cold_start: usize) -> Option<usize> {
        if self.tables.is_empty() {
            return None;
        }
        self.pad(cold_start, 4);
        let start = self.position();
        let mut from = 0;
        for index in 0..self.tables.len() {
            let table = self.tables[index];
            self.bind(table.label);
            for _ in from..table.end {
                self.put(0, 4);
            }
            from = table.end;
        }
        Some(start)
    }

    fn fill_tables(
        &self,
        code: &mut [u8],
        start: usize,
        places: &Places<'_>,
    ) -> Result<(), CompileError> {
        let (mut entry, mut from) = (start, 0);
        for table in &self.tables {
            let table_start = entry as u32;
            for &target in &self.table_targets[from..table.end] {
                let distance = places.find(target)?.wrapping_sub(table_start);
                code[entry..entry + 4].copy_from_slice(&distance.to_le_bytes());
                entry += 4;
            }
            from = table.end;
        }
        Ok(())
    }

    /// Pads the cold part until the whole code so far is a multiple of `alignment` long.
    fn pad(&mut self, cold_start: usize, alignment: usize) {
        self.set_source(Self::NO_SOURCE);
        while !(cold_start + self.position()).is_multiple_of(alignment) {
            self.put(0, 1);
        }
    }

    /// The side tables of both parts, the cold one's moved behind the main one's.
    fn side_tables(&mut self, cold_start: u32) -> CompiledFunction {
        let (main, cold) = (&mut self.other, &mut self.current);
        drop_empty_range(main);
        drop_empty_range(cold);
        let mut tables = CompiledFunction {
            relocs: main.relocs.clone(),
            traps: main.traps.clone(),
            address_map: main.address_map.clone(),
            stack_maps: std::mem::take(&mut main.stack_maps),
            ..CompiledFunction::default()
        };
        tables.relocs.extend(cold.relocs.iter().map(|r| Reloc {
            offset: r.offset + cold_start,
            ..*r
        }));
        tables.traps.extend(cold.traps.iter().map(|t| TrapSite {
            offset: t.offset + cold_start,
            ..*t
        }));
        let moved = cold.address_map.iter().map(|entry| AddressMapEntry {
            code: entry.code + cold_start,
            ..*entry
        });
        tables.address_map.extend(moved);
        let moved = cold.stack_maps.drain(..).map(|map| StackMap {
            return_offset: map.return_offset + cold_start,
            ..map
        });
        tables.stack_maps.extend(moved);
        tables
    }
}

/// Takes away a last entry of the address map that covers no code.
fn drop_empty_range(part: &mut PartCode) {
    let len = part.len as u32;
    while part.address_map.pop_if(|last| last.code == len).is_some() {}
}

fn check_size(bytes: usize) -> Result<(), CompileError> {
    if bytes > MAX_CODE {
        let why = format!("its machine code of {bytes} bytes exceeds {MAX_CODE}");
        return Err(CompileError::TooLarge(why));
    }
    Ok(())
}

/// Where labels are in the finished code.
struct Places<'a> {
    labels: &'a [CodeOffset],
    cold_start: u32,
}

impl Places<'_> {
    fn find(&self, label: Label) -> Result<u32, CompileError> {
        let at = self.labels[label.index()];
        at.bound()
            .map(|at| resolve(at, self.cold_start))
            .ok_or_else(|| CompileError::Internal(format!("{label:?} is used and never bound")))
    }

    /// Fills the fields of a part that starts at `start`.
    fn apply(&self, code: &mut [u8], fixups: &[Fixup], start: usize) -> Result<(), CompileError> {
        for fixup in fixups {
            let at = start + fixup.at as usize;
            let target = self.find(fixup.label)?;
            let distance = target.wrapping_sub(at as u32) as i32 + fixup.addend;
            match fixup.kind {
                FixupKind::Rel8 => {
                    let short = i8::try_from(distance).map_err(|_| too_far(fixup, distance))?;
                    code[at] = short as u8;
                }
                FixupKind::Rel32 => code[at..at + 4].copy_from_slice(&distance.to_le_bytes()),
            }
        }
        Ok(())
    }
}

#[cold]
fn too_far(fixup: &Fixup, distance: i32) -> CompileError {
    let label = fixup.label;
    CompileError::Internal(format!("{label:?} is {distance} bytes from a short jump"))
}
