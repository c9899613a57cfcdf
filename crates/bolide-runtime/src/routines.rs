//! Operations that compiled code calls on processors without an instruction for them.

macro_rules! routines {
    ($($name:ident($($arg:ident),*) -> $ty:ty = $value:expr;)*) => {$(
        pub(crate) extern "C" fn $name($($arg: $ty),*) -> $ty {
            $value
        }
    )*};
}

routines! {
    ceil_f32(x) -> f32 = x.ceil();
    ceil_f64(x) -> f64 = x.ceil();
    floor_f32(x) -> f32 = x.floor();
    floor_f64(x) -> f64 = x.floor();
    trunc_f32(x) -> f32 = x.trunc();
    trunc_f64(x) -> f64 = x.trunc();
    nearest_f32(x) -> f32 = x.round_ties_even();
    nearest_f64(x) -> f64 = x.round_ties_even();
    fma_f32(a, b, c) -> f32 = a.mul_add(b, c);
    fma_f64(a, b, c) -> f64 = a.mul_add(b, c);
}

/// `pshufb`: each byte of `indices` selects a byte of `bytes`, or zero if its top bit is set.
#[allow(
    improper_ctypes_definitions,
    reason = "the C convention passes `__m128i` in vector registers, which is what compiled code expects"
)]
pub(crate) extern "C" fn x86_pshufb(
    bytes: std::arch::x86_64::__m128i,
    indices: std::arch::x86_64::__m128i,
) -> std::arch::x86_64::__m128i {
    // SAFETY: both are 16 bytes of plain data.
    let [bytes, indices] = unsafe {
        std::mem::transmute::<[std::arch::x86_64::__m128i; 2], [[u8; 16]; 2]>([bytes, indices])
    };
    let result = indices.map(|i| {
        if i & 0x80 != 0 {
            0
        } else {
            bytes[usize::from(i & 15)]
        }
    });
    // SAFETY: as above.
    unsafe { std::mem::transmute(result) }
}
