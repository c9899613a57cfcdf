// Splitting a readable stream in two (Streams standard, 4.9.1, ReadableStreamTee).

const { upon } = load("fetch/support");
const streams = load("fetch/readable_ops");

/** What both branches share: which is cancelled, and the source's cancellation. */
function cancellation(stream) {
  const canceled = [false, false];
  const reasons = [undefined, undefined];
  const settled = Promise.withResolvers();
  return {
    canceled,
    settled,
    /** The cancel algorithm of a branch. */
    cancel(branch, reason) {
      canceled[branch] = true;
      reasons[branch] = reason;
      if (canceled[0] && canceled[1]) settled.resolve(streams.cancel(stream, reasons));
      return settled.promise;
    },
    settleUnlessAllCanceled() {
      if (!canceled[0] || !canceled[1]) settled.resolve();
    },
  };
}

/** Tees any stream. `cloneSecond` says that the second branch gets structured clones. */
function tee(stream, cloneSecond) {
  return stream.controller.kind === "byte" ? teeBytes(stream) : teeDefault(stream, cloneSecond);
}

function teeDefault(stream, cloneSecond) {
  const { create } = load("fetch/readable_default");
  const reader = streams.acquireReader(stream, "default");
  const state = cancellation(stream);
  const { canceled } = state;
  const branches = [];
  let reading = false;
  let readAgain = false;

  const forward = (chunk) => {
    readAgain = false;
    let second = chunk;
    if (!canceled[1] && cloneSecond) {
      try {
        second = structuredClone(chunk);
      } catch (error) {
        for (const branch of branches) branch.controller.error(error);
        state.settled.resolve(streams.cancel(stream, error));
        return;
      }
    }
    if (!canceled[0]) branches[0].controller.enqueue(chunk);
    if (!canceled[1]) branches[1].controller.enqueue(second);
    reading = false;
    if (readAgain) pull();
  };

  const pull = () => {
    if (reading) {
      readAgain = true;
      return Promise.resolve();
    }
    reading = true;
    streams.read(reader, {
      // A microtask later, so that errors of the source reach the branches first.
      chunk: (chunk) => queueMicrotask(() => forward(chunk)),
      close: () => {
        reading = false;
        for (const [i, branch] of branches.entries()) if (!canceled[i]) branch.controller.close();
        state.settleUnlessAllCanceled();
      },
      error: () => {
        reading = false;
      },
    });
    return Promise.resolve();
  };

  for (const i of [0, 1]) {
    branches.push(create({ pull, cancel: (reason) => state.cancel(i, reason) }));
  }
  upon(reader.closed.promise, undefined, (error) => {
    for (const branch of branches) branch.controller.error(error);
    state.settleUnlessAllCanceled();
  });
  return branches;
}

function copyOf(view) {
  const { buffer, byteOffset, byteLength } = view;
  return new Uint8Array(buffer.slice(byteOffset, byteOffset + byteLength));
}

/** ReadableByteStreamTee: reads by the BYOB requests of whichever branch is pulled. */
class ByteTee {
  branches = [];
  #stream;
  #reader;
  #state;
  #reading = false;
  #readAgain = [false, false];

  constructor(stream) {
    const { create } = load("fetch/readable_byte");
    this.#stream = stream;
    this.#reader = streams.acquireReader(stream, "default");
    this.#state = cancellation(stream);
    for (const i of [0, 1]) {
      this.branches.push(
        create({ pull: () => this.#pull(i), cancel: (reason) => this.#state.cancel(i, reason) }),
      );
    }
    this.#forwardErrors(this.#reader);
  }

  #forwardErrors(reader) {
    upon(reader.closed.promise, undefined, (error) => {
      if (reader !== this.#reader) return;
      for (const branch of this.branches) branch.controller.error(error);
      this.#state.settleUnlessAllCanceled();
    });
  }

  #use(kind) {
    if (this.#reader.kind === kind) return;
    streams.releaseReader(this.#reader);
    this.#reader = streams.acquireReader(this.#stream, kind);
    this.#forwardErrors(this.#reader);
  }

  #pull(branch) {
    if (this.#reading) {
      this.#readAgain[branch] = true;
      return Promise.resolve();
    }
    this.#reading = true;
    const request = this.branches[branch].controller.request();
    if (request === null) this.#pullChunk();
    else this.#pullInto(request.view, branch);
    return Promise.resolve();
  }

  /** A copy for the other branch; if there is none, both branches fail and the source is cancelled. */
  #copy(chunk) {
    try {
      return copyOf(chunk);
    } catch (error) {
      for (const branch of this.branches) branch.controller.error(error);
      this.#state.settled.resolve(streams.cancel(this.#stream, error));
      return undefined;
    }
  }

  #continue() {
    this.#reading = false;
    if (this.#readAgain[0]) this.#pull(0);
    else if (this.#readAgain[1]) this.#pull(1);
  }

  #pullChunk() {
    this.#use("default");
    const { canceled } = this.#state;
    const [first, second] = this.branches;
    streams.read(this.#reader, {
      chunk: (chunk) =>
        queueMicrotask(() => {
          this.#readAgain = [false, false];
          const copy = canceled[0] || canceled[1] ? chunk : this.#copy(chunk);
          if (copy === undefined) return;
          if (!canceled[0]) first.controller.enqueue(chunk);
          if (!canceled[1]) second.controller.enqueue(copy);
          this.#continue();
        }),
      close: () => {
        this.#reading = false;
        for (const [i, branch] of this.branches.entries()) {
          if (!canceled[i]) branch.controller.close();
        }
        for (const { controller } of this.branches) {
          if (controller.pendingPullIntos.length > 0) controller.respond(0);
        }
        this.#state.settleUnlessAllCanceled();
      },
      error: () => {
        this.#reading = false;
      },
    });
  }

  #pullInto(view, index) {
    this.#use("byob");
    const { canceled } = this.#state;
    const target = this.branches[index].controller;
    const other = this.branches[1 - index].controller;
    this.#stream.disturbed = true;
    const request = {
      chunk: (chunk) =>
        queueMicrotask(() => {
          this.#readAgain = [false, false];
          const copy = canceled[1 - index] ? null : this.#copy(chunk);
          if (copy === undefined) return;
          if (!canceled[index]) target.respondWithNewView(chunk);
          if (copy !== null) other.enqueue(copy);
          this.#continue();
        }),
      close: (chunk) => {
        this.#reading = false;
        if (!canceled[index]) target.close();
        if (!canceled[1 - index]) other.close();
        if (chunk !== undefined) {
          if (!canceled[index]) target.respondWithNewView(chunk);
          if (!canceled[1 - index] && other.pendingPullIntos.length > 0) other.respond(0);
        }
        this.#state.settleUnlessAllCanceled();
      },
      error: () => {
        this.#reading = false;
      },
    };
    if (this.#stream.state === "errored") request.error(this.#stream.storedError);
    else this.#stream.controller.pullInto(view, 1, request);
  }
}

const teeBytes = (stream) => new ByteTee(stream).branches;

exports.tee = tee;
