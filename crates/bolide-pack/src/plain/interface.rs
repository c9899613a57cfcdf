//! What a module offers and wants, in the types of the language that it was written in.

use wasmparser::ValType;

/// The functions of a module and the types that they use.
#[derive(Clone, Debug, Default)]
pub(crate) struct Interface {
    /// Exported functions, in the order of the module.
    pub(crate) functions: Vec<Function>,
    /// What is imported, WASI included.
    pub(crate) imports: Vec<Import>,
    /// The enumerations that functions use.
    pub(crate) enums: Vec<Enum>,
    /// All that the module exports.
    pub(crate) exports: Vec<String>,
}

/// An exported function.
#[derive(Clone, Debug)]
pub(crate) struct Function {
    /// Its name in JavaScript.
    pub(crate) name: String,
    /// Its name in the module.
    pub(crate) export: String,
    /// What its comment says.
    pub(crate) docs: Option<String>,
    pub(crate) signature: Signature,
}

/// Something that is imported.
#[derive(Clone, Debug)]
pub(crate) struct Import {
    pub(crate) module: String,
    pub(crate) name: String,
    /// Its signature if it is a function; else the type of JavaScript's object.
    pub(crate) kind: Result<Signature, &'static str>,
}

/// The parameters and the result of a function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Signature {
    pub(crate) parameters: Vec<Parameter>,
    /// Nothing, or one value; WebAssembly's several values only in raw signatures.
    pub(crate) results: Vec<Type>,
}

/// A parameter; its name is an identifier of JavaScript.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Parameter {
    pub(crate) name: String,
    pub(crate) ty: Type,
}

/// A type that has a meaning in JavaScript.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Type {
    Boolean,
    Number(Number),
    /// `const char *`: text in UTF-8 that ends with a zero.
    String,
    /// The enumeration with this index in the interface.
    Enum(usize, Number),
    Pointer(Pointer),
    /// A pointer to a function.
    Callback(Box<Signature>),
    /// A reference of the host: any value.
    Reference,
    /// A reference to a function of WebAssembly.
    FunctionReference,
    /// What JavaScript has no values for.
    Opaque,
}

/// A number of the machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Number {
    I8,
    U8,
    I16,
    U16,
    I32,
    U32,
    I64,
    U64,
    F32,
    F64,
}

/// A pointer to data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Pointer {
    /// The type of what it points to, as C writes it.
    pub(crate) target: String,
    /// The elements of a typed array that can be given instead.
    pub(crate) elements: Option<Number>,
    /// Whether the callee does not write there.
    pub(crate) is_const: bool,
}

/// An enumeration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Enum {
    pub(crate) name: String,
    pub(crate) members: Vec<(String, i64)>,
    pub(crate) docs: Option<String>,
    /// Whether its values are `bigint`.
    pub(crate) is_wide: bool,
}

impl Number {
    /// The integer of this many bytes.
    pub(crate) fn integer(bytes: u64, is_signed: bool) -> Option<Number> {
        Some(match (bytes, is_signed) {
            (1, true) => Number::I8,
            (1, false) => Number::U8,
            (2, true) => Number::I16,
            (2, false) => Number::U16,
            (4, true) => Number::I32,
            (4, false) => Number::U32,
            (8, true) => Number::I64,
            (8, false) => Number::U64,
            _ => return None,
        })
    }

    /// How it is passed in WebAssembly.
    pub(crate) fn value_type(self) -> ValType {
        match self {
            Number::I64 | Number::U64 => ValType::I64,
            Number::F32 => ValType::F32,
            Number::F64 => ValType::F64,
            _ => ValType::I32,
        }
    }

    /// Its type in TypeScript.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Number::I64 | Number::U64 => "bigint",
            _ => "number",
        }
    }

    /// The class of typed arrays with such elements.
    pub(crate) fn array(self) -> &'static str {
        match self {
            Number::I8 => "Int8Array",
            Number::U8 => "Uint8Array",
            Number::I16 => "Int16Array",
            Number::U16 => "Uint16Array",
            Number::I32 => "Int32Array",
            Number::U32 => "Uint32Array",
            Number::I64 => "BigInt64Array",
            Number::U64 => "BigUint64Array",
            Number::F32 => "Float32Array",
            Number::F64 => "Float64Array",
        }
    }
}

impl Type {
    /// How it is passed in WebAssembly.
    pub(crate) fn value_type(&self) -> Option<ValType> {
        match self {
            Type::Number(number) | Type::Enum(_, number) => Some(number.value_type()),
            Type::Boolean | Type::String | Type::Pointer(_) | Type::Callback(_) => {
                Some(ValType::I32)
            }
            Type::Reference => Some(ValType::EXTERNREF),
            Type::FunctionReference => Some(ValType::FUNCREF),
            Type::Opaque => None,
        }
    }

    /// What is known of a value from its type in WebAssembly alone.
    pub(crate) fn from_wasm(ty: ValType) -> Type {
        match ty {
            ValType::I32 => Type::Number(Number::I32),
            ValType::I64 => Type::Number(Number::I64),
            ValType::F32 => Type::Number(Number::F32),
            ValType::F64 => Type::Number(Number::F64),
            ValType::Ref(ty) if ty.is_func_ref() => Type::FunctionReference,
            ValType::Ref(ty) if ty.is_extern_ref() => Type::Reference,
            ValType::V128 | ValType::Ref(_) => Type::Opaque,
        }
    }
}

impl Signature {
    /// What is known of a function from its type in WebAssembly alone.
    pub(crate) fn from_wasm(parameters: &[ValType], results: &[ValType]) -> Signature {
        Signature {
            parameters: (parameters.iter().enumerate())
                .map(|(i, ty)| Parameter {
                    name: format!("arg{i}"),
                    ty: Type::from_wasm(*ty),
                })
                .collect(),
            results: results.iter().map(|ty| Type::from_wasm(*ty)).collect(),
        }
    }

    /// Whether it is passed as a function of this type in WebAssembly.
    pub(crate) fn fits(&self, parameters: &[ValType], results: &[ValType]) -> bool {
        let own = self
            .parameters
            .iter()
            .map(|parameter| parameter.ty.value_type());
        own.eq(parameters.iter().map(|ty| Some(*ty)))
            && (self.results.iter().map(Type::value_type)).eq(results.iter().map(|ty| Some(*ty)))
    }
}

impl Interface {
    /// The imports that are not WASI's: those that JavaScript must give.
    pub(crate) fn user_imports(&self) -> impl Iterator<Item = &Import> {
        self.imports.iter().filter(|import| import.module != WASI)
    }

    /// The functions of WASI that are imported.
    pub(crate) fn wasi_imports(&self) -> impl Iterator<Item = &Import> {
        self.imports.iter().filter(|import| import.module == WASI)
    }

    /// Whether JavaScript must be able to allocate the module's memory, to pass values to it.
    pub(crate) fn needs_allocation(&self) -> bool {
        let mut types =
            (self.functions.iter()).flat_map(|function| function.signature.parameters.iter());
        types.any(|parameter| match &parameter.ty {
            Type::String => true,
            Type::Pointer(pointer) => pointer.elements.is_some(),
            _ => false,
        })
    }

    /// Whether JavaScript must be able to make pointers to functions.
    pub(crate) fn needs_table(&self) -> bool {
        let mut types =
            (self.functions.iter()).flat_map(|function| function.signature.parameters.iter());
        types.any(|parameter| matches!(parameter.ty, Type::Callback(_)))
    }

    /// Whether JavaScript can be called from within a call, and so throw through it.
    pub(crate) fn calls_back(&self) -> bool {
        self.needs_table() || self.user_imports().any(|import| import.kind.is_ok())
    }
}

/// The module that WASI's functions are imported from.
pub(crate) const WASI: &str = "wasi_snapshot_preview1";
