//! Types as embedders see them: like those of `bolide-module`, but holding on to their engine.

use std::fmt;
use std::sync::Arc;

use bolide_module as m;
pub use bolide_module::IndexType;

use crate::engine::Engine;
use crate::val::Val;

/// A function type, registered with an engine.
///
/// ```
/// use bolide::*;
///
/// let engine = Engine::default();
/// let ty = FuncType::new(&engine, [ValType::I32, ValType::F64], [ValType::I64]);
/// assert_eq!(ty.to_string(), "(func (param i32 f64) (result i64))");
/// assert_eq!(ty.param(1), Some(ValType::F64));
/// assert_eq!(ty.results().len(), 1);
///
/// // Equal types of one engine are one type.
/// let same = FuncType::new(&engine, ty.params(), ty.results());
/// assert_eq!(ty, same);
/// ```
#[derive(Clone)]
pub struct FuncType {
    engine: Engine,
    id: m::TypeId,
    ty: Arc<m::FuncType>,
    /// Keeps `id` registered.
    _guard: Arc<m::TypeGuard>,
}

impl FuncType {
    /// Makes a function type.
    ///
    /// # Panics
    ///
    /// If there are more than 1,000 parameters or results, or one of them belongs to another engine.
    pub fn new(
        engine: &Engine,
        params: impl IntoIterator<Item = ValType>,
        results: impl IntoIterator<Item = ValType>,
    ) -> FuncType {
        let raw = |ty: ValType| {
            if let ValType::Ref(r) = &ty
                && let HeapType::ConcreteFunc(func) = r.heap_type()
            {
                assert!(
                    Engine::same(func.engine(), engine),
                    "a function type refers to a type of another engine"
                );
            }
            ty.to_raw()
        };
        let list = |types: Vec<m::ValType>| {
            assert!(
                types.len() <= 1000,
                "a function type has at most 1,000 parameters and results"
            );
            types.into_boxed_slice()
        };
        let ty = m::FuncType {
            params: list(params.into_iter().map(raw).collect()),
            results: list(results.into_iter().map(raw).collect()),
        };
        let mut guard = m::TypeGuard::new(engine.type_registry().clone());
        let id = guard.intern_func(ty);
        FuncType::guarded(engine, id, guard)
    }

    /// The function type with a registered id.
    pub(crate) fn from_id(engine: &Engine, id: m::TypeId) -> FuncType {
        let mut guard = m::TypeGuard::new(engine.type_registry().clone());
        guard.retain(id);
        FuncType::guarded(engine, id, guard)
    }

    fn guarded(engine: &Engine, id: m::TypeId, guard: m::TypeGuard) -> FuncType {
        FuncType {
            engine: engine.clone(),
            id,
            ty: engine.type_registry().func_type(id),
            _guard: Arc::new(guard),
        }
    }

    pub(crate) fn id(&self) -> m::TypeId {
        self.id
    }

    pub(crate) fn raw(&self) -> &m::FuncType {
        &self.ty
    }

    /// The engine that the type is registered with.
    pub fn engine(&self) -> &Engine {
        &self.engine
    }

    /// Parameter types.
    pub fn params(&self) -> impl ExactSizeIterator<Item = ValType> + '_ {
        self.ty
            .params
            .iter()
            .map(|t| ValType::from_raw(&self.engine, *t))
    }

    /// Result types.
    pub fn results(&self) -> impl ExactSizeIterator<Item = ValType> + '_ {
        self.ty
            .results
            .iter()
            .map(|t| ValType::from_raw(&self.engine, *t))
    }

    /// The type of one parameter.
    pub fn param(&self, i: usize) -> Option<ValType> {
        let ty = self.ty.params.get(i)?;
        Some(ValType::from_raw(&self.engine, *ty))
    }

    /// The type of one result.
    pub fn result(&self, i: usize) -> Option<ValType> {
        let ty = self.ty.results.get(i)?;
        Some(ValType::from_raw(&self.engine, *ty))
    }

    /// Whether a function of this type can be used where `other` is expected.
    pub fn matches(&self, other: &FuncType) -> bool {
        self.engine.type_registry().is_subtype(self.id, other.id)
    }
}

impl PartialEq for FuncType {
    fn eq(&self, other: &FuncType) -> bool {
        Engine::same(&self.engine, &other.engine) && self.id == other.id
    }
}

impl Eq for FuncType {}

fn write_list(
    f: &mut fmt::Formatter<'_>,
    word: &str,
    types: impl Iterator<Item = ValType>,
) -> fmt::Result {
    let mut types = types.peekable();
    if types.peek().is_some() {
        write!(f, " ({word}")?;
        for ty in types {
            match &ty {
                // Function types can be recursive.
                ValType::Ref(RefType {
                    nullable,
                    heap_type: HeapType::ConcreteFunc(func),
                }) => {
                    let null = if *nullable { "null " } else { "" };
                    write!(f, " (ref {null}(func #{}))", func.id.0)?;
                }
                ty => write!(f, " {ty}")?,
            }
        }
        write!(f, ")")?;
    }
    Ok(())
}

impl fmt::Display for FuncType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "(func")?;
        write_list(f, "param", self.params())?;
        write_list(f, "result", self.results())?;
        write!(f, ")")
    }
}

impl fmt::Debug for FuncType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A value type.
///
/// ```
/// use bolide::*;
///
/// assert!(ValType::F32.is_num());
/// assert!(ValType::FUNCREF.is_ref());
/// assert_eq!(ValType::EXTERNREF.to_string(), "externref");
/// assert_eq!(ValType::I64.default_value().unwrap().unwrap_i64(), 0);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ValType {
    /// 32-bit integer.
    I32,
    /// 64-bit integer.
    I64,
    /// 32-bit float.
    F32,
    /// 64-bit float.
    F64,
    /// 128-bit vector.
    V128,
    /// Reference.
    Ref(RefType),
}

impl ValType {
    /// `(ref null func)`.
    pub const FUNCREF: ValType = ValType::Ref(RefType::FUNCREF);
    /// `(ref null extern)`.
    pub const EXTERNREF: ValType = ValType::Ref(RefType::EXTERNREF);

    pub(crate) fn from_raw(engine: &Engine, ty: m::ValType) -> ValType {
        match ty {
            m::ValType::I32 => ValType::I32,
            m::ValType::I64 => ValType::I64,
            m::ValType::F32 => ValType::F32,
            m::ValType::F64 => ValType::F64,
            m::ValType::V128 => ValType::V128,
            m::ValType::Ref(r) => ValType::Ref(RefType::from_raw(engine, r)),
        }
    }

    pub(crate) fn to_raw(&self) -> m::ValType {
        match self {
            ValType::I32 => m::ValType::I32,
            ValType::I64 => m::ValType::I64,
            ValType::F32 => m::ValType::F32,
            ValType::F64 => m::ValType::F64,
            ValType::V128 => m::ValType::V128,
            ValType::Ref(r) => m::ValType::Ref(r.to_raw()),
        }
    }

    /// Whether this is a number type: an integer or a float, but not a vector.
    pub fn is_num(&self) -> bool {
        !self.is_ref() && !self.is_v128()
    }

    /// Whether this is the vector type.
    pub fn is_v128(&self) -> bool {
        *self == ValType::V128
    }

    /// Whether this is `(ref null func)`.
    pub fn is_funcref(&self) -> bool {
        *self == ValType::FUNCREF
    }

    /// Whether this is `(ref null extern)`.
    pub fn is_externref(&self) -> bool {
        *self == ValType::EXTERNREF
    }

    /// The reference type, if this is one.
    pub fn as_ref(&self) -> Option<&RefType> {
        match self {
            ValType::Ref(ty) => Some(ty),
            _ => None,
        }
    }

    /// The reference type.
    ///
    /// # Panics
    ///
    /// If this is another type.
    pub fn unwrap_ref(&self) -> &RefType {
        self.as_ref().expect("expected a reference type")
    }

    /// Zero or null of this type; `None` for references that cannot be null.
    pub fn default_value(&self) -> Option<Val> {
        Val::default_for_ty(self)
    }

    /// Whether this is a reference type.
    pub fn is_ref(&self) -> bool {
        matches!(self, ValType::Ref(_))
    }
}

impl fmt::Display for ValType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ValType::I32 => f.write_str("i32"),
            ValType::I64 => f.write_str("i64"),
            ValType::F32 => f.write_str("f32"),
            ValType::F64 => f.write_str("f64"),
            ValType::V128 => f.write_str("v128"),
            ValType::Ref(r) => r.fmt(f),
        }
    }
}

/// A reference type.
///
/// ```
/// use bolide::*;
///
/// let ty = RefType::new(false, HeapType::Func);
/// assert_eq!(ty.to_string(), "(ref func)");
/// assert!(!ty.is_nullable());
/// assert!(RefType::EXTERNREF.is_nullable());
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefType {
    nullable: bool,
    heap_type: HeapType,
}

impl RefType {
    /// `(ref null func)`.
    pub const FUNCREF: RefType = RefType::new(true, HeapType::Func);
    /// `(ref null extern)`.
    pub const EXTERNREF: RefType = RefType::new(true, HeapType::Extern);

    /// Makes a reference type.
    pub const fn new(nullable: bool, heap_type: HeapType) -> RefType {
        RefType {
            nullable,
            heap_type,
        }
    }

    /// Whether null belongs to the type.
    pub fn is_nullable(&self) -> bool {
        self.nullable
    }

    /// What is referred to.
    pub fn heap_type(&self) -> &HeapType {
        &self.heap_type
    }

    pub(crate) fn from_raw(engine: &Engine, ty: m::RefType) -> RefType {
        RefType::new(ty.nullable, HeapType::from_raw(engine, ty.heap))
    }

    pub(crate) fn to_raw(&self) -> m::RefType {
        m::RefType {
            nullable: self.nullable,
            heap: self.heap_type.to_raw(),
        }
    }
}

impl fmt::Display for RefType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.nullable, &self.heap_type) {
            (true, HeapType::Func) => f.write_str("funcref"),
            (true, HeapType::Extern) => f.write_str("externref"),
            (true, heap) => write!(f, "(ref null {heap})"),
            (false, heap) => write!(f, "(ref {heap})"),
        }
    }
}

macro_rules! heap_types {
    ($($(#[$doc:meta])* $name:ident = $text:literal;)*) => {
        /// A heap type.
        ///
        /// ```
        /// use bolide::*;
        ///
        /// let engine = Engine::default();
        /// let callback = HeapType::ConcreteFunc(FuncType::new(&engine, [ValType::I32], []));
        /// let ty = RefType::new(true, callback);
        /// assert_eq!(ty.to_string(), "(ref null (func (param i32)))");
        /// ```
        #[derive(Clone, Debug, PartialEq, Eq)]
        #[non_exhaustive]
        pub enum HeapType {
            $($(#[$doc])* $name,)*
            /// A function type.
            ConcreteFunc(FuncType),
            /// A structure type.
            ConcreteStruct(GcType),
            /// An array type.
            ConcreteArray(GcType),
        }

        impl HeapType {
            fn from_raw(engine: &Engine, ty: m::HeapType) -> HeapType {
                match ty {
                    $(m::HeapType::$name => HeapType::$name,)*
                    m::HeapType::ConcreteFunc(id) => HeapType::ConcreteFunc(FuncType::from_id(engine, id)),
                    m::HeapType::ConcreteStruct(id) => HeapType::ConcreteStruct(GcType(id)),
                    m::HeapType::ConcreteArray(id) => HeapType::ConcreteArray(GcType(id)),
                }
            }

            fn to_raw(&self) -> m::HeapType {
                match self {
                    $(HeapType::$name => m::HeapType::$name,)*
                    HeapType::ConcreteFunc(ty) => m::HeapType::ConcreteFunc(ty.id),
                    HeapType::ConcreteStruct(ty) => m::HeapType::ConcreteStruct(ty.0),
                    HeapType::ConcreteArray(ty) => m::HeapType::ConcreteArray(ty.0),
                }
            }
        }

        impl fmt::Display for HeapType {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                match self {
                    $(HeapType::$name => f.write_str($text),)*
                    HeapType::ConcreteFunc(ty) => ty.fmt(f),
                    HeapType::ConcreteStruct(ty) => write!(f, "(struct #{})", ty.0.0),
                    HeapType::ConcreteArray(ty) => write!(f, "(array #{})", ty.0.0),
                }
            }
        }
    };
}

heap_types! {
    /// Any function.
    Func = "func";
    /// Bottom of the function hierarchy.
    NoFunc = "nofunc";
    /// Any host value.
    Extern = "extern";
    /// Bottom of the external hierarchy.
    NoExtern = "noextern";
    /// Any internal value.
    Any = "any";
    /// Internal values with identity.
    Eq = "eq";
    /// Unboxed 31-bit integers.
    I31 = "i31";
    /// Any structure.
    Struct = "struct";
    /// Any array.
    Array = "array";
    /// Bottom of the internal hierarchy.
    None = "none";
    /// Any exception.
    Exn = "exn";
    /// Bottom of the exception hierarchy.
    NoExn = "noexn";
}

/// A structure or array type: opaque, because the engine has no such values yet.
///
/// ```
/// use bolide::*;
///
/// // The engine loads modules that declare such types, but has no values of them.
/// let engine = Engine::default();
/// let module = Module::new(
///     &engine,
///     r#"(module (type $point (struct (field i32) (field i32)))
///         (func (export "is_null") (param (ref null $point)) (result i32) (ref.is_null (local.get 0))))"#,
/// )?;
/// let ty = module.get_export("is_null").unwrap();
/// let param = ty.unwrap_func().param(0).unwrap();
/// let HeapType::ConcreteStruct(point) = param.unwrap_ref().heap_type() else { unreachable!() };
/// let _: &GcType = point;
/// # Ok::<(), Error>(())
/// ```
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub struct GcType(m::TypeId);

/// Whether a global can change.
///
/// ```
/// use bolide::*;
///
/// let engine = Engine::default();
/// let module = Module::new(&engine, r#"(module (global (export "pi") f64 (f64.const 3.14)))"#)?;
/// let pi = module.get_export("pi").unwrap();
/// assert_eq!(pi.unwrap_global().mutability(), Mutability::Const);
/// # Ok::<(), Error>(())
/// ```
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum Mutability {
    /// It cannot.
    Const,
    /// It can.
    Var,
}

impl Mutability {
    /// Whether the global cannot change.
    pub fn is_const(self) -> bool {
        self == Mutability::Const
    }

    /// Whether the global can change.
    pub fn is_var(self) -> bool {
        self == Mutability::Var
    }
}

/// The type of a global.
///
/// ```
/// use bolide::*;
///
/// let ty = GlobalType::new(ValType::I64, Mutability::Var);
/// assert_eq!(ty.content(), &ValType::I64);
/// assert!(ty.mutability().is_var());
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GlobalType {
    content: ValType,
    mutability: Mutability,
}

impl GlobalType {
    /// Makes a global type.
    pub fn new(content: ValType, mutability: Mutability) -> GlobalType {
        GlobalType {
            content,
            mutability,
        }
    }

    /// The type of the value.
    pub fn content(&self) -> &ValType {
        &self.content
    }

    /// Whether the value can change.
    pub fn mutability(&self) -> Mutability {
        self.mutability
    }

    pub(crate) fn from_raw(engine: &Engine, ty: m::GlobalType) -> GlobalType {
        GlobalType {
            content: ValType::from_raw(engine, ty.content),
            mutability: if ty.mutable {
                Mutability::Var
            } else {
                Mutability::Const
            },
        }
    }

    pub(crate) fn to_raw(&self) -> m::GlobalType {
        m::GlobalType {
            content: self.content.to_raw(),
            mutable: self.mutability == Mutability::Var,
        }
    }
}

/// The type of a table.
///
/// ```
/// use bolide::*;
///
/// let ty = TableType::new(RefType::FUNCREF, 10, Some(100));
/// assert_eq!((ty.minimum(), ty.maximum()), (10, Some(100)));
/// assert!(TableType::new64(RefType::EXTERNREF, 0, None).is_64());
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableType {
    element: RefType,
    index: IndexType,
    minimum: u64,
    maximum: Option<u64>,
}

impl TableType {
    /// Makes the type of a table with 32-bit indices.
    pub fn new(element: RefType, minimum: u32, maximum: Option<u32>) -> TableType {
        TableType {
            element,
            index: IndexType::I32,
            minimum: minimum.into(),
            maximum: maximum.map(u64::from),
        }
    }

    /// Makes the type of a table with 64-bit indices.
    pub fn new64(element: RefType, minimum: u64, maximum: Option<u64>) -> TableType {
        TableType {
            element,
            index: IndexType::I64,
            minimum,
            maximum,
        }
    }

    /// The type of the elements.
    pub fn element(&self) -> &RefType {
        &self.element
    }

    /// Whether indices are 64-bit.
    pub fn is_64(&self) -> bool {
        self.index == IndexType::I64
    }

    /// Initial number of elements.
    pub fn minimum(&self) -> u64 {
        self.minimum
    }

    /// Largest number of elements.
    pub fn maximum(&self) -> Option<u64> {
        self.maximum
    }

    pub(crate) fn from_raw(engine: &Engine, ty: m::TableType) -> TableType {
        TableType {
            element: RefType::from_raw(engine, ty.element),
            index: ty.index,
            minimum: ty.minimum,
            maximum: ty.maximum,
        }
    }

    pub(crate) fn to_raw(&self) -> m::TableType {
        m::TableType {
            element: self.element.to_raw(),
            index: self.index,
            minimum: self.minimum,
            maximum: self.maximum,
        }
    }
}

/// The type of a linear memory. Sizes are in pages of 64 KiB.
///
/// ```
/// use bolide::*;
///
/// let ty = MemoryType::new(1, Some(16));
/// assert_eq!((ty.minimum(), ty.maximum()), (1, Some(16)));
/// assert_eq!(ty.page_size(), 65536);
/// assert!(MemoryType::new64(1, None).is_64());
/// assert!(MemoryType::shared(1, 16).is_shared());
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MemoryType(m::MemoryType);

impl MemoryType {
    /// Makes the type of a memory with 32-bit addresses.
    pub fn new(minimum: u32, maximum: Option<u32>) -> MemoryType {
        MemoryType(m::MemoryType {
            index: IndexType::I32,
            shared: false,
            minimum: minimum.into(),
            maximum: maximum.map(u64::from),
        })
    }

    /// Makes the type of a memory with 64-bit addresses.
    pub fn new64(minimum: u64, maximum: Option<u64>) -> MemoryType {
        MemoryType(m::MemoryType {
            index: IndexType::I64,
            shared: false,
            minimum,
            maximum,
        })
    }

    /// Makes the type of a shared memory with 32-bit addresses.
    pub fn shared(minimum: u32, maximum: u32) -> MemoryType {
        MemoryType(m::MemoryType {
            index: IndexType::I32,
            shared: true,
            minimum: minimum.into(),
            maximum: Some(maximum.into()),
        })
    }

    /// Makes the type of a shared memory with 64-bit addresses.
    pub fn shared64(minimum: u64, maximum: u64) -> MemoryType {
        MemoryType(m::MemoryType {
            index: IndexType::I64,
            shared: true,
            minimum,
            maximum: Some(maximum),
        })
    }

    /// Whether addresses are 64-bit.
    pub fn is_64(&self) -> bool {
        self.0.index == IndexType::I64
    }

    /// Whether several threads may access the memory.
    pub fn is_shared(&self) -> bool {
        self.0.shared
    }

    /// Initial size in pages.
    pub fn minimum(&self) -> u64 {
        self.0.minimum
    }

    /// Largest size in pages.
    pub fn maximum(&self) -> Option<u64> {
        self.0.maximum
    }

    /// Bytes in a page.
    pub fn page_size(&self) -> u64 {
        m::WASM_PAGE_SIZE
    }

    pub(crate) fn from_raw(ty: m::MemoryType) -> MemoryType {
        MemoryType(ty)
    }

    pub(crate) fn to_raw(&self) -> m::MemoryType {
        self.0
    }
}

/// The type of an exception tag.
///
/// ```
/// use bolide::*;
///
/// let engine = Engine::default();
/// let tag = TagType::new(FuncType::new(&engine, [ValType::I32], []));
/// assert_eq!(tag.ty().param(0), Some(ValType::I32));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TagType(FuncType);

impl TagType {
    /// Makes a tag type from a function type without results.
    pub fn new(ty: FuncType) -> TagType {
        TagType(ty)
    }

    /// The function type whose parameters are the payload.
    pub fn ty(&self) -> &FuncType {
        &self.0
    }
}

/// The type of an import or export.
///
/// ```
/// use bolide::*;
///
/// let engine = Engine::default();
/// let module = Module::new(&engine, r#"(module (memory (export "memory") 1 4))"#)?;
/// match module.get_export("memory") {
///     Some(ExternType::Memory(ty)) => assert_eq!(ty.maximum(), Some(4)),
///     other => panic!("expected a memory, found {other:?}"),
/// }
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ExternType {
    /// A function.
    Func(FuncType),
    /// A global.
    Global(GlobalType),
    /// A table.
    Table(TableType),
    /// A memory.
    Memory(MemoryType),
    /// An exception tag.
    Tag(TagType),
}

impl ExternType {
    pub(crate) fn from_raw(engine: &Engine, ty: m::EntityType) -> ExternType {
        match ty {
            m::EntityType::Func(id) => ExternType::Func(FuncType::from_id(engine, id)),
            m::EntityType::Global(ty) => ExternType::Global(GlobalType::from_raw(engine, ty)),
            m::EntityType::Table(ty) => ExternType::Table(TableType::from_raw(engine, ty)),
            m::EntityType::Memory(ty) => ExternType::Memory(MemoryType::from_raw(ty)),
            m::EntityType::Tag(ty) => ExternType::Tag(TagType(FuncType::from_id(engine, ty.func))),
        }
    }
}

macro_rules! extern_types {
    ($($(#[$doc:meta])* $get:ident $unwrap:ident $variant:ident($ty:ty);)*) => {
        impl ExternType {$(
            $(#[$doc])*
            pub fn $get(&self) -> Option<&$ty> {
                if let ExternType::$variant(ty) = self { Some(ty) } else { None }
            }

            #[doc = concat!("The type that [`ExternType::", stringify!($get), "`] finds.")]
            ///
            /// # Panics
            ///
            /// If this is the type of something else.
            pub fn $unwrap(&self) -> &$ty {
                self.$get().expect(concat!("expected ", stringify!($ty)))
            }
        )*}

        $(
            impl From<$ty> for ExternType {
                fn from(ty: $ty) -> ExternType {
                    ExternType::$variant(ty)
                }
            }
        )*
    };
}

extern_types! {
    /// The function type, if this is one.
    func unwrap_func Func(FuncType);
    /// The global type, if this is one.
    global unwrap_global Global(GlobalType);
    /// The table type, if this is one.
    table unwrap_table Table(TableType);
    /// The memory type, if this is one.
    memory unwrap_memory Memory(MemoryType);
    /// The tag type, if this is one.
    tag unwrap_tag Tag(TagType);
}

impl fmt::Display for ExternType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let limits = |f: &mut fmt::Formatter<'_>, min: u64, max: Option<u64>| match max {
            Some(max) => write!(f, " {min} {max}"),
            None => write!(f, " {min}"),
        };
        match self {
            ExternType::Func(ty) => ty.fmt(f),
            ExternType::Global(ty) if ty.mutability == Mutability::Var => {
                write!(f, "(global (mut {}))", ty.content)
            }
            ExternType::Global(ty) => write!(f, "(global {})", ty.content),
            ExternType::Table(ty) => {
                write!(f, "(table{}", if ty.is_64() { " i64" } else { "" })?;
                limits(f, ty.minimum, ty.maximum)?;
                write!(f, " {})", ty.element)
            }
            ExternType::Memory(ty) => {
                write!(f, "(memory{}", if ty.is_64() { " i64" } else { "" })?;
                limits(f, ty.minimum(), ty.maximum())?;
                write!(f, "{})", if ty.is_shared() { " shared" } else { "" })
            }
            ExternType::Tag(ty) => write!(f, "(tag {})", ty.0),
        }
    }
}

/// An import of a module.
///
/// ```
/// use bolide::*;
///
/// let engine = Engine::default();
/// let module = Module::new(&engine, r#"(module (import "env" "now" (func (result i64))))"#)?;
/// let import: ImportType<'_> = module.imports().next().unwrap();
/// assert_eq!((import.module(), import.name()), ("env", "now"));
/// assert_eq!(import.ty().to_string(), "(func (result i64))");
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct ImportType<'a> {
    pub(crate) module: &'a str,
    pub(crate) name: &'a str,
    pub(crate) ty: ExternType,
}

impl<'a> ImportType<'a> {
    /// Module name.
    pub fn module(&self) -> &'a str {
        self.module
    }

    /// Field name.
    pub fn name(&self) -> &'a str {
        self.name
    }

    /// What is expected.
    pub fn ty(&self) -> ExternType {
        self.ty.clone()
    }
}

/// An export of a module.
///
/// ```
/// use bolide::*;
///
/// let engine = Engine::default();
/// let module = Module::new(&engine, r#"(module (table (export "callbacks") 8 funcref))"#)?;
/// let export: ExportType<'_> = module.exports().next().unwrap();
/// assert_eq!(export.name(), "callbacks");
/// assert_eq!(export.ty().to_string(), "(table 8 funcref)");
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct ExportType<'a> {
    pub(crate) name: &'a str,
    pub(crate) ty: ExternType,
}

impl<'a> ExportType<'a> {
    /// Name.
    pub fn name(&self) -> &'a str {
        self.name
    }

    /// What is exported.
    pub fn ty(&self) -> ExternType {
        self.ty.clone()
    }
}
