// WebAssembly.Tag and WebAssembly.Exception (JS API §5.8, §5.9).

const wasm = native("wasm");
const { adopt, defineInterface, fail, isObject, list, requireArguments, toDictionary, toEnum, toUint32 } =
  load("wasm/convert");
const { TYPES } = load("wasm/global");

const isTag = (value) => wasm.kind(value) === "Tag";

class Tag {
  constructor(type) {
    requireArguments(arguments.length, 1, "WebAssembly.Tag()");
    if (!isObject(type)) fail("WebAssembly.Tag(): argument 0 must be a tag type");
    const { parameters } = type;
    if (parameters === undefined) fail("WebAssembly.Tag(): property 'parameters' is required");
    if (!isObject(parameters)) fail("WebAssembly.Tag(): property 'parameters' must be iterable");
    const types = list(parameters)
      .map((name) => toEnum(name, TYPES, "WebAssembly.Tag(): a parameter"));
    return adopt(wasm.newTag(types), new.target, Tag);
  }
}
defineInterface(Tag, "WebAssembly.Tag");

let theJSTag;
const jsTag = () => theJSTag ??= wasm.newTag(["externref"]);

const stacks = new WeakMap();
const [readStack, writeStack] = [WeakMap.prototype.get, WeakMap.prototype.set]
  .map((f) => Function.prototype.call.bind(f));

const check = (value, what) => {
  if (wasm.kind(value) !== "Exception") {
    fail(`WebAssembly.Exception.${what}: the receiver is not an exception`);
  }
};

class Exception {
  constructor(exceptionTag, payload, options = undefined) {
    requireArguments(arguments.length, 2, "WebAssembly.Exception()");
    if (!isTag(exceptionTag)) fail("WebAssembly.Exception(): argument 0 must be a WebAssembly.Tag");
    if (!isObject(payload)) fail("WebAssembly.Exception(): argument 1 must be iterable");
    const values = list(payload);
    const traceStack = !!toDictionary(options, "WebAssembly.Exception(): argument 2")?.traceStack;
    if (exceptionTag === theJSTag) fail("WebAssembly.Exception(): JSTag is not for exceptions of WebAssembly");
    const exception = adopt(wasm.newException(exceptionTag, values), new.target, Exception);
    if (traceStack) {
      const holder = {};
      Error.captureStackTrace(holder, new.target);
      writeStack(stacks, exception, holder.stack);
    }
    return exception;
  }

  getArg(exceptionTag, index) {
    check(this, "getArg()");
    requireArguments(arguments.length, 2, "WebAssembly.Exception.getArg()");
    if (!isTag(exceptionTag)) fail("WebAssembly.Exception.getArg(): argument 0 must be a WebAssembly.Tag");
    const at = toUint32(index, "WebAssembly.Exception.getArg(): argument 1");
    return wasm.exceptionArgument(this, exceptionTag, at);
  }

  is(exceptionTag) {
    check(this, "is()");
    requireArguments(arguments.length, 1, "WebAssembly.Exception.is()");
    if (!isTag(exceptionTag)) fail("WebAssembly.Exception.is(): argument 0 must be a WebAssembly.Tag");
    return wasm.exceptionIs(this, exceptionTag);
  }

  get stack() {
    check(this, "stack");
    return readStack(stacks, this);
  }
}
defineInterface(Exception, "WebAssembly.Exception");

exports.Tag = Tag;
exports.Exception = Exception;
exports.jsTag = jsTag;
