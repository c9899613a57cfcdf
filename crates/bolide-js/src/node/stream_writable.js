// stream.Writable
const core = load("node/stream_core");
const { Stream, nextTick, errorOrDestroy } = core;
const { Buffer } = load("node/buffer");
const { make, invalidArgType } = load("node/errors");
const EventEmitter = load("node/events").default;

const nothing = () => {};

class WritableState {
  constructor(options, stream, isDuplex) {
    Object.assign(this, core.common());
    this.objectMode = !!options?.objectMode || (isDuplex && !!options?.writableObjectMode);
    this.highWaterMark = core.highWaterMark(options, this.objectMode, isDuplex ? "writableHighWaterMark" : "highWaterMark");
    this.finalCalled = false;
    this.needDrain = false;
    this.ending = false;
    this.ended = false;
    this.finished = false;
    this.decodeStrings = options?.decodeStrings !== false;
    this.defaultEncoding = options?.defaultEncoding ?? "utf8";
    this.length = 0;
    this.writing = false;
    this.corked = 0;
    this.bufferProcessing = false;
    this.buffered = [];
    this.current = null;
    this.pendingcb = 0;
    this.prefinished = false;
    this.emitClose = options?.emitClose !== false;
    this.autoDestroy = options?.autoDestroy !== false;
    this.onFinished = [];
  }

  getBuffer() {
    return this.buffered;
  }
}

function Writable(options) {
  const isDuplex = this instanceof load("node/stream_duplex").Duplex;
  if (!isDuplex && !(this instanceof Writable)) return new Writable(options);
  this._writableState = new WritableState(options, this, isDuplex);
  if (isDuplex) {
    core.adopt(this, { ...options, signal: undefined }, ["write", "writev", "final"]);
    return;
  }
  Stream.call(this, options);
  core.adopt(this, options, ["write", "writev", "destroy", "final", "construct"]);
  core.construct(this, () => ready(this));
}

function ready(stream) {
  const state = stream._writableState;
  if (!state.writing) clearBuffer(stream, state);
  finishMaybe(stream, state);
}
Object.setPrototypeOf(Writable.prototype, Stream.prototype);
Object.setPrototypeOf(Writable, Stream);

Object.defineProperty(Writable, Symbol.hasInstance, {
  value(object) {
    if (Function.prototype[Symbol.hasInstance].call(this, object)) return true;
    return this === Writable && object?._writableState instanceof WritableState;
  },
});

function prepare(state, chunk, encoding) {
  if (chunk === null) throw make(TypeError, "ERR_STREAM_NULL_VALUES", "May not write null values to stream");
  if (state.objectMode) return { chunk, encoding };
  if (typeof chunk === "string") {
    if (state.decodeStrings === false) return { chunk, encoding };
    return { chunk: Buffer.from(chunk, encoding), encoding: "buffer" };
  }
  if (chunk instanceof Buffer) return { chunk, encoding: "buffer" };
  if (ArrayBuffer.isView(chunk)) {
    return { chunk: Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength), encoding: "buffer" };
  }
  throw invalidArgType("chunk", ["string", "Buffer", "TypedArray", "DataView"], chunk);
}

function encodingFor(state, encoding) {
  if (!encoding) return state.defaultEncoding;
  if (encoding !== "buffer" && !Buffer.isEncoding(encoding)) throw make(TypeError, "ERR_UNKNOWN_ENCODING", `Unknown encoding: ${encoding}`);
  return encoding;
}

function write(stream, given, givenEncoding, givenCallback) {
  const state = stream._writableState;
  const callback = typeof givenEncoding === "function" ? givenEncoding : typeof givenCallback === "function" ? givenCallback : nothing;
  const { chunk, encoding } = prepare(state, given, encodingFor(state, typeof givenEncoding === "function" ? undefined : givenEncoding));
  let error;
  if (state.ending) error = make(Error, "ERR_STREAM_WRITE_AFTER_END", "write after end");
  else if (state.destroyed) error = make(Error, "ERR_STREAM_DESTROYED", "Cannot call write after a stream was destroyed");
  if (error) {
    nextTick(callback, error);
    errorOrDestroy(stream, error, true);
    return error;
  }
  state.pendingcb++;
  const length = state.objectMode ? 1 : chunk.length;
  state.length += length;
  const room = state.length < state.highWaterMark;
  if (!room) state.needDrain = true;
  if (state.writing || state.corked || state.errored || !state.constructed) {
    state.buffered.push({ chunk, encoding, callback });
  } else {
    doWrite(stream, state, length, chunk, encoding, callback);
  }
  return room && !state.errored && !state.destroyed;
}

function doWrite(stream, state, length, chunk, encoding, callback) {
  state.current = { length, callback };
  state.writing = true;
  state.sync = true;
  const done = (error) => onWrite(stream, error);
  if (state.destroyed) done(make(Error, "ERR_STREAM_DESTROYED", "Cannot call write after a stream was destroyed"));
  else if (Array.isArray(chunk) && encoding === undefined) stream._writev(chunk, done);
  else stream._write(chunk, encoding, done);
  state.sync = false;
}

function onWrite(stream, error) {
  const state = stream._writableState;
  if (!state.current) {
    errorOrDestroy(stream, make(Error, "ERR_MULTIPLE_CALLBACK", "Callback called multiple times"));
    return;
  }
  const { sync, current } = state;
  state.writing = false;
  state.current = null;
  state.length -= current.length;
  if (error) {
    if (!state.errored) state.errored = error;
    if (stream._readableState && !stream._readableState.errored) stream._readableState.errored = error;
    const fail = () => {
      --state.pendingcb;
      current.callback(error);
      failBuffered(state);
      errorOrDestroy(stream, error);
    };
    if (sync) nextTick(fail);
    else fail();
    return;
  }
  if (state.buffered.length > 0) clearBuffer(stream, state);
  const finish = () => {
    const drains = !state.ending && !stream.destroyed && state.length === 0 && state.needDrain;
    if (drains) {
      state.needDrain = false;
      stream.emit("drain");
    }
    state.pendingcb--;
    current.callback(null);
    if (state.destroyed) failBuffered(state);
    finishMaybe(stream, state);
  };
  if (sync) nextTick(finish);
  else finish();
}

// Fails what will not be written any more.
function failBuffered(state) {
  if (state.writing) return;
  const error = () => state.errored ?? make(Error, "ERR_STREAM_DESTROYED", "Cannot call write after a stream was destroyed");
  for (const { chunk, callback } of state.buffered.splice(0)) {
    state.length -= state.objectMode ? 1 : chunk.length;
    callback(error());
  }
  for (const callback of state.onFinished.splice(0)) callback(state.errored ?? make(Error, "ERR_STREAM_DESTROYED", "Cannot call end after a stream was destroyed"));
}

function clearBuffer(stream, state) {
  if (state.corked || state.bufferProcessing || state.destroyed || !state.constructed || state.buffered.length === 0) return;
  state.bufferProcessing = true;
  if (state.buffered.length > 1 && typeof stream._writev === "function") {
    const all = state.buffered;
    state.buffered = [];
    state.pendingcb -= all.length - 1;
    const callback = (error) => all.forEach((entry) => entry.callback(error));
    const length = all.reduce((sum, entry) => sum + (state.objectMode ? 1 : entry.chunk.length), 0);
    doWrite(stream, state, length, all, undefined, callback);
  } else {
    do {
      const { chunk, encoding, callback } = state.buffered.shift();
      doWrite(stream, state, state.objectMode ? 1 : chunk.length, chunk, encoding, callback);
    } while (state.buffered.length > 0 && !state.writing);
  }
  state.bufferProcessing = false;
}

const needFinish = (state) => state.ending && !state.destroyed && state.constructed && state.length === 0 && !state.errored
  && state.buffered.length === 0 && !state.finished && !state.writing && !state.errorEmitted && !state.closeEmitted;

function callFinal(stream, state) {
  let called = false;
  const done = (error) => {
    if (called) {
      errorOrDestroy(stream, error ?? make(Error, "ERR_MULTIPLE_CALLBACK", "Callback called multiple times"));
      return;
    }
    called = true;
    state.pendingcb--;
    if (error) {
      for (const callback of state.onFinished.splice(0)) callback(error);
      errorOrDestroy(stream, error, state.sync);
    } else if (needFinish(state)) {
      state.prefinished = true;
      stream.emit("prefinish");
      state.pendingcb++;
      nextTick(finish, stream, state);
    }
  };
  state.sync = true;
  state.pendingcb++;
  try {
    stream._final(done);
  } catch (error) {
    done(error);
  }
  state.sync = false;
}

function prefinish(stream, state) {
  if (state.prefinished || state.finalCalled) return;
  if (typeof stream._final === "function" && !state.destroyed) {
    state.finalCalled = true;
    callFinal(stream, state);
  } else {
    state.prefinished = true;
    stream.emit("prefinish");
  }
}

function finishMaybe(stream, state, sync) {
  if (!needFinish(state)) return;
  prefinish(stream, state);
  if (state.pendingcb !== 0) return;
  if (sync) {
    state.pendingcb++;
    nextTick(() => {
      if (needFinish(state)) finish(stream, state);
      else state.pendingcb--;
    });
  } else if (needFinish(state)) {
    state.pendingcb++;
    finish(stream, state);
  }
}

function finish(stream, state) {
  state.pendingcb--;
  state.finished = true;
  for (const callback of state.onFinished.splice(0)) callback(null);
  stream.emit("finish");
  if (!state.autoDestroy) return;
  const readable = stream._readableState;
  if (!readable || (readable.autoDestroy && (readable.endEmitted || readable.readable === false))) stream.destroy();
}

const methods = {
  pipe() {
    errorOrDestroy(this, make(Error, "ERR_STREAM_CANNOT_PIPE", "Cannot pipe, not readable"));
  },

  write(chunk, encoding, callback) {
    const state = this._writableState;
    if (chunk === null && !state.objectMode) prepare(state, chunk);
    return write(this, chunk, encoding, callback) === true;
  },

  cork() {
    this._writableState.corked++;
  },

  uncork() {
    const state = this._writableState;
    if (!state.corked) return;
    state.corked--;
    if (!state.writing) clearBuffer(this, state);
  },

  setDefaultEncoding(encoding) {
    const name = typeof encoding === "string" ? encoding.toLowerCase() : encoding;
    if (!Buffer.isEncoding(name)) throw make(TypeError, "ERR_UNKNOWN_ENCODING", `Unknown encoding: ${encoding}`);
    this._writableState.defaultEncoding = name;
    return this;
  },

  _write(chunk, encoding, callback) {
    if (!this._writev) throw make(Error, "ERR_METHOD_NOT_IMPLEMENTED", "The _write() method is not implemented");
    this._writev([{ chunk, encoding }], callback);
  },

  end(chunk, encoding, callback) {
    const state = this._writableState;
    if (typeof chunk === "function") [chunk, encoding, callback] = [null, null, chunk];
    else if (typeof encoding === "function") [encoding, callback] = [null, encoding];
    let error;
    if (chunk !== null && chunk !== undefined) {
      const result = write(this, chunk, encoding);
      if (result instanceof Error) error = result;
    }
    if (state.corked) {
      state.corked = 1;
      this.uncork();
    }
    if (!error && !state.errored && !state.ending) {
      state.ending = true;
      finishMaybe(this, state, true);
      state.ended = true;
    } else if (!error && state.finished) {
      error = make(Error, "ERR_STREAM_ALREADY_FINISHED", "Cannot call end after a stream was finished");
    } else if (!error && state.destroyed) {
      error = make(Error, "ERR_STREAM_DESTROYED", "Cannot call end after a stream was destroyed");
    }
    if (typeof callback === "function") {
      if (error || state.errored) nextTick(callback, error ?? state.errored);
      else if (state.finished) nextTick(callback);
      else state.onFinished.push(callback);
    }
    return this;
  },

  destroy(error, callback) {
    const state = this._writableState;
    if (!state.destroyed && (state.buffered.length > 0 || state.onFinished.length > 0)) nextTick(failBuffered, state);
    core.destroy.call(this, error, callback);
    return this;
  },

  _destroy(error, callback) {
    callback(error);
  },
};
Object.assign(Writable.prototype, methods);
Writable.prototype._writev = null;
Writable.prototype[EventEmitter.captureRejectionSymbol] = function (error) { this.destroy(error); };
Writable.prototype[Symbol.asyncDispose ?? Symbol.for("nodejs.asyncDispose")] = async function () {
  if (!this.destroyed) this.destroy(this.writableFinished ? null : load("node/events").abortError());
};

core.reflect(Writable.prototype, "_writableState", {
  writableFinished: (state) => state.finished,
  writableObjectMode: (state) => state.objectMode,
  writableBuffer: (state) => state.buffered,
  writableEnded: (state) => state.ending,
  writableNeedDrain: (state) => !state.destroyed && !state.ending && state.needDrain,
  writableHighWaterMark: (state) => state.highWaterMark,
  writableCorked: (state) => state.corked,
  writableLength: (state) => state.length,
  writableAborted: (state) => (state.destroyed || !!state.errored) && !state.finished,
  errored: (state) => state.errored,
  closed: (state) => state.closed,
});
Object.defineProperty(Writable.prototype, "destroyed", core.destroyedProperty);
Object.defineProperty(Writable.prototype, "writable", {
  configurable: true,
  get() {
    const state = this._writableState;
    return !!state && state.writable !== false && !state.destroyed && !state.errored && !state.ending && !state.ended;
  },
  set(value) { if (this._writableState) this._writableState.writable = !!value; },
});

Writable.WritableState = WritableState;
Writable.fromWeb = (target, options) => load("node/stream_operators").writableFromWeb(Writable, target, options);
Writable.toWeb = (stream) => load("node/stream_operators").writableToWeb(stream);
exports.Writable = Writable;
exports.methods = methods;
exports.ready = ready;
