// WebAssembly.Global (JS API §5.5).

const wasm = native("wasm");
const { adopt, defineInterface, fail, isObject, requireArguments, toEnum } = load("wasm/convert");

const check = (value, what) => {
  if (wasm.kind(value) !== "Global") fail(`WebAssembly.Global.${what}: the receiver is not a global`);
};

const TYPES = ["i32", "i64", "f32", "f64", "v128", "externref", "anyfunc"];
exports.TYPES = TYPES;

class Global {
  constructor(descriptor, value = undefined) {
    requireArguments(arguments.length, 1, "WebAssembly.Global()");
    if (!isObject(descriptor)) fail("WebAssembly.Global(): argument 0 must be a global descriptor");
    const mutable = !!descriptor.mutable;
    const type = toEnum(descriptor.value, TYPES, "WebAssembly.Global(): property 'value'");
    if (type === "v128" && value !== undefined) {
      fail("WebAssembly.Global(): values of type v128 cannot cross from JavaScript");
    }
    const global = arguments.length < 2
      ? wasm.newGlobal(type, mutable) : wasm.newGlobal(type, mutable, value);
    return adopt(global, new.target, Global);
  }

  valueOf() {
    check(this, "valueOf()");
    return wasm.globalGet(this);
  }

  get value() {
    check(this, "value");
    return wasm.globalGet(this);
  }

  set value(value) {
    check(this, "value");
    requireArguments(arguments.length, 1, "WebAssembly.Global.value");
    wasm.globalSet(this, value);
  }
}
defineInterface(Global, "WebAssembly.Global");

exports.Global = Global;
