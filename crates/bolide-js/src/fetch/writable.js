// Writable streams (Streams standard, 5).

const support = load("fetch/support");
const { algorithm, callback, Deferred, dictionary, finish, highWaterMark, illegalConstructor, illegalInvocation } = support;
const { internal, markHandled, promised, requireArguments, SizedQueue, sizeAlgorithm, upon } = support;

/** In the queue of a controller: the stream is to be closed after what was written before. */
const CLOSE = Symbol("close");

/** The record behind a WritableStream; the operations of the standard are its methods. */
class Stream {
  /** "writable", "erroring", "errored" or "closed". */
  state = "writable";
  storedError = undefined;
  writer = undefined;
  controller = undefined;
  backpressure = false;
  closeRequest = undefined;
  inFlightWrite = undefined;
  inFlightClose = undefined;
  /** `{ promise, resolve, reject, reason, wasErroring }`. */
  pendingAbort = undefined;
  writeRequests = [];
  #object;

  /** What scripts see. */
  get object() {
    return (this.#object ??= new WritableStream(internal, this));
  }

  set object(object) {
    this.#object = object;
  }

  closeQueuedOrInFlight() {
    return this.closeRequest !== undefined || this.inFlightClose !== undefined;
  }

  abort(reason) {
    if (this.state === "closed" || this.state === "errored") return Promise.resolve();
    this.controller.signalAbort(reason);
    // The listeners of the signal may have done anything.
    if (this.state === "closed" || this.state === "errored") return Promise.resolve();
    if (this.pendingAbort !== undefined) return this.pendingAbort.promise;
    const wasErroring = this.state === "erroring";
    const pending = { ...Promise.withResolvers(), reason: wasErroring ? undefined : reason, wasErroring };
    this.pendingAbort = pending;
    if (!wasErroring) this.startErroring(reason);
    return pending.promise;
  }

  close() {
    if (this.state === "closed" || this.state === "errored") {
      return Promise.reject(new TypeError(`the stream is ${this.state}, so it cannot be closed`));
    }
    this.closeRequest = Promise.withResolvers();
    const { promise } = this.closeRequest;
    if (this.writer !== undefined && this.backpressure && this.state === "writable") {
      this.writer.ready.resolve();
    }
    this.controller.close();
    return promise;
  }

  addWriteRequest() {
    const request = Promise.withResolvers();
    this.writeRequests.push(request);
    return request.promise;
  }

  dealWithRejection(error) {
    if (this.state === "writable") this.startErroring(error);
    else this.finishErroring();
  }

  startErroring(reason) {
    this.state = "erroring";
    this.storedError = reason;
    this.writer?.ensureReadyRejected(reason);
    if (this.inFlightWrite === undefined && this.inFlightClose === undefined && this.controller.started) {
      this.finishErroring();
    }
  }

  finishErroring() {
    if (this.inFlightWrite !== undefined || this.inFlightClose !== undefined) return;
    this.state = "errored";
    this.controller.queue.reset();
    for (const request of this.writeRequests.splice(0)) request.reject(this.storedError);
    const pending = this.pendingAbort;
    this.pendingAbort = undefined;
    if (pending === undefined) {
      this.rejectCloseAndClosed();
      return;
    }
    if (pending.wasErroring) {
      pending.reject(this.storedError);
      this.rejectCloseAndClosed();
      return;
    }
    upon(
      this.controller.abortSteps(pending.reason),
      () => {
        pending.resolve();
        this.rejectCloseAndClosed();
      },
      (error) => {
        pending.reject(error);
        this.rejectCloseAndClosed();
      },
    );
  }

  rejectCloseAndClosed() {
    if (this.closeRequest !== undefined) {
      this.closeRequest.reject(this.storedError);
      this.closeRequest = undefined;
    }
    this.writer?.rejectClosed(this.storedError);
  }

  finishWrite(error, failed) {
    const request = this.inFlightWrite;
    this.inFlightWrite = undefined;
    if (!failed) {
      request.resolve();
      return;
    }
    request.reject(error);
    this.dealWithRejection(error);
  }

  finishClose() {
    this.inFlightClose.resolve();
    this.inFlightClose = undefined;
    if (this.state === "erroring") {
      this.storedError = undefined;
      this.pendingAbort?.resolve();
      this.pendingAbort = undefined;
    }
    this.state = "closed";
    this.writer?.closed.resolve();
  }

  finishCloseWithError(error) {
    this.inFlightClose.reject(error);
    this.inFlightClose = undefined;
    this.pendingAbort?.reject(error);
    this.pendingAbort = undefined;
    this.dealWithRejection(error);
  }

  updateBackpressure(backpressure) {
    if (this.writer !== undefined && backpressure !== this.backpressure) {
      if (backpressure) this.writer.ready = new Deferred();
      else this.writer.ready.resolve();
    }
    this.backpressure = backpressure;
  }
}

/** The record behind a WritableStreamDefaultController. */
class Controller {
  queue = new SizedQueue();
  started = false;
  #abortController;
  #aborted;
  #object;

  constructor(stream, { write, close, abort, size, highWaterMark }) {
    Object.assign(this, { stream, writeChunk: write, closeSink: close, abortSink: abort, size, highWaterMark });
    stream.controller = this;
  }

  get object() {
    return (this.#object ??= new WritableStreamDefaultController(internal, this));
  }

  /** Made when someone asks, for few do. */
  get signal() {
    if (this.#abortController === undefined) {
      this.#abortController = new globalThis.AbortController();
      if (this.#aborted !== undefined) this.#abortController.abort(this.#aborted.reason);
    }
    return this.#abortController.signal;
  }

  signalAbort(reason) {
    this.#aborted ??= { reason };
    this.#abortController?.abort(reason);
  }

  start(start) {
    this.stream.updateBackpressure(this.backpressure());
    upon(
      Promise.resolve(start(this)),
      () => {
        this.started = true;
        this.advance();
      },
      (error) => {
        this.started = true;
        this.stream.dealWithRejection(error);
      },
    );
  }

  clearAlgorithms() {
    this.writeChunk = this.closeSink = this.abortSink = this.size = undefined;
  }

  abortSteps(reason) {
    const result = this.abortSink(reason);
    this.clearAlgorithms();
    return result;
  }

  desiredSize() {
    return this.highWaterMark - this.queue.total;
  }

  backpressure() {
    return this.desiredSize() <= 0;
  }

  close() {
    this.queue.enqueue(CLOSE, 0);
    this.advance();
  }

  chunkSize(chunk) {
    if (this.size === undefined) return 1;
    try {
      return this.size(chunk);
    } catch (error) {
      this.errorIfNeeded(error);
      return 1;
    }
  }

  write(chunk, size) {
    try {
      this.queue.enqueue(chunk, size);
    } catch (error) {
      this.errorIfNeeded(error);
      return;
    }
    const { stream } = this;
    if (!stream.closeQueuedOrInFlight() && stream.state === "writable") {
      stream.updateBackpressure(this.backpressure());
    }
    this.advance();
  }

  errorIfNeeded(error) {
    if (this.stream.state === "writable") this.error(error);
  }

  error(error) {
    this.clearAlgorithms();
    this.stream.startErroring(error);
  }

  /** WritableStreamDefaultControllerAdvanceQueueIfNeeded. */
  advance() {
    const { stream } = this;
    if (!this.started || stream.inFlightWrite !== undefined) return;
    if (stream.state === "erroring") {
      stream.finishErroring();
      return;
    }
    if (this.queue.length === 0) return;
    const chunk = this.queue.peek();
    if (chunk === CLOSE) this.#processClose();
    else this.#processWrite(chunk);
  }

  #processClose() {
    const { stream } = this;
    stream.inFlightClose = stream.closeRequest;
    stream.closeRequest = undefined;
    this.queue.dequeue();
    const result = this.closeSink();
    this.clearAlgorithms();
    upon(
      result,
      () => stream.finishClose(),
      (error) => stream.finishCloseWithError(error),
    );
  }

  #processWrite(chunk) {
    const { stream } = this;
    stream.inFlightWrite = stream.writeRequests.shift();
    upon(
      this.writeChunk(chunk, this),
      () => {
        stream.finishWrite(undefined, false);
        this.queue.dequeue();
        if (!stream.closeQueuedOrInFlight() && stream.state === "writable") {
          stream.updateBackpressure(this.backpressure());
        }
        this.advance();
      },
      (error) => {
        if (stream.state === "writable") this.clearAlgorithms();
        stream.finishWrite(error, true);
      },
    );
  }
}

/** The record behind a WritableStreamDefaultWriter. */
class Writer {
  closed = new Deferred();
  ready = new Deferred();

  constructor(stream) {
    if (stream.writer !== undefined) throw new TypeError("the stream is already locked by a writer");
    this.stream = stream;
    stream.writer = this;
    const { state, storedError } = stream;
    if (state === "writable") {
      if (stream.closeQueuedOrInFlight() || !stream.backpressure) this.ready.resolve();
    } else if (state === "erroring") {
      this.ready.reject(storedError);
    } else if (state === "closed") {
      this.ready.resolve();
      this.closed.resolve();
    } else {
      this.ready.reject(storedError);
      this.closed.reject(storedError);
    }
    if (state === "erroring" || state === "errored") markHandled(this.ready.promise);
    if (state === "errored") markHandled(this.closed.promise);
  }

  ensureReadyRejected(error) {
    this.#ensureRejected("ready", error);
  }

  rejectClosed(error) {
    this.closed.reject(error);
    markHandled(this.closed.promise);
  }

  #ensureRejected(name, error) {
    if (this[name].settled) this[name] = new Deferred();
    this[name].reject(error);
    markHandled(this[name].promise);
  }

  desiredSize() {
    const { state, controller } = this.stream;
    if (state === "errored" || state === "erroring") return null;
    return state === "closed" ? 0 : controller.desiredSize();
  }

  write(chunk) {
    const { stream } = this;
    const { controller } = stream;
    const size = controller.chunkSize(chunk);
    if (stream !== this.stream) {
      return Promise.reject(new TypeError("the writer was released while it wrote"));
    }
    if (stream.state === "errored") return Promise.reject(stream.storedError);
    if (stream.closeQueuedOrInFlight() || stream.state === "closed") {
      return Promise.reject(new TypeError("the stream is closing or closed, so nothing can be written"));
    }
    if (stream.state === "erroring") return Promise.reject(stream.storedError);
    const promise = stream.addWriteRequest();
    controller.write(chunk, size);
    return promise;
  }

  close() {
    return this.stream.close();
  }

  closeWithErrorPropagation() {
    const { stream } = this;
    if (stream.closeQueuedOrInFlight() || stream.state === "closed") return Promise.resolve();
    if (stream.state === "errored") return Promise.reject(stream.storedError);
    return this.close();
  }

  release() {
    const { stream } = this;
    const error = new TypeError("the writer was released");
    this.ensureReadyRejected(error);
    this.#ensureRejected("closed", error);
    stream.writer = undefined;
    this.stream = undefined;
  }
}

const streamOf = (object) => ofWritable(object);

class WritableStream {
  #stream;

  constructor(underlyingSink = undefined, strategy = undefined) {
    if (underlyingSink === internal) {
      this.#stream = strategy;
      return;
    }
    const where = "WritableStream";
    if (underlyingSink === null) throw new TypeError(`${where}: the underlying sink must be an object`);
    const sink = dictionary(underlyingSink, where);
    const options = dictionary(strategy, where);
    if (sink.type !== undefined) throw new RangeError(`${where}: the type of a sink must be left out`);
    const size = sizeAlgorithm(options);
    const mark = highWaterMark(options, 1);
    const start = callback(sink, "start", where);
    const write = algorithm(sink, "write", where);
    const stream = new Stream();
    this.#stream = stream;
    stream.object = this;
    const controller = new Controller(stream, {
      write: (chunk, record) => write(chunk, record.object),
      close: algorithm(sink, "close", where),
      abort: algorithm(sink, "abort", where),
      size,
      highWaterMark: mark,
    });
    controller.start((record) => (start === undefined ? undefined : Reflect.apply(start, sink, [record.object])));
  }

  /** The record behind the object. For the host: taken away before scripts see the class. */
  static of(object) {
    if (!isWritable(object)) throw illegalInvocation("WritableStream");
    return object.#stream;
  }

  static is(object) {
    return typeof object === "object" && object !== null && #stream in object;
  }

  get locked() {
    return streamOf(this).writer !== undefined;
  }

  abort(reason = undefined) {
    return promised(() => {
      const stream = streamOf(this);
      if (stream.writer !== undefined) throw new TypeError("the stream is locked by a writer");
      return stream.abort(reason);
    });
  }

  close() {
    return promised(() => {
      const stream = streamOf(this);
      if (stream.writer !== undefined) throw new TypeError("the stream is locked by a writer");
      if (stream.closeQueuedOrInFlight()) throw new TypeError("the stream is closing already");
      return stream.close();
    });
  }

  getWriter() {
    return new WritableStreamDefaultWriter(streamOf(this).object);
  }
}

const { is: isWritable, of: ofWritable } = WritableStream;
delete WritableStream.is;
delete WritableStream.of;

class WritableStreamDefaultWriter {
  #writer;

  constructor(stream) {
    requireArguments(1, arguments, "WritableStreamDefaultWriter");
    if (!isWritable(stream)) throw new TypeError("WritableStreamDefaultWriter: a WritableStream is required");
    this.#writer = new Writer(ofWritable(stream));
  }

  static #of(object) {
    if (!(#writer in object)) throw illegalInvocation("WritableStreamDefaultWriter");
    return object.#writer;
  }

  static #held(object) {
    const writer = WritableStreamDefaultWriter.#of(object);
    if (writer.stream === undefined) throw new TypeError("the writer was released");
    return writer;
  }

  get closed() {
    return promised(() => WritableStreamDefaultWriter.#of(this).closed.promise);
  }

  get desiredSize() {
    return WritableStreamDefaultWriter.#held(this).desiredSize();
  }

  get ready() {
    return promised(() => WritableStreamDefaultWriter.#of(this).ready.promise);
  }

  abort(reason = undefined) {
    return promised(() => WritableStreamDefaultWriter.#held(this).stream.abort(reason));
  }

  close() {
    return promised(() => {
      const writer = WritableStreamDefaultWriter.#held(this);
      if (writer.stream.closeQueuedOrInFlight()) throw new TypeError("the stream is closing already");
      return writer.close();
    });
  }

  releaseLock() {
    const writer = WritableStreamDefaultWriter.#of(this);
    if (writer.stream !== undefined) writer.release();
  }

  write(chunk = undefined) {
    return promised(() => WritableStreamDefaultWriter.#held(this).write(chunk));
  }
}

class WritableStreamDefaultController {
  #controller;

  constructor(token, controller) {
    if (token !== internal) throw illegalConstructor();
    this.#controller = controller;
  }

  static #of(object) {
    if (!(#controller in object)) throw illegalInvocation("WritableStreamDefaultController");
    return object.#controller;
  }

  get signal() {
    return WritableStreamDefaultController.#of(this).signal;
  }

  error(error = undefined) {
    WritableStreamDefaultController.#of(this).errorIfNeeded(error);
  }
}

finish(WritableStream, WritableStreamDefaultWriter, WritableStreamDefaultController);

/** A stream with these algorithms (CreateWritableStream). */
function create({ start = () => undefined, write, close, abort, highWaterMark: mark = 1, size = () => 1 }) {
  const stream = new Stream();
  const controller = new Controller(stream, { write, close, abort, size, highWaterMark: mark });
  controller.start(start);
  return stream;
}

const acquireWriter = (stream) => new Writer(stream);

Object.assign(exports, {
  acquireWriter,
  create,
  isWritable,
  ofWritable,
  WritableStream,
  WritableStreamDefaultController,
  WritableStreamDefaultWriter,
});
