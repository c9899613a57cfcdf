//! Calls without checks: every place that a value can be in, errors, and references as bits.

use std::panic::{AssertUnwindSafe, catch_unwind};

use bolide::*;

/// Types of `count` values, of all kinds or of one.
fn signature(kinds: &[ValType], count: usize) -> Vec<ValType> {
    kinds.iter().cycle().take(count).cloned().collect()
}

fn value(ty: &ValType, i: usize) -> ValRaw {
    let bits = (i as u64).wrapping_mul(0x0123_4567_89ab_cdef) + 1;
    match ty {
        ValType::I32 | ValType::F32 => ValRaw::u32(bits as u32),
        ValType::I64 | ValType::F64 => ValRaw::u64(bits),
        ValType::V128 => ValRaw::v128(u128::from(bits) << 64 | u128::from(!bits)),
        ValType::Ref(_) => ValRaw::null(),
    }
}

/// The bits that belong to the type.
fn meaning(ty: &ValType, value: ValRaw) -> u128 {
    match ty {
        ValType::I32 | ValType::F32 => value.get_u32().into(),
        ValType::I64 | ValType::F64 | ValType::Ref(_) => value.get_u64().into(),
        ValType::V128 => value.get_v128(),
    }
}

/// Calls functions that reverse their arguments: a guest's, the host's, and the host's through a guest.
fn check(kinds: &[ValType], count: usize) {
    let types = signature(kinds, count);
    let reversed: Vec<ValType> = types.iter().rev().cloned().collect();
    let list = |types: &[ValType]| types.iter().map(|t| format!("{t} ")).collect::<String>();
    let gets = |order: &mut dyn Iterator<Item = usize>| {
        order.map(|i| format!("local.get {i} ")).collect::<String>()
    };
    let module = format!(
        r#"(module
        (type $t (func (param {}) (result {})))
        (import "host" "reverse" (func $host (type $t)))
        (func (export "guest") (type $t) {})
        (func (export "host through guest") (type $t) {} (call $host))
        (export "host" (func $host)))"#,
        list(&types),
        list(&reversed),
        gets(&mut (0..count).rev()),
        gets(&mut (0..count)),
    );
    let mut store = Store::new(&Engine::default(), 0);
    let module = Module::new(store.engine(), module).unwrap();
    let ty = FuncType::new(store.engine(), types.clone(), reversed.clone());
    // SAFETY: the results are the arguments in the order of the result types.
    let host = unsafe {
        Func::new_unchecked(
            &mut store,
            ty,
            move |mut caller: Caller<'_, u32>, values| {
                assert_eq!(values.len(), count);
                *caller.data_mut() += 1;
                values.reverse();
                Ok(())
            },
        )
    };
    let instance = Instance::new(&mut store, &module, &[host.into()]).unwrap();
    for name in ["guest", "host through guest", "host"] {
        let func = instance.get_func(&mut store, name).unwrap();
        for round in 0..2 {
            let given: Vec<ValRaw> = (0..count).map(|i| value(&types[i], i + round)).collect();
            let mut values = given.clone();
            // SAFETY: the values are of the parameter types, and there are as many results.
            unsafe { func.call_unchecked(&mut store, values.as_mut_slice()) }.unwrap();
            for (i, ty) in reversed.iter().enumerate() {
                let expected = meaning(ty, given[count - 1 - i]);
                assert_eq!(
                    meaning(ty, values[i]),
                    expected,
                    "{name}: result {i} of {count}"
                );
            }
        }
    }
    assert_eq!(*store.data(), 4, "the host was called");
}

#[test]
fn all_places_of_values() {
    use ValType::{F32, F64, I32, I64, V128};
    let kinds: [&[ValType]; 6] = [
        &[I32],
        &[I64],
        &[F64],
        &[V128],
        &[I32, F32],
        &[I32, F64, V128, I64, ValType::EXTERNREF, F32],
    ];
    for kinds in kinds {
        for count in [0, 1, 2, 5, 6, 8, 9, 16, 17, 20, 40, 1000] {
            check(kinds, count);
        }
    }
}

/// More parameters than results, and fewer.
#[test]
fn lists_of_different_lengths() {
    let mut store = Store::<()>::default();
    let ty = FuncType::new(store.engine(), [ValType::I32], [ValType::I32, ValType::I32]);
    // SAFETY: two 32-bit integers are returned.
    let split = unsafe {
        Func::new_unchecked(&mut store, ty, |_: Caller<'_, ()>, values| {
            let all = values[0].get_u32();
            assert_eq!(values[1].get_v128(), 0, "room for results is zero");
            values[0] = ValRaw::u32(all & 0xffff);
            values[1] = ValRaw::u32(all >> 16);
            Ok(())
        })
    };
    let mut values = [ValRaw::u32(0x0007_0003), ValRaw::default()];
    // SAFETY: one 32-bit integer is given, and there is room for two.
    unsafe { split.call_unchecked(&mut store, &mut values) }.unwrap();
    assert_eq!(values.map(ValRaw::get_u32), [3, 7]);
}

#[test]
fn errors_traps_and_panics() {
    let mut store = Store::<()>::default();
    let ty = FuncType::new(store.engine(), [ValType::I32], []);
    // SAFETY: nothing is returned.
    let fail = unsafe {
        Func::new_unchecked(&mut store, ty, |_: Caller<'_, ()>, values| {
            match values[0].get_i32() {
                0 => Ok(()),
                1 => bail!("one is refused"),
                _ => panic!("two panics"),
            }
        })
    };
    let module = Module::new(
        store.engine(),
        r#"(module
            (import "host" "fail" (func $fail (param i32)))
            (func (export "run") (param i32)
                (call $fail (local.get 0))
                (drop (i32.div_u (i32.const 1) (local.get 0)))))"#,
    )
    .unwrap();
    let instance = Instance::new(&mut store, &module, &[fail.into()]).unwrap();
    let run = instance.get_func(&mut store, "run").unwrap();
    let mut call = |argument| {
        let mut values = [ValRaw::i32(argument)];
        // SAFETY: one 32-bit integer is given.
        let result = unsafe { run.call_unchecked(&mut store, &mut values) };
        assert_eq!(values[0].get_i32(), argument);
        result
    };
    let error = call(0).unwrap_err();
    assert_eq!(
        error.downcast_ref::<Trap>(),
        Some(&Trap::IntegerDivisionByZero)
    );
    let error = call(1).unwrap_err();
    assert_eq!(error.root_cause().to_string(), "one is refused");
    assert_eq!(
        error
            .downcast_ref::<WasmBacktrace>()
            .unwrap()
            .frames()
            .len(),
        1
    );
    let payload = catch_unwind(AssertUnwindSafe(|| call(2))).unwrap_err();
    assert_eq!(payload.downcast_ref::<&str>(), Some(&"two panics"));
}

#[test]
fn references() {
    let mut store = Store::<()>::default();
    let module = Module::new(
        store.engine(),
        r#"(module
            (table $funcs (export "funcs") 1 funcref)
            (global $held (mut externref) (ref.null extern))
            (func (export "swap") (param funcref externref) (result funcref externref)
                (table.get $funcs (i32.const 0))
                (table.set $funcs (i32.const 0) (local.get 0))
                (global.get $held)
                (global.set $held (local.get 1))))"#,
    )
    .unwrap();
    let instance = Instance::new(&mut store, &module, &[]).unwrap();
    let swap = instance.get_func(&mut store, "swap").unwrap();
    let double = Func::wrap(&mut store, |x: i32| 2 * x);
    let mut values = {
        let mut scope = RootScope::new(&mut store);
        let text = ExternRef::new(&mut scope, "held").unwrap();
        [
            ValRaw::funcref(double.to_raw(&scope)),
            ValRaw::externref(text.to_raw(&scope).unwrap()),
        ]
    };
    for round in 0..2 {
        // SAFETY: references of this store or null, of the parameter types.
        unsafe { swap.call_unchecked(&mut store, &mut values) }.unwrap();
        if round == 0 {
            assert!(values[0].get_funcref().is_null());
            assert_eq!(values[1].get_externref(), 0);
            assert!(ExternRef::from_raw(&mut store, 0).is_none());
            store.gc();
        }
    }
    // SAFETY: the guest returned it.
    let back = unsafe { Func::from_raw(&store, values[0].get_funcref()) };
    assert_eq!(back, Some(double));
    let text = ExternRef::from_raw(&mut store, values[1].get_externref()).unwrap();
    let text = text.data(&store).unwrap().unwrap();
    assert_eq!(text.downcast_ref(), Some(&"held"));
}
