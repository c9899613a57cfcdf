use super::*;

/// A section with a claimed size.
fn section(id: u8, contents: &[u8]) -> Vec<u8> {
    assert!(contents.len() < 128);
    [&[id, contents.len() as u8][..], contents].concat()
}

fn with_header(sections: &[u8]) -> Vec<u8> {
    [b"\0asm\x01\0\0\0", sections].concat()
}

/// 4,294,967,295 in LEB128.
const HUGE: [u8; 5] = [0xff, 0xff, 0xff, 0xff, 0x0f];

#[test]
fn vectors_with_four_billion_elements() {
    for id in [1, 2, 3, 4, 5, 6, 7, 9, 10, 11, 13] {
        let bytes = with_header(&section(id, &HUGE));
        let error = load(&bytes).expect_err("no section is that long");
        assert!(error.offset().is_some(), "{error}");
    }
}

#[test]
fn sections_longer_than_the_file() {
    for id in 0..=14 {
        let bytes = with_header(&[&[id][..], &HUGE, b"rest"].concat());
        let error = load(&bytes).expect_err("the section is truncated");
        assert!(error.offset().is_some(), "{error}");
    }
}

#[test]
fn nested_vectors_with_four_billion_elements() {
    let func = section(1, &[1, 0x60, 0, 0]);
    let one = section(3, &[1, 0]);
    let cases: &[Vec<u8>] = &[
        // Parameters, results, fields, members of a group.
        section(1, &[&[1, 0x60][..], &HUGE].concat()),
        section(1, &[&[1, 0x60, 0][..], &HUGE].concat()),
        section(1, &[&[1, 0x5f][..], &HUGE].concat()),
        section(1, &[&[1, 0x4e][..], &HUGE].concat()),
        // Module name of an import, name of an export.
        section(2, &[&[1][..], &HUGE].concat()),
        section(7, &[&[1][..], &HUGE].concat()),
        // Items of element segments: indices and expressions.
        section(9, &[&[1, 1, 0][..], &HUGE].concat()),
        section(9, &[&[1, 5, 0x70][..], &HUGE].concat()),
        // Contents of a data segment.
        section(11, &[&[1, 1][..], &HUGE].concat()),
        // Size of a body; groups of locals; locals in a group; targets of `br_table`.
        [&func[..], &one, &section(10, &[&[1][..], &HUGE].concat())].concat(),
        [
            &func[..],
            &one,
            &section(10, &[&[1, 6][..], &HUGE, &[0x0b]].concat()),
        ]
        .concat(),
        [
            &func[..],
            &one,
            &section(10, &[&[1, 8, 1][..], &HUGE, &[0x7f, 0x0b]].concat()),
        ]
        .concat(),
        [
            &func[..],
            &one,
            &section(10, &[&[1, 8, 0, 0x0e][..], &HUGE, &[0x0b]].concat()),
        ]
        .concat(),
        // Name of a custom section.
        section(0, &HUGE),
    ];
    for sections in cases {
        let bytes = with_header(sections);
        let error = load(&bytes).expect_err("nothing is that long");
        assert!(error.offset().is_some(), "{error} for {bytes:x?}");
    }
}

#[test]
fn random_bytes() {
    let mut random = Random(3);
    for _ in 0..5000 {
        let mut bytes: Vec<u8> = (0..random.below(64)).map(|_| random.next() as u8).collect();
        let _ = load(&bytes);
        bytes.splice(0..0, *b"\0asm\x01\0\0\0");
        let _ = load(&bytes);
    }
}

#[test]
fn mutated_modules() {
    let mut random = Random(4);
    let samples: Vec<Vec<u8>> = (0..SAMPLES.len()).map(sample).collect();
    let mut valid = 0;
    for _ in 0..20_000 {
        let mut bytes = samples[random.below(samples.len())].clone();
        for _ in 0..1 + random.below(4) {
            let at = random.below(bytes.len());
            match random.below(4) {
                0 => bytes[at] = random.next() as u8,
                1 => bytes[at] ^= 1 << random.below(8),
                2 => drop(bytes.remove(at)),
                _ => {
                    let other = &samples[random.below(samples.len())];
                    let from = random.below(other.len());
                    let piece = &other[from..other.len().min(from + random.below(16))];
                    bytes.splice(at..at, piece.iter().copied());
                }
            }
        }
        if let Ok(module) = load(&bytes) {
            valid += 1;
            // Whatever is valid can be looked at.
            module.names().function(FuncIndex(0));
            let _ = (module.producers(), module.target_features());
            for i in 0..module.bodies.len() {
                assert!(!module.body(DefinedFuncIndex::from_usize(i)).is_empty());
            }
            for export in &module.exports {
                module.entity_type(export.index);
            }
        }
    }
    assert!(valid > 100, "only {valid} mutated modules were valid");
}

#[test]
fn limits() {
    let many_locals = "(local i32)".repeat(50_001);
    let deep = format!("{}{}", "block ".repeat(100_000), "end ".repeat(100_000));
    for (wat, expected) in [
        (
            format!("(module (func {many_locals}))"),
            Some("too many locals"),
        ),
        (format!("(module (func {deep}))"), None),
        ("(module (memory 65537))".into(), Some("memory size")),
        (
            format!("(module (type (func (param {}))))", "i32 ".repeat(1001)),
            Some("param"),
        ),
    ] {
        match (load(&binary(&wat)), expected) {
            (Ok(_), None) => {}
            (Err(error), Some(expected)) => {
                assert!(error.to_string().contains(expected), "{error}");
            }
            (result, _) => panic!("{:?}", result.map(drop)),
        }
    }
}

#[test]
fn larger_than_offsets_can_say() {
    let map = memmap2::MmapOptions::new()
        .len(1 << 32)
        .no_reserve_swap()
        .map_anon()
        .and_then(|map| map.make_read_only())
        .expect("4 GiB of address space");
    let error = Module::new(&Arc::default(), Features::default(), Bytes::from(map))
        .expect_err("one byte too large");
    assert_eq!(error.kind(), ModuleErrorKind::TooLarge);
    assert!(error.to_string().contains("4294967296 bytes"), "{error}");
}
