// node:vm: code in this context. Other contexts are not available.
const { invalidArgType, unavailable, validate } = load("node/errors");
const WHY = "a script has one global object";
const run = globalThis.eval;

class Script {
  #code;

  constructor(code, options = {}) {
    validate.string(code, "code");
    this.#code = code;
    this.filename = typeof options === "string" ? options : options.filename ?? "evalmachine.<anonymous>";
    Object.defineProperty(this, "filename", { enumerable: false });
  }

  runInThisContext() {
    return run(this.#code);
  }

  runInContext() { throw unavailable("vm.Script.runInContext", WHY); }
  runInNewContext() { throw unavailable("vm.Script.runInNewContext", WHY); }
}

Object.assign(exports, {
  Script,
  runInThisContext: (code, options) => new Script(code, options).runInThisContext(),
  isContext(object) {
    if (object === null || typeof object !== "object") throw invalidArgType("object", "Object", object);
    return false;
  },
  compileFunction(code, parameters = []) {
    validate.string(code, "code");
    return new Function(...parameters, code);
  },
});
for (const name of ["createContext", "runInContext", "runInNewContext", "measureMemory"]) {
  exports[name] = { [name]() { throw unavailable(`vm.${name}`, WHY); } }[name];
}
