// node:util
const { inspect, stripColors } = load("web/inspect");
const { make, invalidArgType, outOfRange, validate } = load("node/errors");
const { promisify } = load("node/promisify");
const types = load("node/util_types");

const nextTick = (...values) => load("node/process").process.nextTick(...values);

function callbackify(original) {
  validate.function(original, "original");
  function callbackified(...values) {
    const callback = values.pop();
    validate.function(callback, "last argument");
    Reflect.apply(original, this, values).then(
      (value) => nextTick(callback, null, value),
      (reason) => {
        let error = reason;
        if (!error) {
          error = make(Error, "ERR_FALSY_VALUE_REJECTION", "Promise was rejected with falsy value");
          error.reason = reason;
        }
        nextTick(callback, error);
      },
    );
  }
  const descriptors = Object.getOwnPropertyDescriptors(original);
  if (typeof descriptors.length.value === "number") descriptors.length.value++;
  if (typeof descriptors.name.value === "string") descriptors.name.value += "Callbackified";
  delete descriptors.prototype;
  return Object.defineProperties(callbackified, descriptors);
}

function inherits(constructor, parent) {
  validate.function(constructor, "ctor");
  validate.function(parent, "superCtor");
  if (parent.prototype === undefined) throw invalidArgType("superCtor.prototype", "Object", parent.prototype);
  Object.defineProperty(constructor, "super_", { value: parent, writable: true, configurable: true });
  Object.setPrototypeOf(constructor.prototype, parent.prototype);
}

const deprecated = new Set();

function deprecate(original, message, code) {
  if (code !== undefined) validate.string(code, "code");
  let warned = false;
  function wrapper(...values) {
    if (!warned) {
      warned = true;
      if (code === undefined || !deprecated.has(code)) {
        deprecated.add(code);
        load("node/process").process.emitWarning(message, "DeprecationWarning", code);
      }
    }
    return new.target ? Reflect.construct(original, values, new.target) : Reflect.apply(original, this, values);
  }
  Object.setPrototypeOf(wrapper, original);
  if (original.prototype) wrapper.prototype = original.prototype;
  return wrapper;
}

function debuglog(section, callback) {
  const name = section.toUpperCase();
  const wanted = load("node/process").process.env.NODE_DEBUG ?? "";
  const enabled = wanted.split(",").some((pattern) => {
    const escaped = pattern.trim().replace(/[|\\{}()[\]^$+?.]/g, "\\$&").replaceAll("*", ".*");
    return escaped !== "" && new RegExp(`^${escaped}$`, "i").test(name);
  });
  const log = (...values) => {
    if (!enabled) return;
    const { pid } = load("node/process").process;
    native("stdio").write(2, `${name} ${pid}: ${exports.format(...values)}\n`);
  };
  Object.defineProperty(log, "enabled", { get: () => enabled, enumerable: true, configurable: true });
  callback?.(log);
  return log;
}

function styleText(format, text, options = {}) {
  validate.string(text, "text");
  const { validateStream = true, stream = load("node/process").process.stdout } = options;
  const formats = Array.isArray(format) ? format : [format];
  let open = "";
  let close = "";
  for (const name of formats) {
    if (name === "none") continue;
    const codes = inspect.colors[name];
    if (codes === undefined) load("node/errors").validate.oneOf(name, "format", Object.keys(inspect.colors));
    open += `\x1b[${codes[0]}m`;
    close = `\x1b[${codes[1]}m${close}`;
  }
  if (validateStream && !stream?.isTTY) return text;
  return open + text + close;
}

function getSystemErrorMap() {
  return new Map(native("fs").errors().map(([name, number, text]) => [-number, [name, text]]));
}

function systemError(number) {
  validate.number(number, "err");
  if (!(number < 0)) throw outOfRange("err", "a negative integer", number);
  return getSystemErrorMap().get(number);
}

function aborted(signal, resource) {
  if (typeof signal?.aborted !== "boolean") throw invalidArgType("signal", "AbortSignal", signal);
  validate.object(resource, "resource");
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
}

function extend(target, source) {
  return source !== null && typeof source === "object" ? Object.assign(target, source) : target;
}

Object.assign(exports, {
  inspect, promisify, callbackify, inherits, deprecate, debuglog, debug: debuglog, styleText, types, aborted,
  getSystemErrorMap,
  getSystemErrorName: (number) => systemError(number)?.[0] ?? `Unknown system error ${number}`,
  getSystemErrorMessage: (number) => systemError(number)?.[1] ?? `Unknown system error ${number}`,
  stripVTControlCharacters(text) {
    validate.string(text, "str");
    return stripColors(text);
  },
  toUSVString: (text) => String(text).toWellFormed(),
  isArray: Array.isArray,
  _extend: extend,
});

for (const [name, source, key = name] of [
  ["format", "web/format"], ["formatWithOptions", "web/format"],
  ["isDeepStrictEqual", "node/deep_equal"], ["parseArgs", "node/parse_args"],
]) {
  Object.defineProperty(exports, name, { enumerable: true, configurable: true, get: () => load(source)[key] });
}
for (const name of ["TextEncoder", "TextDecoder"]) {
  Object.defineProperty(exports, name, { enumerable: true, configurable: true, get: () => globalThis[name] });
}
