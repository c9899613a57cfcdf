// Deep comparison, for assert and util.isDeepStrictEqual.
const types = load("node/util_types");

const isObject = (value) => value !== null && typeof value === "object";
const isEnumerable = Object.prototype.propertyIsEnumerable;
const keysOf = (object) => Object.keys(object);
const symbolsOf = (object) => Object.getOwnPropertySymbols(object).filter((key) => isEnumerable.call(object, key));

const KINDS = ["Date", "RegExp", "Map", "Set", "Promise", "WeakMap", "WeakSet", "BoxedPrimitive", "NativeError", "AnyArrayBuffer", "ArrayBufferView"];

function sameBytes(a, b) {
  const x = new Uint8Array(a.buffer ?? a, a.byteOffset ?? 0, a.byteLength);
  const y = new Uint8Array(b.buffer ?? b, b.byteOffset ?? 0, b.byteLength);
  return x.length === y.length && x.every((byte, index) => byte === y[index]);
}

const FLOATS = ["Float16Array", "Float32Array", "Float64Array"];

class Comparison {
  #strict;
  #partial;
  #seen = new Map();

  constructor(strict, partial = false) {
    this.#strict = strict;
    this.#partial = partial;
  }

  equal(a, b) {
    if (a === b) return a !== 0 || Object.is(a, b) || !this.#strict;
    if (this.#strict) {
      if (typeof a !== "object") return typeof a === "number" && Number.isNaN(a) && Number.isNaN(b);
      if (typeof b !== "object" || a === null || b === null) return false;
      if (Object.getPrototypeOf(a) !== Object.getPrototypeOf(b)) return false;
    } else {
      if (!isObject(a)) return !isObject(b) && (a == b || (Number.isNaN(a) && Number.isNaN(b)));
      if (!isObject(b)) return false;
    }
    return this.#objects(a, b);
  }

  #objects(a, b) {
    const tag = Object.prototype.toString;
    if (tag.call(a) !== tag.call(b)) return false;
    for (const kind of KINDS) if (types[`is${kind}`](a) !== types[`is${kind}`](b)) return false;
    if (Array.isArray(a) !== Array.isArray(b)) return false;
    if (!this.#sameContents(a, b)) return false;
    const open = this.#seen.get(a);
    if (open !== undefined) return open === b;
    this.#seen.set(a, b);
    const result = this.#sameKeys(a, b) && this.#sameEntries(a, b);
    this.#seen.delete(a);
    return result;
  }

  // What is not in properties.
  #sameContents(a, b) {
    if (types.isDate(a)) return Object.is(a.getTime(), b.getTime());
    if (types.isRegExp(a)) return a.source === b.source && a.flags === b.flags && a.lastIndex === b.lastIndex;
    if (types.isNativeError(a) || a instanceof Error) {
      return ["message", "name"].every((key) => a[key] === b[key])
        && ["cause", "errors"].every((key) => Object.hasOwn(a, key) === Object.hasOwn(b, key) && (!Object.hasOwn(a, key) || this.equal(a[key], b[key])));
    }
    if (types.isArrayBufferView(a)) {
      const floats = FLOATS.some((name) => types[`is${name}`](a));
      if (!floats) return sameBytes(a, b);
      const same = this.#strict ? Object.is : (x, y) => x === y || (Number.isNaN(x) && Number.isNaN(y));
      return a.length === b.length && Array.prototype.every.call(a, (value, index) => same(value, b[index]));
    }
    if (types.isAnyArrayBuffer(a)) return sameBytes(a, b);
    if (types.isBoxedPrimitive(a)) {
      return typeof a.valueOf() === typeof b.valueOf() && Object.is(a.valueOf(), b.valueOf());
    }
    if (types.isSet(a) || types.isMap(a)) return this.#partial ? a.size >= b.size : a.size === b.size;
    return !(types.isPromise(a) || types.isWeakMap(a) || types.isWeakSet(a)) || this.#partial;
  }

  #sameKeys(a, b) {
    if (Array.isArray(a) && !this.#partial && a.length !== b.length) return false;
    const skip = ArrayBuffer.isView(a) || types.isStringObject(a);
    const own = (object) => (skip ? keysOf(object).filter((key) => !/^(0|[1-9]\d*)$/.test(key)) : keysOf(object));
    const keys = own(b);
    if (!this.#partial && own(a).length !== keys.length) return false;
    if (!keys.every((key) => Object.hasOwn(a, key))) return false;
    const symbols = this.#strict ? symbolsOf(b) : [];
    if (this.#strict) {
      const mine = symbolsOf(a);
      if (!this.#partial && mine.length !== symbols.length) return false;
      if (!symbols.every((key) => mine.includes(key))) return false;
    }
    return [...keys, ...symbols].every((key) => this.equal(a[key], b[key]));
  }

  #sameEntries(a, b) {
    if (types.isSet(a)) return this.#sameSet(a, b);
    if (types.isMap(a)) return this.#sameMap(a, b);
    return true;
  }

  #sameSet(a, b) {
    const rest = [];
    for (const value of b) {
      if (a.has(value)) continue;
      if (!isObject(value) && this.#strict) return false;
      rest.push(value);
    }
    const candidates = new Set([...a].filter((value) => !b.has(value)));
    return rest.every((value) => {
      for (const candidate of candidates) {
        if (!this.equal(candidate, value)) continue;
        candidates.delete(candidate);
        return true;
      }
      return false;
    });
  }

  #sameMap(a, b) {
    const rest = [];
    for (const [key, value] of b) {
      if (a.has(key) && this.equal(a.get(key), value)) continue;
      if (!isObject(key) && this.#strict) return false;
      rest.push([key, value]);
    }
    const candidates = new Set([...a].filter(([key]) => !b.has(key) || isObject(key) || !this.#strict));
    return rest.every(([key, value]) => {
      for (const candidate of candidates) {
        if (!this.equal(candidate[0], key) || !this.equal(candidate[1], value)) continue;
        candidates.delete(candidate);
        return true;
      }
      return false;
    });
  }
}

exports.isDeepStrictEqual = (a, b) => new Comparison(true).equal(a, b);
exports.isDeepEqual = (a, b) => new Comparison(false).equal(a, b);
exports.isPartiallyEqual = (a, b) => new Comparison(true, true).equal(a, b);
