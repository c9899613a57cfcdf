// stream.Duplex, stream.Transform and stream.PassThrough
const core = load("node/stream_core");
const { make } = load("node/errors");

function Duplex(options) {
  if (!(this instanceof Duplex)) return new Duplex(options);
  Readable.call(this, options);
  Writable.call(this, options);
  this.allowHalfOpen = options?.allowHalfOpen !== false;
  if (options?.readable === false) {
    Object.assign(this._readableState, { readable: false, ended: true, endEmitted: true });
  }
  if (options?.writable === false) {
    Object.assign(this._writableState, { writable: false, ending: true, ended: true, finished: true });
  }
  core.adopt(this, options, ["destroy", "construct"]);
  core.construct(this, () => {
    writable.ready(this);
    if (this._readableState.needReadable) this.read(0);
  });
}
exports.Duplex = Duplex;

const { Readable } = load("node/stream_readable");
const writable = load("node/stream_writable");
const { Writable } = writable;

Object.setPrototypeOf(Duplex.prototype, Readable.prototype);
Object.setPrototypeOf(Duplex, Readable);
for (const name of Object.getOwnPropertyNames(Writable.prototype)) {
  if (["constructor", "pipe", "destroyed", "errored", "closed", "_destroy"].includes(name)) continue;
  Object.defineProperty(Duplex.prototype, name, Object.getOwnPropertyDescriptor(Writable.prototype, name));
}
Duplex.from = (source) => load("node/stream_operators").duplexFrom(source);

function Transform(options) {
  if (!(this instanceof Transform)) return new Transform(options);
  Duplex.call(this, { ...options, readableHighWaterMark: options?.highWaterMark ?? options?.readableHighWaterMark });
  this._readableState.sync = false;
  this._pending = null;
  core.adopt(this, { ...options, signal: undefined }, ["transform", "flush"]);
  this.on("prefinish", prefinish);
}
Object.setPrototypeOf(Transform.prototype, Duplex.prototype);
Object.setPrototypeOf(Transform, Duplex);

function final(stream, callback) {
  const finish = (error, data) => {
    if (error) {
      if (callback) callback(error);
      else stream.destroy(error);
      return;
    }
    if (data != null) stream.push(data);
    stream.push(null);
    callback?.();
  };
  if (typeof stream._flush === "function" && !stream.destroyed) stream._flush(finish);
  else finish();
}

function prefinish() {
  if (this._final !== Transform.prototype._final) final(this);
}

Object.assign(Transform.prototype, {
  _final(callback) {
    final(this, callback);
  },

  _transform() {
    throw make(Error, "ERR_METHOD_NOT_IMPLEMENTED", "The _transform() method is not implemented");
  },

  _write(chunk, encoding, callback) {
    const state = this._readableState;
    const { length } = state;
    this._transform(chunk, encoding, (error, data) => {
      if (error) {
        callback(error);
        return;
      }
      if (data != null) this.push(data);
      if (this._writableState.ended || length === state.length || state.length < state.highWaterMark) callback();
      else this._pending = callback;
    });
  },

  _read() {
    const callback = this._pending;
    if (!callback) return;
    this._pending = null;
    callback();
  },
});

function PassThrough(options) {
  if (!(this instanceof PassThrough)) return new PassThrough(options);
  Transform.call(this, options);
}
Object.setPrototypeOf(PassThrough.prototype, Transform.prototype);
Object.setPrototypeOf(PassThrough, Transform);
PassThrough.prototype._transform = (chunk, encoding, callback) => callback(null, chunk);

exports.Transform = Transform;
exports.PassThrough = PassThrough;
