//! Values that cross between host and guest.

use std::ptr::NonNull;

use bolide_module as m;
use bolide_module::HeapTop;

use crate::error::{Result, bail};
use crate::func::Func;
use crate::gc::{ExternRef, Rooted};
use crate::global::Global;
use crate::memory_handle::{Memory, SharedMemory};
use crate::store::{AsContext, StoreInner};
use crate::table::Table;
use crate::tag::Tag;
use crate::types::{ExternType, HeapType, RefType, ValType};
use crate::vm::VMFuncRef;

/// A 128-bit vector.
///
/// ```
/// use bolide::*;
///
/// let mut store = Store::<()>::default();
/// let module = Module::new(
///     store.engine(),
///     r#"(module (func (export "negate") (param v128) (result v128) (v128.not (local.get 0))))"#,
/// )?;
/// let instance = Instance::new(&mut store, &module, &[])?;
/// let negate = instance.get_typed_func::<V128, V128>(&mut store, "negate")?;
/// let ones = negate.call(&mut store, V128::from(0))?;
/// assert_eq!(ones.as_u128(), u128::MAX);
/// # Ok::<(), Error>(())
/// ```
#[derive(Copy, Clone, Debug, PartialEq, Eq, Hash)]
pub struct V128(u128);

impl V128 {
    /// The bits; byte 0 is the least significant.
    pub fn as_u128(self) -> u128 {
        self.0
    }
}

impl From<u128> for V128 {
    fn from(bits: u128) -> Self {
        V128(bits)
    }
}

impl From<V128> for u128 {
    fn from(v: V128) -> Self {
        v.0
    }
}

/// An internal (GC) reference. The engine has no such values but null yet.
///
/// ```
/// use bolide::*;
///
/// let null = Val::AnyRef(None::<AnyRef>);
/// assert!(null.ref_().unwrap().is_null());
/// ```
#[derive(Copy, Clone, Debug)]
pub enum AnyRef {}

/// An exception reference. The engine has no such values but null yet.
///
/// ```
/// use bolide::*;
///
/// let null = Val::ExnRef(None::<ExnRef>);
/// assert!(null.ref_().unwrap().is_null());
/// ```
#[derive(Copy, Clone, Debug)]
pub enum ExnRef {}

/// A value.
///
/// ```
/// use bolide::*;
///
/// // Floats are kept as bits, so that the payload of a NaN survives.
/// assert!(matches!(Val::from(1.5f32), Val::F32(0x3fc0_0000)));
/// assert_eq!(Val::from(1.5f32).unwrap_f32(), 1.5);
/// assert_eq!(Val::I32(7).i64(), None);
/// assert!(Val::null_func_ref().unwrap_funcref().is_none());
///
/// let store = Store::<()>::default();
/// assert_eq!(Val::I64(1).ty(&store)?, ValType::I64);
/// # Ok::<(), Error>(())
/// ```
#[derive(Copy, Clone, Debug)]
pub enum Val {
    /// 32-bit integer.
    I32(i32),
    /// 64-bit integer.
    I64(i64),
    /// Bits of a 32-bit float.
    F32(u32),
    /// Bits of a 64-bit float.
    F64(u64),
    /// 128-bit vector.
    V128(V128),
    /// Function reference.
    FuncRef(Option<Func>),
    /// Host reference.
    ExternRef(Option<Rooted<ExternRef>>),
    /// Internal reference.
    AnyRef(Option<AnyRef>),
    /// Exception reference.
    ExnRef(Option<ExnRef>),
}

macro_rules! accessors {
    ($($(#[$doc:meta])* $get:ident $unwrap:ident $variant:ident -> $ty:ty = |$v:ident| $value:expr;)*) => {$(
        $(#[$doc])*
        pub fn $get(&self) -> Option<$ty> {
            if let Val::$variant($v) = *self { Some($value) } else { None }
        }

        #[doc = concat!("The value that [`Val::", stringify!($get), "`] finds.")]
        ///
        /// # Panics
        ///
        /// If it is of another type.
        pub fn $unwrap(&self) -> $ty {
            self.$get().expect(concat!("expected ", stringify!($variant)))
        }
    )*};
}

impl Val {
    accessors! {
        /// The 32-bit integer, if this is one.
        i32 unwrap_i32 I32 -> i32 = |v| v;
        /// The 64-bit integer, if this is one.
        i64 unwrap_i64 I64 -> i64 = |v| v;
        /// The 32-bit float, if this is one.
        f32 unwrap_f32 F32 -> f32 = |v| f32::from_bits(v);
        /// The 64-bit float, if this is one.
        f64 unwrap_f64 F64 -> f64 = |v| f64::from_bits(v);
        /// The vector, if this is one.
        v128 unwrap_v128 V128 -> V128 = |v| v;
    }

    /// The function reference, if this is one; `Some(None)` for null.
    pub fn funcref(&self) -> Option<Option<&Func>> {
        match self {
            Val::FuncRef(f) => Some(f.as_ref()),
            _ => None,
        }
    }

    /// The function that this refers to, `None` for null.
    ///
    /// # Panics
    ///
    /// If this is no function reference.
    pub fn unwrap_funcref(&self) -> Option<&Func> {
        self.funcref().expect("expected FuncRef")
    }

    /// The host reference, if this is one; `Some(None)` for null.
    pub fn externref(&self) -> Option<Option<&Rooted<ExternRef>>> {
        match self {
            Val::ExternRef(e) => Some(e.as_ref()),
            _ => None,
        }
    }

    /// The host reference, `None` for null.
    ///
    /// # Panics
    ///
    /// If this is no host reference.
    pub fn unwrap_externref(&self) -> Option<&Rooted<ExternRef>> {
        self.externref().expect("expected ExternRef")
    }

    /// The reference, if this is one.
    pub fn ref_(self) -> Option<Ref> {
        Ref::from_val(self)
    }

    /// The null function reference.
    pub const fn null_func_ref() -> Val {
        Val::FuncRef(None)
    }

    /// The null host reference.
    pub const fn null_extern_ref() -> Val {
        Val::ExternRef(None)
    }

    /// The null internal reference.
    pub const fn null_any_ref() -> Val {
        Val::AnyRef(None)
    }

    /// The type: for a function reference, that of the function; for null, the bottom of its hierarchy.
    ///
    /// # Errors
    ///
    /// If it is a host reference whose scope has ended.
    ///
    /// # Panics
    ///
    /// If it is a reference of another store.
    pub fn ty(&self, store: impl AsContext) -> Result<ValType> {
        Ok(match self {
            Val::I32(_) => ValType::I32,
            Val::I64(_) => ValType::I64,
            Val::F32(_) => ValType::F32,
            Val::F64(_) => ValType::F64,
            Val::V128(_) => ValType::V128,
            Val::FuncRef(None) => ValType::Ref(RefType::new(true, HeapType::NoFunc)),
            Val::FuncRef(Some(f)) => {
                let ty = HeapType::ConcreteFunc(f.ty(store));
                ValType::Ref(RefType::new(false, ty))
            }
            Val::ExternRef(None) => ValType::Ref(RefType::new(true, HeapType::NoExtern)),
            Val::ExternRef(Some(r)) => {
                r.to_handle(store.as_context().inner())?;
                ValType::Ref(RefType::new(false, HeapType::Extern))
            }
            Val::AnyRef(_) => ValType::Ref(RefType::new(true, HeapType::None)),
            Val::ExnRef(_) => ValType::Ref(RefType::new(true, HeapType::NoExn)),
        })
    }

    /// Null of a heap type's hierarchy.
    pub fn null_ref(ty: &HeapType) -> Val {
        null(ty.to_raw_top())
    }

    /// Zero or null of a type; `None` for references that cannot be null.
    pub fn default_for_ty(ty: &ValType) -> Option<Val> {
        Some(match ty {
            ValType::I32 => Val::I32(0),
            ValType::I64 => Val::I64(0),
            ValType::F32 => Val::F32(0),
            ValType::F64 => Val::F64(0),
            ValType::V128 => Val::V128(V128(0)),
            ValType::Ref(r) if r.is_nullable() => Val::null_ref(r.heap_type()),
            ValType::Ref(_) => return None,
        })
    }

    /// Whether the value is of a type.
    ///
    /// # Errors
    ///
    /// If it is a host reference whose scope has ended.
    pub(crate) fn matches(&self, store: &StoreInner, ty: m::ValType) -> Result<bool> {
        Ok(match (self, ty) {
            (Val::I32(_), m::ValType::I32)
            | (Val::I64(_), m::ValType::I64)
            | (Val::F32(_), m::ValType::F32)
            | (Val::F64(_), m::ValType::F64)
            | (Val::V128(_), m::ValType::V128) => true,
            (_, m::ValType::Ref(expected)) => match Ref::from_val(*self) {
                Some(r) => r.matches(store, expected)?,
                None => false,
            },
            _ => false,
        })
    }

    /// The bits that guests hold.
    pub(crate) fn to_raw_checked(self, store: &mut StoreInner, ty: m::ValType) -> Result<u128> {
        if !self.matches(store, ty)? {
            let expected = ValType::from_raw(&store.engine, ty);
            bail!("type mismatch: expected {expected}, found {}", self.kind());
        }
        Ok(match self {
            Val::I32(v) => u128::from(v as u32),
            Val::I64(v) => u128::from(v as u64),
            Val::F32(v) => v.into(),
            Val::F64(v) => v.into(),
            Val::V128(v) => v.0,
            Val::FuncRef(f) => f.map_or(0, |f| f.ptr.as_ptr() as usize as u128),
            Val::ExternRef(None) | Val::AnyRef(None) | Val::ExnRef(None) => 0,
            Val::ExternRef(Some(r)) => r.to_handle(store)?.into(),
            Val::AnyRef(Some(never)) => match never {},
            Val::ExnRef(Some(never)) => match never {},
        })
    }

    pub(crate) fn from_raw(store: &mut StoreInner, ty: m::ValType, raw: u128) -> Val {
        match ty {
            m::ValType::I32 => Val::I32(raw as i32),
            m::ValType::I64 => Val::I64(raw as i64),
            m::ValType::F32 => Val::F32(raw as u32),
            m::ValType::F64 => Val::F64(raw as u64),
            m::ValType::V128 => Val::V128(V128(raw)),
            m::ValType::Ref(r) => Ref::from_raw(store, r, raw as u64).into(),
        }
    }

    fn kind(&self) -> &'static str {
        match self {
            Val::I32(_) => "i32",
            Val::I64(_) => "i64",
            Val::F32(_) => "f32",
            Val::F64(_) => "f64",
            Val::V128(_) => "v128",
            Val::FuncRef(None) => "null funcref",
            Val::FuncRef(_) => "funcref",
            Val::ExternRef(None) => "null externref",
            Val::ExternRef(_) => "externref",
            Val::AnyRef(_) => "null anyref",
            Val::ExnRef(_) => "null exnref",
        }
    }
}

impl HeapType {
    fn to_raw_top(&self) -> HeapTop {
        RefType::new(true, self.clone()).to_raw().heap.top()
    }
}

fn null(top: HeapTop) -> Val {
    match top {
        HeapTop::Func => Val::FuncRef(None),
        HeapTop::Extern => Val::ExternRef(None),
        HeapTop::Any => Val::AnyRef(None),
        HeapTop::Exn => Val::ExnRef(None),
    }
}

macro_rules! from {
    ($($ty:ty => |$v:ident| $val:expr;)*) => {$(
        impl From<$ty> for Val {
            fn from($v: $ty) -> Val {
                $val
            }
        }
    )*};
}

from! {
    i32 => |v| Val::I32(v);
    u32 => |v| Val::I32(v as i32);
    i64 => |v| Val::I64(v);
    u64 => |v| Val::I64(v as i64);
    f32 => |v| Val::F32(v.to_bits());
    f64 => |v| Val::F64(v.to_bits());
    V128 => |v| Val::V128(v);
    Func => |v| Val::FuncRef(Some(v));
    Option<Func> => |v| Val::FuncRef(v);
    Rooted<ExternRef> => |v| Val::ExternRef(Some(v));
    Option<Rooted<ExternRef>> => |v| Val::ExternRef(v);
    Ref => |v| match v {
        Ref::Func(f) => Val::FuncRef(f),
        Ref::Extern(e) => Val::ExternRef(e),
        Ref::Any(a) => Val::AnyRef(a),
        Ref::Exn(e) => Val::ExnRef(e),
    };
}

/// A reference: what tables hold.
///
/// ```
/// use bolide::*;
///
/// let mut store = Store::<()>::default();
/// let func = Func::wrap(&mut store, || ());
/// let reference = Ref::from(func);
/// assert_eq!(reference.unwrap_func(), Some(&func));
/// assert!(Ref::null(&HeapType::Extern).is_extern());
/// ```
#[derive(Copy, Clone, Debug)]
pub enum Ref {
    /// Function reference.
    Func(Option<Func>),
    /// Host reference.
    Extern(Option<Rooted<ExternRef>>),
    /// Internal reference.
    Any(Option<AnyRef>),
    /// Exception reference.
    Exn(Option<ExnRef>),
}

impl Ref {
    /// Null of a heap type's hierarchy.
    pub fn null(ty: &HeapType) -> Ref {
        Ref::from_val(Val::null_ref(ty)).expect("null is a reference")
    }

    /// Whether this is null.
    pub fn is_null(&self) -> bool {
        matches!(
            self,
            Ref::Func(None) | Ref::Extern(None) | Ref::Any(None) | Ref::Exn(None)
        )
    }

    /// Whether this is anything but null.
    pub fn is_non_null(&self) -> bool {
        !self.is_null()
    }

    /// Whether this is a function reference, null included.
    pub fn is_func(&self) -> bool {
        matches!(self, Ref::Func(_))
    }

    /// Whether this is a host reference, null included.
    pub fn is_extern(&self) -> bool {
        matches!(self, Ref::Extern(_))
    }

    /// The function that this refers to, `None` for null.
    ///
    /// # Panics
    ///
    /// If this is no function reference.
    pub fn unwrap_func(&self) -> Option<&Func> {
        self.as_func().expect("expected a function reference")
    }

    /// The host reference, `None` for null.
    ///
    /// # Panics
    ///
    /// If this is no host reference.
    pub fn unwrap_extern(&self) -> Option<&Rooted<ExternRef>> {
        self.as_extern().expect("expected a host reference")
    }

    /// The function, if this is one; `Some(None)` for null.
    pub fn as_func(&self) -> Option<Option<&Func>> {
        if let Ref::Func(f) = self {
            Some(f.as_ref())
        } else {
            None
        }
    }

    /// The host reference, if this is one; `Some(None)` for null.
    pub fn as_extern(&self) -> Option<Option<&Rooted<ExternRef>>> {
        if let Ref::Extern(e) = self {
            Some(e.as_ref())
        } else {
            None
        }
    }

    pub(crate) fn from_val(val: Val) -> Option<Ref> {
        Some(match val {
            Val::FuncRef(f) => Ref::Func(f),
            Val::ExternRef(e) => Ref::Extern(e),
            Val::AnyRef(a) => Ref::Any(a),
            Val::ExnRef(e) => Ref::Exn(e),
            _ => return None,
        })
    }

    fn matches(&self, store: &StoreInner, expected: m::RefType) -> Result<bool> {
        let top = expected.heap.top();
        Ok(match self {
            Ref::Func(Some(func)) => {
                let heap = m::HeapType::ConcreteFunc(func.type_id(store));
                top == HeapTop::Func
                    && store
                        .engine
                        .type_registry()
                        .heap_matches(heap, expected.heap)
            }
            Ref::Extern(Some(extern_ref)) => {
                extern_ref.to_handle(store)?;
                expected.heap == m::HeapType::Extern
            }
            Ref::Func(None) => top == HeapTop::Func && expected.nullable,
            Ref::Extern(None) => top == HeapTop::Extern && expected.nullable,
            Ref::Any(None) => top == HeapTop::Any && expected.nullable,
            Ref::Exn(None) => top == HeapTop::Exn && expected.nullable,
            Ref::Any(Some(never)) => match *never {},
            Ref::Exn(Some(never)) => match *never {},
        })
    }

    pub(crate) fn to_raw_checked(self, store: &mut StoreInner, ty: m::RefType) -> Result<u64> {
        Ok(Val::from(self).to_raw_checked(store, m::ValType::Ref(ty))? as u64)
    }

    pub(crate) fn from_raw(store: &mut StoreInner, ty: m::RefType, raw: u64) -> Ref {
        match ty.heap.top() {
            HeapTop::Func => {
                Ref::Func(NonNull::new(raw as *mut VMFuncRef).map(|ptr| Func::from_ptr(store, ptr)))
            }
            HeapTop::Extern => Ref::Extern(Rooted::from_handle(store, raw)),
            HeapTop::Any => Ref::Any(None),
            HeapTop::Exn => Ref::Exn(None),
        }
    }
}

impl From<Func> for Ref {
    fn from(f: Func) -> Ref {
        Ref::Func(Some(f))
    }
}

impl From<Option<Func>> for Ref {
    fn from(f: Option<Func>) -> Ref {
        Ref::Func(f)
    }
}

impl From<Rooted<ExternRef>> for Ref {
    fn from(e: Rooted<ExternRef>) -> Ref {
        Ref::Extern(Some(e))
    }
}

impl From<Option<Rooted<ExternRef>>> for Ref {
    fn from(e: Option<Rooted<ExternRef>>) -> Ref {
        Ref::Extern(e)
    }
}

/// Something that a module can import or export.
///
/// ```
/// use bolide::*;
///
/// let mut store = Store::<()>::default();
/// let item: Extern = Func::wrap(&mut store, |x: i32| x + 1).into();
/// assert_eq!(item.ty(&store).to_string(), "(func (param i32) (result i32))");
/// assert!(item.clone().into_memory().is_none());
/// assert!(item.into_func().is_some());
/// ```
#[derive(Clone, Debug)]
pub enum Extern {
    /// A function.
    Func(Func),
    /// A global.
    Global(Global),
    /// A table.
    Table(Table),
    /// A memory of one store.
    Memory(Memory),
    /// A memory that threads share.
    SharedMemory(SharedMemory),
    /// An exception tag.
    Tag(Tag),
}

macro_rules! extern_variants {
    ($($(#[$doc:meta])* $get:ident $variant:ident($ty:ty);)*) => {
        impl Extern {
            $(
                $(#[$doc])*
                pub fn $get(self) -> Option<$ty> {
                    if let Extern::$variant(v) = self { Some(v) } else { None }
                }
            )*
        }

        $(
            impl From<$ty> for Extern {
                fn from(v: $ty) -> Extern {
                    Extern::$variant(v)
                }
            }
        )*
    };
}

extern_variants! {
    /// The function, if this is one.
    into_func Func(Func);
    /// The global, if this is one.
    into_global Global(Global);
    /// The table, if this is one.
    into_table Table(Table);
    /// The memory, if this is one that is not shared.
    into_memory Memory(Memory);
    /// The shared memory, if this is one.
    into_shared_memory SharedMemory(SharedMemory);
    /// The exception tag, if this is one.
    into_tag Tag(Tag);
}

impl Extern {
    /// The type. The minimum size of a table or memory is its current size.
    ///
    /// # Panics
    ///
    /// If it belongs to another store.
    pub fn ty(&self, store: impl AsContext) -> ExternType {
        let store = store.as_context().inner();
        ExternType::from_raw(&store.engine, crate::instance::provided_type(store, self))
    }
}

/// An export of an instance.
///
/// ```
/// use bolide::*;
///
/// let mut store = Store::<()>::default();
/// let module = Module::new(
///     store.engine(),
///     r#"(module (memory (export "memory") 1) (func (export "run")))"#,
/// )?;
/// let instance = Instance::new(&mut store, &module, &[])?;
/// let functions: Vec<String> = instance
///     .exports(&mut store)
///     .filter_map(|export| {
///         let name = export.name().to_owned();
///         export.into_func().map(|_| name)
///     })
///     .collect();
/// assert_eq!(functions, ["run"]);
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Export<'a> {
    pub(crate) name: &'a str,
    pub(crate) definition: Extern,
}

impl<'a> Export<'a> {
    /// The name.
    pub fn name(&self) -> &'a str {
        self.name
    }

    /// The type, as [`Extern::ty`].
    ///
    /// # Panics
    ///
    /// If it belongs to another store.
    pub fn ty(&self, store: impl AsContext) -> ExternType {
        self.definition.ty(store)
    }

    /// What is exported.
    pub fn into_extern(self) -> Extern {
        self.definition
    }

    /// The function, if this is one.
    pub fn into_func(self) -> Option<Func> {
        self.definition.into_func()
    }

    /// The memory, if this is one.
    pub fn into_memory(self) -> Option<Memory> {
        self.definition.into_memory()
    }

    /// The shared memory, if this is one.
    pub fn into_shared_memory(self) -> Option<SharedMemory> {
        self.definition.into_shared_memory()
    }

    /// The table, if this is one.
    pub fn into_table(self) -> Option<Table> {
        self.definition.into_table()
    }

    /// The global, if this is one.
    pub fn into_global(self) -> Option<Global> {
        self.definition.into_global()
    }

    /// The exception tag, if this is one.
    pub fn into_tag(self) -> Option<Tag> {
        self.definition.into_tag()
    }
}
