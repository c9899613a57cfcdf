// WebIDL: what every interface of the platform has in common. https://webidl.spec.whatwg.org/

const { defineProperty, getOwnPropertyDescriptor, getOwnPropertyNames } = Object;

/** An error with the property `code` that Node's errors of the same kind have. */
function coded(Class, code, message) {
  const error = new Class(message);
  defineProperty(error, "code", {
    value: code, writable: true, enumerable: true, configurable: true,
  });
  return error;
}

function typeError(message, code = "ERR_INVALID_ARG_TYPE") {
  return coded(TypeError, code, message);
}

/** Makes the members that `object` has itself enumerable, but for `skip`. */
function makeEnumerable(object, skip) {
  for (const name of getOwnPropertyNames(object)) {
    if (skip.includes(name)) continue;
    const descriptor = getOwnPropertyDescriptor(object, name);
    if (descriptor.configurable) defineProperty(object, name, { enumerable: true });
  }
}

/**
 * Gives a class the shape of an interface (section 3.7): enumerable members, `Symbol.toStringTag`, and
 * `constants` on the interface object and its prototype. Returns the class.
 */
function defineInterface(Class, { constants = {}, tag = Class.name } = {}) {
  prototypes.add(Class.prototype);
  makeEnumerable(Class.prototype, ["constructor"]);
  makeEnumerable(Class, ["prototype", "name", "length"]);
  defineProperty(Class.prototype, Symbol.toStringTag, { value: tag, configurable: true });
  for (const [name, value] of Object.entries(constants)) {
    defineProperty(Class, name, { value, enumerable: true });
    defineProperty(Class.prototype, name, { value, enumerable: true });
  }
  return Class;
}

/** The prototypes of all interfaces. */
const prototypes = new WeakSet();

/** Whether a value is an instance of an interface of the platform. */
function isPlatformObject(value) {
  for (let object = value; object !== null; object = Object.getPrototypeOf(object)) {
    if (prototypes.has(object)) return true;
  }
  return false;
}

/** Gives an object the shape of a namespace (section 3.13). Returns it. */
function defineNamespace(object, tag) {
  defineProperty(object, Symbol.toStringTag, { value: tag, configurable: true });
  return object;
}

/** The error of a member that was called on something else. */
function illegalInvocation(name) {
  return typeError(`Illegal invocation: this is not of type ${name}`, "ERR_INVALID_THIS");
}

/** The error of `new` on an interface without a constructor. */
function illegalConstructor() {
  return typeError("Illegal constructor", "ERR_ILLEGAL_CONSTRUCTOR");
}

/** Throws unless `arguments.length`, which is `count`, is at least `required`. */
function requireArguments(count, required, where) {
  if (count >= required) return;
  const noun = required === 1 ? "argument" : "arguments";
  throw typeError(`${where}: ${required} ${noun} required, but only ${count} present`, "ERR_MISSING_ARGS");
}

/**
 * A conversion to an integer type of `bits` (section 3.2.4.9). It takes the value, then what names the value in
 * errors, then `enforceRange` or `clamp`.
 */
function integer(bits, signed) {
  const safe = bits === 64;
  const lower = signed ? (safe ? Number.MIN_SAFE_INTEGER : -(2 ** (bits - 1))) : 0;
  const upper = safe ? Number.MAX_SAFE_INTEGER : 2 ** (signed ? bits - 1 : bits) - 1;
  const modulus = 2 ** bits;
  return function (value, what, { enforceRange = false, clamp = false } = {}) {
    let number = +value;
    if (enforceRange) {
      if (!Number.isFinite(number)) throw typeError(`${what} is not a finite number`);
      number = Math.trunc(number) + 0;
      if (number < lower || number > upper) {
        throw typeError(`${what} is outside of the range ${lower} to ${upper}`);
      }
      return number;
    }
    if (Number.isNaN(number)) return 0;
    if (clamp) return roundToEven(Math.min(Math.max(number, lower), upper));
    if (!Number.isFinite(number)) return 0;
    if (bits === 64) return Number(wrap64(BigInt(Math.trunc(number)), signed));
    number = Math.trunc(number) % modulus;
    if (number < 0) number += modulus;
    if (signed && number >= modulus / 2) number -= modulus;
    return number + 0;
  };
}

function wrap64(value, signed) {
  return signed ? BigInt.asIntN(64, value) : BigInt.asUintN(64, value);
}

function roundToEven(number) {
  const floor = Math.floor(number);
  const rest = number - floor;
  if (rest < 0.5 || (rest === 0.5 && floor % 2 === 0)) return floor + 0;
  return floor + 1;
}

function unrestrictedDouble(value) {
  return +value;
}

function double(value, what) {
  const number = +value;
  if (!Number.isFinite(number)) throw typeError(`${what} is not a finite number`);
  return number;
}

function boolean(value) {
  return !!value;
}

function DOMString(value, what) {
  if (typeof value === "symbol") throw typeError(`${what} is a symbol, which cannot be a string`);
  return `${value}`;
}

function USVString(value, what) {
  return DOMString(value, what).toWellFormed();
}

function ByteString(value, what) {
  const text = DOMString(value, what);
  for (let i = 0; i < text.length; i++) {
    if (text.charCodeAt(i) > 255) {
      throw typeError(`${what} has the character ${JSON.stringify(text[i])} at ${i}, which is greater than 255`);
    }
  }
  return text;
}

/** An enumeration type (section 3.2.18). */
function enumeration(name, values) {
  return (value, what) => {
    const text = DOMString(value, what);
    if (!values.includes(text)) {
      throw typeError(`${what}: ${JSON.stringify(text)} is not a value of ${name}`, "ERR_INVALID_ARG_VALUE");
    }
    return text;
  };
}

function isObject(value) {
  return (typeof value === "object" && value !== null) || typeof value === "function";
}

function nullable(convert) {
  return (value, what) => (value === null || value === undefined ? null : convert(value, what));
}

/** A sequence type (section 3.2.21): any iterable object, as an array. */
function sequence(convert) {
  return (value, what) => {
    const method = isObject(value) ? value[Symbol.iterator] : undefined;
    if (typeof method !== "function") throw typeError(`${what} is not iterable`, "ERR_ARG_NOT_ITERABLE");
    const items = [];
    for (const item of { [Symbol.iterator]: () => method.call(value) }) {
      items.push(convert(item, `${what}, element ${items.length}`));
    }
    return items;
  };
}

/** A record type (section 3.2.23), as an array of pairs. */
function record(convertKey, convertValue) {
  return (value, what) => {
    if (!isObject(value)) throw typeError(`${what} is not an object`);
    const pairs = new Map();
    for (const key of Reflect.ownKeys(value)) {
      const descriptor = Reflect.getOwnPropertyDescriptor(value, key);
      if (descriptor === undefined || !descriptor.enumerable) continue;
      const name = convertKey(key, `${what}, key`);
      pairs.set(name, convertValue(value[key], `${what}, value of ${name}`));
    }
    return [...pairs];
  };
}

/**
 * A dictionary type (section 3.2.17). Members are `{ name: { convert, default, required } }`, in the order in which
 * they are read; `default` is a function. Absent members without a default are absent from the result.
 */
function dictionary(name, members) {
  const sorted = Object.entries(members);
  return (value, what = name) => {
    const result = {};
    if (value !== undefined && value !== null && !isObject(value)) {
      throw typeError(`${what} is not an object`);
    }
    for (const [key, member] of sorted) {
      const given = value === undefined || value === null ? undefined : value[key];
      if (given !== undefined) {
        result[key] = member.convert === undefined ? given : member.convert(given, `${what}, member ${key}`);
      } else if (member.required) {
        throw typeError(`${what}: the member ${key} is required`, "ERR_MISSING_OPTION");
      } else if (member.default !== undefined) {
        result[key] = member.default();
      }
    }
    return result;
  };
}

/** An interface type: `is` tells whether a value implements it. */
function interfaceType(name, is) {
  return (value, what) => {
    if (!is(value)) throw typeError(`${what} is not of type ${name}`);
    return value;
  };
}

function callback(value, what) {
  if (typeof value !== "function") throw typeError(`${what} is not a function`);
  return value;
}

const byteLengthOf = {
  ArrayBuffer: getOwnPropertyDescriptor(ArrayBuffer.prototype, "byteLength").get,
  SharedArrayBuffer: getOwnPropertyDescriptor(SharedArrayBuffer.prototype, "byteLength").get,
};

function hasInternal(get, value) {
  try {
    get.call(value);
    return true;
  } catch {
    return false;
  }
}

function isArrayBuffer(value) {
  return isObject(value) && hasInternal(byteLengthOf.ArrayBuffer, value);
}

function isSharedArrayBuffer(value) {
  return isObject(value) && hasInternal(byteLengthOf.SharedArrayBuffer, value);
}

const typedArrayPrototype = Object.getPrototypeOf(Uint8Array.prototype);
const kindOfTypedArray = getOwnPropertyDescriptor(typedArrayPrototype, Symbol.toStringTag).get;
const [typedArrayParts, dataViewParts] = [typedArrayPrototype, DataView.prototype].map((prototype) =>
  ["buffer", "byteOffset", "byteLength"].map((name) => getOwnPropertyDescriptor(prototype, name).get));

/** The buffer of a view, and the offset and length of what it shows, whatever properties the view has. */
function partsOf(view) {
  const parts = kindOfTypedArray.call(view) === undefined ? dataViewParts : typedArrayParts;
  return parts.map((get) => get.call(view));
}

function isBufferSource(value, { allowShared = false } = {}) {
  if (!isObject(value)) return false;
  if (ArrayBuffer.isView(value)) return allowShared || !isSharedArrayBuffer(partsOf(value)[0]);
  return isArrayBuffer(value) || (allowShared && isSharedArrayBuffer(value));
}

/** A `BufferSource`, as a Uint8Array that shows the same bytes. */
function bufferSource(value, what, options) {
  if (!isBufferSource(value, options)) {
    throw typeError(`${what} is neither an ArrayBuffer nor a view of one`);
  }
  if (!ArrayBuffer.isView(value)) return new Uint8Array(value);
  return new Uint8Array(...partsOf(value));
}

/** The prototype of iterators of an interface that has a pair iterator (section 3.7.10.2). */
function pairIterator(name, entries) {
  const states = new WeakMap();
  const prototype = Object.create(Iterator.prototype, {
    next: {
      writable: true, enumerable: true, configurable: true,
      value: function next() {
        const state = states.get(this);
        if (state === undefined) throw illegalInvocation(`${name} Iterator`);
        const pairs = entries(state.target);
        if (state.index >= pairs.length) return { value: undefined, done: true };
        const [key, value] = pairs[state.index++];
        const result = state.kind === "key" ? key : state.kind === "value" ? value : [key, value];
        return { value: result, done: false };
      },
    },
    [Symbol.toStringTag]: { value: `${name} Iterator`, configurable: true },
  });
  return {
    create(target, kind) {
      const iterator = Object.create(prototype);
      states.set(iterator, { target, kind, index: 0 });
      return iterator;
    },
    /** What is left, for the inspector; undefined if `value` is no such iterator. */
    rest(value) {
      const state = states.get(value);
      return state === undefined ? undefined : { kind: state.kind, pairs: entries(state.target).slice(state.index) };
    },
    prototype,
  };
}

Object.assign(exports, {
  coded, typeError, defineInterface, defineNamespace, illegalInvocation, illegalConstructor, requireArguments,
  byte: integer(8, true), octet: integer(8, false),
  short: integer(16, true), unsignedShort: integer(16, false),
  long: integer(32, true), unsignedLong: integer(32, false),
  longLong: integer(64, true), unsignedLongLong: integer(64, false),
  double, unrestrictedDouble, boolean, DOMString, USVString, ByteString,
  enumeration, nullable, sequence, record, dictionary, interfaceType, callback,
  isObject, isPlatformObject, isArrayBuffer, isSharedArrayBuffer, isBufferSource, bufferSource, pairIterator,
});
