// A small test harness: a file calls `test` for each of its tests and ends with `await run()`, which prints a
// line for each test ("ok - NAME", "not ok - NAME # what went wrong") and then the plan ("1..COUNT").

const tests = [];

/** Adds a test. Names are unique in a file; `body` may be async. */
export function test(name, body) {
  if (tests.some((other) => other.name === name)) {
    throw new Error(`two tests are named "${name}"`);
  }
  tests.push({ name, body });
}

/** Runs the tests in order. */
export async function run() {
  for (const { name, body } of tests) {
    try {
      await body();
      console.log(`ok - ${name}`);
    } catch (error) {
      console.log(`not ok - ${name} # ${String(error).replaceAll("\n", " ")}`);
    }
  }
  console.log(`1..${tests.length}`);
}

class AssertionError extends Error {
  name = "AssertionError";
}

/** A value in words that fit on a line. */
function show(value) {
  if (typeof value === "string") {
    return JSON.stringify(value);
  }
  if (typeof value === "bigint") {
    return `${value}n`;
  }
  if (Object.is(value, -0)) {
    return "-0";
  }
  if (typeof value === "function") {
    return `[function ${value.name}]`;
  }
  if (Array.isArray(value)) {
    return `[${value.map(show).join(", ")}]`;
  }
  if (value instanceof Error) {
    return `${value.constructor.name}(${JSON.stringify(value.message)})`;
  }
  return typeof value === "object" && value !== null ? Object.prototype.toString.call(value) : String(value);
}

function fail(message, context) {
  throw new AssertionError(context === undefined ? message : `${context}: ${message}`);
}

export function assert(condition, context) {
  if (condition !== true) {
    fail(`expected true, got ${show(condition)}`, context);
  }
}

/** Both are the same value in the sense of Object.is. */
export function equal(actual, expected, context) {
  if (!Object.is(actual, expected)) {
    fail(`expected ${show(expected)}, got ${show(actual)}`, context);
  }
}

export function notEqual(actual, unexpected, context) {
  if (Object.is(actual, unexpected)) {
    fail(`expected something else than ${show(unexpected)}`, context);
  }
}

/** Both iterables give the same values (Object.is; nested arrays are compared likewise). */
export function sameValues(actual, expected, context) {
  const [left, right] = [[...actual], [...expected]];
  const same = (a, b) =>
    Array.isArray(a) && Array.isArray(b) ? a.length === b.length && a.every((x, i) => same(x, b[i])) : Object.is(a, b);
  if (!same(left, right)) {
    fail(`expected ${show(right)}, got ${show(left)}`, context);
  }
}

/** Both are plain objects or arrays with the same own enumerable properties in the same order. */
export function sameJson(actual, expected, context) {
  equal(JSON.stringify(actual), JSON.stringify(expected), context);
}

function checkError(error, expected, context) {
  if (typeof expected === "function") {
    if (!(error instanceof expected)) {
      fail(`expected a ${expected.name}, got ${show(error)}`, context);
    }
  } else if (!Object.is(error, expected)) {
    fail(`expected ${show(expected)} to be thrown, got ${show(error)}`, context);
  }
  return error;
}

/** `body` throws an instance of `expected`, or that very value; returns what was thrown. */
export function throws(expected, body, context) {
  let result;
  try {
    result = body();
  } catch (error) {
    return checkError(error, expected, context);
  }
  return fail(`expected an exception, got ${show(result)}`, context);
}

/** As `throws`, for a promise that is rejected. A synchronous exception is a failure. */
export async function rejects(expected, makePromise, context) {
  const promise = makePromise();
  assert(promise instanceof Promise, context ?? "is a promise");
  let result;
  try {
    result = await promise;
  } catch (error) {
    return checkError(error, expected, context);
  }
  return fail(`expected a rejection, got ${show(result)}`, context);
}

/** The own property has exactly this descriptor; `flags` names what is true of writable, enumerable, configurable. */
export function hasProperty(object, key, flags, context = String(key)) {
  const descriptor = Object.getOwnPropertyDescriptor(object, key);
  assert(descriptor !== undefined, `${context} exists`);
  for (const flag of ["writable", "enumerable", "configurable"]) {
    if (flag !== "writable" || "value" in descriptor) {
      equal(descriptor[flag], flags.split(" ").includes(flag), `${context} is ${flag}`);
    }
  }
  return descriptor;
}

/** A method or operation as WebIDL defines it. */
export function hasOperation(object, name, length) {
  const { value } = hasProperty(object, name, "writable enumerable configurable");
  equal(typeof value, "function", name);
  equal(value.name, name, `${name}.name`);
  equal(value.length, length, `${name}.length`);
  assert(!Object.hasOwn(value, "prototype"), `${name} has no prototype`);
  throws(TypeError, () => Reflect.construct(value, []), `new ${name}()`);
}

/** An attribute as WebIDL defines it. */
export function hasAttribute(prototype, name, isReadOnly) {
  const { get, set } = hasProperty(prototype, name, "enumerable configurable");
  equal(get.name, `get ${name}`, `name of ${name}'s getter`);
  equal(get.length, 0, `length of ${name}'s getter`);
  if (isReadOnly) {
    equal(set, undefined, `setter of ${name}`);
  } else {
    equal(set.name, `set ${name}`, `name of ${name}'s setter`);
    equal(set.length, 1, `length of ${name}'s setter`);
  }
}

/** An interface as WebIDL defines it on its namespace. */
export function hasInterface(namespace, name, length) {
  const { value } = hasProperty(namespace, name, "writable configurable");
  equal(typeof value, "function", name);
  equal(value.name, name, `${name}.name`);
  equal(value.length, length, `${name}.length`);
  hasProperty(value, "prototype", "", `${name}.prototype`);
  const constructor = hasProperty(value.prototype, "constructor", "writable configurable");
  equal(constructor.value, value, `${name}.prototype.constructor`);
  const tag = hasProperty(value.prototype, Symbol.toStringTag, "configurable");
  equal(tag.value, `WebAssembly.${name}`, `${name}'s tag`);
}
