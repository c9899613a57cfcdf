use super::*;

fn stream<'a>(
    registry: &Arc<TypeRegistry>,
    chunks: impl Iterator<Item = &'a [u8]>,
) -> Result<Module, ModuleError> {
    let mut stream = StreamingModule::new(registry, Features::default());
    for chunk in chunks {
        if let Err(error) = stream.push(chunk) {
            let again = stream.push(b"more").expect_err("an error stays");
            assert_eq!(format!("{error:?}"), format!("{again:?}"));
            return Err(error);
        }
    }
    stream.finish()
}

/// Checks that every way to split the input gives what loading it as a whole gives.
fn check(bytes: &[u8], splits: impl Iterator<Item = Vec<usize>>) {
    let registry = Arc::default();
    // Held so that all modules have the same type ids.
    let whole = load_with(&registry, Features::default(), bytes);
    let expected = describe(&whole);
    for split in splits {
        let starts = std::iter::once(0).chain(split.iter().copied());
        let ends = split.iter().copied().chain([bytes.len()]);
        let chunks = starts.zip(ends).map(|(start, end)| &bytes[start..end]);
        let actual = describe(&stream(&registry, chunks));
        assert_eq!(actual, expected, "split at {split:?}");
    }
}

#[test]
fn split_at_every_byte() {
    for i in 0..SAMPLES.len() {
        let bytes = sample(i);
        check(&bytes, (0..=bytes.len()).map(|at| vec![at]));
    }
}

#[test]
fn one_byte_chunks() {
    for i in 0..SAMPLES.len() {
        let bytes = sample(i);
        check(&bytes, std::iter::once((1..bytes.len()).collect()));
    }
}

#[test]
fn truncated_at_every_byte() {
    for i in 0..SAMPLES.len() {
        let bytes = sample(i);
        for end in 0..bytes.len() {
            check(&bytes[..end], [vec![], vec![end / 2]].into_iter());
        }
    }
}

#[test]
fn mutated_and_split_at_random() {
    let mut random = Random(1);
    for _ in 0..2000 {
        let mut bytes = sample(random.below(SAMPLES.len()));
        for _ in 0..1 + random.below(3) {
            let at = random.below(bytes.len());
            bytes[at] = random.next() as u8;
        }
        let mut split: Vec<usize> = (0..random.below(6))
            .map(|_| random.below(bytes.len() + 1))
            .collect();
        split.sort_unstable();
        check(&bytes, std::iter::once(split));
    }
}

/// A module large enough for validation in the background; the functions in `bad` are invalid.
fn large(functions: usize, bad: &[usize]) -> Vec<u8> {
    use wasm_encoder::*;
    let mut module = wasm_encoder::Module::new();
    let mut types = TypeSection::new();
    types.ty().function([ValType::I32], [ValType::I32]);
    module.section(&types);
    let mut declarations = FunctionSection::new();
    let mut code = CodeSection::new();
    for i in 0..functions {
        declarations.function(0);
        let mut f = Function::new([(2, ValType::I64)]);
        let mut body = f.instructions();
        body.local_get(0);
        for n in 0..200 {
            body.i32_const(n + i as i32).i32_add().local_tee(0);
        }
        if bad.contains(&i) {
            body.drop().drop();
        }
        body.end();
        code.function(&f);
    }
    module.section(&declarations);
    module.section(&code);
    module.finish()
}

#[test]
fn large_modules_at_random_splits() {
    let mut random = Random(2);
    let invalid_data = [11, 2, 1, 9];
    for (bad, tail) in [
        (&[][..], &[][..]),
        (&[799], &[]),
        (&[3, 400, 401], &[]),
        (&[700, 40], &invalid_data),
        (&[], &invalid_data),
    ] {
        let mut bytes = large(800, bad);
        assert!(bytes.len() > 600 << 10);
        bytes.extend_from_slice(tail);
        let splits = [1, 10, 200].map(|count| {
            let mut split: Vec<usize> = (0..count).map(|_| random.below(bytes.len())).collect();
            split.sort_unstable();
            split
        });
        check(&bytes, splits.into_iter());
    }
}

#[test]
fn the_number_of_threads_changes_nothing() {
    let pools = [1, 4].map(|threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads);
        pool.build().expect("threads")
    });
    let valid_data = [11, 5, 1, 1, 2, b'h', b'i'];
    let invalid_data = [11, 2, 1, 9];
    for bad in [&[][..], &[799], &[400, 3, 401]] {
        for tail in [&[][..], &valid_data, &invalid_data] {
            let bytes = [&large(800, bad), tail].concat();
            // Complete, and truncated after, at the end of, and in the bodies.
            for missing in [0, 1, tail.len(), tail.len() + 1, bytes.len() / 2] {
                let bytes = &bytes[..bytes.len() - missing];
                let [one, four] = pools.each_ref().map(|pool| {
                    let result = pool.install(|| load(bytes));
                    let bodies = result.as_ref().map(|module| module.bodies.clone()).ok();
                    (describe(&result), bodies)
                });
                assert_eq!(one, four, "{bad:?}, {tail:?}, {missing} bytes are missing");
            }
        }
    }
}

#[test]
fn an_error_in_a_body_comes_before_the_rest_of_the_input() {
    let bytes = binary(r#"(module (func (drop)) (func) (data "the rest"))"#);
    let error = load(&bytes).expect_err("the first function is invalid");
    let body_end = error.offset().expect("has an offset") as usize + 2;
    assert!(body_end < bytes.len());
    let mut stream = StreamingModule::new(&Arc::default(), Features::default());
    assert!(stream.push(&bytes[..body_end]).is_err());
}

#[test]
fn more_streams_than_threads_in_the_pool() {
    // Whoever waits must do the work itself when no thread of the pool is free.
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(2)
        .build()
        .expect("threads");
    let bytes = large(800, &[]);
    pool.scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|_| check(&bytes, std::iter::once(vec![bytes.len() / 2])));
        }
    });
}

#[test]
fn dropping_an_unfinished_stream() {
    let bytes = large(800, &[]);
    let registry = Arc::new(TypeRegistry::new());
    let mut stream = StreamingModule::new(&registry, Features::default());
    stream
        .push(&bytes[..bytes.len() / 2])
        .expect("so far valid");
    drop(stream);
    assert!(registry.is_empty());
}

#[test]
fn wrong_files() {
    for (bytes, expected) in [
        (&b"\x1f\x8b\x08\0rest"[..], SourceKind::Gzip),
        (b"<!doctype html><html></html>", SourceKind::Html),
        (b"\0asm\x0d\0\x01\0", SourceKind::Component),
        (b"", SourceKind::Empty),
        (&[b'x'; 5000], SourceKind::OtherText),
    ] {
        let error = load(bytes).expect_err("not a module");
        assert_eq!(error.kind(), ModuleErrorKind::WrongFormat(expected));
        check(bytes, (0..=bytes.len().min(20)).map(|at| vec![at]));
        check(bytes, std::iter::once((1..bytes.len()).collect()));
    }
}
