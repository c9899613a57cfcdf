// Structured cloning. https://html.spec.whatwg.org/#safe-passing-of-structured-data
//
// A value is serialized to records first, so that getters run before anything is transferred: a record creates the
// copy, then fills it with the copies of its parts.

const { isObject, isPlatformObject, requireArguments, sequence } = load("web/webidl");
const { className, proxyTarget } = native("inspect");

const errorTypes = { Error, EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError };

function refuse(what) {
  return new DOMException(`${what} could not be cloned.`, "DataCloneError");
}

function describe(value) {
  if (typeof value === "symbol") return value.toString();
  if (typeof value === "function") return Function.prototype.toString.call(value);
  const name = Object.getPrototypeOf(value)?.constructor?.name;
  return `#<${typeof name === "string" && name !== "" ? name : "Object"}>`;
}

class Serializer {
  // Records of objects that have been seen.
  #known = new Map();

  /** `transferred` maps objects to the records that make what becomes of them. */
  constructor(transferred) {
    for (const [object, record] of transferred) this.#known.set(object, record);
  }

  serialize(value) {
    if (!isObject(value)) {
      if (typeof value === "symbol") throw refuse(describe(value));
      return { copy: value, done: true };
    }
    const known = this.#known.get(value);
    if (known !== undefined) return known;
    const record = { done: false, create: undefined, fill: undefined };
    this.#known.set(value, record);
    const kind = className(value);
    if (typeof value === "function" || proxyTarget(value) !== undefined) throw refuse(describe(value));
    const write = Object.hasOwn(writers, kind) ? writers[kind] : isView(kind) ? writeView : writePlatform;
    write(this, value, record, kind);
    return record;
  }

  /** Own enumerable properties, for arrays and plain objects. */
  properties(value) {
    const pairs = [];
    for (const key of Object.keys(value)) {
      if (Object.hasOwn(value, key)) pairs.push([key, this.serialize(value[key])]);
    }
    return (copy) => {
      for (const [key, record] of pairs) {
        Object.defineProperty(copy, key, {
          value: deserialize(record), writable: true, enumerable: true, configurable: true,
        });
      }
    };
  }
}

function deserialize(record) {
  if (record.done) return record.copy;
  record.done = true;
  record.copy = record.create();
  record.fill?.(record.copy);
  return record.copy;
}

function isView(kind) {
  return kind === "DataView" || (kind.endsWith("Array") && kind !== "Array");
}

function writeBoxed(serializer, value, record) {
  const primitive = value.valueOf();
  record.create = () => Object(primitive);
}

function writeDate(serializer, value, record) {
  const time = Date.prototype.getTime.call(value);
  record.create = () => new Date(time);
}

function writeRegExp(serializer, value, record) {
  const { source, flags } = value;
  record.create = () => new RegExp(source, flags);
}

function writeBuffer(serializer, value, record) {
  if (value.detached) throw refuse("An ArrayBuffer that is detached");
  const bytes = value.slice();
  if (!value.resizable) {
    record.create = () => bytes;
    return;
  }
  const { maxByteLength } = value;
  record.create = () => {
    const copy = new ArrayBuffer(bytes.byteLength, { maxByteLength });
    new Uint8Array(copy).set(new Uint8Array(bytes));
    return copy;
  };
}

function writeView(serializer, value, record, kind) {
  const { buffer, byteOffset } = value;
  const length = kind === "DataView" ? value.byteLength : value.length;
  const source = serializer.serialize(buffer);
  const Class = globalThis[kind];
  record.create = () => new Class(deserialize(source), byteOffset, length);
}

function writeMap(serializer, value, record) {
  const pairs = [...Map.prototype.entries.call(value)]
    .map(([key, item]) => [serializer.serialize(key), serializer.serialize(item)]);
  record.create = () => new Map();
  record.fill = (copy) => pairs.forEach(([key, item]) => copy.set(deserialize(key), deserialize(item)));
}

function writeSet(serializer, value, record) {
  const items = [...Set.prototype.values.call(value)].map((item) => serializer.serialize(item));
  record.create = () => new Set();
  record.fill = (copy) => items.forEach((item) => copy.add(deserialize(item)));
}

function writeError(serializer, value, record) {
  const name = Object.hasOwn(errorTypes, value.name) ? value.name : "Error";
  const message = Object.getOwnPropertyDescriptor(value, "message");
  const text = message !== undefined && "value" in message ? `${message.value}` : undefined;
  const { stack } = value;
  const cause = Object.hasOwn(value, "cause") ? serializer.serialize(value.cause) : undefined;
  record.create = () => new errorTypes[name](text);
  record.fill = (copy) => {
    const define = (key, item) =>
      Object.defineProperty(copy, key, { value: item, writable: true, configurable: true });
    if (typeof stack === "string") define("stack", stack);
    if (cause !== undefined) define("cause", deserialize(cause));
  };
}

function writeDomException(serializer, value, record) {
  const { message, name } = value;
  record.create = () => new DOMException(message, name);
}

function writeArray(serializer, value, record) {
  const { length } = value;
  record.create = () => new Array(length);
  record.fill = serializer.properties(value);
}

/** Plain objects, and instances of classes that scripts define. */
function writeObject(serializer, value, record) {
  if (isPlatformObject(value)) return writePlatform(serializer, value, record);
  record.create = () => ({});
  record.fill = serializer.properties(value);
  return undefined;
}

/** Blobs and compiled modules, which never change, are shared; nothing else of the platform can be cloned. */
function writePlatform(serializer, value, record) {
  if (!isImmutable(value)) throw refuse(describe(value));
  record.create = () => value;
}

function isImmutable(value) {
  for (const Class of [globalThis.WebAssembly?.Module, globalThis.Blob]) {
    if (typeof Class === "function" && value instanceof Class) return true;
  }
  return false;
}

const writers = {
  Object: writeObject, Array: writeArray, Date: writeDate, RegExp: writeRegExp,
  Number: writeBoxed, String: writeBoxed, Boolean: writeBoxed, BigInt: writeBoxed,
  ArrayBuffer: writeBuffer, SharedArrayBuffer: writeShared, Map: writeMap, Set: writeSet,
  Error: writeError, DOMException: writeDomException,
};

/** Both sides of a clone are in one agent here, so that they may have the buffer in common. */
function writeShared(serializer, value, record) {
  record.create = () => value;
}

/** Records for what is transferred, and what detaches it. */
function transferables(list) {
  const records = new Map();
  for (const object of list) {
    if (records.has(object)) throw refuse(`${describe(object)}, which is in the transfer list twice,`);
    const kind = className(object);
    const isPort = load("web/messaging").isPort(object);
    if (kind !== "ArrayBuffer" && !isPort) throw refuse(`${describe(object)}, which cannot be transferred,`);
    if (kind === "ArrayBuffer" && object.detached) throw refuse("An ArrayBuffer that is detached");
    records.set(object, { done: false, create: undefined, fill: undefined });
  }
  return records;
}

function detach(object) {
  if (load("web/messaging").isPort(object)) return load("web/messaging").move(object);
  return ArrayBuffer.prototype.transfer.call(object);
}

/** The copy of a value, and what the transferred objects became. */
function cloneWithTransfer(value, list) {
  const transferred = transferables(list);
  const record = new Serializer(transferred).serialize(value);
  for (const [object, target] of transferred) {
    target.copy = detach(object);
    target.done = true;
  }
  return { value: deserialize(record), transferred: [...transferred.values()].map((target) => target.copy) };
}

const toTransfer = sequence((value, what) => {
  if (!isObject(value)) throw new TypeError(`${what} is not an object`);
  return value;
});

function transferOf(options) {
  if (options === undefined || options === null) return [];
  if (!isObject(options)) throw new TypeError("structuredClone: the options are not an object");
  return options.transfer === undefined ? [] : toTransfer(options.transfer, "structuredClone: transfer");
}

function structuredClone(value, options = undefined) {
  requireArguments(arguments.length, 1, "structuredClone");
  return cloneWithTransfer(value, transferOf(options)).value;
}

Object.assign(exports, { structuredClone, cloneWithTransfer, toTransfer });
