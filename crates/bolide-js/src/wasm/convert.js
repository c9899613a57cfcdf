// Conversions of Web IDL, and what natives of this area need of the language.

const { freeze, defineProperty, getOwnPropertyNames, getOwnPropertyDescriptor, setPrototypeOf } = Object;
const { ownKeys } = Reflect;
const MathTrunc = Math.trunc;
const ToBigInt = BigInt;
const ToString = String;

exports.list = (iterable) => [...iterable];

exports.freeze = (object) => {
  freeze(object);
};

// A private field keeps the owner of a buffer alive without being seen.
class Stamp extends (function (object) { return object; }) {
  #owner;

  constructor(object, owner) {
    super(object);
    this.#owner = owner;
  }

  static ownerOf(object) {
    return #owner in object ? object.#owner : undefined;
  }
}
exports.ownerOf = (object) => Stamp.ownerOf(object);

exports.stamp = (buffer, owner, frozen) => {
  new Stamp(buffer, owner);
  if (frozen) freeze(buffer);
};

const isObject = (value) => typeof value === "object" ? value !== null : typeof value === "function";
exports.isObject = isObject;

const fail = (message) => {
  throw new TypeError(message);
};
exports.fail = fail;

exports.requireArguments = (given, needed, what) => {
  if (given < needed) {
    fail(`${what}: ${needed} argument${needed === 1 ? "" : "s"} required, but only ${given} present`);
  }
};

// [EnforceRange] unsigned long
const toUint32 = (value, what) => {
  const number = +value;
  const integer = MathTrunc(number);
  if (!(integer >= 0 && integer <= 0xffffffff)) fail(`${what} must be an integer from 0 to 4294967295`);
  return integer + 0;
};
exports.toUint32 = toUint32;

// AddressValueToU64
exports.toAddress = (value, is64, what) => {
  if (!is64) return toUint32(value, what);
  if (typeof value === "number") fail(`${what} must be a BigInt, because the address type is i64`);
  const integer = ToBigInt(value);
  if (integer < 0n || integer > 0xffff_ffff_ffff_ffffn) fail(`${what} must be a BigInt from 0 to 2^64 - 1`);
  return integer;
};

// U64ToAddressValue
exports.fromAddress = (value, is64) => is64 ? ToBigInt(value) : value;

// A Web IDL dictionary: undefined and null are empty ones.
exports.toDictionary = (value, what) => {
  if (value === undefined || value === null) return undefined;
  if (!isObject(value)) fail(`${what} must be an object`);
  return value;
};

exports.toEnum = (value, values, what) => {
  const text = `${value}`;
  for (let i = 0; i < values.length; i++) if (values[i] === text) return text;
  fail(`${what}: '${text}' is not one of ${values.join(", ")}`);
};

const toUSVString = (value) => `${value}`.toWellFormed();

// WebAssemblyCompileOptions
exports.toOptions = (value, what) => {
  if (value === undefined || value === null) return { builtins: [], importedStringConstants: undefined };
  if (!isObject(value)) fail(`${what}: the options must be an object`);
  const { builtins } = value;
  if (builtins !== undefined && !isObject(builtins)) fail(`${what}: 'builtins' must be a sequence of strings`);
  const sets = builtins === undefined ? [] : [...builtins].map(toUSVString);
  const constants = value.importedStringConstants;
  return {
    builtins: sets,
    importedStringConstants: constants === undefined || constants === null ? undefined : toUSVString(constants),
  };
};

// BufferSource, with shared buffers allowed.
const isView = ArrayBuffer.isView;
const bufferLength = getOwnPropertyDescriptor(ArrayBuffer.prototype, "byteLength").get;
const sharedLength = getOwnPropertyDescriptor(SharedArrayBuffer.prototype, "byteLength").get;
const call = Function.prototype.call.bind(Function.prototype.call);

exports.toBytes = (value, what) => {
  if (isView(value)) return value;
  for (const length of [bufferLength, sharedLength]) {
    try {
      call(length, value);
      return value;
    } catch {}
  }
  fail(`${what} must be an ArrayBuffer or a view of one`);
};

// Makes the members of a class look as Web IDL wants: enumerable, with a tag.
exports.defineInterface = (constructor, tag) => {
  for (const target of [constructor, constructor.prototype]) {
    for (const key of ownKeys(target)) {
      if (key === "constructor" || key === "prototype") continue;
      if (target === constructor && (key === "length" || key === "name")) continue;
      const descriptor = getOwnPropertyDescriptor(target, key);
      if (!descriptor.configurable) continue;
      descriptor.enumerable = typeof key === "string";
      defineProperty(target, key, descriptor);
    }
  }
  defineProperty(constructor.prototype, Symbol.toStringTag, { value: tag, configurable: true });
  defineProperty(constructor, "prototype", { writable: false });
};

// The prototype that `new.target` asks for ("get prototype from constructor").
exports.adopt = (object, newTarget, constructor) => {
  if (newTarget !== constructor) {
    const prototype = newTarget.prototype;
    if (isObject(prototype)) setPrototypeOf(object, prototype);
  }
  return object;
};
