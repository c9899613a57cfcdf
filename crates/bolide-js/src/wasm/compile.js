// Modules and instances, and the functions of the namespace that make them (JS API §5, Web API).

const wasm = native("wasm");
const {
  adopt, defineInterface, fail, isObject, requireArguments, toBytes, toUSVString,
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
    const module = wasm.compile(toBytes(bytes, "WebAssembly.Module(): argument 0"));
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
    return wasm.customSections(moduleObject, toUSVString(sectionName));
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

const functions = {
  validate(bytes, options = undefined) {
    requireArguments(arguments.length, 1, "WebAssembly.validate()");
    return wasm.validate(toBytes(bytes, "WebAssembly.validate(): argument 0"));
  },

  async compile(bytes, options = undefined) {
    requireArguments(arguments.length, 1, "WebAssembly.compile()");
    return wasm.compileAsync(toBytes(bytes, "WebAssembly.compile(): argument 0"));
  },

  async instantiate(bytes, importObject = undefined, options = undefined) {
    requireArguments(arguments.length, 1, "WebAssembly.instantiate()");
    const imports = toImports(importObject, "WebAssembly.instantiate()");
    if (wasm.kind(bytes) === "Module") return instantiateAsync(bytes, imports);
    const source = toBytes(bytes, "WebAssembly.instantiate(): argument 0");
    return withInstance(wasm.compileAsync(source), imports);
  },

  async compileStreaming(source, options = undefined) {
    requireArguments(arguments.length, 1, "WebAssembly.compileStreaming()");
    return compileResponse(source, "WebAssembly.compileStreaming()");
  },

  async instantiateStreaming(source, importObject = undefined, options = undefined) {
    requireArguments(arguments.length, 1, "WebAssembly.instantiateStreaming()");
    const imports = toImports(importObject, "WebAssembly.instantiateStreaming()");
    return withInstance(compileResponse(source, "WebAssembly.instantiateStreaming()"), imports);
  },
};

// "Compile a potential WebAssembly response" (Web API §2).
const compileResponse = async (source, what) => {
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
  return wasm.compileAsync(await response.arrayBuffer());
};

// The type alone, without parameters, is allowed.
const isWasmType = (text) =>
  text.replace(/^[\t\n\r ]+|[\t\n\r ]+$/g, "").toLowerCase() === "application/wasm";

exports.Module = Module;
exports.Instance = Instance;
exports.functions = functions;
