// fs.ReadStream and fs.WriteStream
const { Readable } = load("node/stream_readable");
const { Writable } = load("node/stream_writable");
const { make, invalidArgType, outOfRange, validate } = load("node/errors");
const { operations, start, toPath, toFlags, toOptions } = load("node/fs_common");
const { Buffer } = load("node/buffer");

const kHandle = Symbol("handle");

// What both kinds have in common: where their descriptor comes from.
function setUp(stream, path, options, flags) {
  stream.path = path === undefined ? undefined : toPath(path);
  const { fd } = options;
  if (fd !== undefined && fd !== null && typeof fd === "object") {
    stream[kHandle] = fd;
    stream.fd = fd.fd;
    fd.on("close", () => stream.destroy());
  } else {
    stream.fd = fd ?? null;
  }
  if (stream.fd === null && stream.path === undefined) throw invalidArgType("path", ["string", "Buffer", "URL"], path);
  stream.flags = options.flags ?? flags;
  stream.mode = options.mode ?? 0o666;
  stream.start = options.start;
  stream.pos = undefined;
  stream.autoClose = options.autoClose !== false;
}

function open(stream, callback) {
  if (typeof stream.fd === "number") {
    callback();
    return;
  }
  start(operations.open(stream.path, toFlags(stream.flags), stream.mode)).then((fd) => {
    stream.fd = fd;
    callback();
    stream.emit("open", fd);
    stream.emit("ready");
  }, callback);
}

function close(stream, error, callback) {
  const done = (failed) => callback(error ?? failed);
  if (stream[kHandle]) {
    stream[kHandle].close().then(() => done(), done);
  } else if (typeof stream.fd === "number") {
    const { fd } = stream;
    stream.fd = null;
    start(operations.close(fd)).then(() => done(), done);
  } else {
    done();
  }
}

function ReadStream(path, given) {
  if (!(this instanceof ReadStream)) return new ReadStream(path, given);
  const options = toOptions(given);
  setUp(this, path, options, "r");
  this.end = options.end ?? Infinity;
  this.bytesRead = 0;
  if (this.start !== undefined) {
    validate.integer(this.start, "start", 0);
    this.pos = this.start;
  }
  if (this.end !== Infinity) {
    validate.integer(this.end, "end", 0);
    if (this.start !== undefined && this.start > this.end) throw outOfRange("start", `<= "end" (here: ${this.end})`, this.start);
  }
  Readable.call(this, { highWaterMark: 65536, ...options, objectMode: false, autoDestroy: options.autoClose !== false, read: undefined, destroy: undefined });
}
Object.setPrototypeOf(ReadStream.prototype, Readable.prototype);
Object.setPrototypeOf(ReadStream, Readable);

Object.assign(ReadStream.prototype, {
  _construct(callback) { open(this, callback); },

  _read(size) {
    const first = this.pos ?? (this.start ?? 0) + this.bytesRead;
    const count = Math.min(size, this.end - first + 1);
    if (count <= 0) {
      this.push(null);
      return;
    }
    const buffer = Buffer.allocUnsafe(count);
    start(operations.read(this.fd, buffer, 0, count, this.pos ?? null)).then((bytes) => {
      if (bytes > 0) {
        this.bytesRead += bytes;
        if (this.pos !== undefined) this.pos += bytes;
        this.push(buffer.subarray(0, bytes));
      } else {
        this.push(null);
      }
    }, (error) => this.destroy(error));
  },

  _destroy(error, callback) { close(this, error, callback); },

  close(callback) {
    if (callback) load("node/stream_end").finished(this, callback);
    this.destroy();
  },
});

function WriteStream(path, given) {
  if (!(this instanceof WriteStream)) return new WriteStream(path, given);
  const options = toOptions(given);
  setUp(this, path, options, "w");
  this.bytesWritten = 0;
  if (this.start !== undefined) {
    validate.integer(this.start, "start", 0);
    this.pos = this.start;
  }
  Writable.call(this, { ...options, decodeStrings: true, objectMode: false, autoDestroy: options.autoClose !== false, write: undefined, destroy: undefined });
  if (options.encoding) this.setDefaultEncoding(options.encoding);
}
Object.setPrototypeOf(WriteStream.prototype, Writable.prototype);
Object.setPrototypeOf(WriteStream, Writable);

async function writeAll(stream, data) {
  let at = 0;
  while (at < data.length) {
    const count = await start(operations.write(stream.fd, data, at, data.length - at, stream.pos ?? null));
    at += count;
    stream.bytesWritten += count;
    if (stream.pos !== undefined) stream.pos += count;
  }
}

Object.assign(WriteStream.prototype, {
  _construct(callback) { open(this, callback); },

  _write(data, encoding, callback) {
    if (stopped(this)) callback(make(Error, "ERR_STREAM_DESTROYED", "Cannot call write after a stream was destroyed"));
    else writeAll(this, data).then(() => callback(), callback);
  },

  _writev(entries, callback) {
    this._write(Buffer.concat(entries.map(({ chunk }) => chunk)), "buffer", callback);
  },

  _destroy(error, callback) { close(this, error, callback); },

  close(callback) {
    if (callback) {
      if (this.closed) load("node/process").process.nextTick(callback);
      else this.on("close", callback);
    }
    if (!this.autoClose) this.on("finish", this.destroy);
    this.end();
  },

  destroySoon() { this.end(); },
});

const stopped = (stream) => stream.destroyed || stream.fd === null;
for (const Class of [ReadStream, WriteStream]) {
  Object.defineProperty(Class.prototype, "pending", { configurable: true, get() { return this.fd === null; } });
}

exports.ReadStream = ReadStream;
exports.WriteStream = WriteStream;
