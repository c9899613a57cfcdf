// What the classes of node:stream share: the base class, destruction, high-water marks.
const EventEmitter = load("node/events").default;
const { make, invalidArgValue } = load("node/errors");

const nextTick = (callback, ...values) => load("node/process").process.nextTick(callback, ...values);

function Stream(options) {
  EventEmitter.call(this, options);
}
Object.setPrototypeOf(Stream.prototype, EventEmitter.prototype);
Object.setPrototypeOf(Stream, EventEmitter);

// The pipe of streams of the first generation, which have only `data` and `end`.
Stream.prototype.pipe = function pipe(target, options) {
  const onData = (chunk) => {
    if (target.writable && target.write(chunk) === false && this.pause) this.pause();
  };
  const onDrain = () => { if (this.readable && this.resume) this.resume(); };
  let ended = false;
  const onEnd = () => {
    if (!ended) target.end();
    ended = true;
  };
  const onClose = () => {
    if (!ended && typeof target.destroy === "function") target.destroy();
    ended = true;
  };
  const onError = function (error) {
    cleanup();
    if (this.listenerCount("error") === 0) this.emit("error", error);
  };
  const cleanup = () => {
    this.removeListener("data", onData);
    target.removeListener("drain", onDrain);
    for (const [name, listener] of [["end", onEnd], ["close", onClose], ["error", onError], ["end", cleanup], ["close", cleanup]]) {
      this.removeListener(name, listener);
    }
    target.removeListener("error", onError);
    target.removeListener("close", cleanup);
  };
  this.on("data", onData);
  target.on("drain", onDrain);
  if (!target._isStdio && options?.end !== false) {
    this.on("end", onEnd);
    this.on("close", onClose);
  }
  this.prependListener("error", onError);
  target.prependListener("error", onError);
  this.on("end", cleanup);
  this.on("close", cleanup);
  target.on("close", cleanup);
  target.emit("pipe", this);
  return target;
};

const marks = { bytes: 65536, objects: 16 };
const getDefaultHighWaterMark = (objectMode) => (objectMode ? marks.objects : marks.bytes);
function setDefaultHighWaterMark(objectMode, value) {
  load("node/errors").validate.integer(value, "value", 0);
  marks[objectMode ? "objects" : "bytes"] = value;
}

function highWaterMark(options, objectMode, specific) {
  const value = options?.highWaterMark ?? options?.[specific];
  if (value == null) return getDefaultHighWaterMark(objectMode);
  if (!Number.isInteger(value) || value < 0) {
    const name = options?.highWaterMark != null ? "options.highWaterMark" : specific;
    throw invalidArgValue(name, value);
  }
  return value;
}

// Options that are methods.
function adopt(stream, options, names) {
  for (const name of names) if (typeof options?.[name] === "function") stream[`_${name}`] = options[name];
  if (options?.signal) load("node/stream_end").addAbortSignal(options.signal, stream);
}

const states = (stream) => [stream._readableState, stream._writableState].filter(Boolean);

function emitClose(stream) {
  for (const state of states(stream)) state.closeEmitted = true;
  if (states(stream).some((state) => state.emitClose)) stream.emit("close");
}

function emitError(stream, error) {
  const all = states(stream);
  if (all.some((state) => state.errorEmitted)) return;
  for (const state of all) state.errorEmitted = true;
  stream.emit("error", error);
}

function record(stream, error) {
  for (const state of states(stream)) if (error && !state.errored) state.errored = error;
}

function runDestroy(stream, error, callback) {
  let called = false;
  const done = (reason) => {
    if (called) return;
    called = true;
    record(stream, reason);
    for (const state of states(stream)) state.closed = true;
    if (typeof callback === "function") callback(reason);
    nextTick(() => {
      if (reason) emitError(stream, reason);
      emitClose(stream);
    });
  };
  try {
    stream._destroy(error || null, done);
  } catch (failed) {
    done(failed);
  }
}

function destroy(error, callback) {
  const all = states(this);
  if (all.some((state) => state.destroyed)) {
    if (typeof callback === "function") callback();
    return this;
  }
  record(this, error);
  for (const state of all) state.destroyed = true;
  if (all.every((state) => state.constructed)) runDestroy(this, error, callback);
  else this.once("bolide:constructed", (failed) => runDestroy(this, failed ?? error, callback));
  return this;
}

// An error that the stream meets by itself.
function errorOrDestroy(stream, error, sync) {
  const all = states(stream);
  if (all.some((state) => state.destroyed)) return;
  if (all.some((state) => state.autoDestroy)) {
    stream.destroy(error);
    return;
  }
  record(stream, error);
  if (sync) nextTick(emitError, stream, error);
  else emitError(stream, error);
}

// Runs `_construct`, if there is one, before anything else.
function construct(stream, ready) {
  if (typeof stream._construct !== "function") return;
  const all = states(stream);
  for (const state of all) state.constructed = false;
  if (stream.listenerCount("bolide:constructing") > 0) {
    stream.on("bolide:constructing", ready);
    return;
  }
  stream.once("bolide:constructing", ready);
  nextTick(() => {
    let called = false;
    const done = (error) => {
      if (called) {
        errorOrDestroy(stream, make(Error, "ERR_MULTIPLE_CALLBACK", "Callback called multiple times"));
        return;
      }
      called = true;
      for (const state of states(stream)) state.constructed = true;
      if (states(stream).some((state) => state.destroyed)) stream.emit("bolide:constructed", error);
      else if (error) errorOrDestroy(stream, error, true);
      else nextTick(() => stream.emit("bolide:constructing"));
    };
    try {
      stream._construct((error) => nextTick(done, error));
    } catch (error) {
      nextTick(done, error);
    }
  });
}

// Getters of a state, such as `readableLength`.
function reflect(prototype, key, names) {
  for (const [name, get] of Object.entries(names)) {
    Object.defineProperty(prototype, name, {
      configurable: true,
      enumerable: false,
      get() { return this[key] ? get(this[key], this) : undefined; },
    });
  }
}

const destroyedProperty = {
  configurable: true,
  get() { const all = states(this); return all.length > 0 && all.every((state) => state.destroyed); },
  set(value) { for (const state of states(this)) state.destroyed = value; },
};

const common = () => ({
  constructed: true, sync: true, errored: null, errorEmitted: false, destroyed: false, closed: false, closeEmitted: false,
});

Object.assign(exports, {
  Stream, nextTick, getDefaultHighWaterMark, setDefaultHighWaterMark, highWaterMark, adopt, destroy, errorOrDestroy, construct,
  reflect, destroyedProperty, common,
});
