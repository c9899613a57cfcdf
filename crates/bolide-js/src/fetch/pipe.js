// ReadableStreamPipeTo (Streams standard, 4.9.1).

const { markHandled, upon } = load("fetch/support");
const streams = load("fetch/readable_ops");
const { acquireWriter } = load("fetch/writable");

/** One pipe: it reads while the destination wants chunks, and ends once. */
class Pipe {
  #source;
  #destination;
  #reader;
  #writer;
  #options;
  #done = Promise.withResolvers();
  #shuttingDown = false;
  #lastWrite = Promise.resolve();
  #onAbort = undefined;

  constructor(source, destination, options) {
    this.#source = source;
    this.#destination = destination;
    this.#options = options;
    this.#reader = streams.acquireReader(source, "default");
    this.#writer = acquireWriter(destination);
    source.disturbed = true;
  }

  run() {
    markHandled(this.#done.promise);
    const { signal } = this.#options;
    if (signal !== undefined) {
      this.#onAbort = () => this.#abort(signal.reason);
      if (signal.aborted) {
        this.#onAbort();
        return this.#done.promise;
      }
      signal.addEventListener("abort", this.#onAbort);
    }
    this.#watchSource();
    this.#watchDestination();
    this.#step();
    return this.#done.promise;
  }

  #abort(reason) {
    const actions = [];
    if (!this.#options.preventAbort) {
      actions.push(() => (this.#destination.state === "writable" ? this.#destination.abort(reason) : undefined));
    }
    if (!this.#options.preventCancel) {
      actions.push(() => (this.#source.state === "readable" ? streams.cancel(this.#source, reason) : undefined));
    }
    this.#shutdown(() => Promise.all(actions.map((action) => action())), { error: reason });
  }

  /** Errors and closing are propagated forward. */
  #watchSource() {
    const errored = (error) => {
      if (this.#options.preventAbort) this.#shutdown(undefined, { error });
      else this.#shutdown(() => this.#destination.abort(error), { error });
    };
    const closed = () => {
      if (this.#options.preventClose) this.#shutdown();
      else this.#shutdown(() => this.#writer.closeWithErrorPropagation());
    };
    if (this.#source.state === "errored") errored(this.#source.storedError);
    else if (this.#source.state === "closed") closed();
    else upon(this.#reader.closed.promise, closed, errored);
  }

  /** And backward. */
  #watchDestination() {
    const errored = (error) => {
      if (this.#options.preventCancel) this.#shutdown(undefined, { error });
      else this.#shutdown(() => streams.cancel(this.#source, error), { error });
    };
    const destination = this.#destination;
    if (destination.state === "errored") {
      errored(destination.storedError);
    } else if (destination.closeQueuedOrInFlight() || destination.state === "closed") {
      errored(new TypeError("the destination of the pipe is closed already"));
    } else {
      upon(this.#writer.closed.promise, undefined, errored);
    }
  }

  #step() {
    if (this.#shuttingDown) return;
    upon(
      this.#writer.ready.promise,
      () => this.#read(),
      // The destination has failed, which is seen elsewhere.
      () => {},
    );
  }

  #read() {
    if (this.#shuttingDown) return;
    streams.read(this.#reader, {
      chunk: (chunk) => {
        // A microtask later, so that the writable side never runs within the readable one.
        this.#lastWrite = Promise.resolve().then(() => this.#write(chunk));
        markHandled(this.#lastWrite);
        upon(Promise.resolve(), () => queueMicrotask(() => this.#step()));
      },
      close: () => {},
      error: () => {},
    });
  }

  #write(chunk) {
    return this.#writer.stream === undefined ? undefined : this.#writer.write(chunk);
  }

  /** Everything that was read is written before the pipe ends. */
  async #writesFinished() {
    let last;
    do {
      last = this.#lastWrite;
      await last.catch(() => {});
    } while (last !== this.#lastWrite);
  }

  #shutdown(action, failure) {
    if (this.#shuttingDown) return;
    this.#shuttingDown = true;
    const act = () => {
      if (action === undefined) {
        this.#finalize(failure);
        return;
      }
      let result;
      try {
        result = Promise.resolve(action());
      } catch (error) {
        result = Promise.reject(error);
      }
      upon(
        result,
        () => this.#finalize(failure),
        (error) => this.#finalize({ error }),
      );
    };
    const { state } = this.#destination;
    if (state === "writable" && !this.#destination.closeQueuedOrInFlight()) {
      upon(this.#writesFinished(), act);
    } else {
      act();
    }
  }

  #finalize(failure) {
    this.#writer.release();
    streams.releaseReader(this.#reader);
    this.#options.signal?.removeEventListener("abort", this.#onAbort);
    if (failure === undefined) this.#done.resolve();
    else this.#done.reject(failure.error);
  }
}

/** Pipes between the records of two streams. Returns a promise that is no unhandled rejection. */
exports.pipe = (source, destination, options) => new Pipe(source, destination, options).run();
