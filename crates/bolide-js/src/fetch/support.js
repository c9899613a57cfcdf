// What the interfaces of this area share: WebIDL's ways, promises, and queues with sizes.

const call = Function.prototype.call;
const promiseThen = call.bind(Promise.prototype.then);
const ignore = () => {};

/** Passed to constructors that only the host may call, or that take an internal record. */
const internal = Symbol("internal");

/** Gives members the attributes that WebIDL asks for: enumerable, and a class string. */
function finish(...classes) {
  for (const Class of classes) {
    enumerate(Class.prototype, ["constructor"]);
    enumerate(Class, ["length", "name", "prototype"]);
    tag(Class.prototype, Class.name);
  }
}

function enumerate(object, except) {
  for (const key of Object.getOwnPropertyNames(object)) {
    if (!except.includes(key)) Object.defineProperty(object, key, { enumerable: true });
  }
}

function tag(prototype, name) {
  Object.defineProperty(prototype, Symbol.toStringTag, { value: name, configurable: true });
}

function illegalConstructor() {
  return new TypeError("Illegal constructor");
}

function illegalInvocation(name) {
  return new TypeError(`Illegal invocation: this is no ${name}`);
}

function requireArguments(count, args, where) {
  if (args.length >= count) return;
  const some = count === 1 ? "1 argument is" : `${count} arguments are`;
  throw new TypeError(`${where}: ${some} required, but ${args.length} given`);
}

/** WebIDL's conversion to a dictionary, up to its members. */
function dictionary(value, where) {
  if (value === undefined || value === null) return {};
  if (typeof value !== "object" && typeof value !== "function") {
    throw new TypeError(`${where}: the options must be an object`);
  }
  return value;
}

/** A member of a dictionary that is a callback. */
function callback(object, name, where) {
  const value = object[name];
  if (value === undefined) return undefined;
  if (typeof value !== "function") throw new TypeError(`${where}: ${name} must be a function`);
  return value;
}

/** WebIDL's USVString. */
const usv = (value) => `${value}`.toWellFormed();

/** WebIDL's ByteString: each code unit is a byte. */
function byteString(value, where) {
  const text = `${value}`;
  for (let i = 0; i < text.length; i++) {
    if (text.charCodeAt(i) > 255) {
      throw new TypeError(`${where}: character ${i} of the value is above 255, so it is no byte string`);
    }
  }
  return text;
}

/** WebIDL's unsigned long long with [EnforceRange]. */
function enforceRange(value, where) {
  const number = Math.trunc(Number(value));
  if (Number.isNaN(number) || number < 0 || number > Number.MAX_SAFE_INTEGER) {
    throw new TypeError(`${where} must be an integer from 0 to 2^53-1`);
  }
  return number;
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

const domException = (message, name) => new globalThis.DOMException(message, name);

Object.assign(exports, {
  algorithm,
  byteString,
  callback,
  Deferred,
  dictionary,
  domException,
  enforceRange,
  Fifo,
  finish,
  highWaterMark,
  illegalConstructor,
  illegalInvocation,
  internal,
  markHandled,
  promised,
  rejected,
  rejectedHandled,
  requireArguments,
  SizedQueue,
  sizeAlgorithm,
  tag,
  transform,
  upon,
  usv,
});
