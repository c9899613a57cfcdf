// ReadableStream and its readers as scripts see them (Streams standard, 4.2 to 4.5).

const support = load("fetch/support");
const { algorithm, callback, dictionary, enforceRange, finish, highWaterMark, illegalInvocation } = support;
const { internal, markHandled, promised, requireArguments, sizeAlgorithm, transform } = support;
const streams = load("fetch/readable_ops");
const defaults = load("fetch/readable_default");

/** Converts and checks an underlying source, and starts the stream with it. */
function setUp(stream, source, strategy) {
  const where = "ReadableStream";
  const cancel = algorithm(source, "cancel", where);
  const pull = algorithm(source, "pull", where);
  const start = callback(source, "start", where);
  const { type, autoAllocateChunkSize } = source;
  if (type !== undefined && `${type}` !== "bytes") {
    throw new TypeError(`${where}: the type of a source is "bytes", or left out`);
  }
  const chunkSize =
    autoAllocateChunkSize === undefined
      ? undefined
      : enforceRange(autoAllocateChunkSize, `${where}: autoAllocateChunkSize`);
  const algorithms = { pull: (record) => pull(record.object), cancel };
  let controller;
  if (type === undefined) {
    const size = sizeAlgorithm(strategy);
    controller = new defaults.Controller(stream, { ...algorithms, size, highWaterMark: highWaterMark(strategy, 1) });
  } else {
    if (strategy.size !== undefined) throw new RangeError(`${where}: a stream of bytes has no size function`);
    const mark = highWaterMark(strategy, 0);
    if (chunkSize === 0) throw new TypeError(`${where}: autoAllocateChunkSize must not be 0`);
    const { Controller } = load("fetch/readable_byte");
    controller = new Controller(stream, { ...algorithms, highWaterMark: mark, autoAllocateChunkSize: chunkSize });
  }
  controller.start((record) => (start === undefined ? undefined : Reflect.apply(start, source, [record.object])));
}

/** StreamPipeOptions. */
function pipeOptions(options, where) {
  const { preventAbort, preventCancel, preventClose, signal } = dictionary(options, where);
  if (signal !== undefined && !(signal instanceof globalThis.AbortSignal)) {
    throw new TypeError(`${where}: signal must be an AbortSignal`);
  }
  return {
    preventAbort: Boolean(preventAbort),
    preventCancel: Boolean(preventCancel),
    preventClose: Boolean(preventClose),
    signal,
  };
}

class ReadableStream {
  #stream;

  constructor(underlyingSource = undefined, strategy = {}) {
    if (underlyingSource === internal) {
      this.#stream = strategy;
      return;
    }
    if (underlyingSource === null) {
      throw new TypeError("ReadableStream: the underlying source must be an object");
    }
    const source = dictionary(underlyingSource, "ReadableStream");
    const stream = streams.newStream();
    stream.object = this;
    this.#stream = stream;
    setUp(stream, source, dictionary(strategy, "ReadableStream"));
  }

  static from(asyncIterable) {
    requireArguments(1, arguments, "ReadableStream.from");
    return wrapReadable(fromIterable(asyncIterable));
  }

  /** The record behind the object. For the host: taken away before scripts see the class. */
  static of(object) {
    if (!isReadable(object)) throw illegalInvocation("ReadableStream");
    return object.#stream;
  }

  static is(object) {
    return typeof object === "object" && object !== null && #stream in object;
  }

  get locked() {
    return ofReadable(this).reader !== undefined;
  }

  cancel(reason = undefined) {
    return promised(() => {
      const stream = ofReadable(this);
      if (stream.reader !== undefined) throw new TypeError("the stream is locked by a reader");
      return streams.cancel(stream, reason);
    });
  }

  getReader(options = {}) {
    ofReadable(this);
    const { mode } = dictionary(options, "ReadableStream.getReader");
    if (mode === undefined) return new ReadableStreamDefaultReader(this);
    if (`${mode}` !== "byob") throw new TypeError('ReadableStream.getReader: mode is "byob", or left out');
    return new ReadableStreamBYOBReader(this);
  }

  pipeThrough(pair, options = {}) {
    const stream = ofReadable(this);
    requireArguments(1, arguments, "ReadableStream.pipeThrough");
    const { readable, writable } = dictionary(pair, "ReadableStream.pipeThrough");
    const { isWritable, ofWritable } = load("fetch/writable");
    if (!isReadable(readable)) throw new TypeError("pipeThrough: readable must be a ReadableStream");
    if (!isWritable(writable)) throw new TypeError("pipeThrough: writable must be a WritableStream");
    const converted = pipeOptions(options, "ReadableStream.pipeThrough");
    const destination = ofWritable(writable);
    if (stream.reader !== undefined) throw new TypeError("pipeThrough: this stream is locked by a reader");
    if (destination.writer !== undefined) throw new TypeError("pipeThrough: writable is locked by a writer");
    markHandled(load("fetch/pipe").pipe(stream, destination, converted));
    return readable;
  }

  pipeTo(destination, options = {}) {
    return promised(() => {
      const stream = ofReadable(this);
      requireArguments(1, arguments, "ReadableStream.pipeTo");
      const { isWritable, ofWritable } = load("fetch/writable");
      if (!isWritable(destination)) throw new TypeError("pipeTo: the destination must be a WritableStream");
      const converted = pipeOptions(options, "ReadableStream.pipeTo");
      const target = ofWritable(destination);
      if (stream.reader !== undefined) throw new TypeError("pipeTo: this stream is locked by a reader");
      if (target.writer !== undefined) throw new TypeError("pipeTo: the destination is locked by a writer");
      // Another promise, so that a rejection that nobody handles is noticed.
      return transform(load("fetch/pipe").pipe(stream, target, converted), () => undefined);
    });
  }

  tee() {
    return load("fetch/readable_tee").tee(ofReadable(this), false).map(wrapReadable);
  }

  values(options = {}) {
    const stream = ofReadable(this);
    const preventCancel = Boolean(dictionary(options, "ReadableStream.values").preventCancel);
    const iterator = Object.create(iteratorPrototype);
    iterators.set(iterator, new Iterator(streams.acquireReader(stream, "default"), preventCancel));
    return iterator;
  }
}

const { is: isReadable, of: ofReadable } = ReadableStream;
delete ReadableStream.is;
delete ReadableStream.of;

/** The object that scripts see for a record. */
function wrapReadable(stream) {
  return (stream.object ??= new ReadableStream(internal, stream));
}

/** The state of one asynchronous iteration (WebIDL, 3.7.10.2): calls wait for each other. */
class Iterator {
  #ongoing = undefined;
  #finished = false;
  #reader;
  #preventCancel;

  constructor(reader, preventCancel) {
    this.#reader = reader;
    this.#preventCancel = preventCancel;
  }

  #enqueue(step) {
    this.#ongoing = this.#ongoing === undefined ? step() : transform(this.#ongoing, step, step);
    return this.#ongoing;
  }

  next() {
    return this.#enqueue(() => this.#next());
  }

  async #next() {
    if (this.#finished) return { value: undefined, done: true };
    let result;
    try {
      result = await streams.readResult(this.#reader);
    } catch (error) {
      this.#finish();
      throw error;
    }
    if (result.done) this.#finish();
    return result;
  }

  #finish() {
    this.#finished = true;
    if (this.#reader.stream !== undefined) streams.releaseReader(this.#reader);
  }

  return(value) {
    return this.#enqueue(() => this.#return(value));
  }

  async #return(value) {
    if (this.#finished) return { value, done: true };
    this.#finished = true;
    const { stream } = this.#reader;
    const cancelled = this.#preventCancel ? undefined : streams.cancel(stream, value);
    streams.releaseReader(this.#reader);
    await cancelled;
    return { value, done: true };
  }
}

const iterators = new WeakMap();
const AsyncIteratorPrototype = Object.getPrototypeOf(Object.getPrototypeOf(async function* () {}).prototype);
const iteratorPrototype = Object.create(AsyncIteratorPrototype, Object.getOwnPropertyDescriptors({
  next() {
    return promised(() => iteratorOf(this).next());
  },
  return(value = undefined) {
    return promised(() => iteratorOf(this).return(value));
  },
}));
load("web/webidl").defineNamespace(iteratorPrototype, "ReadableStream AsyncIterator");

function iteratorOf(object) {
  const iterator = iterators.get(object);
  if (iterator === undefined) throw illegalInvocation("ReadableStream AsyncIterator");
  return iterator;
}

/** ReadableStreamFromIterable. */
function fromIterable(iterable) {
  const asyncMethod = iterable?.[Symbol.asyncIterator];
  const method = asyncMethod ?? iterable?.[Symbol.iterator];
  if (typeof method !== "function") {
    throw new TypeError("ReadableStream.from: an iterable or asynchronous iterable is required");
  }
  const iterator = Reflect.apply(method, iterable, []);
  if (Object(iterator) !== iterator) throw new TypeError("ReadableStream.from: the iterator is no object");
  const { next } = iterator;
  const isAsync = asyncMethod !== undefined && asyncMethod !== null;
  const pull = async (controller) => {
    const result = await Reflect.apply(next, iterator, []);
    if (Object(result) !== result) throw new TypeError("ReadableStream.from: the iterator's result is no object");
    if (result.done) {
      controller.close();
      return;
    }
    controller.enqueue(isAsync ? result.value : await result.value);
  };
  const cancel = async (reason) => {
    const finish = iterator.return;
    if (finish === undefined || finish === null) return;
    const result = await Reflect.apply(finish, iterator, [reason]);
    if (Object(result) !== result) throw new TypeError("ReadableStream.from: the iterator's result is no object");
  };
  return defaults.create({ pull, cancel, highWaterMark: 0 });
}

/** What both kinds of readers have (4.3, ReadableStreamGenericReader). */
const generic = {
  closed: (reader) => reader.closed.promise,
  cancel(reader, reason) {
    return streams.cancel(held(reader).stream, reason);
  },
  release(reader) {
    if (reader.stream !== undefined) streams.releaseReader(reader);
  },
};

function held(reader) {
  if (reader.stream === undefined) throw new TypeError("the reader was released");
  return reader;
}

function acquire(stream, kind, where) {
  if (!isReadable(stream)) throw new TypeError(`${where}: a ReadableStream is required`);
  return streams.acquireReader(ofReadable(stream), kind);
}

class ReadableStreamDefaultReader {
  #reader;

  constructor(stream) {
    requireArguments(1, arguments, "ReadableStreamDefaultReader");
    this.#reader = acquire(stream, "default", "ReadableStreamDefaultReader");
  }

  static #of(object) {
    if (!(#reader in object)) throw illegalInvocation("ReadableStreamDefaultReader");
    return object.#reader;
  }

  get closed() {
    return promised(() => generic.closed(ReadableStreamDefaultReader.#of(this)));
  }

  cancel(reason = undefined) {
    return promised(() => generic.cancel(ReadableStreamDefaultReader.#of(this), reason));
  }

  read() {
    return promised(() => streams.readResult(held(ReadableStreamDefaultReader.#of(this))));
  }

  releaseLock() {
    generic.release(ReadableStreamDefaultReader.#of(this));
  }
}

class ReadableStreamBYOBReader {
  #reader;

  constructor(stream) {
    requireArguments(1, arguments, "ReadableStreamBYOBReader");
    this.#reader = acquire(stream, "byob", "ReadableStreamBYOBReader");
  }

  static #of(object) {
    if (!(#reader in object)) throw illegalInvocation("ReadableStreamBYOBReader");
    return object.#reader;
  }

  get closed() {
    return promised(() => generic.closed(ReadableStreamBYOBReader.#of(this)));
  }

  cancel(reason = undefined) {
    return promised(() => generic.cancel(ReadableStreamBYOBReader.#of(this), reason));
  }

  read(view, options = {}) {
    return promised(() => {
      const reader = ReadableStreamBYOBReader.#of(this);
      requireArguments(1, arguments, "ReadableStreamBYOBReader.read");
      load("fetch/readable_byte").requireView(view, "ReadableStreamBYOBReader.read");
      const { min = 1 } = dictionary(options, "ReadableStreamBYOBReader.read");
      const minimum = enforceRange(min, "ReadableStreamBYOBReader.read: min");
      return readInto(reader, view, minimum);
    });
  }

  releaseLock() {
    generic.release(ReadableStreamBYOBReader.#of(this));
  }
}

/** ReadableStreamBYOBReader's `read`, after its arguments are converted. */
function readInto(reader, view, minimum) {
  if (view.buffer.detached) throw new TypeError("the view's buffer is detached");
  if (view.byteLength === 0) throw new TypeError("the view to read into must not be empty");
  if (minimum === 0) throw new TypeError("min must not be 0");
  if (minimum > (view.length ?? view.byteLength)) {
    throw new RangeError("min must not be larger than the view");
  }
  const { stream } = held(reader);
  stream.disturbed = true;
  if (stream.state === "errored") throw stream.storedError;
  const { promise, resolve, reject } = Promise.withResolvers();
  stream.controller.pullInto(view, minimum, {
    chunk: (value) => resolve({ value, done: false }),
    close: (value) => resolve({ value, done: true }),
    error: reject,
  });
  return promise;
}

finish(ReadableStream, ReadableStreamDefaultReader, ReadableStreamBYOBReader);
Object.defineProperty(ReadableStream.prototype, Symbol.asyncIterator, {
  value: ReadableStream.prototype.values,
  writable: true,
  configurable: true,
});

Object.assign(exports, {
  isReadable,
  ofReadable,
  ReadableStream,
  ReadableStreamBYOBReader,
  ReadableStreamDefaultReader,
  wrapReadable,
});
