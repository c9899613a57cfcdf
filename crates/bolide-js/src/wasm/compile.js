// Modules and instances, and the functions of the namespace that make them (JS API §5, Web API).

const wasm = native("wasm");
const {
  adopt, defineInterface, fail, isObject, requireArguments, toBytes, toOptions,
} = load("wasm/convert");

const PromiseConstructor = Promise;
const then = Function.prototype.call.bind(Promise.prototype.then);

const requireModule = (value, what) => {
  if (wasm.kind(value) !== "Module") fail(`${what}: argument 0 must be a WebAssembly.Module`);
};

const toImports = (value, what) => {
  if (value !== undefined && !isObject(value)) fail(`${what}: argument 1 must be an object`);
  return value;
};

class Module {
  constructor(bytes, options = undefined) {
    requireArguments(arguments.length, 1, "WebAssembly.Module()");
    const source = toBytes(bytes, "WebAssembly.Module(): argument 0");
    const module = wasm.compile(source, toOptions(options, "WebAssembly.Module()"));
    return adopt(module, new.target, Module);
  }

  static exports(moduleObject) {
    requireArguments(arguments.length, 1, "WebAssembly.Module.exports()");
    requireModule(moduleObject, "WebAssembly.Module.exports()");
    return wasm.moduleExports(moduleObject);
  }

  static imports(moduleObject) {
    requireArguments(arguments.length, 1, "WebAssembly.Module.imports()");
    requireModule(moduleObject, "WebAssembly.Module.imports()");
    return wasm.moduleImports(moduleObject);
  }

  static customSections(moduleObject, sectionName) {
    requireArguments(arguments.length, 2, "WebAssembly.Module.customSections()");
    requireModule(moduleObject, "WebAssembly.Module.customSections()");
    const name = `${sectionName}`;
    // No name in a module has lone surrogates.
    return name.isWellFormed() ? wasm.customSections(moduleObject, name) : [];
  }
}
defineInterface(Module, "WebAssembly.Module");

const instantiateModule = (module, imports) =>
  wasm.instantiate(module, wasm.readImports(module, imports));

class Instance {
  constructor(module, importObject = undefined) {
    requireArguments(arguments.length, 1, "WebAssembly.Instance()");
    requireModule(module, "WebAssembly.Instance()");
    const imports = toImports(importObject, "WebAssembly.Instance()");
    return adopt(instantiateModule(module, imports), new.target, Instance);
  }

  get exports() {
    if (wasm.kind(this) !== "Instance") fail("WebAssembly.Instance.exports: the receiver is not an instance");
    return wasm.instanceExports(this);
  }
}
defineInterface(Instance, "WebAssembly.Instance");

// Runs `task` as a task of the event loop, and settles a promise with what it comes to.
const inTask = (task) => new PromiseConstructor((resolve, reject) => {
  wasm.post(() => {
    try {
      resolve(task());
    } catch (error) {
      reject(error);
    }
  });
});

const instantiateAsync = async (module, imports) => {
  const values = wasm.readImports(module, imports);
  return inTask(() => wasm.instantiate(module, values));
};

const withInstance = (promise, imports) => then(promise, (module) =>
  then(instantiateAsync(module, imports), (instance) => ({ module, instance })));

// A method whose failures are rejections.
const method = (name, length, start) => Object.defineProperty({
  [name](...args) {
    return start(`WebAssembly.${name}()`, args);
  },
}[name], "length", { value: length, configurable: true });

const functions = {
  validate(bytes, options = undefined) {
    requireArguments(arguments.length, 1, "WebAssembly.validate()");
    const source = toBytes(bytes, "WebAssembly.validate(): argument 0");
    return wasm.validate(source, toOptions(options, "WebAssembly.validate()"));
  },

  compile: method("compile", 1, async (what, args) => {
    requireArguments(args.length, 1, what);
    const source = toBytes(args[0], `${what}: argument 0`);
    return wasm.compileAsync(source, toOptions(args[1], what));
  }),

  instantiate: method("instantiate", 1, async (what, args) => {
    requireArguments(args.length, 1, what);
    const [source, importObject] = args;
    if (wasm.kind(source) === "Module") return instantiateAsync(source, toImports(importObject, what));
    const bytes = toBytes(source, `${what}: argument 0`);
    const imports = toImports(importObject, what);
    return withInstance(wasm.compileAsync(bytes, toOptions(args[2], what)), imports);
  }),

  compileStreaming: method("compileStreaming", 1, async (what, args) => {
    requireArguments(args.length, 1, what);
    return compileResponse(args[0], toOptions(args[1], what), what);
  }),

  instantiateStreaming: method("instantiateStreaming", 1, async (what, args) => {
    requireArguments(args.length, 1, what);
    const imports = toImports(args[1], what);
    return withInstance(compileResponse(args[0], toOptions(args[2], what), what), imports);
  }),
};

// "Compile a potential WebAssembly response" (Web API §2).
const compileResponse = async (source, options, what) => {
  const response = await source;
  const { Response } = load("fetch/fetch");
  if (!(isObject(response) && response instanceof Response)) {
    fail(`${what}: argument 0 must be a Response or a promise of one`);
  }
  const type = response.headers.get("content-type") ?? "";
  if (!isWasmType(type)) {
    fail(`${what}: the response has the MIME type '${type}', but must have 'application/wasm'`);
  }
  if (!response.ok) fail(`${what}: the response has the status ${response.status}`);
  return wasm.compileAsync(await response.arrayBuffer(), options);
};

// The type alone, without parameters, is allowed.
const isWasmType = (text) =>
  text.replace(/^[\t\n\r ]+|[\t\n\r ]+$/g, "").toLowerCase() === "application/wasm";

exports.Module = Module;
exports.Instance = Instance;
exports.functions = functions;
