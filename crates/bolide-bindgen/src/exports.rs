//! What a package exports.

use bolide_js::rquickjs::{Filter, Function, Object as RawObject, Value as JsValue, function};

/// An export of a package. See [`Package::exports`](crate::Package::exports).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Export {
    /// Its name.
    pub name: String,
    /// What it is.
    pub kind: ExportKind,
}

/// What an [`Export`] is.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ExportKind {
    /// A function that takes so many arguments.
    Function(usize),
    /// A class.
    #[non_exhaustive]
    Class {
        /// How many arguments the constructor takes; 0 also if there is none.
        parameters: usize,
        /// The methods, and how many arguments they take.
        methods: Vec<(String, usize)>,
        /// The fields, getters and setters.
        properties: Vec<String>,
        /// The static methods, and how many arguments they take.
        statics: Vec<(String, usize)>,
    },
    /// Anything else: an enumeration, say.
    Value,
}

/// The names of the properties that are no part of the glue.
pub(crate) fn names(object: &RawObject<'_>) -> Vec<String> {
    let all = object.own_keys::<String>(Filter::new().string());
    let glue = |name: &str| {
        matches!(name, "default" | "initSync" | "module.exports") || name.starts_with("__")
    };
    all.flatten().filter(|name| !glue(name)).collect()
}

/// As [`names`], with those of the class of the object.
pub(crate) fn all_names(object: &RawObject<'_>) -> Vec<String> {
    let mut all = names(object);
    if let Some(prototype) = object.get_prototype() {
        all.extend(names(&prototype));
    }
    all
}

/// What the object exports, by name.
pub(crate) fn list(exports: &RawObject<'_>) -> bolide_js::rquickjs::Result<Vec<Export>> {
    let mut list = Vec::new();
    for name in names(exports) {
        let value: JsValue<'_> = exports.get(name.as_str())?;
        let kind = match value.as_function() {
            None => ExportKind::Value,
            Some(function) if is_class(function)? => class(function)?,
            Some(function) => ExportKind::Function(function.get("length")?),
        };
        list.push(Export { name, kind });
    }
    list.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(list)
}

pub(crate) fn is_class(function: &Function<'_>) -> bolide_js::rquickjs::Result<bool> {
    let to_string: Function<'_> = function.get("toString")?;
    let source: String = to_string.call((function::This(function.clone()),))?;
    Ok(source.starts_with("class"))
}

fn class(class: &Function<'_>) -> bolide_js::rquickjs::Result<ExportKind> {
    let mut methods = Vec::new();
    let mut properties = Vec::new();
    let prototype: RawObject<'_> = class.get("prototype")?;
    for name in names(&prototype) {
        if name == "constructor" {
            continue;
        }
        match method(&prototype, &name)? {
            Some(parameters) => methods.push((name, parameters)),
            None => properties.push(name),
        }
    }
    let mut statics = Vec::new();
    for name in names(class) {
        if matches!(name.as_str(), "length" | "name" | "prototype") {
            continue;
        }
        if let Some(parameters) = method(class, &name)? {
            statics.push((name, parameters));
        }
    }
    Ok(ExportKind::Class {
        parameters: class.get("length")?,
        methods,
        properties,
        statics,
    })
}

/// How many arguments the method takes; `None` if the property is no method. Getters are not run.
fn method(object: &RawObject<'_>, name: &str) -> bolide_js::rquickjs::Result<Option<usize>> {
    let constructor: RawObject<'_> = object.ctx().globals().get("Object")?;
    let describe: Function<'_> = constructor.get("getOwnPropertyDescriptor")?;
    let descriptor: RawObject<'_> = describe.call((object.clone(), name))?;
    let value: JsValue<'_> = descriptor.get("value")?;
    match value.as_function() {
        Some(function) => function.get("length").map(Some),
        None => Ok(None),
    }
}
