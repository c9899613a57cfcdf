//! The crate tests/js/bindgen/crate, which has one of everything, with wasm-bindgen's glue for every target.

use std::cell::RefCell;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::time::Duration;

use bolide_bindgen::{
    Caller, Closure, ErrorKind, Exception, ExportKind, FromJs, Imports, Object, Package, Serde,
    TypedFunction, Value, thrown,
};
use serde_json::json;

const TARGETS: [&str; 8] = [
    "bundler",
    "deno",
    "module",
    "no-modules",
    "nodejs",
    "nodejs-module",
    "web",
    "web-without-references",
];

/// What the package tells its host.
#[derive(Clone, Default)]
struct Notes(Rc<RefCell<Vec<String>>>);

impl Notes {
    fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.0.borrow_mut())
    }
}

type Listener = TypedFunction<(&'static str,), ()>;

struct Gallery {
    package: Package,
    notes: Notes,
    listener: Rc<RefCell<Option<Listener>>>,
}

fn glue(target: &str) -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2);
    let path = root.unwrap().join(".cache/bindgen/glue").join(target);
    assert!(
        path.is_dir(),
        "{} is missing: run scripts/test, or scripts/setup and scripts/build-bindgen",
        path.display()
    );
    path
}

/// Loads the glue with the functions that it imports, each of them in Rust.
fn load(target: &str) -> Gallery {
    let notes = Notes::default();
    let listener = Rc::new(RefCell::new(None));
    let (noted, heard) = (notes.clone(), listener.clone());
    let imports = Imports::new()
        .function("host.note", move |text: String| {
            noted.0.borrow_mut().push(text)
        })
        .background("host.sleep", |milliseconds: u64| {
            std::thread::sleep(Duration::from_millis(milliseconds));
        })
        .background("host.loadText", |name: String| match name.as_str() {
            "missing" => Err(Exception::new("TypeError", "no such text")),
            name => Ok(format!("text of {name}")),
        })
        .function("host.risky", |name: String| match name.as_str() {
            "error" => Err(Exception::new("RangeError", "too risky")),
            "string" => Err(thrown("just text")),
            name => Ok(u32::try_from(name.len()).unwrap()),
        })
        .function(
            "host.withWords",
            |mut caller: Caller<'_>, visit: TypedFunction<(&str, u32), bool>| {
                for (index, word) in (0..).zip(["one", "two", "three"]) {
                    if !visit.call(&mut caller, (word, index))? {
                        break;
                    }
                }
                Ok::<_, bolide_bindgen::Error>(())
            },
        )
        .function("host.later", move |function| {
            heard.replace(Some(function));
        })
        .function(
            "host.applyOnce",
            |mut caller: Caller<'_>, function: TypedFunction<(&str,), Value>| {
                function.call(&mut caller, ("away",))
            },
        );
    let package = Package::builder().globals(imports).load(glue(target));
    Gallery {
        package: package.unwrap_or_else(|error| panic!("{target}: {error:?}")),
        notes,
        listener,
    }
}

/// Runs the check with the glue of every target.
fn with_every_target(check: impl Fn(&mut Gallery)) {
    for target in TARGETS {
        println!("target {target}");
        check(&mut load(target));
    }
}

/// Calls a function and compares the result.
#[track_caller]
fn check<A: bolide_bindgen::Args, R>(package: &mut Package, name: &str, args: A, expected: R)
where
    R: FromJs + PartialEq + std::fmt::Debug,
{
    match package.call::<A, R>(name, args) {
        Ok(result) => assert_eq!(result, expected, "{name}"),
        Err(error) => panic!("{name}: {error:?}"),
    }
}

/// Calls a function, and compares the text of its error.
#[track_caller]
fn check_error<A: bolide_bindgen::Args>(
    package: &mut Package,
    name: &str,
    args: A,
    kind: ErrorKind,
    text: &str,
) {
    let error = package.call::<A, Value>(name, args).unwrap_err();
    assert_eq!((error.to_string().as_str(), error.kind()), (text, kind));
}

#[test]
fn values_cross() {
    with_every_target(
        |Gallery {
             package: p, notes, ..
         }| {
            assert_eq!(notes.take(), ["started"]);
            check(
                p,
                "greet",
                ("Wörld ☺ \u{1f980}",),
                "Hello, Wörld ☺ \u{1f980}!".to_owned(),
            );
            check(p, "greet", ("a\0b",), "Hello, a\0b!".to_owned());
            check(p, "greet", (String::new(),), "Hello, !".to_owned());
            check(
                p,
                "greet",
                ("x".repeat(100_000),),
                format!("Hello, {}!", "x".repeat(100_000)),
            );
            check(p, "next_char", ('\u{1f97f}',), '\u{1f980}');
            check(p, "join", (["a", "b"], "-"), "a-b".to_owned());
            check(
                p,
                "join",
                (vec!["a".to_owned(), "b".to_owned()], None::<&str>),
                "a,b".to_owned(),
            );
            check(p, "first_word", ("  two words",), Some("two".to_owned()));
            check(p, "first_word", (" ",), None::<String>);
            check(
                p,
                "numbers",
                (-1i8, u16::MAX, -2i32, u32::MAX, 0.5f32, 0.25f64, true),
                4_295_032_828.75,
            );
            check(p, "big_sum", (-5i64, 1u64 << 63), (1u128 << 63) - 5);
            check(p, "largest", (), u64::MAX);
            check(p, "largest", (), Value::BigInt(u64::MAX.to_string()));
            check(p, "widest", (-(1i128 << 100),), -3 * (1i128 << 100));
            check(p, "half", (Some(5.0),), Some(2.5));
            check(p, "half", (None::<f64>,), None::<f64>);
            check(p, "checked_add", (Some(1u32), 2u32), Some(3u32));
            check(p, "checked_add", (Some(u32::MAX), 1u32), None::<u32>);
            check(p, "grow_by", (3_000_000usize,), 3_000_000usize);
            check(p, "greet", ("again",), "Hello, again!".to_owned());
        },
    );
}

#[test]
fn arrays_cross() {
    with_every_target(|Gallery { package: p, .. }| {
        check(p, "sum_bytes", (vec![7u8; 1000],), 7000u32);
        check(p, "sum_bytes", ([1u8, 2, 3].as_slice(),), 6u8);
        check(p, "sum_bytes", (b"",), 0u32);
        check(p, "squares", (6u32,), vec![0u32, 1, 4, 9, 16, 25]);
        check(
            p,
            "squares",
            (6u32,),
            vec![0u8, 1, 4, 9, 16, 25]
                .into_iter()
                .map(u64::from)
                .collect::<Vec<_>>(),
        );
        check(p, "squares", (3u32,), vec![0.0f64, 1.0, 4.0]);
        check(p, "squares", (0u32,), Vec::<u32>::new());
        check(p, "copied", ([0f32, 1.25],), vec![0.5f32, 1.75]);
        check(p, "big_array", (), vec![i64::MIN, -1, 0, i64::MAX]);

        let doubles = Object::new(p, [1.0, 2.5, -0.0]).unwrap();
        check(p, "double_all", (&doubles,), ());
        assert_eq!(doubles.to::<Vec<f64>>(p).unwrap(), [2.0, 5.0, 0.0]);
        let bytes = Object::new(p, vec![0u8; 5]).unwrap();
        check(p, "fill", (&bytes, 9u8), 5u32);
        assert_eq!(bytes.to::<Box<[u8]>>(p).unwrap().as_ref(), [0, 9, 9, 9, 0]);
    });
}

#[test]
fn data_crosses_by_serde() {
    with_every_target(|Gallery { package: p, .. }| {
        for (value, kind) in [
            (json!(null), "null"),
            (json!("s"), "string"),
            (json!([1, [2.5, -3]]), "array"),
            (json!({ "a": { "b": [true] }, "__proto__": 1 }), "object"),
            (json!(true), "boolean"),
            (json!(1.5), "number"),
            (json!(u64::MAX), "bigint"),
            (json!(i64::MIN), "bigint"),
            (json!((1u64 << 53) - 1), "number"),
        ] {
            check(p, "describe", (Serde(&value),), Serde(json!([kind, value])));
        }
        check(
            p,
            "counted",
            (["a", "b", "a"],),
            Serde(json!({ "a": 2, "b": 1 })),
        );
        check(
            p,
            "pair",
            ("key", Serde((1, "two"))),
            Serde(json!({ "key": [1, "two"] })),
        );
        check(p, "squares", (3u32,), Serde(json!([0, 1, 4])));
        check(p, "big_array", (), Serde([i64::MIN, -1, 0, i64::MAX]));
    });
}

#[test]
fn results_that_do_not_fit_are_errors() {
    with_every_target(|Gallery { package: p, .. }| {
        let bytes = vec![100u8; 3];
        let error = p.call::<_, u8>("sum_bytes", (&bytes,)).unwrap_err();
        assert_eq!(
            error.to_string(),
            "`sum_bytes`: the result must be an integer in the range of u8, not 300"
        );
        type Call = Box<dyn Fn(&mut Package) -> bolide_bindgen::Error>;
        let checks: [(&str, Call, &str); 6] = [
            (
                "largest",
                Box::new(|p| p.call::<_, i64>("largest", ()).unwrap_err()),
                "an integer in the range of i64, not 18446744073709551615n",
            ),
            (
                "half",
                Box::new(|p| p.call::<_, i32>("half", (5.0,)).unwrap_err()),
                "an integer in the range of i32, not 2.5",
            ),
            (
                "half",
                Box::new(|p| p.call::<_, f64>("half", (0.0,)).unwrap_err()),
                "a number, not undefined",
            ),
            (
                "greet",
                Box::new(|p| p.call::<_, char>("greet", ("you",)).unwrap_err()),
                "a string of one character, not \"Hello, you!\"",
            ),
            (
                "adder",
                Box::new(|p| p.call::<_, String>("adder", ()).unwrap_err()),
                "a string, not a function",
            ),
            (
                "Counter.startingAt",
                Box::new(|p| {
                    p.call::<_, Vec<u8>>("Counter.startingAt", (1,))
                        .unwrap_err()
                }),
                "a buffer or an array of numbers, not an object of class Counter",
            ),
        ];
        for (name, call, expected) in checks {
            let error = call(p);
            assert_eq!(error.kind(), ErrorKind::Conversion);
            assert_eq!(
                error.to_string(),
                format!("`{name}`: the result must be {expected}")
            );
        }
        let error = p.call::<_, i64>("half", (2f64.powi(60),)).unwrap_err();
        assert_eq!(
            error.message(),
            "the result must be a BigInt to be beyond 2^53 exactly, not the number 576460752303423500"
        );
        let error = Object::new(p, 5).unwrap_err();
        assert_eq!(
            error.to_string(),
            "`an object`: the value must be an object, not 5"
        );
        let error = p.call::<_, Vec<u8>>("squares", (18u32,)).unwrap_err();
        assert_eq!(
            error.to_string(),
            "`squares`: [16] of the result must be an integer in the range of u8, not 256"
        );
        assert_eq!(error.kind(), ErrorKind::Conversion);
        if cfg!(target_pointer_width = "64") {
            let error = p.call::<_, u32>("grow_by", (1usize << 32,)).unwrap_err();
            assert_eq!(
                error.to_string(),
                "`grow_by`: argument 1 must fit in the 32 bits of a usize of WebAssembly, not be 4294967296"
            );
        }
    });
}

#[test]
fn what_is_missing_is_said() {
    with_every_target(|Gallery { package: p, .. }| {
        let missing = ErrorKind::Missing;
        check_error(
            p,
            "gret",
            (),
            missing,
            "`gret`: there is no export `gret`; did you mean `greet`?",
        );
        check_error(p, "quux", (), missing, "`quux`: there is no export `quux`");
        check_error(
            p,
            "greet",
            (),
            missing,
            "`greet`: it takes 1 argument, and 0 were given",
        );
        check_error(
            p,
            "largest",
            (1,),
            missing,
            "`largest`: it takes 0 arguments, and 1 was given",
        );
        check_error(
            p,
            "Direction",
            (),
            missing,
            "`Direction`: it is a value, not a function: read it with `get`",
        );
        check_error(
            p,
            "Counter.startAt",
            (1,),
            missing,
            "`Counter.startAt`: `Counter` has no `startAt`; did you mean `startingAt`?",
        );
        let counter = p.construct("Counter", ("c",)).unwrap();
        for (error, expected) in [
            (
                counter.call::<_, i32>(p, "advanced", ()).unwrap_err(),
                "`advanced`: the object has no `advanced`; did you mean `advance`?",
            ),
            (
                counter.get::<i32>(p, "stepp").unwrap_err(),
                "`stepp`: the object has no `stepp`; did you mean `step`?",
            ),
            (
                counter.call::<_, i32>(p, "step", ()).unwrap_err(),
                "`step`: it is a property, not a method: use `get`",
            ),
            (
                p.construct("greet", ("x",)).unwrap_err(),
                "`greet`: it is no class",
            ),
            (
                p.construct("Counter", ()).unwrap_err(),
                "`new Counter`: it takes 1 argument, and 0 were given",
            ),
        ] {
            assert_eq!(error.to_string(), expected);
            assert_eq!(error.kind(), missing);
        }
    });
}

#[test]
fn classes() {
    with_every_target(
        |Gallery {
             package: p, notes, ..
         }| {
            notes.take();
            assert_eq!(p.get::<u32>("Direction.Down").unwrap(), 5);
            check(p, "opposite", (0,), 5u32);
            check(p, "other_size", ("small",), "large".to_owned());

            let class = p.class("Counter").unwrap();
            let counter = class.construct(p, ("first",)).unwrap();
            assert!(class.is_instance(p, &counter).unwrap());
            assert_eq!(counter.class_name(p).unwrap(), "Counter");
            for expected in 1..=2 {
                assert_eq!(counter.call::<_, i32>(p, "advance", ()).unwrap(), expected);
            }
            assert_eq!(counter.get::<u32>(p, "created").unwrap(), 2024);
            counter.set(p, "step", 10).unwrap();
            counter.set(p, "name", "renamed").unwrap();
            assert_eq!(counter.call::<_, i32>(p, "advance", ()).unwrap(), 12);
            assert_eq!(counter.get::<String>(p, "name").unwrap(), "renamed");

            let other: Object = class.call(p, "startingAt", (100,)).unwrap();
            assert!(other.call::<_, bool>(p, "isAhead", (&counter,)).unwrap());
            // Taken by value: it is gone.
            assert_eq!(counter.call::<_, i32>(p, "absorb", (&other,)).unwrap(), 112);
            assert_eq!(notes.take(), ["dropped started at 100"]);
            let error = other.call::<_, i32>(p, "advance", ()).unwrap_err();
            assert_eq!(
                error.to_string(),
                "`advance` threw Error: null pointer passed to rust (the object was freed, or moved into a call)"
            );

            let halves: Vec<Object> = counter.call(p, "halves", ()).unwrap();
            assert_eq!(halves.len(), 2);
            assert_eq!(halves[0].call::<_, i32>(p, "advance", ()).unwrap(), 57);
            for half in halves {
                half.free(p).unwrap();
            }
            assert_eq!(
                notes.take(),
                ["dropped started at 57", "dropped started at 56"]
            );
            counter.clone().free(p).unwrap();
            assert_eq!(notes.take(), ["dropped renamed at 112"]);
            assert!(counter.get::<String>(p, "name").is_err());
        },
    );
}

#[test]
fn dropped_objects_are_freed() {
    with_every_target(
        |Gallery {
             package: p, notes, ..
         }| {
            notes.take();
            let kept = p.construct("Counter", ("kept",)).unwrap();
            let clone = kept.clone();
            drop(p.construct("Counter", ("dropped",)).unwrap());
            drop(kept);
            check(p, "largest", (), u64::MAX);
            assert_eq!(notes.take(), ["dropped dropped at 0"]);
            let moved = std::thread::spawn(move || drop(clone));
            moved.join().unwrap();
            check(p, "largest", (), u64::MAX);
            assert_eq!(notes.take(), ["dropped kept at 0"]);
        },
    );
}

#[test]
fn closures() {
    with_every_target(|gallery| {
        let Gallery {
            package: p,
            notes,
            listener,
        } = gallery;
        notes.take();
        check(p, "sum_of", (Closure::new(|n: f64| n * n), 5), 30.0);
        let calls = Rc::new(RefCell::new(0));
        let counted = calls.clone();
        let count = Closure::new(move |_: u32| {
            *counted.borrow_mut() += 1;
            1
        });
        check(p, "sum_of", (&count, 3), 3.0);
        check(p, "sum_of", (&count, 4), 4.0);
        assert_eq!(*calls.borrow(), 7);

        let failing = Closure::new(|n: u32| match n {
            2 => Err(Exception::new("RangeError", "2 is enough")),
            n => Ok(n),
        });
        let error = p.call::<_, f64>("sum_of", (&failing, 5)).unwrap_err();
        assert_eq!(
            (error.name(), error.message()),
            ("RangeError", "2 is enough")
        );
        let wrong = Closure::new(|text: String| text).named("shout");
        check_error(
            p,
            "sum_of",
            (&wrong, 1),
            ErrorKind::Thrown,
            "`sum_of` threw TypeError: argument 1 of `shout` must be a string, not 0",
        );

        let adder: TypedFunction<(i32,), i32> = p.call("adder", ()).unwrap();
        for (given, sum) in [(1, 1), (2, 3), (39, 42)] {
            assert_eq!(adder.call(p, (given,)).unwrap(), sum);
        }
        check(p, "sum_of", (&adder, 3), 130.0);
        check(
            p,
            "words",
            (),
            ["0:one", "1:two"].map(str::to_owned).to_vec(),
        );
        check(p, "once", (), "moved away".to_owned());

        check(p, "listen", (), ());
        let heard = listener.borrow().clone().unwrap();
        heard.call(p, ("this",)).unwrap();
        assert_eq!(notes.take(), ["heard this"]);
        check(p, "stopListening", (), true);
        check(p, "stopListening", (), false);
        assert_eq!(
            heard.call(p, ("that",)).unwrap_err().kind(),
            ErrorKind::Thrown
        );

        // Rust to JavaScript to Rust, many times over.
        let bounce: TypedFunction<(Object, u32), String> = p.function("bounce").unwrap();
        let back = Closure::new(
            move |mut caller: Caller<'_>, function: Object, depth: u32| {
                bounce
                    .call(&mut caller, (function, depth))
                    .map(|text| text + ".")
            },
        );
        check(
            p,
            "bounce",
            (&back, 20),
            format!("bottom{}", ".".repeat(20)),
        );
    });
}

#[test]
fn a_panic_in_a_closure_comes_back() {
    let Gallery { mut package, .. } = load("web");
    let panicking = Closure::new(|_: u32| -> u32 { panic!("on purpose") });
    let call = || package.call::<_, f64>("sum_of", (&panicking, 1));
    let panic = std::panic::catch_unwind(std::panic::AssertUnwindSafe(call)).unwrap_err();
    assert_eq!(panic.downcast_ref::<&str>(), Some(&"on purpose"));
    check(&mut package, "greet", ("you",), "Hello, you!".to_owned());
}

#[test]
fn promises() {
    with_every_target(
        |Gallery {
             package: p, notes, ..
         }| {
            notes.take();
            let forty = Closure::background(|| {
                std::thread::sleep(Duration::from_millis(2));
                40
            });
            let forty: TypedFunction<(), f64> = Object::new(p, &forty).unwrap().to(p).unwrap();
            assert_eq!(forty.call(p, ()).unwrap(), 40.0);
            let texts: Vec<String> = p.call("loadAll", (["a", "missing", "b"],)).unwrap();
            assert_eq!(texts, ["text of a", "failed: no such text", "text of b"]);
            check(p, "tasks", (), "tasks done".to_owned());
            let steps = ["first", "second", "first", "second"]
                .into_iter()
                .zip([1, 1, 2, 2]);
            let steps: Vec<_> = steps
                .map(|(task, step)| format!("{task} task, step {step}"))
                .collect();
            assert_eq!(notes.take(), steps);

            // Calls that are under way at once, one of them waiting for another.
            let first = p.start::<_, Vec<String>>("loadAll", (["x"],)).unwrap();
            let second = p.start::<_, f64>("addLater", (&first, 1)).unwrap();
            assert_eq!(p.wait(first).unwrap(), ["text of x"]);
            let error = p.wait(second).unwrap_err();
            assert_eq!(error.to_string(), "`addLater` threw Error: not a number");
        },
    );
}

#[test]
fn errors() {
    with_every_target(|Gallery { package: p, .. }| {
        check(p, "parse", (" 42 ",), 42);
        let error = p.call::<_, i32>("parse", ("4x",)).unwrap_err();
        assert_eq!(
            error.to_string(),
            "`parse` threw Error: invalid digit found in string"
        );
        assert_eq!((error.kind(), error.what()), (ErrorKind::Thrown, "parse"));
        assert!(error.stack().contains("parse"), "{:?}", error.stack());
        let payload: Object = error.payload(p).unwrap();
        assert_eq!(
            payload.get::<String>(p, "message").unwrap(),
            "invalid digit found in string"
        );

        let error = p
            .call::<_, ()>("fail", (Serde(json!({ "code": 7 })),))
            .unwrap_err();
        assert_eq!(
            error.payload::<Serde<_>>(p).unwrap(),
            Serde(json!({ "code": 7 }))
        );
        let error = p.call::<_, ()>("fail", ("text",)).unwrap_err();
        assert_eq!(error.payload::<String>(p).unwrap(), "text");
        assert_eq!(error.thrown(), Some(&Value::from("text")));
        assert_eq!(
            error.payload::<u32>(p).unwrap_err().kind(),
            ErrorKind::Conversion
        );
        let object = Object::new(p, Serde(json!({}))).unwrap();
        let error = p.call::<_, ()>("fail", (&object,)).unwrap_err();
        let same = error.payload::<Value>(p).unwrap();
        assert_eq!(same, Value::Json(json!({})));

        check_error(
            p,
            "throw_text",
            (),
            ErrorKind::Thrown,
            "`throw_text` threw Error: thrown from the middle",
        );
        check(p, "guarded", ("fine",), "number 4".to_owned());
        check(p, "guarded", ("error",), "RangeError: too risky".to_owned());
        check(
            p,
            "guarded",
            ("string",),
            "other JsValue(\"just text\")".to_owned(),
        );
        check(p, "exposed", ("four",), 5);
        check_error(
            p,
            "exposed",
            ("error",),
            ErrorKind::Thrown,
            "`exposed` threw RangeError: too risky",
        );
        let error = p.call::<_, u32>("exposed", ("string",)).unwrap_err();
        assert_eq!(error.payload::<String>(p).unwrap(), "just text");

        // A panic is a trap; the instance goes on, as it does wherever the glue runs.
        let error = p.call::<_, u8>("index", ([1u8, 2, 3], 3)).unwrap_err();
        assert!(error.is_trap(), "{error:?}");
        assert_eq!(error.to_string(), "`index` trapped: unreachable");
        assert!(error.stack().contains("wasm-function") || error.stack().contains("wasm://"));
        check(p, "index", ([1u8, 2, 3], 2), 3u8);
    });
}

#[test]
fn exports_are_listed() {
    with_every_target(|Gallery { package: p, .. }| {
        let exports = p.exports().unwrap();
        let names: Vec<_> = exports.iter().map(|export| export.name.as_str()).collect();
        assert!(names.is_sorted());
        assert!(
            !names
                .iter()
                .any(|name| matches!(*name, "default" | "initSync"))
        );
        let kind = |name: &str| {
            let found = exports.iter().find(|export| export.name == name);
            found.map(|export| export.kind.clone())
        };
        assert_eq!(kind("greet"), Some(ExportKind::Function(1)));
        assert_eq!(kind("numbers"), Some(ExportKind::Function(7)));
        assert_eq!(kind("Direction"), Some(ExportKind::Value));
        let Some(ExportKind::Class {
            parameters,
            methods,
            properties,
            statics,
            ..
        }) = kind("Counter")
        else {
            panic!("{exports:?}")
        };
        assert_eq!(parameters, 1);
        let methods: Vec<_> = methods
            .iter()
            .map(|(name, count)| (name.as_str(), *count))
            .collect();
        assert_eq!(
            methods,
            [
                ("free", 0),
                ("absorb", 1),
                ("advance", 0),
                ("halves", 0),
                ("isAhead", 1)
            ]
        );
        assert_eq!(properties, ["name", "created", "step"]);
        assert_eq!(statics, [("startingAt".to_owned(), 1)]);
    });
}
