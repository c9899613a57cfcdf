//! A quick look at the data section.
//!
//! Some compilers, Go's among them, make a segment of every few bytes between zeros, a hundred thousand in a module.
//! wasmparser takes an allocation and a validator for the offset of each.

use smallvec::smallvec;
use wasmparser::BinaryReader;

use crate::index::MemoryIndex;
use crate::module::{ConstExpr, ConstOp, DataSegment};

/// wasmparser allows as many.
const MOST_SEGMENTS: u32 = 100_000;

/// Opcodes of a plain offset.
const I32_CONST: u8 = 0x41;
const END: u8 = 0x0b;

/// The segments of a data section (core spec §5.5.14), which is the bytes from `offset` of a module on, if they all are
/// active ones of memory 0 at a 32-bit constant. With such a memory the section is valid then. Of other sections
/// nothing is said.
pub(crate) fn plain_segments(section: &[u8], offset: u64) -> Option<Vec<DataSegment>> {
    let mut reader = BinaryReader::new(section, offset);
    let count = reader
        .read_var_u32()
        .ok()
        .filter(|count| *count <= MOST_SEGMENTS)?;
    let mut segments = Vec::new();
    for _ in 0..count {
        segments.push(plain_segment(&mut reader)?);
    }
    reader.eof().then_some(segments)
}

fn plain_segment(reader: &mut BinaryReader<'_>) -> Option<DataSegment> {
    if reader.read_var_u32().ok()? != 0 {
        return None;
    }
    let offset = reader.original_position() as u32;
    if reader.read_u8().ok()? != I32_CONST {
        return None;
    }
    let address = reader.read_var_i32().ok()?;
    if reader.read_u8().ok()? != END {
        return None;
    }
    let size = reader.read_var_u32().ok()?;
    reader.read_bytes(size as usize).ok()?;
    let end = reader.original_position() as u32;
    Some(DataSegment {
        active: Some((
            MemoryIndex(0),
            ConstExpr {
                ops: smallvec![ConstOp::I32Const(address)],
                offset,
            },
        )),
        range: end - size..end,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasmparser::{DataKind, DataSectionReader, Operator};

    /// Sections of plain segments, with numbers of all lengths.
    fn plain() -> Vec<Vec<u8>> {
        let number = |bytes: &[u8], padding: usize| {
            let mut padded = bytes.to_vec();
            for _ in 0..padding {
                let last = padded.last_mut().unwrap();
                let sign = if *last & 0x40 == 0 { 0 } else { 0x7f };
                *last |= 0x80;
                padded.push(sign);
            }
            padded
        };
        let mut sections = Vec::new();
        for padding in 0..4 {
            for address in [&[0][..], &[0x3f], &[0x40], &[0xff, 0x00], &[0x80, 0x7f]] {
                let mut section = number(&[2], padding);
                for contents in [&b""[..], b"bolide"] {
                    section.extend(number(&[0], padding));
                    section.push(I32_CONST);
                    section.extend(number(address, padding));
                    section.push(END);
                    section.extend(number(&[contents.len() as u8], padding));
                    section.extend(contents);
                }
                sections.push(section);
            }
        }
        sections
    }

    /// What wasmparser says of a section, if all segments are plain.
    fn expected(section: &[u8]) -> Option<Vec<(i32, u32, std::ops::Range<u32>)>> {
        let reader = DataSectionReader::new(BinaryReader::new(section, 100)).ok()?;
        let mut segments = Vec::new();
        for data in reader {
            let data = data.ok()?;
            let DataKind::Active {
                memory_index: 0,
                offset_expr,
            } = data.kind
            else {
                return None;
            };
            let mut ops = offset_expr.get_operators_reader();
            let (Operator::I32Const { value }, at) = ops.read_with_offset().ok()? else {
                return None;
            };
            if !matches!(ops.read().ok()?, Operator::End) {
                return None;
            }
            let end = data.range.end as u32;
            segments.push((value, at as u32, end - data.data.len() as u32..end));
        }
        Some(segments)
    }

    fn actual(section: &[u8]) -> Option<Vec<(i32, u32, std::ops::Range<u32>)>> {
        let segments = plain_segments(section, 100)?;
        let fields = segments.into_iter().map(|segment| {
            let (memory, expr) = segment.active.unwrap();
            assert_eq!(memory, MemoryIndex(0));
            let [ConstOp::I32Const(value)] = expr.ops[..] else {
                panic!("{expr:?}");
            };
            (value, expr.offset, segment.range)
        });
        Some(fields.collect())
    }

    #[test]
    fn plain_sections_are_understood() {
        for section in plain() {
            let segments = actual(&section);
            assert_eq!(segments, expected(&section), "{section:x?}");
            assert_eq!(segments.map(|s| s.len()), Some(2), "{section:x?}");
        }
    }

    #[test]
    fn what_is_understood_is_what_wasmparser_reads() {
        let mut understood = 0;
        for section in plain() {
            for at in 0..section.len() {
                for byte in 0..=255 {
                    let mut mutated = section.clone();
                    mutated[at] = byte;
                    let Some(segments) = actual(&mutated) else {
                        continue;
                    };
                    understood += 1;
                    assert_eq!(Some(segments), expected(&mutated), "{mutated:x?}");
                }
                assert_eq!(actual(&section[..at]), None);
            }
        }
        assert!(understood > 10_000, "{understood}");
    }

    #[test]
    fn more_segments_than_wasmparser_allows_are_left_to_it() {
        let mut section = vec![0xa1, 0x8d, 0x06];
        for _ in 0..MOST_SEGMENTS + 1 {
            section.extend([0, I32_CONST, 0, END, 0]);
        }
        assert!(plain_segments(&section, 0).is_none());
        assert!(expected(&section).is_some());
    }
}
