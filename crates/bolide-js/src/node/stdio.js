// process.stdin, process.stdout and process.stderr
const host = native("process");
const { Readable } = load("node/stream_readable");
const { Writable } = load("node/stream_writable");

class Output extends Writable {
  constructor(fd) {
    super({ decodeStrings: false, emitClose: false, autoDestroy: false });
    this.fd = fd;
    this._type = host.isTTY(fd) ? "tty" : "fs";
    this._isStdio = true;
    if (this._type === "tty") this.isTTY = true;
  }

  _write(chunk, encoding, callback) {
    const data = typeof chunk === "string" && encoding !== "utf8" && encoding !== "utf-8" ? load("node/buffer").Buffer.from(chunk, encoding) : chunk;
    native("stdio").write(this.fd, data);
    callback();
  }

  _destroy(error, callback) {
    callback(error);
  }

  destroySoon() {
    this.end();
  }

  getColorDepth() {
    return native("stdio").colors(this.fd) ? 24 : 1;
  }

  hasColors(count = 16) {
    return count <= 2 ** this.getColorDepth();
  }

  getWindowSize() {
    return host.windowSize(this.fd) ?? [80, 24];
  }

  clearLine(direction, callback) {
    return this.write({ "-1": "\x1b[1K", 1: "\x1b[0K" }[Math.sign(direction)] ?? "\x1b[2K", callback);
  }

  clearScreenDown(callback) {
    return this.write("\x1b[0J", callback);
  }

  cursorTo(x, y, callback) {
    if (typeof y === "function") [y, callback] = [undefined, y];
    return this.write(typeof y === "number" ? `\x1b[${y + 1};${x + 1}H` : `\x1b[${x + 1}G`, callback);
  }

  moveCursor(dx, dy, callback) {
    const move = (count, forward, back) => (count === 0 ? "" : `\x1b[${Math.abs(count)}${count > 0 ? forward : back}`);
    return this.write(move(dx, "C", "D") + move(dy, "B", "A"), callback);
  }
}
for (const [name, index] of [["columns", 0], ["rows", 1]]) {
  Object.defineProperty(Output.prototype, name, {
    configurable: true,
    get() { return this.isTTY ? host.windowSize(this.fd)?.[index] : undefined; },
    set(value) { Object.defineProperty(this, name, { value, writable: true, configurable: true, enumerable: true }); },
  });
}

class Input extends Readable {
  constructor() {
    super({ highWaterMark: 65536 });
    this.fd = 0;
    if (host.isTTY(0)) this.isTTY = true;
  }

  _read(size) {
    host.readStdin(size).then((bytes) => {
      this.push(bytes === null ? null : load("node/buffer").Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
    }, (error) => this.destroy(error));
  }

  setRawMode() {
    throw load("node/errors").unavailable("process.stdin.setRawMode", "the terminal stays as it is");
  }

  ref() { return this; }
  unref() { return this; }
}

exports.Output = Output;
exports.Input = Input;
exports.stream = (fd) => (fd === 0 ? new Input() : new Output(fd));
