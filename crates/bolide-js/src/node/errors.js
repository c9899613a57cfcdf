// Errors as Node makes them: a `code`, and messages that name the argument.

const inspect = (value) => load("web/inspect").inspect(value, { depth: -1, customInspect: false, breakLength: Infinity });

function make(Base, code, message) {
  const error = new Base(message);
  Object.defineProperty(error, "code", { value: code, writable: true, enumerable: true, configurable: true });
  if (Error.captureStackTrace) Error.captureStackTrace(error, make);
  return error;
}

function received(value) {
  if (value == null) return ` Received ${value}`;
  if (typeof value === "function") return ` Received function ${value.name}`;
  if (typeof value === "object") {
    if (value.constructor?.name) return ` Received an instance of ${value.constructor.name}`;
    return ` Received ${inspect(value)}`;
  }
  let text = inspect(value);
  if (text.length > 28) text = `${text.slice(0, 25)}...`;
  return ` Received type ${typeof value} (${text})`;
}

const PRIMITIVES = ["string", "function", "number", "object", "boolean", "bigint", "symbol"];

function alternatives(words, last) {
  if (words.length === 1) return words[0];
  if (words.length === 2) return `${words[0]} ${last} ${words[1]}`;
  return `${words.slice(0, -1).join(", ")}, ${last} ${words.at(-1)}`;
}

function expectation(expected) {
  const list = Array.isArray(expected) ? expected : [expected];
  const types = list.filter((word) => PRIMITIVES.includes(word.toLowerCase()) && word !== "Object").map((word) => word.toLowerCase());
  const classes = list.filter((word) => /^([A-Z][a-z0-9]*)+$/.test(word) && (word === "Object" || !PRIMITIVES.includes(word.toLowerCase())));
  const others = list.filter((word) => !classes.includes(word) && !types.includes(word.toLowerCase()));
  const parts = [];
  if (types.length) parts.push(`${types.length > 1 ? "one of type" : "of type"} ${alternatives(types, "or")}`);
  if (classes.length) parts.push(`an instance of ${alternatives(classes, "or")}`);
  if (others.length) parts.push(others.length > 1 ? `one of ${alternatives(others, "or")}` : others[0]);
  return parts.join(" or ");
}

function invalidArgType(name, expected, value) {
  const subject = name.endsWith(" argument") ? `The ${name}` : `The "${name}" ${name.includes(".") ? "property" : "argument"}`;
  return make(TypeError, "ERR_INVALID_ARG_TYPE", `${subject} must be ${expectation(expected)}.${received(value)}`);
}

function invalidArgValue(name, value, reason = "is invalid") {
  let text = load("web/inspect").inspect(value);
  if (text.length > 128) text = `${text.slice(0, 128)}...`;
  const kind = name.includes(".") ? "property" : "argument";
  return make(TypeError, "ERR_INVALID_ARG_VALUE", `The ${kind} '${name}' ${reason}. Received ${text}`);
}

function grouped(value) {
  const text = String(value);
  return text.replace(/^(-?\d+?)(?=(\d{3})+$)/, (all) => all).replace(/\B(?=(\d{3})+(?!\d))/g, "_");
}

function outOfRange(name, range, value) {
  let text;
  if (Number.isInteger(value) && Math.abs(value) > 2 ** 32) text = grouped(value);
  else if (typeof value === "bigint") text = (value > 2n ** 32n || value < -(2n ** 32n) ? grouped(value) : String(value)) + "n";
  else text = load("web/inspect").inspect(value);
  return make(RangeError, "ERR_OUT_OF_RANGE", `The value of "${name}" is out of range. It must be ${range}. Received ${text}`);
}

function unavailable(what, why) {
  return make(Error, "ERR_FEATURE_UNAVAILABLE_ON_PLATFORM", `${what} is not available in Bolide: ${why}`);
}

const check = (test, expected) => (value, name) => {
  if (!test(value)) throw invalidArgType(name, expected, value);
};

function integer(value, name, min = Number.MIN_SAFE_INTEGER, max = Number.MAX_SAFE_INTEGER) {
  if (typeof value !== "number") throw invalidArgType(name, "number", value);
  if (!Number.isInteger(value)) throw outOfRange(name, "an integer", value);
  if (value < min || value > max) throw outOfRange(name, `>= ${min} && <= ${max}`, value);
}

function oneOf(value, name, allowed) {
  if (allowed.includes(value)) return;
  const list = allowed.map((word) => (typeof word === "string" ? `'${word}'` : String(word))).join(", ");
  throw invalidArgValue(name, value, `must be one of: ${list}`);
}

exports.make = make;
exports.invalidArgType = invalidArgType;
exports.invalidArgValue = invalidArgValue;
exports.outOfRange = outOfRange;
exports.unavailable = unavailable;
exports.validate = {
  string: check((value) => typeof value === "string", "string"),
  function: check((value) => typeof value === "function", "function"),
  boolean: check((value) => typeof value === "boolean", "boolean"),
  number: check((value) => typeof value === "number", "number"),
  array: check(Array.isArray, "Array"),
  object: check((value) => value !== null && typeof value === "object" && !Array.isArray(value), "object"),
  integer,
  oneOf,
};

// Functions of a module that cannot work here: each throws when it is called.
exports.absent = (module, names, why) => {
  const functions = {};
  for (const name of names) {
    const absent = { [name]() { throw unavailable(`${module}.${name}`, why); } }[name];
    functions[name] = absent;
  }
  return functions;
};
