// The functions of `wasm:js-string` (JS API, "builtins").

const { RuntimeError } = load("wasm/errors");
const uncurry = (f) => Function.prototype.call.bind(f);
const { fromCharCode, fromCodePoint } = String;
const charCodeAt = uncurry(String.prototype.charCodeAt);
const codePointAt = uncurry(String.prototype.codePointAt);
const substring = uncurry(String.prototype.substring);

const trap = (message) => {
  throw new RuntimeError(message);
};

const requireString = (value) => {
  if (typeof value !== "string") trap("illegal cast: the value is no string");
};

exports.cast = (value) => {
  requireString(value);
  return value;
};

exports.test = (value) => +(typeof value === "string");

// Arrays do not exist here yet, so that what a guest passes is null.
exports.fromCharCodeArray = () => trap("dereferencing a null pointer");

exports.intoCharCodeArray = (value) => {
  requireString(value);
  trap("dereferencing a null pointer");
};

exports.fromCharCode = (code) => fromCharCode(code >>> 0);

exports.fromCodePoint = (code) => {
  const point = code >>> 0;
  if (point > 0x10ffff) trap(`${point} is no code point`);
  return fromCodePoint(point);
};

const at = (read) => (value, index) => {
  requireString(value);
  const position = index >>> 0;
  if (position >= value.length) trap("string index out of bounds");
  return read(value, position);
};
exports.charCodeAt = at(charCodeAt);
exports.codePointAt = at(codePointAt);

exports.length = (value) => {
  requireString(value);
  return value.length;
};

exports.concat = (first, second) => {
  requireString(first);
  requireString(second);
  return first + second;
};

exports.substring = (value, start, end) => {
  requireString(value);
  const from = start >>> 0;
  const to = end >>> 0;
  return from > to || from > value.length ? "" : substring(value, from, to);
};

exports.equals = (first, second) => {
  if (first !== null) requireString(first);
  if (second !== null) requireString(second);
  return +(first === second);
};

exports.compare = (first, second) => {
  requireString(first);
  requireString(second);
  return first === second ? 0 : first < second ? -1 : 1;
};
