// CommonJS: what Node's documentation of `module` says of modules, `require` and `require.cache`.
const host = native("modules");

const cache = Object.create(null);
const extensions = Object.create(null);
let mainModule;

const dirname = (path) => path.slice(0, Math.max(path.lastIndexOf("/"), 1)) || "/";

function checkSpecifier(specifier) {
  if (typeof specifier !== "string") {
    const text = `The "id" argument must be of type string. Received ${specifier === null ? "null" : typeof specifier}`;
    throw Object.assign(new TypeError(text), { code: "ERR_INVALID_ARG_TYPE" });
  }
  if (specifier === "") {
    const text = "The argument 'id' must be a non-empty string. Received ''";
    throw Object.assign(new TypeError(text), { code: "ERR_INVALID_ARG_VALUE" });
  }
}

function nodeModulePaths(from) {
  const paths = [];
  for (let folder = from; ; folder = dirname(folder)) {
    const parent = folder === "/" ? "" : folder;
    if (!parent.endsWith("/node_modules")) paths.push(`${parent}/node_modules`);
    if (parent === "") return paths;
  }
}

function requireStack(module) {
  const stack = [];
  for (let at = module; at; at = at.parent) {
    if (stack.includes(at.filename)) break;
    stack.push(at.filename ?? at.id);
  }
  return stack;
}

class Module {
  constructor(id = "", parent) {
    this.id = id;
    this.path = dirname(id);
    this.exports = {};
    Object.defineProperty(this, "parent", { value: parent, writable: true, configurable: true });
    this.filename = null;
    this.loaded = false;
    this.children = [];
    parent?.children?.push(this);
  }

  require(specifier) {
    checkSpecifier(specifier);
    return Module._load(specifier, this, false);
  }

  load(filename) {
    this.filename = filename;
    this.paths = nodeModulePaths(dirname(filename));
    const name = filename.slice(filename.lastIndexOf("/") + 1);
    const dot = name.lastIndexOf(".");
    const ending = dot > 0 ? name.slice(dot) : ".js";
    const loader = extensions[ending] ?? extensions[".js"];
    loader.call(extensions, this, filename);
    this.loaded = true;
  }

  _compile(source, filename) {
    const body = host.compile(String(source), filename);
    const require = makeRequire(this);
    return Reflect.apply(body, this.exports, [this.exports, require, this, filename, dirname(filename)]);
  }
}

Module._cache = cache;
Module._extensions = extensions;
Module._nodeModulePaths = nodeModulePaths;
Module.Module = Module;
Module.globalPaths = [];
Module.builtinModules = host.builtinModules();
Module.isBuiltin = (name) => host.isBuiltin(String(name));
Module.wrapper = ["(function (exports, require, module, __filename, __dirname) { ", "\n});"];
Module.wrap = (source) => Module.wrapper[0] + source + Module.wrapper[1];
Module._resolveLookupPaths = (specifier, parent) =>
  /^\.\.?(\/|$)/.test(specifier) ? [parent?.path ?? "."] : nodeModulePaths(parent?.path ?? "/");

function resolveFrom(specifier, from, parent) {
  try {
    return host.resolve(specifier, from);
  } catch (error) {
    if (error?.code === "MODULE_NOT_FOUND") {
      error.requireStack = requireStack(parent);
    }
    throw error;
  }
}

function resolve(specifier, parent, options) {
  if (options?.paths === undefined) {
    return resolveFrom(specifier, parent?.filename ?? `${parent?.path ?? "/"}/[require]`, parent);
  }
  let failure;
  for (const folder of options.paths) {
    try {
      return resolveFrom(specifier, `${host.pathOf(String(folder))}/[require]`, parent);
    } catch (error) {
      failure = error;
    }
  }
  throw failure ?? Object.assign(new Error(`Cannot find module '${specifier}'`), { code: "MODULE_NOT_FOUND" });
}

Module._resolveFilename = (specifier, parent, isMain, options) => resolve(specifier, parent, options)[1];

Module._load = (specifier, parent, isMain) => {
  const provided = host.provided(specifier);
  if (provided !== undefined) return provided;
  if (host.isBuiltin(specifier)) return host.builtin(specifier);
  return loadFile(Module._resolveFilename(specifier, parent, isMain), parent, isMain);
};

function loadFile(filename, parent, isMain) {
  const known = cache[filename];
  if (known !== undefined) {
    if (parent && !parent.children.includes(known)) parent.children.push(known);
    return known.exports;
  }
  const module = new Module(filename, parent);
  if (isMain) {
    module.id = ".";
    mainModule = module;
  }
  cache[filename] = module;
  let done = false;
  try {
    module.load(filename);
    done = true;
  } finally {
    // What failed is tried again by the next `require`.
    if (!done) delete cache[filename];
  }
  return module.exports;
}

// The ES modules whose bodies are running, from the stack.
function runningBodies() {
  const { prepareStackTrace, stackTraceLimit } = Error;
  Error.prepareStackTrace = undefined;
  Error.stackTraceLimit = 1000;
  const { stack } = new Error();
  Error.prepareStackTrace = prepareStackTrace;
  Error.stackTraceLimit = stackTraceLimit;
  const bodies = [];
  for (const [, url] of String(stack).matchAll(/at (?:<eval>|<anonymous>) \((file:.*?):\d+(?::\d+)?\)$/gm)) bodies.push(url);
  return bodies;
}

function requireModule(filename) {
  const namespace = host.importSync(filename, runningBodies());
  if (Object.hasOwn(namespace, "module.exports")) return namespace["module.exports"];
  if (Object.hasOwn(namespace, "default") && !Object.hasOwn(namespace, "__esModule")) return host.facade(filename);
  return namespace;
}

extensions[".js"] = (module, filename) => {
  const source = host.read(filename);
  switch (host.format(filename, source)) {
    case "module":
      module.exports = requireModule(filename);
      break;
    case "wasm": {
      const text = `${filename} is WebAssembly, which require() does not load: use import, or WebAssembly.instantiate with the bytes of the file`;
      throw Object.assign(new SyntaxError(text), { code: "ERR_UNKNOWN_FILE_EXTENSION" });
    }
    default:
      module._compile(source, filename);
  }
};

extensions[".json"] = (module, filename) => {
  module.exports = host.parseJson(host.read(filename), filename);
};

extensions[".node"] = (module, filename) => {
  const text = `${filename} is an addon in machine code, which cannot be loaded; a build for WebAssembly can`;
  throw Object.assign(new Error(text), { code: "ERR_DLOPEN_FAILED" });
};

function makeRequire(module) {
  function require(specifier) {
    return module.require(specifier);
  }
  require.resolve = function resolve(specifier, options) {
    checkSpecifier(specifier);
    return Module._resolveFilename(specifier, module, false, options);
  };
  require.resolve.paths = function paths(specifier) {
    checkSpecifier(specifier);
    return host.isBuiltin(specifier) ? null : Module._resolveLookupPaths(specifier, module);
  };
  require.main = mainModule;
  require.extensions = extensions;
  require.cache = cache;
  return require;
}

// A module for code that is no CommonJS module itself.
function moduleAt(filename) {
  const module = new Module(filename);
  module.filename = filename;
  module.paths = nodeModulePaths(module.path);
  return module;
}

function createRequire(from) {
  const text = typeof from === "string" ? from : from?.href;
  const isPath = typeof text === "string" && (text.startsWith("/") || text.startsWith("file:"));
  if (!isPath) {
    const message = `The argument 'filename' must be a file URL object, file URL string, or absolute path string. Received ${typeof from === "string" ? `'${from}'` : typeof from}`;
    throw Object.assign(new TypeError(message), { code: "ERR_INVALID_ARG_VALUE" });
  }
  const filename = host.pathOf(text);
  return makeRequire(moduleAt(text.endsWith("/") ? `${filename}/noop.js` : filename));
}

Module.createRequire = createRequire;

exports.default = Module;
exports.Module = Module;
exports.createRequire = createRequire;
exports.builtinModules = Module.builtinModules;
exports.isBuiltin = Module.isBuiltin;

/** What `-e` and the REPL make global. */
exports.scopeOf = (filename) => {
  const module = moduleAt(filename);
  module.id = filename.slice(filename.lastIndexOf("/") + 1);
  module.paths = nodeModulePaths(module.path);
  return { module, exports: module.exports, require: makeRequire(module), __filename: module.id, __dirname: "." };
};

exports.runMain = (filename) => {
  loadFile(filename, undefined, true);
};

/** Runs a CommonJS module that an ES module imports; `names` were found in its text. */
exports.importCommonJs = (filename, names) => {
  const value = loadFile(filename, undefined, false);
  const found = { default: value, "module.exports": value };
  if (value !== null && (typeof value === "object" || typeof value === "function")) {
    for (const name of names) if (Object.hasOwn(value, name)) found[name] = value[name];
  }
  return found;
};
