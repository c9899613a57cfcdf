// node:buffer
const bytes = native("buffer");
const { make, invalidArgType, invalidArgValue, outOfRange, validate } = load("node/errors");

const MAX_LENGTH = 2 ** 31 - 1;
const MAX_STRING = 2 ** 29 - 24;
const ENCODINGS = {
  utf8: "utf8", "utf-8": "utf8", ucs2: "utf16le", "ucs-2": "utf16le", utf16le: "utf16le", "utf-16le": "utf16le",
  latin1: "latin1", binary: "latin1", ascii: "ascii", base64: "base64", base64url: "base64url", hex: "hex", __proto__: null,
};

// The encoding's one name, or undefined.
const canonical = (name) => ENCODINGS[name] ?? ENCODINGS[String(name).toLowerCase()];

function encodingOf(name) {
  if (name === undefined || name === null || name === "") return "utf8";
  const found = typeof name === "string" ? canonical(name) : undefined;
  if (found === undefined) throw make(TypeError, "ERR_UNKNOWN_ENCODING", `Unknown encoding: ${name}`);
  return found;
}

class FastBuffer extends Uint8Array {}

const isView = (value) => value instanceof Uint8Array || ArrayBuffer.isView(value);
const isAnyBuffer = (value) => value instanceof ArrayBuffer || (typeof SharedArrayBuffer === "function" && value instanceof SharedArrayBuffer)
  || Object.prototype.toString.call(value) === "[object ArrayBuffer]" || Object.prototype.toString.call(value) === "[object SharedArrayBuffer]";

let warned = false;

function Buffer(value, encodingOrOffset, length) {
  if (!warned) {
    warned = true;
    load("node/process").process.emitWarning(
      "Buffer() is deprecated due to security and usability issues. Please use the Buffer.alloc(), Buffer.allocUnsafe(), or Buffer.from() methods instead.",
      "DeprecationWarning", "DEP0005");
  }
  if (typeof value === "number") {
    if (typeof encodingOrOffset === "string") throw invalidArgType("string", "string", value);
    return Buffer.alloc(value);
  }
  return Buffer.from(value, encodingOrOffset, length);
}

Object.defineProperty(Buffer, Symbol.species, { configurable: true, get() { return FastBuffer; } });
Object.setPrototypeOf(Buffer, Uint8Array);
Buffer.prototype = FastBuffer.prototype;
Object.defineProperty(Buffer.prototype, "constructor", { value: Buffer, writable: true, configurable: true });

function checkSize(size) {
  if (typeof size !== "number") throw invalidArgType("size", "number", size);
  if (!(size >= 0 && size <= MAX_LENGTH)) throw outOfRange("size", `>= 0 && <= ${MAX_LENGTH}`, size);
}

function fromString(text, encoding) {
  return new FastBuffer(bytes.encode(text, encodingOf(encoding)));
}

function fromBuffer(buffer, offset, length) {
  let start = offset === undefined ? 0 : +offset;
  if (Number.isNaN(start)) start = 0;
  const room = buffer.byteLength - start;
  if (room < 0) throw make(RangeError, "ERR_BUFFER_OUT_OF_BOUNDS", "\"offset\" is outside of buffer bounds");
  if (length === undefined) return new FastBuffer(buffer, start, room);
  let count = +length;
  if (!(count > 0)) count = 0;
  if (count > room) throw make(RangeError, "ERR_BUFFER_OUT_OF_BOUNDS", "\"length\" is outside of buffer bounds");
  return new FastBuffer(buffer, start, count);
}

function fromArrayLike(list) {
  if (!(list.length > 0)) return new FastBuffer();
  const buffer = new FastBuffer(list.length);
  if (isView(list) || Array.isArray(list)) buffer.set(list);
  else for (let i = 0; i < list.length; i++) buffer[i] = list[i];
  return buffer;
}

function fromObject(object) {
  if (object.length !== undefined || isAnyBuffer(object.buffer)) {
    return typeof object.length === "number" ? fromArrayLike(object) : new FastBuffer();
  }
  if (object.type === "Buffer" && Array.isArray(object.data)) return fromArrayLike(object.data);
}

Buffer.from = function from(value, encodingOrOffset, length) {
  if (typeof value === "string") return fromString(value, encodingOrOffset);
  if (typeof value === "object" && value !== null) {
    if (isAnyBuffer(value)) return fromBuffer(value, encodingOrOffset, length);
    const primitive = value.valueOf?.();
    if (primitive != null && primitive !== value && (typeof primitive === "string" || typeof primitive === "object")) {
      return Buffer.from(primitive, encodingOrOffset, length);
    }
    const buffer = fromObject(value);
    if (buffer) return buffer;
    if (typeof value[Symbol.toPrimitive] === "function") {
      const text = value[Symbol.toPrimitive]("string");
      if (typeof text === "string") return fromString(text, encodingOrOffset);
    }
  }
  throw invalidArgType("first argument", ["string", "Buffer", "ArrayBuffer", "Array", "an Array-like Object"], value);
};

Buffer.copyBytesFrom = function copyBytesFrom(view, offset = 0, length) {
  if (!ArrayBuffer.isView(view) || view instanceof DataView) throw invalidArgType("view", "TypedArray", view);
  validate.integer(offset, "offset", 0);
  const part = view.subarray(offset, length === undefined ? undefined : offset + length);
  return Buffer.from(new Uint8Array(part.buffer, part.byteOffset, part.byteLength));
};

Buffer.of = (...items) => fromArrayLike(items);

Buffer.alloc = function alloc(size, fill, encoding) {
  checkSize(size);
  const buffer = new FastBuffer(size);
  if (fill !== undefined && fill !== 0 && size > 0) buffer.fill(fill, 0, size, encoding);
  return buffer;
};

Buffer.allocUnsafe = function allocUnsafe(size) {
  checkSize(size);
  return new FastBuffer(size);
};
Buffer.allocUnsafeSlow = function allocUnsafeSlow(size) {
  return Buffer.allocUnsafe(size);
};
Buffer.poolSize = 8192;

Buffer.isBuffer = (value) => value instanceof Buffer;
Buffer.isEncoding = (name) => typeof name === "string" && name.length > 0 && canonical(name) !== undefined;

Buffer.byteLength = function byteLength(value, encoding) {
  if (typeof value !== "string") {
    if (ArrayBuffer.isView(value) || isAnyBuffer(value)) return value.byteLength;
    throw invalidArgType("string", ["string", "Buffer", "ArrayBuffer"], value);
  }
  switch (canonical(encoding ?? "utf8")) {
    case "utf16le": return value.length * 2;
    case "latin1": case "ascii": return value.length;
    case "hex": return value.length >>> 1;
    case "base64": case "base64url": return Math.floor((value.replace(/={1,2}$/, "").length * 3) / 4);
    default: return bytes.byteLength(value);
  }
};

function needBytes(value, name) {
  if (!(value instanceof Uint8Array)) throw invalidArgType(name, ["Buffer", "Uint8Array"], value);
}

Buffer.compare = function compare(a, b) {
  needBytes(a, "buf1");
  needBytes(b, "buf2");
  return a === b ? 0 : bytes.compare(a, b);
};

Buffer.concat = function concat(list, length) {
  if (!Array.isArray(list)) throw invalidArgType("list", "Array", list);
  if (length === undefined) length = list.reduce((sum, item) => sum + (item?.length ?? 0), 0);
  else validate.integer(length, "length", 0, MAX_LENGTH);
  const result = new FastBuffer(length);
  let at = 0;
  list.forEach((item, index) => {
    if (!(item instanceof Uint8Array)) throw invalidArgType(`list[${index}]`, ["Buffer", "Uint8Array"], item);
    if (at >= length) return;
    result.set(at + item.length > length ? item.subarray(0, length - at) : item, at);
    at += item.length;
  });
  return result;
};

const toIndex = (value, fallback, length) => {
  if (value === undefined) return fallback;
  let index = Math.trunc(+value);
  if (Number.isNaN(index)) index = 0;
  return index < 0 ? Math.max(0, length + index) : Math.min(index, length);
};

function numberInRange(value, name, fallback, max) {
  if (value === undefined) return fallback;
  validate.integer(value, name, 0, max);
  return value;
}

const methods = {
  toString(encoding, start, end) {
    const length = this.length;
    if (arguments.length === 0) return bytes.decode(this, "utf8", 0, length);
    start = !(start > 0) ? 0 : start >= length ? length : Math.trunc(start);
    end = end === undefined || end > length ? length : Math.trunc(end) || 0;
    if (end <= start) return "";
    return bytes.decode(this, encodingOf(encoding), start, end);
  },

  toLocaleString(encoding, start, end) {
    return this.toString(encoding, start, end);
  },

  write(text, offset, length, encoding) {
    if (typeof text !== "string") throw invalidArgType("argument", "string", text);
    if (typeof offset === "string") [encoding, offset, length] = [offset, undefined, undefined];
    else if (typeof length === "string") [encoding, length] = [length, undefined];
    const start = numberInRange(offset, "offset", 0, this.length);
    const room = this.length - start;
    const count = length === undefined ? room : Math.min(numberInRange(length, "length", room, this.length), room);
    return bytes.write(this, text, start, count, encodingOf(encoding));
  },

  slice(start, end) {
    return this.subarray(start, end);
  },

  subarray(start, end) {
    const from = toIndex(start, 0, this.length);
    const to = Math.max(from, toIndex(end, this.length, this.length));
    return new FastBuffer(this.buffer, this.byteOffset + from, to - from);
  },

  equals(other) {
    if (!(other instanceof Uint8Array)) throw invalidArgType("otherBuffer", ["Buffer", "Uint8Array"], other);
    return this === other || (this.length === other.length && bytes.compare(this, other) === 0);
  },

  compare(target, targetStart, targetEnd, sourceStart, sourceEnd) {
    if (!(target instanceof Uint8Array)) throw invalidArgType("target", ["Buffer", "Uint8Array"], target);
    const a = Uint8Array.prototype.subarray;
    const ts = numberInRange(targetStart, "targetStart", 0, MAX_LENGTH);
    const te = numberInRange(targetEnd, "targetEnd", target.length, target.length);
    const ss = numberInRange(sourceStart, "sourceStart", 0, MAX_LENGTH);
    const se = numberInRange(sourceEnd, "sourceEnd", this.length, this.length);
    return bytes.compare(a.call(this, Math.min(ss, se), se), a.call(target, Math.min(ts, te), te));
  },

  copy(target, targetStart, sourceStart, sourceEnd) {
    if (!ArrayBuffer.isView(target)) throw invalidArgType("target", ["Buffer", "Uint8Array"], target);
    const whole = (value, name, fallback) => {
      if (value === undefined) return fallback;
      const number = Number.isNaN(+value) ? 0 : Math.trunc(+value);
      if (number < 0) throw outOfRange(name, ">= 0", number);
      return number;
    };
    const to = whole(targetStart, "targetStart", 0);
    const from = whole(sourceStart, "sourceStart", 0);
    if (from > this.length) throw outOfRange("sourceStart", `>= 0 && <= ${this.length}`, from);
    const end = Math.min(whole(sourceEnd, "sourceEnd", this.length), this.length);
    if (to >= target.byteLength || from >= end) return 0;
    const count = Math.min(end - from, target.byteLength - to);
    const into = target instanceof Uint8Array ? target : new Uint8Array(target.buffer, target.byteOffset, target.byteLength);
    into.set(new Uint8Array(this.buffer, this.byteOffset + from, count), to);
    return count;
  },

  fill(value, offset, end, encoding) {
    if (typeof value === "string") {
      if (typeof offset === "string") [encoding, offset, end] = [offset, undefined, undefined];
      else if (typeof end === "string") [encoding, end] = [end, undefined];
    }
    const from = numberInRange(offset, "offset", 0, this.length);
    const to = numberInRange(end, "end", this.length, this.length);
    if (from >= to) return this;
    const fill = Uint8Array.prototype.fill;
    if (typeof value === "number" || typeof value === "boolean") return fill.call(this, value & 255, from, to);
    const pattern = typeof value === "string" ? fromString(value, encoding) : value;
    if (!(pattern instanceof Uint8Array)) return fill.call(this, value & 255, from, to);
    if (pattern.length === 0) {
      if (value.length > 0 || typeof value !== "string") throw invalidArgValue("value", value);
      return fill.call(this, 0, from, to);
    }
    if (pattern.length === 1) return fill.call(this, pattern[0], from, to);
    let done = Math.min(pattern.length, to - from);
    this.set(done < pattern.length ? pattern.subarray(0, done) : pattern, from);
    for (; done < to - from; done *= 2) this.copyWithin(from + done, from, from + Math.min(done, to - from - done));
    return this;
  },

  indexOf(value, offset, encoding) {
    return search(this, value, offset, encoding, true);
  },

  lastIndexOf(value, offset, encoding) {
    return search(this, value, offset, encoding, false);
  },

  includes(value, offset, encoding) {
    return search(this, value, offset, encoding, true) !== -1;
  },

  swap16() { return swap(this, 2); },
  swap32() { return swap(this, 4); },
  swap64() { return swap(this, 8); },

  toJSON() {
    return { type: "Buffer", data: Array.from(this) };
  },

  [Symbol.for("nodejs.util.inspect.custom")](depth, options) {
    const count = Math.min(exports.INSPECT_MAX_BYTES, this.length);
    let text = bytes.decode(this, "hex", 0, count).replace(/(.{2})/g, "$1 ").trim();
    const left = this.length - count;
    if (left > 0) text += ` ... ${left} more byte${left > 1 ? "s" : ""}`;
    const extras = Object.keys(this).filter((key) => !/^\d+$/.test(key));
    if (extras.length > 0 && options) {
      const { inspect } = load("web/inspect");
      const parts = extras.map((key) => `${key}: ${inspect(this[key], { ...options, breakLength: Infinity, compact: true })}`);
      text += `${this.length > 0 ? ", " : ""}${parts.join(", ")}`;
    }
    return `<${this.constructor.name}${text ? ` ${text}` : ""}>`;
  },
};

function search(buffer, value, offset, encoding, forward) {
  if (typeof offset === "string") [encoding, offset] = [offset, undefined];
  let from = offset === undefined ? NaN : Math.trunc(+offset);
  if (Number.isNaN(from)) from = forward ? 0 : buffer.length;
  if (from < 0) from += buffer.length;
  if (from < 0) {
    if (!forward) return -1;
    from = 0;
  }
  if (typeof value === "number") {
    const index = forward
      ? Uint8Array.prototype.indexOf.call(buffer, value & 255, from)
      : Uint8Array.prototype.lastIndexOf.call(buffer, value & 255, from);
    return index;
  }
  let step = 1;
  let needle = value;
  if (typeof value === "string") {
    const name = encodingOf(encoding);
    if (name === "utf16le") step = 2;
    needle = fromString(value, name);
  } else if (!(value instanceof Uint8Array)) {
    throw invalidArgType("value", ["number", "string", "Buffer", "Uint8Array"], value);
  }
  if (needle.length === 0) return forward ? Math.min(from, buffer.length) : Math.min(from, buffer.length);
  return bytes.indexOf(buffer, needle, from, forward, step);
}

function swap(buffer, size) {
  if (buffer.length % size !== 0) {
    throw make(RangeError, "ERR_INVALID_BUFFER_SIZE", `Buffer size must be a multiple of ${size * 8}-bits`);
  }
  for (let i = 0; i < buffer.length; i += size) Uint8Array.prototype.subarray.call(buffer, i, i + size).reverse();
  return buffer;
}

for (const name of Reflect.ownKeys(methods)) {
  Object.defineProperty(Buffer.prototype, name, { value: methods[name], writable: true, enumerable: true, configurable: true });
}
// `utf8Slice`, `utf8Write` and so on: conversions without checks of their arguments.
for (const name of ["utf8", "ucs2", "latin1", "ascii", "base64", "base64url", "hex"]) {
  const encoding = canonical(name);
  const forms = {
    [`${name}Slice`](start = 0, end = this.length) { return this.toString(encoding, start, end); },
    [`${name}Write`](text, offset, length) { return this.write(text, offset, length, encoding); },
  };
  for (const key of Object.keys(forms)) Object.defineProperty(Buffer.prototype, key, { value: forms[key], writable: true, configurable: true, enumerable: true });
}
load("node/buffer_numbers").define(Buffer.prototype);
for (const [name, get] of [["parent", (buffer) => buffer.buffer], ["offset", (buffer) => buffer.byteOffset]]) {
  Object.defineProperty(Buffer.prototype, name, {
    enumerable: true,
    get() { return this instanceof Buffer ? get(this) : undefined; },
  });
}

exports.Buffer = Buffer;
exports.canonicalEncoding = canonical;
Object.defineProperty(exports, "canonicalEncoding", { enumerable: false });
exports.SlowBuffer = function SlowBuffer(length) { return Buffer.allocUnsafeSlow(length); };
exports.INSPECT_MAX_BYTES = 50;
exports.kMaxLength = MAX_LENGTH;
exports.kStringMaxLength = MAX_STRING;
exports.constants = { MAX_LENGTH, MAX_STRING_LENGTH: MAX_STRING };
exports.isUtf8 = (value) => bytes.isUtf8(value);
exports.isAscii = (value) => {
  const view = isAnyBuffer(value) ? new Uint8Array(value) : new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
  return view.every((byte) => byte < 128);
};
exports.transcode = (source, from, to) => Buffer.from(Buffer.from(source).toString(from), to);
for (const name of ["atob", "btoa", "Blob", "File"]) {
  Object.defineProperty(exports, name, { enumerable: true, configurable: true, get: () => globalThis[name] });
}
