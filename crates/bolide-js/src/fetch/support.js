// What the interfaces of this area share: WebIDL's ways, promises, and queues with sizes.

const idl = load("web/webidl");
const { illegalConstructor, illegalInvocation } = idl;

const call = Function.prototype.call;
const promiseThen = call.bind(Promise.prototype.then);
const ignore = () => {};

/** Passed to constructors that only the host may call, or that take an internal record. */
const internal = Symbol("internal");

/** Gives classes the shape of interfaces. */
function finish(...classes) {
  for (const Class of classes) idl.defineInterface(Class);
}

const custom = Symbol.for("nodejs.util.inspect.custom");

/**
 * Gives the class a name and members for `console.log`. `is` says whether an object is really one; `membersOf` gives an
 * object of what is shown. Unlike others, a `flat` object is not shown below the depth that the caller wants.
 */
function inspectable(Class, is, membersOf, { flat = false } = {}) {
  const { name } = Class;
  const method = {
    [custom](depth, options, inspect) {
      if (!is(this) || (flat && depth < 0)) return this;
      return `${name} ${inspect(membersOf(this), options)}`;
    },
  }[custom];
  Object.defineProperty(Class.prototype, custom, { value: method, writable: true, configurable: true });
}

/** An object of pairs, whatever their names; the values of a name that comes again become an array. */
function objectOf(pairs) {
  const groups = new Map();
  for (const [name, value] of pairs) groups.set(name, [...(groups.get(name) ?? []), value]);
  return Object.fromEntries([...groups].map(([name, values]) => [name, values.length === 1 ? values[0] : values]));
}

/** The members of an object with these names. */
const pick = (object, names) => Object.fromEntries(names.map((name) => [name, object[name]]));

const requireArguments = (required, args, where) => idl.requireArguments(args.length, required, where);
const usv = (value) => idl.USVString(value, "the value");
const byteString = idl.ByteString;
const enforceRange = (value, what) => idl.unsignedLongLong(value, what, { enforceRange: true });
const sequence = idl.sequence((item) => item);

/** WebIDL's conversion to a dictionary, up to its members. */
function dictionary(value, where) {
  if (value === undefined || value === null) return {};
  if (!idl.isObject(value)) throw idl.typeError(`${where}: the options must be an object`);
  return value;
}

/** A member of a dictionary that is a callback. */
function callback(object, name, where) {
  const value = object[name];
  return value === undefined ? undefined : idl.callback(value, `${where}: ${name}`);
}

/** Runs a method that returns a promise: what it throws is a rejection. */
function promised(body) {
  try {
    return Promise.resolve(body());
  } catch (error) {
    return Promise.reject(error);
  }
}

/** Reacts to a promise; the result is for nobody. */
function upon(promise, fulfilled, rejected) {
  promiseThen(promise, fulfilled, rejected);
}

/** As `then`, whatever a script put on the prototype. */
const transform = (promise, fulfilled, rejected) => promiseThen(promise, fulfilled, rejected);

/** A promise that is no unhandled rejection, whatever happens. */
function markHandled(promise) {
  promiseThen(promise, undefined, ignore);
  return promise;
}

const rejected = (reason) => Promise.reject(reason);
const rejectedHandled = (reason) => markHandled(Promise.reject(reason));

/** A promise with its resolvers, which knows whether they were used. */
class Deferred {
  settled = false;
  #resolvers = Promise.withResolvers();

  get promise() {
    return this.#resolvers.promise;
  }

  resolve(value) {
    this.settled = true;
    this.#resolvers.resolve(value);
  }

  reject(reason) {
    this.settled = true;
    this.#resolvers.reject(reason);
  }
}

/** A first-in, first-out list with constant-time operations. */
class Fifo {
  #items = [];
  #head = 0;

  get length() {
    return this.#items.length - this.#head;
  }

  push(item) {
    this.#items.push(item);
  }

  peek() {
    return this.#items[this.#head];
  }

  shift() {
    const item = this.#items[this.#head];
    this.#items[this.#head++] = undefined;
    if (this.#head === this.#items.length) {
      this.#items.length = this.#head = 0;
    } else if (this.#head > 1024 && this.#head * 2 > this.#items.length) {
      this.#items.splice(0, this.#head);
      this.#head = 0;
    }
    return item;
  }

  /** All items; the list is empty afterwards. */
  drain() {
    const items = this.#items.slice(this.#head);
    this.#items.length = this.#head = 0;
    return items;
  }
}

/** A queue-with-sizes of the Streams standard (8.1). */
class SizedQueue {
  #entries = new Fifo();
  total = 0;

  get length() {
    return this.#entries.length;
  }

  enqueue(value, size) {
    const number = Number(size);
    if (Number.isNaN(number) || number < 0 || number === Infinity) {
      throw new RangeError(`the size of a chunk must be finite and not negative, but it is ${number}`);
    }
    this.#entries.push({ value, size: number });
    this.total += number;
  }

  dequeue() {
    const { value, size } = this.#entries.shift();
    this.total = Math.max(0, this.total - size);
    return value;
  }

  peek() {
    return this.#entries.peek().value;
  }

  reset() {
    this.#entries.drain();
    this.total = 0;
  }
}

/** The strategy's high-water mark (7.4, ExtractHighWaterMark). */
function highWaterMark(strategy, otherwise) {
  if (strategy.highWaterMark === undefined) return otherwise;
  const mark = Number(strategy.highWaterMark);
  if (Number.isNaN(mark) || mark < 0) {
    throw new RangeError(`highWaterMark must be a number that is not negative, but it is ${strategy.highWaterMark}`);
  }
  return mark;
}

/** The strategy's size function (7.4, ExtractSizeAlgorithm). */
function sizeAlgorithm(strategy) {
  const size = callback(strategy, "size", "strategy");
  return size === undefined ? () => 1 : (chunk) => size(chunk);
}

/** A method of an underlying source, sink or transformer, as a function that returns a promise. */
function algorithm(object, name, where) {
  const method = callback(object, name, where);
  if (method === undefined) return () => Promise.resolve();
  return (...args) => {
    try {
      return Promise.resolve(call.call(method, object, ...args));
    } catch (error) {
      return Promise.reject(error);
    }
  };
}

let encoder;
let decoder;

/** A string as UTF-8. */
const encode = (text) => (encoder ??= new globalThis.TextEncoder()).encode(text);

/** UTF-8 as a string, without a byte order mark. */
const decode = (bytes) => (decoder ??= new globalThis.TextDecoder()).decode(bytes);

/** Whether a value is an ArrayBuffer, a SharedArrayBuffer or a view. */
const isBuffer = (value) =>
  ArrayBuffer.isView(value) || value instanceof ArrayBuffer || value instanceof SharedArrayBuffer;

/** The bytes that a buffer or a view shows, in a copy. */
function copyBytes(source) {
  if (ArrayBuffer.isView(source)) {
    return new Uint8Array(source.buffer, source.byteOffset, source.byteLength).slice();
  }
  return new Uint8Array(source).slice();
}

/** Joins chunks of bytes. */
function concat(chunks) {
  if (chunks.length === 1) return chunks[0];
  let length = 0;
  for (const chunk of chunks) length += chunk.length;
  const bytes = new Uint8Array(length);
  let offset = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, offset);
    offset += chunk.length;
  }
  return bytes;
}

/** WebIDL's pair iteration: `entries`, `keys`, `values`, `forEach` and the iterator. `pairs` gives the current list. */
function pairIterable(Class, pairs) {
  const iterators = idl.pairIterator(Class.name, pairs);
  const make = (object, kind) => {
    pairs(object);
    return iterators.create(object, kind);
  };
  const methods = {
    entries() {
      return make(this, "pair");
    },
    keys() {
      return make(this, "key");
    },
    values() {
      return make(this, "value");
    },
    forEach(callback, thisArg = undefined) {
      pairs(this);
      requireArguments(1, arguments, `${Class.name}.forEach`);
      idl.callback(callback, `${Class.name}.forEach: the callback`);
      for (let i = 0; i < pairs(this).length; i++) {
        const [name, value] = pairs(this)[i];
        Reflect.apply(callback, thisArg, [value, name, this]);
      }
    },
  };
  for (const [name, value] of Object.entries(methods)) {
    Object.defineProperty(Class.prototype, name, { value, writable: true, enumerable: true, configurable: true });
  }
  const { entries } = methods;
  Object.defineProperty(Class.prototype, Symbol.iterator, { value: entries, writable: true, configurable: true });
}

const domException = (message, name) => new globalThis.DOMException(message, name);

Object.assign(exports, {
  algorithm,
  byteString,
  callback,
  concat,
  copyBytes,
  decode,
  Deferred,
  dictionary,
  domException,
  encode,
  enforceRange,
  Fifo,
  finish,
  highWaterMark,
  illegalConstructor,
  illegalInvocation,
  inspectable,
  internal,
  isBuffer,
  markHandled,
  objectOf,
  pairIterable,
  pick,
  promised,
  rejected,
  rejectedHandled,
  requireArguments,
  sequence,
  SizedQueue,
  sizeAlgorithm,
  transform,
  upon,
  usv,
});
