// ReadableByteStreamController and ReadableStreamBYOBRequest (Streams standard, 4.7, 4.8 and 4.9.5).

const support = load("fetch/support");
const { enforceRange, Fifo, finish, illegalConstructor, illegalInvocation, internal } = support;
const { requireArguments, upon } = support;
const streams = load("fetch/readable_ops");

const TypedArray = Object.getPrototypeOf(Uint8Array);
const typedArrayTag = Object.getOwnPropertyDescriptor(TypedArray.prototype, Symbol.toStringTag).get;

/** The constructor of a view's kind, and the size of its elements. */
function kindOf(view) {
  const name = typedArrayTag.call(view);
  if (name === undefined) return { Constructor: DataView, elementSize: 1 };
  const Constructor = KINDS[name];
  return { Constructor, elementSize: Constructor.BYTES_PER_ELEMENT };
}

const KINDS = {
  Int8Array,
  Uint8Array,
  Uint8ClampedArray,
  Int16Array,
  Uint16Array,
  Int32Array,
  Uint32Array,
  BigInt64Array,
  BigUint64Array,
  Float32Array,
  Float64Array,
};
if (typeof Float16Array === "function") KINDS.Float16Array = Float16Array;

/** WebIDL's ArrayBufferView, which shows no shared memory. */
function requireView(value, where) {
  if (!ArrayBuffer.isView(value)) throw new TypeError(`${where}: an ArrayBufferView is required`);
  if (!(value.buffer instanceof ArrayBuffer)) {
    throw new TypeError(`${where}: a view of shared memory is not allowed`);
  }
  return value;
}

/** The record behind a controller: the operations of the standard are its methods. */
class Controller {
  kind = "byte";
  /** `{ buffer, byteOffset, byteLength }` of what is ready. */
  queue = new Fifo();
  total = 0;
  started = false;
  closeRequested = false;
  pulling = false;
  pullAgain = false;
  byobRequest = null;
  pendingPullIntos = [];
  #object;

  constructor(stream, { pull, cancel, highWaterMark, autoAllocateChunkSize }) {
    Object.assign(this, { stream, pull, cancel, highWaterMark, autoAllocateChunkSize });
    stream.controller = this;
  }

  get object() {
    return (this.#object ??= new ReadableByteStreamController(internal, this));
  }

  start(start) {
    upon(
      Promise.resolve(start(this)),
      () => {
        this.started = true;
        this.pullIfNeeded();
      },
      (error) => this.error(error),
    );
  }

  pullSteps(request) {
    if (this.total > 0) {
      this.#fillReadRequest(request);
      return;
    }
    const size = this.autoAllocateChunkSize;
    if (size !== undefined) {
      let buffer;
      try {
        buffer = new ArrayBuffer(size);
      } catch (error) {
        request.error(error);
        return;
      }
      this.pendingPullIntos.push({
        buffer,
        bufferByteLength: size,
        byteOffset: 0,
        byteLength: size,
        bytesFilled: 0,
        minimumFill: 1,
        elementSize: 1,
        Constructor: Uint8Array,
        readerType: "default",
      });
    }
    streams.addRequest(this.stream, request);
    this.pullIfNeeded();
  }

  cancelSteps(reason) {
    this.#clearPendingPullIntos();
    this.#resetQueue();
    const result = this.cancel(reason);
    this.clearAlgorithms();
    return result;
  }

  releaseSteps() {
    if (this.pendingPullIntos.length === 0) return;
    const [first] = this.pendingPullIntos;
    first.readerType = "none";
    this.pendingPullIntos = [first];
  }

  clearAlgorithms() {
    this.pull = this.cancel = undefined;
  }

  #resetQueue() {
    this.queue.drain();
    this.total = 0;
  }

  #clearPendingPullIntos() {
    this.#invalidateByobRequest();
    this.pendingPullIntos = [];
  }

  #invalidateByobRequest() {
    this.byobRequest?.invalidate();
    this.byobRequest = null;
  }

  desiredSize() {
    if (this.stream.state === "errored") return null;
    return this.stream.state === "closed" ? 0 : this.highWaterMark - this.total;
  }

  #shouldPull() {
    const { stream } = this;
    if (stream.state !== "readable" || this.closeRequested || !this.started) return false;
    const wanted = streams.waiting(stream, "default") > 0 || streams.waiting(stream, "byob") > 0;
    return wanted || this.desiredSize() > 0;
  }

  pullIfNeeded() {
    if (!this.#shouldPull()) return;
    if (this.pulling) {
      this.pullAgain = true;
      return;
    }
    this.pulling = true;
    upon(
      this.pull(this),
      () => {
        this.pulling = false;
        if (!this.pullAgain) return;
        this.pullAgain = false;
        this.pullIfNeeded();
      },
      (error) => this.error(error),
    );
  }

  /** ReadableByteStreamControllerGetBYOBRequest. */
  request() {
    if (this.byobRequest === null && this.pendingPullIntos.length > 0) {
      const first = this.pendingPullIntos[0];
      const start = first.byteOffset + first.bytesFilled;
      const view = new Uint8Array(first.buffer, start, first.byteLength - first.bytesFilled);
      this.byobRequest = new Request(this, view);
    }
    return this.byobRequest;
  }

  close() {
    if (this.closeRequested || this.stream.state !== "readable") return;
    if (this.total > 0) {
      this.closeRequested = true;
      return;
    }
    const first = this.pendingPullIntos[0];
    if (first !== undefined && first.bytesFilled % first.elementSize !== 0) {
      const error = new TypeError("the stream ended within an element of the view that is being filled");
      this.error(error);
      throw error;
    }
    this.clearAlgorithms();
    streams.close(this.stream);
  }

  error(error) {
    if (this.stream.state !== "readable") return;
    this.#clearPendingPullIntos();
    this.#resetQueue();
    this.clearAlgorithms();
    streams.fail(this.stream, error);
  }

  enqueue(chunk) {
    const { stream } = this;
    if (this.closeRequested || stream.state !== "readable") return;
    const { buffer, byteOffset, byteLength } = chunk;
    if (buffer.detached) throw new TypeError("the chunk's buffer is detached");
    const transferred = buffer.transfer();
    if (this.pendingPullIntos.length > 0) {
      const [first] = this.pendingPullIntos;
      if (first.buffer.detached) {
        throw new TypeError("the buffer of the BYOB request is detached, so it cannot be filled");
      }
      this.#invalidateByobRequest();
      first.buffer = first.buffer.transfer();
      if (first.readerType === "none") this.#enqueueDetached(first);
    }
    if (stream.reader?.kind === "default") {
      this.#fillReadRequests();
      if (streams.waiting(stream, "default") === 0) {
        this.#enqueueChunk(transferred, byteOffset, byteLength);
      } else {
        if (this.pendingPullIntos.length > 0) this.#shiftPullInto();
        streams.fulfill(stream, new Uint8Array(transferred, byteOffset, byteLength), false);
      }
    } else {
      this.#enqueueChunk(transferred, byteOffset, byteLength);
      if (stream.reader !== undefined) this.#commitAll(this.#fillPullIntos());
    }
    this.pullIfNeeded();
  }

  #enqueueChunk(buffer, byteOffset, byteLength) {
    this.queue.push({ buffer, byteOffset, byteLength });
    this.total += byteLength;
  }

  #enqueueCopy(buffer, byteOffset, byteLength) {
    let copy;
    try {
      copy = buffer.slice(byteOffset, byteOffset + byteLength);
    } catch (error) {
      this.error(error);
      throw error;
    }
    this.#enqueueChunk(copy, 0, byteLength);
  }

  /** ReadableByteStreamControllerEnqueueDetachedPullIntoToQueue. */
  #enqueueDetached(descriptor) {
    if (descriptor.bytesFilled > 0) {
      this.#enqueueCopy(descriptor.buffer, descriptor.byteOffset, descriptor.bytesFilled);
    }
    this.#shiftPullInto();
  }

  #shiftPullInto() {
    return this.pendingPullIntos.shift();
  }

  #fillReadRequest(request) {
    const entry = this.queue.shift();
    this.total -= entry.byteLength;
    this.#handleQueueDrain();
    request.chunk(new Uint8Array(entry.buffer, entry.byteOffset, entry.byteLength));
  }

  #fillReadRequests() {
    const { requests } = this.stream.reader;
    while (requests.length > 0 && this.total > 0) this.#fillReadRequest(requests.shift());
  }

  #handleQueueDrain() {
    if (this.total === 0 && this.closeRequested) {
      this.clearAlgorithms();
      streams.close(this.stream);
    } else {
      this.pullIfNeeded();
    }
  }

  /** ReadableByteStreamControllerFillPullIntoDescriptorFromQueue. Returns whether the view is ready. */
  #fillFromQueue(descriptor) {
    const available = Math.min(this.total, descriptor.byteLength - descriptor.bytesFilled);
    const filled = descriptor.bytesFilled + available;
    const aligned = filled - (filled % descriptor.elementSize);
    const ready = aligned >= descriptor.minimumFill;
    let left = ready ? aligned - descriptor.bytesFilled : available;
    while (left > 0) {
      const head = this.queue.peek();
      const count = Math.min(left, head.byteLength);
      const target = new Uint8Array(descriptor.buffer, descriptor.byteOffset + descriptor.bytesFilled, count);
      target.set(new Uint8Array(head.buffer, head.byteOffset, count));
      if (head.byteLength === count) {
        this.queue.shift();
      } else {
        head.byteOffset += count;
        head.byteLength -= count;
      }
      this.total -= count;
      descriptor.bytesFilled += count;
      left -= count;
    }
    return ready;
  }

  /** ReadableByteStreamControllerProcessPullIntoDescriptorsUsingQueue. */
  #fillPullIntos() {
    const ready = [];
    while (this.pendingPullIntos.length > 0 && this.total > 0) {
      if (this.#fillFromQueue(this.pendingPullIntos[0])) ready.push(this.#shiftPullInto());
    }
    return ready;
  }

  #commitAll(descriptors) {
    for (const descriptor of descriptors) {
      streams.fulfill(this.stream, filledView(descriptor), this.stream.state === "closed");
    }
  }

  /** ReadableByteStreamControllerPullInto. */
  pullInto(view, minimum, request) {
    const { Constructor, elementSize } = kindOf(view);
    const { byteOffset, byteLength } = view;
    let buffer;
    try {
      buffer = view.buffer.transfer();
    } catch (error) {
      request.error(error);
      return;
    }
    const descriptor = {
      buffer,
      bufferByteLength: buffer.byteLength,
      byteOffset,
      byteLength,
      bytesFilled: 0,
      minimumFill: minimum * elementSize,
      elementSize,
      Constructor,
      readerType: "byob",
    };
    const { stream } = this;
    if (this.pendingPullIntos.length > 0) {
      this.pendingPullIntos.push(descriptor);
      streams.addRequest(stream, request);
      return;
    }
    if (stream.state === "closed") {
      request.close(new Constructor(buffer, byteOffset, 0));
      return;
    }
    if (this.total > 0) {
      if (this.#fillFromQueue(descriptor)) {
        const filled = filledView(descriptor);
        this.#handleQueueDrain();
        request.chunk(filled);
        return;
      }
      if (this.closeRequested) {
        const error = new TypeError("the stream ended before the requested number of bytes");
        this.error(error);
        request.error(error);
        return;
      }
    }
    this.pendingPullIntos.push(descriptor);
    streams.addRequest(stream, request);
    this.pullIfNeeded();
  }

  /** ReadableByteStreamControllerRespond. */
  respond(bytesWritten) {
    const first = this.pendingPullIntos[0];
    this.#checkResponse(first, bytesWritten);
    first.buffer = first.buffer.transfer();
    this.#respond(first, bytesWritten);
  }

  /** ReadableByteStreamControllerRespondWithNewView. */
  respondWithNewView(view) {
    const first = this.pendingPullIntos[0];
    const { byteLength } = view;
    this.#checkResponse(first, byteLength);
    if (first.byteOffset + first.bytesFilled !== view.byteOffset) {
      throw new RangeError("the view starts elsewhere than the requested one");
    }
    if (first.bufferByteLength !== view.buffer.byteLength) {
      throw new RangeError("the view's buffer has another length than the requested one");
    }
    first.buffer = view.buffer.transfer();
    this.#respond(first, byteLength);
  }

  #checkResponse(first, count) {
    if (this.stream.state === "closed") {
      if (count !== 0) throw new TypeError("the stream is closed, so 0 bytes can be written");
      return;
    }
    if (count === 0) throw new TypeError("at least 1 byte must be written while the stream is open");
    if (first.bytesFilled + count > first.byteLength) {
      throw new RangeError("more bytes were written than the view has room for");
    }
  }

  #respond(first, bytesWritten) {
    this.#invalidateByobRequest();
    if (this.stream.state === "closed") this.#respondClosed(first);
    else this.#respondReadable(first, bytesWritten);
    this.pullIfNeeded();
  }

  #respondClosed(first) {
    if (first.readerType === "none") this.#shiftPullInto();
    const descriptors = [];
    while (descriptors.length < streams.waiting(this.stream, "byob")) descriptors.push(this.#shiftPullInto());
    this.#commitAll(descriptors);
  }

  #respondReadable(descriptor, bytesWritten) {
    descriptor.bytesFilled += bytesWritten;
    if (descriptor.readerType === "none") {
      this.#enqueueDetached(descriptor);
      this.#commitAll(this.#fillPullIntos());
      return;
    }
    if (descriptor.bytesFilled < descriptor.minimumFill) return;
    this.#shiftPullInto();
    const remainder = descriptor.bytesFilled % descriptor.elementSize;
    if (remainder > 0) {
      const end = descriptor.byteOffset + descriptor.bytesFilled;
      this.#enqueueCopy(descriptor.buffer, end - remainder, remainder);
    }
    descriptor.bytesFilled -= remainder;
    const ready = this.#fillPullIntos();
    this.#commitAll([descriptor, ...ready]);
  }
}

/** ReadableByteStreamControllerConvertPullIntoDescriptor. */
function filledView({ buffer, byteOffset, bytesFilled, elementSize, Constructor }) {
  return new Constructor(buffer.transfer(), byteOffset, bytesFilled / elementSize);
}

/** The record behind a ReadableStreamBYOBRequest. */
class Request {
  #object;

  constructor(controller, view) {
    this.controller = controller;
    this.view = view;
  }

  get object() {
    return (this.#object ??= new ReadableStreamBYOBRequest(internal, this));
  }

  invalidate() {
    this.controller = undefined;
    this.view = null;
  }
}

class ReadableStreamBYOBRequest {
  #request;

  constructor(token, request) {
    if (token !== internal) throw illegalConstructor();
    this.#request = request;
  }

  static #of(object) {
    if (!(#request in object)) throw illegalInvocation("ReadableStreamBYOBRequest");
    return object.#request;
  }

  get view() {
    return ReadableStreamBYOBRequest.#of(this).view;
  }

  respond(bytesWritten) {
    const request = ReadableStreamBYOBRequest.#of(this);
    requireArguments(1, arguments, "ReadableStreamBYOBRequest.respond");
    const count = enforceRange(bytesWritten, "bytesWritten");
    if (request.controller === undefined) throw new TypeError("this request was answered already");
    if (request.view.buffer.detached) throw new TypeError("the view's buffer is detached");
    request.controller.respond(count);
  }

  respondWithNewView(view) {
    const request = ReadableStreamBYOBRequest.#of(this);
    requireView(view, "ReadableStreamBYOBRequest.respondWithNewView");
    if (request.controller === undefined) throw new TypeError("this request was answered already");
    if (view.buffer.detached) throw new TypeError("the view's buffer is detached");
    request.controller.respondWithNewView(view);
  }
}

class ReadableByteStreamController {
  #controller;

  constructor(token, controller) {
    if (token !== internal) throw illegalConstructor();
    this.#controller = controller;
  }

  static #of(object) {
    if (!(#controller in object)) throw illegalInvocation("ReadableByteStreamController");
    return object.#controller;
  }

  get byobRequest() {
    const request = ReadableByteStreamController.#of(this).request();
    return request === null ? null : request.object;
  }

  get desiredSize() {
    return ReadableByteStreamController.#of(this).desiredSize();
  }

  close() {
    const controller = ReadableByteStreamController.#of(this);
    requireOpen(controller);
    controller.close();
  }

  enqueue(chunk) {
    const controller = ReadableByteStreamController.#of(this);
    requireView(chunk, "ReadableByteStreamController.enqueue");
    if (chunk.byteLength === 0) throw new TypeError("a chunk must not be empty");
    requireOpen(controller);
    controller.enqueue(chunk);
  }

  error(error = undefined) {
    ReadableByteStreamController.#of(this).error(error);
  }
}

function requireOpen(controller) {
  if (controller.closeRequested) throw new TypeError("the stream was closed already");
  if (controller.stream.state !== "readable") {
    throw new TypeError(`the stream is ${controller.stream.state}, so nothing can be done with its controller`);
  }
}

finish(ReadableByteStreamController, ReadableStreamBYOBRequest);

/** A stream with a byte controller (CreateReadableByteStream). The algorithms get the controller's record. */
function create({ start = () => undefined, pull, cancel, highWaterMark = 0, autoAllocateChunkSize }) {
  const stream = streams.newStream();
  const controller = new Controller(stream, { pull, cancel, highWaterMark, autoAllocateChunkSize });
  controller.start(start);
  return stream;
}

Object.assign(exports, {
  create,
  Controller,
  ReadableByteStreamController,
  ReadableStreamBYOBRequest,
  requireView,
});
