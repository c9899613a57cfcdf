//! Finding functions and calling them, inside of the engine.

use bolide_js::rquickjs::{Ctx, Function, Object as RawObject, Value as JsValue, function};

use crate::args::Args;
use crate::error::Failure;

/// Where a path of names begins.
pub(crate) struct Root<'js> {
    object: RawObject<'js>,
    /// What errors say if it has no property of a name.
    has_no: &'static str,
}

impl<'js> Root<'js> {
    pub(crate) fn exports(object: RawObject<'js>) -> Root<'js> {
        Root {
            object,
            has_no: "there is no export",
        }
    }

    pub(crate) fn object(object: RawObject<'js>) -> Root<'js> {
        Root {
            object,
            has_no: "the object has no",
        }
    }
}

/// The property at a path of names separated by dots, and the object that it is of.
pub(crate) fn find<'js>(
    root: Root<'js>,
    path: &str,
) -> Result<(RawObject<'js>, JsValue<'js>), Failure> {
    let Root { mut object, has_no } = root;
    let mut rest = Some(path);
    let mut before = "";
    while let Some(at) = rest {
        let (name, behind) = match at.split_once('.') {
            Some((name, behind)) => (name, Some(behind)),
            None => (at, None),
        };
        let value: JsValue<'js> = object.get(name)?;
        if value.is_undefined() && !object.contains_key(name)? {
            return Err(match before {
                "" => missing(&object, has_no, name),
                before => missing(&object, &format!("`{before}` has no"), name),
            });
        }
        if behind.is_none() {
            return Ok((object, value));
        }
        before = &path[..path.len() - at.len() + name.len()];
        object = match value.into_object() {
            Some(object) => object,
            None => return Err(Failure::missing(format!("`{before}` is not an object"))),
        };
        rest = behind;
    }
    Err(missing(&object, has_no, path))
}

/// What has no property of that name, and what was perhaps meant.
fn missing(object: &RawObject<'_>, has_no: &str, name: &str) -> Failure {
    let wanted = name.to_lowercase();
    let names = crate::exports::all_names(object);
    let near = names
        .iter()
        .map(|other| {
            (
                strsim::damerau_levenshtein(&other.to_lowercase(), &wanted),
                other,
            )
        })
        .min()
        .filter(|(distance, other)| *distance <= 1 + other.len() / 4);
    Failure::missing(match near {
        Some((_, near)) => format!("{has_no} `{name}`; did you mean `{near}`?"),
        None => format!("{has_no} `{name}`"),
    })
}

/// The function at a path, and its `this`.
pub(crate) fn find_function<'js>(
    exports: RawObject<'js>,
    path: &str,
) -> Result<(JsValue<'js>, Function<'js>), Failure> {
    let (this, value) = find(Root::exports(exports), path)?;
    let this = match path.contains('.') {
        true => this.into_value(),
        false => JsValue::new_undefined(value.ctx().clone()),
    };
    match value.into_function() {
        Some(function) => Ok((this, function)),
        None => Err(Failure::missing(
            "it is a value, not a function: read it with `get`",
        )),
    }
}

/// Calls a function with the right number of arguments.
pub(crate) fn call<'js>(
    ctx: &Ctx<'js>,
    this: JsValue<'js>,
    function: &Function<'js>,
    args: impl Args,
) -> Result<JsValue<'js>, Failure> {
    check_count(function, args.count())?;
    let mut list = function::Args::new(ctx.clone(), args.count());
    list.this(this)?;
    args.push(ctx, &mut list)?;
    Ok(function.call_arg(list)?)
}

/// Makes an object of a class.
pub(crate) fn construct<'js>(
    ctx: &Ctx<'js>,
    class: Function<'js>,
    args: impl Args,
) -> Result<RawObject<'js>, Failure> {
    check_count(&class, args.count())?;
    let mut list = function::Args::new(ctx.clone(), args.count());
    args.push(ctx, &mut list)?;
    let Some(class) = class.into_value().into_constructor() else {
        return Err(Failure::missing("it is a function, not a class"));
    };
    let object: RawObject<'js> = class.construct_args(list)?;
    // The glue of a class without a constructor makes an object of nothing.
    let is_of_wasm = object.contains_key("__destroy_into_raw")?;
    if is_of_wasm && !object.contains_key("__wbg_ptr")? {
        let text = "the class has no constructor: a function of the package makes its objects";
        return Err(Failure::missing(text));
    }
    Ok(object)
}

/// Too few arguments would be `undefined`, and too many would be lost.
fn check_count(function: &Function<'_>, given: usize) -> Result<(), Failure> {
    let takes: usize = function.get("length")?;
    if takes == given || (given > takes && takes_any_number(function)) {
        return Ok(());
    }
    let plural = if takes == 1 { "" } else { "s" };
    let were = if given == 1 { "was" } else { "were" };
    Err(Failure::missing(format!(
        "it takes {takes} argument{plural}, and {given} {were} given"
    )))
}

/// Whether a function looks at arguments that it does not declare: by `...`, `arguments`, default values, or in
/// native code.
fn takes_any_number(function: &Function<'_>) -> bool {
    let source = function
        .get("toString")
        .and_then(|to_string: Function<'_>| {
            to_string.call::<_, String>((function::This(function.clone()),))
        });
    let Ok(source) = source else {
        return true;
    };
    let head = &source[..source.find('{').unwrap_or(source.len())];
    head.contains("...")
        || head.contains('=')
        || source.contains("arguments")
        || source.contains("[native code]")
}
