// stream.Readable
const core = load("node/stream_core");
const { Stream, nextTick, errorOrDestroy } = core;
const { Buffer } = load("node/buffer");
const { make, invalidArgType } = load("node/errors");
const EventEmitter = load("node/events").default;

class ReadableState {
  constructor(options, stream, isDuplex) {
    Object.assign(this, core.common());
    this.objectMode = !!options?.objectMode || (isDuplex && !!options?.readableObjectMode);
    this.highWaterMark = core.highWaterMark(options, this.objectMode, isDuplex ? "readableHighWaterMark" : "highWaterMark");
    this.buffer = [];
    this.length = 0;
    this.pipes = [];
    this.flowing = null;
    this.ended = false;
    this.endEmitted = false;
    this.reading = false;
    this.needReadable = false;
    this.emittedReadable = false;
    this.readableListening = false;
    this.resumeScheduled = false;
    this.readingMore = false;
    this.paused = false;
    this.dataEmitted = false;
    this.emitClose = options?.emitClose !== false;
    this.autoDestroy = options?.autoDestroy !== false;
    this.defaultEncoding = options?.defaultEncoding ?? "utf8";
    this.awaiting = new Set();
    this.decoder = null;
    this.encoding = null;
    if (options?.encoding) {
      this.decoder = new (load("node/string_decoder").StringDecoder)(options.encoding);
      this.encoding = options.encoding;
    }
  }
}

function Readable(options) {
  if (!(this instanceof Readable)) return new Readable(options);
  const isDuplex = this instanceof load("node/stream_duplex").Duplex;
  this._readableState = new ReadableState(options, this, isDuplex);
  Stream.call(this, options);
  core.adopt(this, options, isDuplex ? [] : ["read", "destroy", "construct"]);
  if (isDuplex && typeof options?.read === "function") this._read = options.read;
  if (!isDuplex) core.construct(this, () => { if (this._readableState.needReadable) maybeReadMore(this, this._readableState); });
}
Object.setPrototypeOf(Readable.prototype, Stream.prototype);
Object.setPrototypeOf(Readable, Stream);

const sizeOf = (state, chunk) => (state.objectMode ? 1 : chunk.length);

function addChunk(stream, state, chunk, first) {
  const live = state.flowing && state.length === 0 && !state.sync && stream.listenerCount("data") > 0;
  if (live && !first) {
    state.awaiting.clear();
    state.dataEmitted = true;
    stream.emit("data", chunk);
  } else {
    state.length += sizeOf(state, chunk);
    if (first) state.buffer.unshift(chunk);
    else state.buffer.push(chunk);
    if (state.needReadable) emitReadable(stream);
  }
  maybeReadMore(stream, state);
}

// The chunk as the stream keeps it.
function prepare(state, chunk, encoding) {
  if (state.objectMode) return chunk;
  if (typeof chunk === "string") {
    const name = encoding || state.defaultEncoding;
    if (state.encoding && name === state.encoding) return chunk;
    return Buffer.from(chunk, name);
  }
  if (chunk instanceof Buffer) return chunk;
  if (ArrayBuffer.isView(chunk)) return Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
  throw invalidArgType("chunk", ["string", "Buffer", "TypedArray", "DataView"], chunk);
}

function pushChunk(stream, given, encoding, first) {
  const state = stream._readableState;
  if (given === null) {
    state.reading = false;
    endOfData(stream, state);
    return false;
  }
  let chunk = given;
  try {
    if (chunk !== undefined || state.objectMode) chunk = prepare(state, chunk, encoding);
  } catch (error) {
    errorOrDestroy(stream, error);
    return false;
  }
  if (state.objectMode || chunk?.length > 0) {
    if (first) {
      if (state.endEmitted) errorOrDestroy(stream, make(Error, "ERR_STREAM_UNSHIFT_AFTER_END_EVENT", "stream.unshift() after end event"));
      else if (state.destroyed || state.errored) return false;
      else addChunk(stream, state, chunk, true);
    } else if (state.ended) {
      errorOrDestroy(stream, make(Error, "ERR_STREAM_PUSH_AFTER_EOF", "stream.push() after EOF"));
      return false;
    } else if (state.destroyed || state.errored) {
      return false;
    } else {
      state.reading = false;
      if (state.decoder && encoding === undefined) chunk = typeof chunk === "string" ? chunk : state.decoder.write(chunk);
      if (state.objectMode || chunk.length > 0) addChunk(stream, state, chunk, false);
      else maybeReadMore(stream, state);
    }
  } else if (!first) {
    state.reading = false;
    maybeReadMore(stream, state);
  }
  return !state.ended && (state.length < state.highWaterMark || state.length === 0);
}

function endOfData(stream, state) {
  if (state.ended) return;
  const rest = state.decoder?.end();
  if (rest?.length > 0) {
    state.buffer.push(rest);
    state.length += sizeOf(state, rest);
  }
  state.ended = true;
  if (state.sync) emitReadable(stream);
  else {
    state.needReadable = false;
    state.emittedReadable = true;
    announce(stream);
  }
}

function emitReadable(stream) {
  const state = stream._readableState;
  state.needReadable = false;
  if (state.emittedReadable) return;
  state.emittedReadable = true;
  nextTick(announce, stream);
}

function announce(stream) {
  const state = stream._readableState;
  if (!state.destroyed && !state.errored && (state.length > 0 || state.ended)) {
    stream.emit("readable");
    state.emittedReadable = false;
  }
  state.needReadable = !state.flowing && !state.ended && state.length <= state.highWaterMark;
  flow(stream);
}

function maybeReadMore(stream, state) {
  if (state.readingMore || !state.constructed) return;
  state.readingMore = true;
  nextTick(() => {
    while (!state.reading && !state.ended && (state.length < state.highWaterMark || (state.flowing && state.length === 0))) {
      const before = state.length;
      stream.read(0);
      if (before === state.length) break;
    }
    state.readingMore = false;
  });
}

function howMuch(size, state) {
  if (size <= 0 || (state.length === 0 && state.ended)) return 0;
  if (state.objectMode) return 1;
  if (Number.isNaN(size)) return state.flowing && state.length > 0 ? state.buffer[0].length : state.length;
  if (size <= state.length) return size;
  return state.ended ? state.length : 0;
}

// Takes `size` of what is buffered.
function take(size, state) {
  if (state.length === 0) return null;
  if (state.objectMode) return state.buffer.shift();
  if (!size || size >= state.length) {
    const all = state.buffer;
    state.buffer = [];
    if (all.length === 1) return all[0];
    return state.decoder ? all.join("") : Buffer.concat(all);
  }
  const parts = [];
  let left = size;
  while (left > 0) {
    const [head] = state.buffer;
    if (head.length <= left) {
      parts.push(state.buffer.shift());
      left -= head.length;
    } else {
      parts.push(head.slice(0, left));
      state.buffer[0] = head.slice(left);
      left = 0;
    }
  }
  if (parts.length === 1) return parts[0];
  return state.decoder ? parts.join("") : Buffer.concat(parts);
}

function callRead(stream, state) {
  state.reading = true;
  state.sync = true;
  if (state.length === 0) state.needReadable = true;
  try {
    stream._read(state.highWaterMark);
  } catch (error) {
    errorOrDestroy(stream, error);
  }
  state.sync = false;
}

function endReadable(stream) {
  const state = stream._readableState;
  if (state.endEmitted) return;
  state.ended = true;
  nextTick(() => {
    if (state.errored || state.closeEmitted || state.endEmitted || state.length !== 0) return;
    state.endEmitted = true;
    stream.emit("end");
    if (stream.writable && stream.allowHalfOpen === false) {
      nextTick(() => { if (stream.writable && !stream.writableEnded && !stream.destroyed) stream.end(); });
    } else if (state.autoDestroy) {
      const writable = stream._writableState;
      if (!writable || (writable.autoDestroy && (writable.finished || writable.writable === false))) stream.destroy();
    }
  });
}

function flow(stream) {
  const state = stream._readableState;
  while (state.flowing && stream.read() !== null);
}

function resumeNow(stream, state) {
  if (!state.reading) stream.read(0);
  state.resumeScheduled = false;
  stream.emit("resume");
  flow(stream);
  if (state.flowing && !state.reading) stream.read(0);
}

function updateListening(stream) {
  const state = stream._readableState;
  state.readableListening = stream.listenerCount("readable") > 0;
  if (state.resumeScheduled && !state.paused) state.flowing = true;
  else if (stream.listenerCount("data") > 0) stream.resume();
  else if (!state.readableListening) state.flowing = null;
}

const methods = {
  destroy: core.destroy,

  _destroy(error, callback) {
    callback(error);
  },

  _read() {
    throw make(Error, "ERR_METHOD_NOT_IMPLEMENTED", "The _read() method is not implemented");
  },

  push(chunk, encoding) {
    return pushChunk(this, chunk, encoding, false);
  },

  unshift(chunk, encoding) {
    return pushChunk(this, chunk, encoding, true);
  },

  isPaused() {
    return this._readableState.paused || this._readableState.flowing === false;
  },

  setEncoding(encoding) {
    const state = this._readableState;
    const decoder = new (load("node/string_decoder").StringDecoder)(encoding);
    state.decoder = decoder;
    state.encoding = decoder.encoding;
    const text = state.buffer.map((chunk) => decoder.write(chunk)).join("");
    state.buffer = text === "" ? [] : [text];
    state.length = text.length;
    return this;
  },

  read(size) {
    const wanted = size === undefined ? NaN : Math.trunc(Number(size));
    const state = this._readableState;
    if (wanted > state.highWaterMark) state.highWaterMark = Math.min(2 ** 30, 2 ** Math.ceil(Math.log2(wanted)));
    if (wanted !== 0) state.emittedReadable = false;
    const full = state.highWaterMark !== 0 ? state.length >= state.highWaterMark : state.length > 0;
    if (wanted === 0 && state.needReadable && (full || state.ended)) {
      if (state.length === 0 && state.ended) endReadable(this);
      else emitReadable(this);
      return null;
    }
    let count = howMuch(wanted, state);
    if (count === 0 && state.ended) {
      if (state.length === 0) endReadable(this);
      return null;
    }
    const due = state.needReadable || state.length === 0 || state.length - count < state.highWaterMark;
    if (due && !state.ended && !state.reading && !state.destroyed && !state.errored && state.constructed) {
      callRead(this, state);
      if (!state.reading) count = howMuch(wanted, state);
    }
    const result = count > 0 ? take(count, state) : null;
    if (result === null) {
      state.needReadable = state.length <= state.highWaterMark;
      count = 0;
    } else {
      state.length -= state.objectMode ? 1 : result.length;
      state.awaiting.clear();
    }
    if (state.length === 0) {
      if (!state.ended) state.needReadable = true;
      if (count !== 0 && state.ended) endReadable(this);
    }
    if (result !== null && !state.errored && !state.closeEmitted) {
      state.dataEmitted = true;
      this.emit("data", result);
    }
    return result;
  },

  on(type, listener) {
    const result = Stream.prototype.on.call(this, type, listener);
    const state = this._readableState;
    if (type === "data") {
      state.readableListening = this.listenerCount("readable") > 0;
      if (state.flowing !== false) this.resume();
    } else if (type === "readable" && !state.endEmitted && !state.readableListening) {
      state.readableListening = true;
      state.needReadable = true;
      state.flowing = false;
      state.emittedReadable = false;
      if (state.length) emitReadable(this);
      else if (!state.reading) nextTick(() => this.read(0));
    }
    return result;
  },

  removeListener(type, listener) {
    const result = Stream.prototype.removeListener.call(this, type, listener);
    if (type === "readable") nextTick(updateListening, this);
    return result;
  },

  removeAllListeners(type) {
    const result = Reflect.apply(Stream.prototype.removeAllListeners, this, arguments);
    if (type === "readable" || type === undefined) nextTick(updateListening, this);
    return result;
  },

  resume() {
    const state = this._readableState;
    if (!state.flowing) {
      state.flowing = !state.readableListening;
      if (!state.resumeScheduled) {
        state.resumeScheduled = true;
        nextTick(resumeNow, this, state);
      }
    }
    state.paused = false;
    return this;
  },

  pause() {
    if (this._readableState.flowing !== false) {
      this._readableState.flowing = false;
      this.emit("pause");
    }
    this._readableState.paused = true;
    return this;
  },

  wrap(old) {
    let paused = false;
    old.on("data", (chunk) => {
      if (!this.push(chunk) && old.pause) {
        paused = true;
        old.pause();
      }
    });
    old.on("end", () => this.push(null));
    old.on("error", (error) => errorOrDestroy(this, error));
    old.on("close", () => this.destroy());
    this._read = () => {
      if (paused && old.resume) {
        paused = false;
        old.resume();
      }
    };
    return this;
  },

  iterator(options) {
    return iterate(this, options);
  },

  pipe(target, options) {
    return load("node/stream_pipe").pipe(this, target, options);
  },

  unpipe(target) {
    return load("node/stream_pipe").unpipe(this, target);
  },
};
methods.addListener = methods.on;
methods.off = methods.removeListener;
Object.assign(Readable.prototype, methods);
Readable.prototype[EventEmitter.captureRejectionSymbol] = function (error) { this.destroy(error); };
Readable.prototype[Symbol.asyncIterator] = function () { return iterate(this, undefined); };
Readable.prototype[Symbol.asyncDispose ?? Symbol.for("nodejs.asyncDispose")] = async function () {
  if (!this.destroyed) this.destroy();
};
for (const name of ["map", "filter", "forEach", "toArray", "some", "find", "every", "flatMap", "drop", "take", "reduce"]) {
  Object.defineProperty(Readable.prototype, name, {
    writable: true,
    configurable: true,
    value(...values) { return load("node/stream_operators")[name](this, ...values); },
  });
}

async function* iterate(stream, options) {
  let wake = () => {};
  stream.on("readable", () => wake());
  let error;
  const cleanup = load("node/stream_end").finished(stream, { writable: false }, (reason) => {
    error = reason ?? null;
    wake();
  });
  try {
    while (true) {
      const chunk = stream.destroyed ? null : stream.read();
      if (chunk !== null) yield chunk;
      else if (error) throw error;
      else if (error === null) return;
      else await new Promise((resolve) => { wake = resolve; });
    }
  } catch (reason) {
    error = reason;
    throw reason;
  } finally {
    const keep = options?.destroyOnReturn === false && !error;
    if (!keep && (error || options?.destroyOnReturn !== false) && (error === undefined || stream._readableState.autoDestroy)) stream.destroy();
    cleanup();
  }
}

core.reflect(Readable.prototype, "_readableState", {
  readableFlowing: (state) => state.flowing,
  readableLength: (state) => state.length,
  readableObjectMode: (state) => state.objectMode,
  readableHighWaterMark: (state) => state.highWaterMark,
  readableEncoding: (state) => state.encoding,
  readableBuffer: (state) => state.buffer,
  readableEnded: (state) => state.endEmitted,
  readableDidRead: (state) => state.dataEmitted,
  readableAborted: (state) => (state.destroyed || !!state.errored) && !state.endEmitted,
  errored: (state) => state.errored,
  closed: (state) => state.closed,
});
Object.defineProperty(Readable.prototype, "readableFlowing", {
  configurable: true,
  get() { return this._readableState.flowing; },
  set(value) { this._readableState.flowing = value; },
});
Object.defineProperty(Readable.prototype, "destroyed", core.destroyedProperty);
Object.defineProperty(Readable.prototype, "readable", {
  configurable: true,
  get() {
    const state = this._readableState;
    return !!state && state.readable !== false && !state.destroyed && !state.errored && !state.endEmitted;
  },
  set(value) { if (this._readableState) this._readableState.readable = !!value; },
});

Readable.from = (source, options) => load("node/stream_operators").from(Readable, source, options);
Readable.fromWeb = (source, options) => load("node/stream_operators").fromWeb(Readable, source, options);
Readable.toWeb = (stream) => load("node/stream_operators").toWeb(stream);
Readable.wrap = (old, options) => new Readable({ objectMode: old.readableObjectMode ?? true, ...options }).wrap(old);
Readable.ReadableState = ReadableState;
exports.Readable = Readable;
exports.flow = flow;
