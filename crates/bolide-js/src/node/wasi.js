// node:wasi
const { make, invalidArgType, validate } = load("node/errors");

const MODULES = { preview1: "wasi_snapshot_preview1", unstable: "wasi_unstable" };

const pairs = (object, name) => {
  if (object === undefined) return [];
  validate.object(object, name);
  return Object.entries(object).filter(([, value]) => value !== undefined).map(([key, value]) => [key, String(value)]);
};

function descriptor(options, name, fallback) {
  const value = options[name] ?? fallback;
  validate.integer(value, `options.${name}`, 0, 2 ** 31 - 1);
  return value;
}

class WASI {
  #module;
  #returnOnExit;
  #started = false;

  constructor(options = {}) {
    validate.object(options, "options");
    validate.string(options.version, "options.version");
    this.#module = MODULES[options.version];
    if (this.#module === undefined) {
      throw make(TypeError, "ERR_INVALID_ARG_VALUE", `The property 'options.version' unsupported WASI version. Received '${options.version}'`);
    }
    const { args = [], returnOnExit = true } = options;
    validate.array(args, "options.args");
    validate.boolean(returnOnExit, "options.returnOnExit");
    this.#returnOnExit = returnOnExit;
    const functions = native("wasi").create(this.#module, {
      args: args.map(String),
      env: pairs(options.env, "options.env"),
      preopens: pairs(options.preopens, "options.preopens"),
      stdin: descriptor(options, "stdin", 0),
      stdout: descriptor(options, "stdout", 1),
      stderr: descriptor(options, "stderr", 2),
    });
    this.wasiImport = functions;
  }

  getImportObject() {
    return { [this.#module]: this.wasiImport };
  }

  finalizeBindings(instance, { memory = instance?.exports?.memory } = {}) {
    if (this.#started) throw make(Error, "ERR_WASI_ALREADY_STARTED", "WASI instance has already started");
    if (instance === null || typeof instance !== "object") throw invalidArgType("instance", "Object", instance);
    if (instance.exports === null || typeof instance.exports !== "object") throw invalidArgType("instance.exports", "Object", instance.exports);
    if (!(memory instanceof WebAssembly.Memory)) throw invalidArgType("instance.exports.memory", "WebAssembly.Memory", memory);
    this.#started = true;
  }

  start(instance) {
    this.finalizeBindings(instance);
    const { _start, _initialize } = instance.exports;
    if (typeof _start !== "function") throw invalidArgType("instance.exports._start", "function", _start);
    if (_initialize !== undefined) throw invalidArgType("instance.exports._initialize", "undefined", _initialize);
    try {
      _start();
    } catch (error) {
      if (!Number.isInteger(error?.exitCode)) throw error;
      if (this.#returnOnExit) return error.exitCode;
      load("node/process").process.exit(error.exitCode);
    }
    return 0;
  }

  initialize(instance) {
    this.finalizeBindings(instance);
    const { _start, _initialize } = instance.exports;
    if (typeof _initialize !== "function" && _initialize !== undefined) throw invalidArgType("instance.exports._initialize", "function", _initialize);
    if (_start !== undefined) throw invalidArgType("instance.exports._start", "undefined", _start);
    _initialize?.();
  }
}

exports.WASI = WASI;
