// Transform streams (Streams standard, 6).

const support = load("fetch/support");
const { callback, dictionary, finish, highWaterMark, illegalConstructor, illegalInvocation } = support;
const { internal, sizeAlgorithm, transform: then, upon } = support;
const readable = load("fetch/readable_default");
const writable = load("fetch/writable");
const { wrapReadable } = load("fetch/readable");

/** The record behind a TransformStream; the operations of the standard are its methods. */
class Transform {
  backpressure = undefined;
  backpressureChange = undefined;
  #object;

  constructor({ start, transform, flush, cancel, writableMark, writableSize, readableMark, readableSize }) {
    Object.assign(this, { transform, flush, cancel });
    this.finishing = undefined;
    const started = Promise.withResolvers();
    this.writable = writable.create({
      start: () => started.promise,
      write: (chunk) => this.#sinkWrite(chunk),
      close: () => this.#sinkClose(),
      abort: (reason) => this.#sinkAbort(reason),
      highWaterMark: writableMark,
      size: writableSize,
    });
    this.readable = readable.create({
      start: () => started.promise,
      pull: () => this.#sourcePull(),
      cancel: (reason) => this.#sourceCancel(reason),
      highWaterMark: readableMark,
      size: readableSize,
    });
    this.setBackpressure(true);
    this.begin = () => started.resolve(start(this));
  }

  /** The controller that scripts see. */
  get object() {
    return (this.#object ??= new TransformStreamDefaultController(internal, this));
  }

  clearAlgorithms() {
    this.transform = this.flush = this.cancel = undefined;
  }

  error(error) {
    this.readable.controller.error(error);
    this.errorWritable(error);
  }

  errorWritable(error) {
    this.clearAlgorithms();
    this.writable.controller.errorIfNeeded(error);
    this.unblockWrite();
  }

  unblockWrite() {
    if (this.backpressure) this.setBackpressure(false);
  }

  setBackpressure(backpressure) {
    this.backpressureChange?.resolve();
    this.backpressureChange = Promise.withResolvers();
    this.backpressure = backpressure;
  }

  enqueue(chunk) {
    const { controller } = this.readable;
    if (!controller.canCloseOrEnqueue()) {
      throw new TypeError("nothing can be enqueued: the readable side is closed, or has failed");
    }
    try {
      controller.enqueue(chunk);
    } catch (error) {
      this.errorWritable(error);
      throw this.readable.storedError;
    }
    const waiting = load("fetch/readable_ops").waiting(this.readable, "default") > 0;
    const backpressure = !(waiting || controller.desiredSize() > 0);
    if (backpressure !== this.backpressure) this.setBackpressure(true);
  }

  terminate() {
    this.readable.controller.close();
    this.errorWritable(new TypeError("the transform stream was terminated"));
  }

  #perform(chunk) {
    return then(this.transform(chunk, this), undefined, (error) => {
      this.error(error);
      throw error;
    });
  }

  #sinkWrite(chunk) {
    if (!this.backpressure) return this.#perform(chunk);
    return then(this.backpressureChange.promise, () => {
      if (this.writable.state === "erroring") throw this.writable.storedError;
      return this.#perform(chunk);
    });
  }

  #sinkAbort(reason) {
    if (this.finishing !== undefined) return this.finishing.promise;
    this.finishing = Promise.withResolvers();
    const cancelled = this.cancel(reason);
    this.clearAlgorithms();
    upon(
      cancelled,
      () => {
        if (this.readable.state === "errored") {
          this.finishing.reject(this.readable.storedError);
        } else {
          this.readable.controller.error(reason);
          this.finishing.resolve();
        }
      },
      (error) => {
        this.readable.controller.error(error);
        this.finishing.reject(error);
      },
    );
    return this.finishing.promise;
  }

  #sinkClose() {
    if (this.finishing !== undefined) return this.finishing.promise;
    this.finishing = Promise.withResolvers();
    const flushed = this.flush(this);
    this.clearAlgorithms();
    upon(
      flushed,
      () => {
        if (this.readable.state === "errored") {
          this.finishing.reject(this.readable.storedError);
        } else {
          this.readable.controller.close();
          this.finishing.resolve();
        }
      },
      (error) => {
        this.readable.controller.error(error);
        this.finishing.reject(error);
      },
    );
    return this.finishing.promise;
  }

  #sourceCancel(reason) {
    if (this.finishing !== undefined) return this.finishing.promise;
    this.finishing = Promise.withResolvers();
    const cancelled = this.cancel(reason);
    this.clearAlgorithms();
    upon(
      cancelled,
      () => {
        if (this.writable.state === "errored") {
          this.finishing.reject(this.writable.storedError);
        } else {
          this.writable.controller.errorIfNeeded(reason);
          this.unblockWrite();
          this.finishing.resolve();
        }
      },
      (error) => {
        this.writable.controller.errorIfNeeded(error);
        this.unblockWrite();
        this.finishing.reject(error);
      },
    );
    return this.finishing.promise;
  }

  #sourcePull() {
    this.setBackpressure(false);
    return this.backpressureChange.promise;
  }
}

/** A method of a transformer as a function that returns a promise. */
function method(transformer, name, otherwise) {
  const function_ = callback(transformer, name, "TransformStream");
  if (function_ === undefined) return otherwise;
  return (...args) => {
    try {
      return Promise.resolve(Reflect.apply(function_, transformer, args));
    } catch (error) {
      return Promise.reject(error);
    }
  };
}

const nothing = () => Promise.resolve();

/** Without `transform`, chunks pass unchanged. */
function pass(chunk, transform) {
  try {
    transform.enqueue(chunk);
    return Promise.resolve();
  } catch (error) {
    return Promise.reject(error);
  }
}

class TransformStream {
  #transform;

  constructor(transformer = undefined, writableStrategy = {}, readableStrategy = {}) {
    const where = "TransformStream";
    if (transformer === null) throw new TypeError(`${where}: the transformer must be an object`);
    const object = dictionary(transformer, where);
    const cancel = method(object, "cancel", nothing);
    const flush = method(object, "flush", undefined);
    if (object.readableType !== undefined) throw new RangeError(`${where}: readableType must be left out`);
    const start = callback(object, "start", where);
    const change = method(object, "transform", undefined);
    if (object.writableType !== undefined) throw new RangeError(`${where}: writableType must be left out`);
    const readableOptions = dictionary(readableStrategy, where);
    const writableOptions = dictionary(writableStrategy, where);
    const transform = new Transform({
      start: (record) => (start === undefined ? undefined : Reflect.apply(start, object, [record.object])),
      transform: change === undefined ? pass : (chunk, record) => change(chunk, record.object),
      flush: flush === undefined ? nothing : (record) => flush(record.object),
      cancel,
      readableMark: highWaterMark(readableOptions, 0),
      readableSize: sizeAlgorithm(readableOptions),
      writableMark: highWaterMark(writableOptions, 1),
      writableSize: sizeAlgorithm(writableOptions),
    });
    this.#transform = transform;
    transform.begin();
  }

  static #of(object) {
    if (!(#transform in object)) throw illegalInvocation("TransformStream");
    return object.#transform;
  }

  get readable() {
    return wrapReadable(TransformStream.#of(this).readable);
  }

  get writable() {
    return TransformStream.#of(this).writable.object;
  }
}

class TransformStreamDefaultController {
  #transform;

  constructor(token, transform) {
    if (token !== internal) throw illegalConstructor();
    this.#transform = transform;
  }

  static #of(object) {
    if (!(#transform in object)) throw illegalInvocation("TransformStreamDefaultController");
    return object.#transform;
  }

  get desiredSize() {
    return TransformStreamDefaultController.#of(this).readable.controller.desiredSize();
  }

  enqueue(chunk = undefined) {
    TransformStreamDefaultController.#of(this).enqueue(chunk);
  }

  error(reason = undefined) {
    TransformStreamDefaultController.#of(this).error(reason);
  }

  terminate() {
    TransformStreamDefaultController.#of(this).terminate();
  }
}

finish(TransformStream, TransformStreamDefaultController);

Object.assign(exports, { TransformStream, TransformStreamDefaultController });
