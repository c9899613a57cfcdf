//! JS string builtins and imported string constants (JS API, "builtins" and "imported strings").

use std::collections::HashSet;

use bolide::{Engine, ExternType, FuncType, HeapType, Module, RefType, ValType};
use rquickjs::{Ctx, Object, Value};

/// The only set of builtins, as an option and as the name of a module.
const SET: &str = "js-string";
const MODULE: &str = "wasm:js-string";

/// What `WebAssemblyCompileOptions` say.
#[derive(Clone, Debug, Default)]
pub(super) struct Options {
    pub(super) builtins: Vec<String>,
    pub(super) string_constants: Option<String>,
}

/// What an import gets without asking the import object.
#[derive(Clone, Debug)]
pub(super) enum Provided {
    /// A function of the set.
    Function(String),
    /// A string: the name of the import.
    Constant(String),
}

/// A parameter or result of a builtin.
enum Ty {
    I32,
    /// `externref`.
    Extern,
    /// `(ref extern)`.
    Text,
    /// `(ref null (array (mut i16)))`.
    Array,
}

/// The builtins with their types.
const BUILTINS: &[(&str, &[Ty], &[Ty])] = {
    use Ty::{Array, Extern, I32, Text};
    &[
        ("cast", &[Extern], &[Text]),
        ("test", &[Extern], &[I32]),
        ("fromCharCodeArray", &[Array, I32, I32], &[Text]),
        ("intoCharCodeArray", &[Extern, Array, I32], &[I32]),
        ("fromCharCode", &[I32], &[Text]),
        ("fromCodePoint", &[I32], &[Text]),
        ("charCodeAt", &[Extern, I32], &[I32]),
        ("codePointAt", &[Extern, I32], &[I32]),
        ("length", &[Extern], &[I32]),
        ("concat", &[Extern, Extern], &[Text]),
        ("substring", &[Extern, I32, I32], &[Text]),
        ("equals", &[Extern, Extern], &[I32]),
        ("compare", &[Extern, Extern], &[I32]),
    ]
};

impl Ty {
    /// The type. An array takes the import's word for its elements, because the engine has no types for them.
    fn val_type(&self, imported: Option<ValType>) -> Option<ValType> {
        let text = || RefType::new(false, HeapType::Extern);
        match self {
            Ty::I32 => Some(ValType::I32),
            Ty::Extern => Some(ValType::EXTERNREF),
            Ty::Text => Some(ValType::Ref(text())),
            Ty::Array => imported.filter(|ty| match ty.as_ref() {
                Some(ty) => {
                    ty.is_nullable() && matches!(ty.heap_type(), HeapType::ConcreteArray(_))
                }
                None => false,
            }),
        }
    }
}

/// Whether a builtin can be imported with a type.
fn matches(engine: &Engine, params: &[Ty], results: &[Ty], imported: &FuncType) -> bool {
    let types = |list: &[Ty], imported: fn(&FuncType, usize) -> Option<ValType>, ty: &FuncType| {
        let types = list.iter().enumerate();
        types
            .map(|(i, own)| own.val_type(imported(ty, i)))
            .collect::<Option<Vec<ValType>>>()
    };
    let params = types(params, FuncType::param, imported);
    let results = types(results, FuncType::result, imported);
    match (params, results) {
        (Some(params), Some(results)) => {
            FuncType::new(engine, params, results).matches(imported)
        }
        _ => false,
    }
}

/// "Validate builtins and imported strings": what each import gets.
///
/// # Errors
///
/// What is wrong, in words.
pub(super) fn resolve(
    engine: &Engine,
    module: &Module,
    options: &Options,
) -> Result<Box<[Option<Provided>]>, String> {
    let mut names = HashSet::new();
    if let Some(twice) = options.builtins.iter().find(|name| !names.insert(*name)) {
        return Err(format!("the set of builtins {twice:?} is named twice"));
    }
    let strings = options.builtins.iter().any(|name| name == SET);
    let provided = module.imports().map(|import| {
        let what = || format!("the import {:?} {:?}", import.module(), import.name());
        if options.string_constants.as_deref() == Some(import.module()) {
            let fits = match import.ty() {
                ExternType::Global(ty) => {
                    let content = ty.content().as_ref().cloned();
                    let heap = content.map(|ty| ty.heap_type().clone());
                    ty.mutability().is_const() && heap == Some(HeapType::Extern)
                }
                _ => false,
            };
            return match fits {
                true => Ok(Some(Provided::Constant(import.name().to_owned()))),
                false => Err(format!("{} must be an immutable global of type externref", what())),
            };
        }
        if !strings || import.module() != MODULE {
            return Ok(None);
        }
        let builtin = BUILTINS.iter().find(|(name, ..)| *name == import.name());
        match (builtin, import.ty()) {
            (None, _) => Ok(None),
            (Some((_, params, results)), ExternType::Func(ty))
                if matches(engine, params, results, &ty) =>
            {
                Ok(Some(Provided::Function(import.name().to_owned())))
            }
            (_, found) => Err(format!("{} has another type than the builtin: {found}", what())),
        }
    });
    provided.collect()
}

impl Provided {
    /// The value of the import.
    pub(super) fn value<'js>(&self, ctx: &Ctx<'js>) -> rquickjs::Result<Value<'js>> {
        match self {
            Provided::Function(name) => {
                let functions: Object<'js> = crate::builtins::load(ctx, "wasm/strings")?;
                functions.get(name.as_str())
            }
            Provided::Constant(text) => {
                Ok(rquickjs::String::from_str(ctx.clone(), text)?.into_value())
            }
        }
    }
}
