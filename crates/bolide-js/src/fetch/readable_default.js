// ReadableStreamDefaultController (Streams standard, 4.6 and 4.9.4).

const support = load("fetch/support");
const { finish, illegalConstructor, illegalInvocation, internal, SizedQueue, upon } = support;
const streams = load("fetch/readable_ops");

/** The record behind a controller: the operations of the standard are its methods. */
class Controller {
  kind = "default";
  queue = new SizedQueue();
  started = false;
  closeRequested = false;
  pulling = false;
  pullAgain = false;
  #object;

  constructor(stream, { pull, cancel, size, highWaterMark }) {
    Object.assign(this, { stream, pull, cancel, size, highWaterMark });
    stream.controller = this;
  }

  /** What scripts see. */
  get object() {
    return (this.#object ??= new ReadableStreamDefaultController(internal, this));
  }

  /** `start` may throw, which then is what making the stream throws. */
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
    if (this.queue.length === 0) {
      streams.addRequest(this.stream, request);
      this.pullIfNeeded();
      return;
    }
    const chunk = this.queue.dequeue();
    if (this.closeRequested && this.queue.length === 0) {
      this.clearAlgorithms();
      streams.close(this.stream);
    } else {
      this.pullIfNeeded();
    }
    request.chunk(chunk);
  }

  cancelSteps(reason) {
    this.queue.reset();
    const result = this.cancel(reason);
    this.clearAlgorithms();
    return result;
  }

  releaseSteps() {}

  clearAlgorithms() {
    this.pull = this.cancel = this.size = undefined;
  }

  canCloseOrEnqueue() {
    return !this.closeRequested && this.stream.state === "readable";
  }

  desiredSize() {
    if (this.stream.state === "errored") return null;
    return this.stream.state === "closed" ? 0 : this.highWaterMark - this.queue.total;
  }

  #shouldPull() {
    if (!this.canCloseOrEnqueue() || !this.started) return false;
    return streams.waiting(this.stream, "default") > 0 || this.desiredSize() > 0;
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

  close() {
    if (!this.canCloseOrEnqueue()) return;
    this.closeRequested = true;
    if (this.queue.length > 0) return;
    this.clearAlgorithms();
    streams.close(this.stream);
  }

  enqueue(chunk) {
    if (!this.canCloseOrEnqueue()) return;
    if (streams.waiting(this.stream, "default") > 0) {
      streams.fulfill(this.stream, chunk, false);
    } else {
      try {
        this.queue.enqueue(chunk, this.size(chunk));
      } catch (error) {
        this.error(error);
        throw error;
      }
    }
    this.pullIfNeeded();
  }

  error(error) {
    if (this.stream.state !== "readable") return;
    this.queue.reset();
    this.clearAlgorithms();
    streams.fail(this.stream, error);
  }
}

class ReadableStreamDefaultController {
  #controller;

  constructor(token, controller) {
    if (token !== internal) throw illegalConstructor();
    this.#controller = controller;
  }

  static #of(object) {
    if (!(#controller in object)) throw illegalInvocation("ReadableStreamDefaultController");
    return object.#controller;
  }

  get desiredSize() {
    return ReadableStreamDefaultController.#of(this).desiredSize();
  }

  close() {
    const controller = ReadableStreamDefaultController.#of(this);
    if (!controller.canCloseOrEnqueue()) {
      throw new TypeError("the stream cannot be closed: it is closed already, or has failed");
    }
    controller.close();
  }

  enqueue(chunk = undefined) {
    const controller = ReadableStreamDefaultController.#of(this);
    if (!controller.canCloseOrEnqueue()) {
      throw new TypeError("nothing can be enqueued: the stream is closed, or has failed");
    }
    controller.enqueue(chunk);
  }

  error(error = undefined) {
    ReadableStreamDefaultController.#of(this).error(error);
  }
}

finish(ReadableStreamDefaultController);

/** A stream with a default controller (CreateReadableStream). The algorithms get the controller's record. */
function create({ start = () => undefined, pull, cancel, highWaterMark = 1, size = () => 1 }) {
  const stream = streams.newStream();
  const controller = new Controller(stream, { pull, cancel, size, highWaterMark });
  controller.start(start);
  return stream;
}

Object.assign(exports, { create, Controller, ReadableStreamDefaultController });
