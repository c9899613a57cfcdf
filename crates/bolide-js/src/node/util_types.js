// util.types
const { className, proxyTarget } = native("inspect");

const kind = (value) => (value !== null && (typeof value === "object" || typeof value === "function") ? className(value) : undefined);
const typedArrayTag = Object.getOwnPropertyDescriptor(Object.getPrototypeOf(Uint8Array.prototype), Symbol.toStringTag).get;
const tagOf = (value) => (ArrayBuffer.isView(value) ? typedArrayTag.call(value) : undefined);

const types = {
  isProxy: (value) => proxyTarget(value) !== undefined,
  isTypedArray: (value) => tagOf(value) !== undefined,
  isArrayBufferView: ArrayBuffer.isView,
  isDataView: (value) => ArrayBuffer.isView(value) && tagOf(value) === undefined,
  isAnyArrayBuffer: (value) => ["ArrayBuffer", "SharedArrayBuffer"].includes(kind(value)),
  isNativeError: (value) => kind(value) === "Error",
  isArgumentsObject: (value) => Object.prototype.toString.call(value) === "[object Arguments]" && !(Symbol.toStringTag in value),
  isGeneratorFunction: (value) => ["GeneratorFunction", "AsyncGeneratorFunction"].includes(kind(value)),
  isAsyncFunction: (value) => ["AsyncFunction", "AsyncGeneratorFunction"].includes(kind(value)),
  isModuleNamespaceObject: (value) => kind(value) === "Module",
  isExternal: () => false,
  isEventTarget: (value) => value instanceof EventTarget,
  isBigIntObject: (value) => kind(value) === "BigInt",
  isBoxedPrimitive: (value) => ["Number", "String", "Boolean", "Symbol", "BigInt"].includes(kind(value)),
  isNumberObject: (value) => kind(value) === "Number",
  isStringObject: (value) => kind(value) === "String",
  isBooleanObject: (value) => kind(value) === "Boolean",
  isSymbolObject: (value) => kind(value) === "Symbol",
  isGeneratorObject: (value) => ["Generator", "AsyncGenerator"].includes(kind(value)),
  isMapIterator: (value) => kind(value) === "Map Iterator",
  isSetIterator: (value) => kind(value) === "Set Iterator",
  isRegExp: (value) => kind(value) === "RegExp",
};
for (const name of ["ArrayBuffer", "SharedArrayBuffer", "Date", "Map", "Set", "WeakMap", "WeakSet", "Promise"]) {
  types[`is${name}`] = (value) => kind(value) === name;
}
for (const name of [
  "Uint8Array", "Uint8ClampedArray", "Uint16Array", "Uint32Array", "Int8Array", "Int16Array", "Int32Array",
  "Float16Array", "Float32Array", "Float64Array", "BigInt64Array", "BigUint64Array",
]) {
  types[`is${name}`] = (value) => tagOf(value) === name;
}
for (const name of ["CryptoKey", "KeyObject"]) {
  types[`is${name}`] = (value) => typeof globalThis[name] === "function" && value instanceof globalThis[name];
}
Object.assign(exports, types);
