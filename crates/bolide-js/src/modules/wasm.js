// WebAssembly modules as ES modules. See wasm.rs.
const { wasmUrl, keepUpdated } = native("modules/wasm");

const STRING_CONSTANTS = "wasm:js/string-constants";

/** URL → WebAssembly.Module */
const modules = new Map();
/** URL → the exports of the instance, with globals as objects */
const instances = new Map();
/** Functions that copy mutable globals to the bindings that show them. */
const live = [];

const api = () => load("wasm/webassembly").WebAssembly;

exports.compile = (url, bytes) => {
  let module = modules.get(url);
  if (module === undefined) {
    const { Module, CompileError } = api();
    try {
      module = new Module(bytes, { builtins: ["js-string"], importedStringConstants: STRING_CONSTANTS });
    } catch (error) {
      if (error instanceof CompileError) error.message = `${url}: ${error.message}`;
      throw error;
    }
    modules.set(url, module);
  }
  return module;
};

const isReserved = (name) => name.startsWith("wasm:") || name.startsWith("wasm-js:");

function check(url, imports, exported) {
  const refuse = (text) => {
    throw new (api().LinkError)(`${url}: ${text}`);
  };
  for (const { module, name } of imports) {
    if (module.startsWith("wasm-js:")) refuse(`the module "${module}" cannot be imported: "wasm-js:" is reserved`);
    if (isReserved(name)) refuse(`the import "${module}" "${name}" is reserved`);
  }
  for (const { name } of exported) {
    if (isReserved(name)) refuse(`the export "${name}" is reserved`);
  }
}

// The locals of the text: iN for imports, eN for exports.
exports.text = (url) => {
  const { Module } = api();
  const module = modules.get(url);
  const imports = Module.imports(module);
  const exported = Module.exports(module);
  check(url, imports, exported);
  const quote = JSON.stringify;
  const lines = [];
  const values = [];
  imports.forEach(({ module: specifier, name, kind }, index) => {
    lines.push(`import { ${quote(name)} as i${index} } from ${quote(specifier)};`);
    const direct = kind === "global" ? wasmUrl(specifier, url) : undefined;
    const source = direct === undefined ? "" : `, ${quote(direct)}`;
    values.push(`[${quote(specifier)}, ${quote(name)}, () => i${index}${source}]`);
  });
  const names = exported.map(({ name }, index) => `e${index} as ${quote(name)}`);
  const locals = exported.map((_, index) => `e${index}`);
  if (locals.length > 0) lines.push(`let ${locals.join(", ")};`, `export { ${names.join(", ")} };`);
  else lines.push("export {};");
  const update = `(values) => { [${locals.join(", ")}] = values; }`;
  lines.push(`import.meta.instantiate(${quote(url)}, [${values.join(", ")}], ${update});`);
  return lines.join(" ");
};

// A binding in its dead zone, of a module in a cycle that has not run yet.
function readImport([specifier, name, read, source]) {
  if (source !== undefined) {
    const global = instances.get(source)?.[name];
    if (global !== undefined) return global;
  }
  try {
    return read();
  } catch (error) {
    if (!(error instanceof ReferenceError)) throw error;
    const text = `the import "${specifier}" "${name}" is not initialized: the modules import each other, and that one has not run yet`;
    throw new ReferenceError(text);
  }
}

exports.instantiate = (url, imports, update) => {
  const { Instance, Module, Global } = api();
  const module = modules.get(url);
  const object = Object.create(null);
  for (const entry of imports) {
    const [specifier, name] = entry;
    object[specifier] ??= Object.create(null);
    object[specifier][name] = readImport(entry);
  }
  const raw = new Instance(module, object).exports;
  instances.set(url, raw);
  const names = Module.exports(module).map(({ name }) => name);
  const values = () => names.map((name) => (raw[name] instanceof Global ? valueOf(raw[name]) : raw[name]));
  update(values());
  // The start function may have written globals of other modules.
  exports.updateBindings();
  if (names.some((name) => raw[name] instanceof Global && isMutable(raw[name]))) {
    live.push(() => update(values()));
    keepUpdated();
  }
};

// Values of type v128 have no representation: their bindings stay undefined.
function valueOf(global) {
  try {
    return global.value;
  } catch {
    return undefined;
  }
}

// Writing a global its own value changes nothing, but fails if it is immutable.
function isMutable(global) {
  try {
    global.value = global.value;
    return true;
  } catch {
    return false;
  }
}

/** Brings the bindings of mutable globals up to date. */
exports.updateBindings = () => {
  for (const update of live) update();
};
