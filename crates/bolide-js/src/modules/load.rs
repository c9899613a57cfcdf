//! From the name of a module to the module: its format, its source, and what stands in for what is no JavaScript.
//!
//! A name is the module's URL. Modules of other types than JavaScript have the type before it (`json:file:///…`),
//! so that one file can be loaded as several types.

use std::path::{Path, PathBuf};

use rquickjs::{ArrayBuffer, Ctx, Function, Object, Persistent, Value};
use url::Url;

use super::graph::original_name;
use super::hooks::{self, ModulePointer};
use super::package::PackageType;
use super::resolve::{Location, PROVIDED, Resolver};
use super::syntax;
use super::url::{Importer, to_path};
use super::{lexer, wasm};
use crate::agent::{AgentRef, agent};
use crate::error::{ErrorClass, HostError, OrThrow, thrown};

/// What stands for a module that could not be loaded, within a graph that is refused as a whole.
const PLACEHOLDER: &str = "bolide:failed";

/// What a file contains.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub(super) enum Format {
    Module,
    CommonJs,
    Json,
    Wasm,
}

impl Format {
    pub(super) fn name(self) -> &'static str {
        match self {
            Format::Module => "module",
            Format::CommonJs => "commonjs",
            Format::Json => "json",
            Format::Wasm => "wasm",
        }
    }
}

/// The importer of a module or script with this name, as QuickJS calls it.
pub(super) fn importer(agent: &AgentRef, base: &str) -> Importer {
    let base = original_name(base);
    if base.starts_with('/') {
        return Importer::new(super::url::from_path(Path::new(base)));
    }
    if let Ok(url) = Url::parse(base)
        && matches!(url.scheme(), "file" | "data")
    {
        return Importer::new(url);
    }
    // Code of `eval` and `new Function`, whose own module is not known.
    let main = agent.modules.main_url();
    match main.and_then(|url| Url::parse(&url).ok()) {
        Some(url) => Importer::new(url),
        None => Importer::folder(&agent.settings.cwd, base),
    }
}

pub(super) fn resolver(agent: &AgentRef) -> Resolver<'_> {
    Resolver {
        files: &agent.files,
        packages: &agent.modules.packages,
        import_map: agent.modules.import_map.get(),
        provided: &agent.modules.provided,
    }
}

/// QuickJS asks for the name of the module that `specifier` means in the module or script `base`.
pub(super) fn normalize<'js>(
    ctx: &Ctx<'js>,
    base: &str,
    specifier: &str,
    attributes: Option<Object<'js>>,
) -> rquickjs::Result<String> {
    let agent = agent(ctx);
    let graph = &agent.modules.graph;
    let result = name_of(ctx, &agent, base, specifier, attributes);
    let result = result.map(|name| graph.current_name(name));
    let failure = match &result {
        Ok(name) => graph.failure(ctx, name),
        Err(error) => error.clone().into_value(ctx).ok(),
    };
    match (result, failure) {
        (Ok(name), None) => {
            match graph.is_loading() {
                true => graph.add_import(base, &name),
                false => graph.ensure_linked(ctx, &name)?,
            }
            Ok(name)
        }
        (_, Some(reason)) if graph.is_loading() => {
            graph.fail(ctx, base, reason);
            Ok(PLACEHOLDER.to_owned())
        }
        (_, Some(reason)) => Err(ctx.throw(reason)),
        (Err(error), None) => Err(error.throw(ctx)),
    }
}

fn name_of<'js>(
    ctx: &Ctx<'js>,
    agent: &AgentRef,
    base: &str,
    specifier: &str,
    attributes: Option<Object<'js>>,
) -> Result<String, HostError> {
    let kind = attribute_type(ctx, attributes)?;
    let importer = importer(agent, base);
    if let Some(rest) = specifier.strip_prefix(syntax::SOURCE_PHASE) {
        let location = resolver(agent).import(rest, &importer)?;
        return Ok(format!("source:{}", location.url()));
    }
    let location = resolver(agent).import(specifier, &importer)?;
    let url = location.url();
    match kind.as_deref() {
        None => Ok(url),
        Some(kind) => Ok(format!("{kind}:{url}")),
    }
}

/// The attribute `type`. Node knows `json`; `text` and `bytes` are proposals of the standard.
fn attribute_type<'js>(
    ctx: &Ctx<'js>,
    attributes: Option<Object<'js>>,
) -> Result<Option<String>, HostError> {
    let mut kind = None;
    let entries = attributes.iter().flat_map(Object::props::<String, String>);
    for entry in entries {
        let Ok((key, value)) = entry else {
            ctx.catch();
            continue;
        };
        if key != "type" {
            let message =
                format!("Import attribute \"{key}\" with value \"{value}\" is not supported");
            let error = HostError::type_error(message);
            return Err(error.with_code("ERR_IMPORT_ATTRIBUTE_UNSUPPORTED"));
        }
        if !matches!(value.as_str(), "json" | "text" | "bytes") {
            let message = format!(
                "Import attribute \"type\" with value \"{value}\" is not supported; \"json\", \"text\" and \"bytes\" are"
            );
            let error = HostError::type_error(message);
            return Err(error.with_code("ERR_IMPORT_ATTRIBUTE_UNSUPPORTED"));
        }
        kind = Some(value);
    }
    Ok(kind)
}

/// QuickJS asks for the module of this name; outside of a graph it does so for `import()` only.
pub(super) fn requested<'js>(ctx: &Ctx<'js>, name: &str) -> rquickjs::Result<ModulePointer> {
    let graph = &agent(ctx).modules.graph;
    let imported = !graph.is_loading();
    let module = module(ctx, name)?;
    if imported {
        graph.ensure_linked(ctx, name)?;
    }
    Ok(module)
}

/// Loads the module of this name and what it imports.
pub(super) fn module<'js>(ctx: &Ctx<'js>, name: &str) -> rquickjs::Result<ModulePointer> {
    let agent = agent(ctx);
    let placeholder = || synthesize_value(ctx, PLACEHOLDER, Value::new_undefined(ctx.clone()));
    if name == PLACEHOLDER {
        return placeholder();
    }
    let graph = &agent.modules.graph;
    graph.load(ctx, name, || build(ctx, &agent, name), placeholder)
}

fn build<'js>(ctx: &Ctx<'js>, agent: &AgentRef, name: &str) -> rquickjs::Result<ModulePointer> {
    let url = original_name(name);
    if url.starts_with("node:") {
        return builtin(ctx, url);
    }
    if let Some(specifier) = url.strip_prefix(PROVIDED) {
        return provided(ctx, name, specifier);
    }
    for kind in ["json", "text", "bytes", "source"] {
        if let Some(url) = url
            .strip_prefix(kind)
            .and_then(|rest| rest.strip_prefix(':'))
        {
            let bytes = read(ctx, agent, url)?;
            return match kind {
                "json" => json(ctx, agent, name, url, bytes),
                "text" => {
                    let text = rquickjs::String::from_str(ctx.clone(), &decode(&bytes))?;
                    synthesize_value(ctx, name, text.into_value())
                }
                "bytes" => bytes_module(ctx, name, bytes),
                _ => source_phase(ctx, agent, name, url, bytes),
            };
        }
    }
    if url.starts_with("data:") {
        return data(ctx, agent, name, url);
    }
    let path = file_path(url).or_throw(ctx)?;
    let source = agent.files.read(&path).or_throw(ctx)?;
    let format = format(agent, &path, &source, false).or_throw(ctx)?;
    from_source(ctx, agent, name, format, source)
}

fn from_source<'js>(
    ctx: &Ctx<'js>,
    agent: &AgentRef,
    name: &str,
    format: Format,
    source: Vec<u8>,
) -> rquickjs::Result<ModulePointer> {
    match format {
        Format::Module => javascript(ctx, agent, name, source),
        Format::CommonJs => commonjs(ctx, agent, name, &source),
        Format::Wasm => wasm::instance_module(ctx, name, source),
        Format::Json => {
            let message = format!(
                "Module \"{name}\" needs an import attribute of \"type: json\": add `with {{ type: \"json\" }}`"
            );
            let error = HostError::type_error(message);
            Err(error.with_code("ERR_IMPORT_ATTRIBUTE_MISSING").throw(ctx))
        }
    }
}

fn file_path(url: &str) -> Result<PathBuf, HostError> {
    let path = Url::parse(url).ok().and_then(|url| to_path(&url));
    path.ok_or_else(|| HostError::error(format!("'{url}' is no file")))
}

fn read<'js>(ctx: &Ctx<'js>, agent: &AgentRef, url: &str) -> rquickjs::Result<Vec<u8>> {
    if url.starts_with("data:") {
        return Ok(DataUrl::parse(url).or_throw(ctx)?.bytes);
    }
    let path = file_path(url).or_throw(ctx)?;
    agent.files.read(&path).or_throw(ctx)
}

/// The module whose default export is what `import source` binds.
fn source_phase<'js>(
    ctx: &Ctx<'js>,
    agent: &AgentRef,
    name: &str,
    url: &str,
    bytes: Vec<u8>,
) -> rquickjs::Result<ModulePointer> {
    let is_wasm = match file_path(url) {
        Ok(path) => format(agent, &path, &bytes, false).or_throw(ctx)? == Format::Wasm,
        Err(_) => DataUrl::parse(url).or_throw(ctx)?.mime == "application/wasm",
    };
    if !is_wasm {
        let message = format!(
            "Source phase import object is not defined for module '{url}'; WebAssembly modules have one"
        );
        return Err(HostError::new(ErrorClass::Syntax, message).throw(ctx));
    }
    let module = wasm::source_object(ctx, url, bytes)?;
    synthesize_value(ctx, name, module)
}

/// What a file contains, by its ending, the package's `"type"`, and its syntax. `main`: the file was named on the
/// command line, so that an unknown ending means JavaScript.
pub(super) fn format(
    agent: &AgentRef,
    path: &Path,
    source: &[u8],
    main: bool,
) -> Result<Format, HostError> {
    let ending = path.extension().and_then(|ending| ending.to_str());
    if source.starts_with(b"\0asm") {
        return Ok(Format::Wasm);
    }
    match ending {
        Some("mjs") => Ok(Format::Module),
        Some("cjs") => Ok(Format::CommonJs),
        Some("json") => Ok(Format::Json),
        Some("wasm") => Ok(Format::Wasm),
        Some("js") | None => by_package(agent, path, source),
        Some(_) if main => by_package(agent, path, source),
        Some(ending) => {
            let hint = match ending {
                "ts" | "mts" | "cts" | "tsx" | "jsx" => "; compile it to JavaScript first",
                "node" => "; addons in machine code cannot be loaded, a build for WebAssembly can",
                _ => "; modules are .js, .mjs, .cjs, .json and .wasm files",
            };
            let message = format!(
                "Unknown file extension \".{ending}\" for {}{hint}",
                path.display()
            );
            let error = HostError::type_error(message);
            Err(error.with_code("ERR_UNKNOWN_FILE_EXTENSION"))
        }
    }
}

fn by_package(agent: &AgentRef, path: &Path, source: &[u8]) -> Result<Format, HostError> {
    match resolver(agent).package_type(path)? {
        PackageType::Module => Ok(Format::Module),
        PackageType::CommonJs => Ok(Format::CommonJs),
        // As in Node, packages that do not say are CommonJS, whatever their syntax.
        PackageType::Unstated => match syntax::is_module(&String::from_utf8_lossy(source)) {
            true => Ok(Format::Module),
            false => Ok(Format::CommonJs),
        },
    }
}

/// An ES module in JavaScript.
pub(super) fn javascript<'js>(
    ctx: &Ctx<'js>,
    agent: &AgentRef,
    name: &str,
    source: Vec<u8>,
) -> rquickjs::Result<ModulePointer> {
    let source = match std::str::from_utf8(&source) {
        Ok(text) => match syntax::rewrite_phases(text).or_throw(ctx)? {
            Some(text) => text.into_bytes(),
            None => source,
        },
        Err(_) => String::from_utf8_lossy(&source).into_owned().into_bytes(),
    };
    let module = hooks::compile(ctx, name, source)?;
    fill_meta(ctx, agent, name, &module.meta(ctx)?)?;
    Ok(module)
}

/// `import.meta`: `url`, `filename`, `dirname`, `resolve`, `main`.
fn fill_meta<'js>(
    ctx: &Ctx<'js>,
    agent: &AgentRef,
    name: &str,
    meta: &Object<'js>,
) -> rquickjs::Result<()> {
    let url = original_name(name).to_owned();
    if let Ok(path) = file_path(&url) {
        let folder = path.parent().unwrap_or(&path);
        meta.set("dirname", folder.display().to_string())?;
        meta.set("filename", path.display().to_string())?;
    }
    let main = agent.modules.main_url();
    meta.set("main", main.as_deref() == Some(url.as_str()))?;
    let base = url.clone();
    let resolve = Function::new(
        ctx.clone(),
        move |ctx: Ctx<'js>, specifier: rquickjs::Coerced<String>| {
            resolve_url(&ctx, &base, &specifier.0)
        },
    )?;
    resolve.set_name("resolve")?;
    meta.set("resolve", resolve)?;
    meta.set("url", url)?;
    Ok(())
}

/// `import.meta.resolve`. As in Node, files need not exist, but packages do.
fn resolve_url(ctx: &Ctx<'_>, base: &str, specifier: &str) -> rquickjs::Result<String> {
    let agent = agent(ctx);
    let importer = importer(&agent, base);
    match resolver(&agent).import(specifier, &importer) {
        Ok(Location::Builtin(specifier)) => Ok(Location::Builtin(specifier).url()),
        Ok(location) => Ok(location.url()),
        Err(error) => {
            let relative = specifier.starts_with(['.', '/']);
            let url = match relative {
                true => importer.url.join(specifier).ok(),
                false => Url::parse(specifier).ok(),
            };
            match url.filter(|_| error.class != ErrorClass::Type) {
                Some(url) => Ok(url.to_string()),
                None => Err(error.throw(ctx)),
            }
        }
    }
}

/// A module of one value.
fn synthesize_value<'js>(
    ctx: &Ctx<'js>,
    name: &str,
    value: Value<'js>,
) -> rquickjs::Result<ModulePointer> {
    let saved = Persistent::save(ctx, value);
    let saved = agent(ctx).modules.keep(saved);
    let evaluate = Function::new(ctx.clone(), move |ctx: Ctx<'js>| {
        let exports = Object::new(ctx.clone())?;
        exports.set("default", agent(&ctx).modules.kept(&ctx, saved)?)?;
        Ok::<_, rquickjs::Error>(exports)
    })?;
    hooks::synthesize(ctx, name, &["default".to_owned()], evaluate)
}

fn json<'js>(
    ctx: &Ctx<'js>,
    agent: &AgentRef,
    name: &str,
    url: &str,
    bytes: Vec<u8>,
) -> rquickjs::Result<ModulePointer> {
    let is_json = match file_path(url) {
        Ok(path) => format(agent, &path, &bytes, false).or_throw(ctx)? == Format::Json,
        Err(_) => DataUrl::parse(url).or_throw(ctx)?.is_json(),
    };
    if !is_json {
        let error = HostError::type_error(format!("Module \"{url}\" is not of type \"json\""));
        let error = error.with_code("ERR_IMPORT_ATTRIBUTE_TYPE_INCOMPATIBLE");
        return Err(error.throw(ctx));
    }
    let value = parse_json(ctx, url, &bytes)?;
    synthesize_value(ctx, name, value)
}

/// Parses JSON; errors say the file, line and column.
pub(super) fn parse_json<'js>(
    ctx: &Ctx<'js>,
    name: &str,
    bytes: &[u8],
) -> rquickjs::Result<Value<'js>> {
    let text = decode(bytes);
    let error = match ctx.json_parse(text.as_str()) {
        Ok(value) => return Ok(value),
        Err(error) => thrown(ctx, error),
    };
    let place = serde_json::from_str::<serde::de::IgnoredAny>(&text).err();
    let message = match place {
        Some(place) => format!("{name}: {place}"),
        None => {
            let message = error
                .as_object()
                .and_then(|error| error.get::<_, String>("message").ok());
            format!("{name}: {}", message.unwrap_or_default())
        }
    };
    Err(HostError::new(ErrorClass::Syntax, message).throw(ctx))
}

/// UTF-8 without the byte order mark.
pub(super) fn decode(bytes: &[u8]) -> String {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    String::from_utf8_lossy(bytes).into_owned()
}

fn bytes_module<'js>(
    ctx: &Ctx<'js>,
    name: &str,
    bytes: Vec<u8>,
) -> rquickjs::Result<ModulePointer> {
    let buffer = ArrayBuffer::new_copy(ctx.clone(), &bytes)?;
    // The proposal makes it immutable, which QuickJS cannot: scripts that write to it change their own copy.
    let array: rquickjs::function::Constructor<'js> = ctx.globals().get("Uint8Array")?;
    let array: Value<'js> = array.construct((buffer,))?;
    synthesize_value(ctx, name, array)
}

fn builtin<'js>(ctx: &Ctx<'js>, name: &str) -> rquickjs::Result<ModulePointer> {
    let Some((_, builtin)) = crate::builtins::module(name) else {
        let message = format!("No such built-in module: {name}");
        let error = HostError::error(message).with_code("ERR_UNKNOWN_BUILTIN_MODULE");
        return Err(error.throw(ctx));
    };
    let exports = crate::builtins::load(ctx, builtin)?;
    from_object(ctx, name, &exports, move |ctx| {
        crate::builtins::load(ctx, builtin)
    })
}

/// What the embedder provides.
fn provided<'js>(ctx: &Ctx<'js>, name: &str, specifier: &str) -> rquickjs::Result<ModulePointer> {
    let find = |ctx: &Ctx<'js>, specifier: &str| {
        let exports = agent(ctx).modules.provided.get(ctx, specifier)?;
        exports.ok_or(rquickjs::Error::Unknown)
    };
    let exports = find(ctx, specifier)?;
    let specifier = specifier.to_owned();
    from_object(ctx, name, &exports, move |ctx| find(ctx, &specifier))
}

/// The module whose exports are the properties of `exports`, which `find` finds again when it is evaluated.
fn from_object<'js>(
    ctx: &Ctx<'js>,
    name: &str,
    exports: &Object<'js>,
    find: impl Fn(&Ctx<'js>) -> rquickjs::Result<Object<'js>> + 'js,
) -> rquickjs::Result<ModulePointer> {
    let names = names_of(exports)?;
    let evaluate = Function::new(ctx.clone(), move |ctx: Ctx<'js>| {
        let exports = find(&ctx)?;
        let module = Object::new(ctx.clone())?;
        for name in names_of(&exports)? {
            module.set(name.as_str(), exports.get::<_, Value<'js>>(name.as_str())?)?;
        }
        if !exports.contains_key("default")? {
            module.set("default", exports)?;
        }
        Ok::<_, rquickjs::Error>(module)
    })?;
    hooks::synthesize(ctx, name, &with_default(names), evaluate)
}

/// The names of an object's own properties, also those that are not enumerable.
fn names_of(exports: &Object<'_>) -> rquickjs::Result<Vec<String>> {
    let names = exports.own_keys::<String>(rquickjs::Filter::new().string());
    names.collect()
}

fn with_default(mut names: Vec<String>) -> Vec<String> {
    if !names.iter().any(|name| name == "default") {
        names.push("default".to_owned());
    }
    names
}

/// A CommonJS module, imported: it runs when it is the module's turn. Its names are found in its text.
fn commonjs<'js>(
    ctx: &Ctx<'js>,
    agent: &AgentRef,
    name: &str,
    source: &[u8],
) -> rquickjs::Result<ModulePointer> {
    let path = file_path(name).or_throw(ctx)?;
    let mut names = lexer::export_names(agent, &path, &decode(source));
    names.retain(|name| name != "default" && name != "module.exports");
    let known = names.clone();
    let module = name.to_owned();
    let evaluate = Function::new(ctx.clone(), move |ctx: Ctx<'js>| {
        let agent = crate::agent::agent(&ctx);
        let require = crate::builtins::load(&ctx, "modules/require")?;
        let evaluate: Function<'js> = require.get("importCommonJs")?;
        let arguments = (path.display().to_string(), known.clone());
        let run = || evaluate.call::<_, Object<'js>>(arguments);
        agent.modules.graph.run(&module, run)
    })?;
    names.push("default".to_owned());
    names.push("module.exports".to_owned());
    hooks::synthesize(ctx, name, &names, evaluate)
}

fn data<'js>(
    ctx: &Ctx<'js>,
    agent: &AgentRef,
    name: &str,
    url: &str,
) -> rquickjs::Result<ModulePointer> {
    let data = DataUrl::parse(url).or_throw(ctx)?;
    let format = match data.mime.as_str() {
        "text/javascript" | "application/javascript" => Format::Module,
        "application/wasm" => Format::Wasm,
        _ if data.is_json() => Format::Json,
        mime => {
            let message = format!(
                "Unknown module format: {mime} for URL {url}; data: modules are text/javascript, application/json or application/wasm"
            );
            let error = HostError::error(message).with_code("ERR_UNKNOWN_MODULE_FORMAT");
            return Err(error.throw(ctx));
        }
    };
    from_source(ctx, agent, name, format, data.bytes)
}

/// A `data:` URL, taken apart.
struct DataUrl {
    /// Without parameters, in lower case.
    mime: String,
    bytes: Vec<u8>,
}

impl DataUrl {
    /// "data: URL processor" of the Fetch standard.
    fn parse(url: &str) -> Result<DataUrl, HostError> {
        use base64::Engine;
        let invalid = |what: &str| HostError::type_error(format!("invalid data: URL: {what}"));
        let rest = url
            .strip_prefix("data:")
            .ok_or_else(|| invalid("no data:"))?;
        let rest = rest.split('#').next().unwrap_or(rest);
        let (head, body) = rest
            .split_once(',')
            .ok_or_else(|| invalid("it has no comma"))?;
        let mut bytes = percent_decode(body);
        let mut parts = head.split(';').map(str::trim);
        let mime = parts.next().unwrap_or_default().to_ascii_lowercase();
        if parts
            .next_back()
            .is_some_and(|last| last.eq_ignore_ascii_case("base64"))
        {
            bytes.retain(|byte| !byte.is_ascii_whitespace());
            let engine = base64::engine::GeneralPurpose::new(
                &base64::alphabet::STANDARD,
                base64::engine::GeneralPurposeConfig::new()
                    .with_decode_padding_mode(base64::engine::DecodePaddingMode::Indifferent),
            );
            bytes = engine
                .decode(&bytes)
                .map_err(|error| invalid(&error.to_string()))?;
        }
        Ok(DataUrl { mime, bytes })
    }

    fn is_json(&self) -> bool {
        matches!(self.mime.as_str(), "application/json" | "text/json")
            || self.mime.ends_with("+json")
    }
}

fn percent_decode(text: &str) -> Vec<u8> {
    let bytes = text.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let digit = |at: usize| {
        bytes
            .get(at)
            .and_then(|byte| char::from(*byte).to_digit(16))
    };
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        match (byte, digit(at + 1), digit(at + 2)) {
            (b'%', Some(high), Some(low)) => {
                decoded.push((high * 16 + low) as u8);
                at += 3;
            }
            _ => {
                decoded.push(byte);
                at += 1;
            }
        }
    }
    decoded
}
