// node:assert
const { inspect } = load("web/inspect");
const { make, invalidArgType, invalidArgValue } = load("node/errors");
const deep = load("node/deep_equal");

const HEADS = {
  deepStrictEqual: "Expected values to be strictly deep-equal:", deepEqual: "Expected values to be loosely deep-equal:",
  strictEqual: "Expected values to be strictly equal:", notStrictEqual: 'Expected "actual" to be strictly unequal to:',
  notDeepStrictEqual: 'Expected "actual" not to be strictly deep-equal to:', notDeepEqual: 'Expected "actual" not to be loosely deep-equal to:',
  partialDeepStrictEqual: "Expected values to be partially and strictly deep-equal:",
};

const show = (value) => inspect(value, { compact: false, customInspect: false, depth: 1000, maxArrayLength: Infinity, showProxy: false, sorted: true, getters: true, breakLength: Infinity });

// The lines of both, with `+` for those of the actual value only and `-` for those of the expected one.
function difference(actual, expected) {
  const a = show(actual).split("\n");
  const b = show(expected).split("\n");
  if (a.length === 1 && b.length === 1 && a[0] !== b[0] && a[0].length + b[0].length <= 80 && (typeof actual !== "object" || actual === null)) {
    return `${a[0]} !== ${b[0]}\n`;
  }
  const table = Array.from({ length: a.length + 1 }, () => new Uint32Array(b.length + 1));
  for (let i = a.length - 1; i >= 0; i--) {
    for (let j = b.length - 1; j >= 0; j--) {
      table[i][j] = a[i] === b[j] ? table[i + 1][j + 1] + 1 : Math.max(table[i + 1][j], table[i][j + 1]);
    }
  }
  const lines = [];
  let [i, j] = [0, 0];
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) {
      lines.push(`  ${a[i]}`);
      i++;
      j++;
    } else if (i < a.length && (j >= b.length || table[i + 1][j] >= table[i][j + 1])) lines.push(`+ ${a[i++]}`);
    else lines.push(`- ${b[j++]}`);
  }
  return `+ actual - expected\n\n${lines.join("\n")}\n`;
}

function messageOf({ actual, expected, operator }) {
  const head = HEADS[operator];
  if (["deepStrictEqual", "strictEqual", "partialDeepStrictEqual"].includes(operator)) {
    const body = difference(actual, expected);
    return body.startsWith("+") ? `${head}\n${body}` : `${head}\n\n${body}`;
  }
  if (operator === "deepEqual") return `${head}\n\n${show(actual)}\n\nshould loosely deep-equal\n\n${show(expected)}`;
  if (head) {
    const text = show(actual);
    return text.includes("\n") ? `${head}\n\n${text}\n` : `${head}${text.length > 5 ? "\n\n" : " "}${text}`;
  }
  return `${inspect(actual)} ${operator} ${inspect(expected)}`;
}

class AssertionError extends Error {
  constructor(options) {
    if (options === null || typeof options !== "object") throw invalidArgType("options", "Object", options);
    const { message, operator, actual, expected, stackStartFn } = options;
    super(message != null ? String(message) : messageOf(options));
    this.generatedMessage = message == null;
    Object.defineProperty(this, "name", { value: "AssertionError", writable: true, configurable: true });
    this.code = "ERR_ASSERTION";
    this.actual = actual;
    this.expected = expected;
    this.operator = operator;
    if (Error.captureStackTrace && stackStartFn) Error.captureStackTrace(this, stackStartFn);
  }

  toString() {
    return `${this.name} [${this.code}]: ${this.message}`;
  }
}

function fail(options) {
  if (options.message instanceof Error) throw options.message;
  throw new AssertionError(options);
}

function innerOk(start, count, value, message) {
  if (value) return;
  let generated = false;
  if (count === 0) {
    generated = true;
    message = "No value argument passed to `assert.ok()`";
  } else if (message == null) {
    generated = true;
    message = "The expression evaluated to a falsy value";
  } else if (message instanceof Error) {
    throw message;
  }
  const error = new AssertionError({ actual: value, expected: true, message, operator: "==", stackStartFn: start });
  error.generatedMessage = generated;
  throw error;
}

function assert(...values) {
  innerOk(assert, values.length, ...values);
}

const loose = (a, b) => a == b || (Number.isNaN(a) && Number.isNaN(b));

// Comparisons: what must hold, and the name that errors tell.
const comparisons = {
  equal: [loose, "=="],
  notEqual: [(a, b) => !loose(a, b), "!="],
  strictEqual: [Object.is, "strictEqual"],
  notStrictEqual: [(a, b) => !Object.is(a, b), "notStrictEqual"],
  deepEqual: [deep.isDeepEqual, "deepEqual"],
  notDeepEqual: [(a, b) => !deep.isDeepEqual(a, b), "notDeepEqual"],
  deepStrictEqual: [deep.isDeepStrictEqual, "deepStrictEqual"],
  notDeepStrictEqual: [(a, b) => !deep.isDeepStrictEqual(a, b), "notDeepStrictEqual"],
  partialDeepStrictEqual: [deep.isPartiallyEqual, "partialDeepStrictEqual"],
};
for (const [name, [holds, operator]] of Object.entries(comparisons)) {
  const compare = { [name](actual, expected, message) {
    if (arguments.length < 2) throw make(TypeError, "ERR_MISSING_ARGS", 'The "actual" and "expected" arguments must be specified');
    if (!holds(actual, expected)) fail({ actual, expected, message, operator, stackStartFn: compare });
  } }[name];
  assert[name] = compare;
}

assert.ok = function ok(...values) {
  innerOk(ok, values.length, ...values);
};

assert.fail = function failNow(message) {
  if (message instanceof Error) throw message;
  const error = new AssertionError({ message: message ?? "Failed", operator: "fail", stackStartFn: failNow });
  error.generatedMessage = message === undefined;
  throw error;
};

function compareProperties(actual, expected, message, operator) {
  const keys = Object.keys(expected);
  if (expected instanceof Error) keys.push("name", "message");
  else if (keys.length === 0) throw invalidArgValue("error", expected, "may not be an empty object");
  for (const key of keys) {
    const matches = typeof actual[key] === "string" && expected[key] instanceof RegExp && expected[key].test(actual[key]);
    if (matches || (key in actual && deep.isDeepStrictEqual(actual[key], expected[key]))) continue;
    if (message) fail({ actual, expected, message, operator });
    const pick = (object) => Object.fromEntries(keys.filter((one) => one in object).map((one) => [one, object[one]]));
    const text = messageOf({ actual: pick(actual), expected: pick(expected), operator: "deepStrictEqual" });
    const error = new AssertionError({ actual, expected, message: text, operator });
    error.generatedMessage = true;
    throw error;
  }
}

// Whether what was thrown is as expected; throws if not.
function checkThrown(actual, expected, message, operator) {
  if (expected === undefined) return;
  if (expected instanceof RegExp) {
    if (expected.test(String(actual))) return;
    fail({ actual, expected, operator, message: message ?? `The input did not match the regular expression ${inspect(expected)}. Input:\n\n${inspect(String(actual))}\n` });
  }
  if (typeof expected === "object") {
    if (actual === null || typeof actual !== "object") fail({ actual, expected, message: message ?? messageOf({ actual, expected, operator: "deepStrictEqual" }), operator });
    compareProperties(actual, expected, message, operator);
    return;
  }
  if (expected.prototype !== undefined && actual instanceof expected) return;
  if (Error.isPrototypeOf(expected)) {
    const found = actual?.constructor?.name ? `an instance of "${actual.constructor.name}"` : `"${inspect(actual, { depth: -1 })}"`;
    const text = `The error is expected to be an instance of "${expected.name}". Received ${found}`;
    fail({ actual, expected, operator, message: message ?? (actual?.message ? `${text}\n\nError message:\n\n${actual.message}` : text) });
  }
  if (Reflect.apply(expected, {}, [actual]) === true) return;
  const name = expected.name ? `"${expected.name}" ` : "";
  fail({ actual, expected, operator, message: message ?? `The ${name}validation function is expected to return "true". Received ${inspect(expected.call({}, actual))}\n\nCaught error:\n\n${inspect(actual)}` });
}

function expectationOf(expected, message) {
  if (typeof expected === "string") {
    if (message !== undefined) throw invalidArgType("error", ["Object", "Error", "function", "RegExp"], expected);
    return [undefined, expected];
  }
  if (expected != null && typeof expected !== "object" && typeof expected !== "function") {
    throw invalidArgType("error", ["Object", "Error", "function", "RegExp"], expected);
  }
  return [expected ?? undefined, message];
}

const NONE = Symbol("none");

function thrownBy(code) {
  if (typeof code !== "function") throw invalidArgType("fn", "function", code);
  try {
    code();
  } catch (error) {
    return error;
  }
  return NONE;
}

async function rejectionOf(code) {
  let promise = code;
  if (typeof code === "function") {
    promise = code();
    if (typeof promise?.then !== "function") {
      throw make(TypeError, "ERR_INVALID_RETURN_VALUE", `Expected instance of Promise to be returned from the "promiseFn" function but got ${promise === undefined ? "undefined" : `type ${typeof promise}`}.`);
    }
  } else if (typeof code?.then !== "function") {
    throw invalidArgType("promiseFn", ["function", "Promise"], code);
  }
  try {
    await promise;
  } catch (error) {
    return error;
  }
  return NONE;
}

function expectError(operator, actual, expected, message) {
  [expected, message] = expectationOf(expected, message);
  if (actual === NONE) {
    const name = typeof expected === "function" && expected.name ? ` (${expected.name})` : "";
    const kind = operator === "rejects" ? "rejection" : "exception";
    fail({ actual: undefined, expected, operator, message: message instanceof Error ? message : `Missing expected ${kind}${name}${message ? `: ${message}` : "."}` });
  }
  checkThrown(actual, expected, message, operator);
}

function expectNoError(operator, actual, expected, message) {
  if (actual === NONE) return;
  [expected, message] = expectationOf(expected, message);
  const relevant = expected === undefined || (expected instanceof RegExp ? expected.test(String(actual)) : actual instanceof expected);
  if (!relevant) throw actual;
  const kind = operator === "doesNotReject" ? "rejection" : "exception";
  fail({ actual, expected, operator, message: `Got unwanted ${kind}${message ? `: ${message}` : "."}\nActual message: "${actual?.message}"` });
}

assert.throws = function throws(code, expected, message) { expectError("throws", thrownBy(code), expected, message); };
assert.doesNotThrow = function doesNotThrow(code, expected, message) { expectNoError("doesNotThrow", thrownBy(code), expected, message); };
assert.rejects = async function rejects(code, expected, message) { expectError("rejects", await rejectionOf(code), expected, message); };
assert.doesNotReject = async function doesNotReject(code, expected, message) { expectNoError("doesNotReject", await rejectionOf(code), expected, message); };

assert.ifError = function ifError(value) {
  if (value === null || value === undefined) return;
  const text = value instanceof Error ? value.message || value.constructor.name : inspect(value);
  const error = new AssertionError({ actual: value, expected: null, operator: "ifError", message: `ifError got unwanted exception: ${text}` });
  error.generatedMessage = true;
  throw error;
};

function matching(text, expression, message, wanted, operator) {
  if (!(expression instanceof RegExp)) throw invalidArgType("regexp", "RegExp", expression);
  if (typeof text === "string" && expression.test(text) === wanted) return;
  if (message instanceof Error) throw message;
  let generated = message;
  if (generated === undefined) {
    if (typeof text !== "string") generated = `The "string" argument must be of type string. Received type ${typeof text} (${inspect(text)})`;
    else generated = `The input ${wanted ? "did not match" : "was expected to not match"} the regular expression ${inspect(expression)}. Input:\n\n${inspect(text)}\n`;
  }
  const error = new AssertionError({ actual: text, expected: expression, message: generated, operator });
  error.generatedMessage = message === undefined;
  throw error;
}
assert.match = function match(text, expression, message) { matching(text, expression, message, true, "match"); };
assert.doesNotMatch = function doesNotMatch(text, expression, message) { matching(text, expression, message, false, "doesNotMatch"); };
assert.AssertionError = AssertionError;

const strict = Object.assign((...values) => innerOk(strict, values.length, ...values), assert, {
  equal: assert.strictEqual, deepEqual: assert.deepStrictEqual, notEqual: assert.notStrictEqual, notDeepEqual: assert.notDeepStrictEqual,
});
assert.strict = strict;
strict.strict = strict;

Object.assign(exports, assert, { default: assert });
