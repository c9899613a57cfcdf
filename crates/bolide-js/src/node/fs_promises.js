// node:fs/promises
const EventEmitter = load("node/events").default;
const common = load("node/fs_common");
const { constants, operations, promised, start, toBytes, toOptions, toPath } = common;
const { make, unavailable } = load("node/errors");
const { Buffer } = load("node/buffer");

const DESCRIPTOR_FORMS = { fstat: "stat", ftruncate: "truncate", fsync: "sync", fdatasync: "datasync", futimes: "utimes", fchmod: "chmod", fchown: "chown" };

for (const name of Object.keys(operations)) {
  if (name in DESCRIPTOR_FORMS || ["read", "write", "close", "open"].includes(name)) continue;
  exports[name] = promised(name);
}

class FileHandle extends EventEmitter {
  #fd;
  #closing;

  constructor(fd) {
    super();
    this.#fd = fd;
  }

  get fd() { return this.#fd; }

  #open(syscall) {
    if (this.#fd === -1) throw Object.assign(make(Error, "EBADF", "file closed"), { syscall });
    return this.#fd;
  }

  async read(buffer, ...rest) {
    const fd = this.#open("read");
    const { buffer: target } = common.readArguments(fd, buffer ?? {}, ...rest);
    const more = ArrayBuffer.isView(buffer) ? rest : [buffer ?? {}];
    const bytesRead = await start(operations.read(fd, target, ...more));
    return { bytesRead, buffer: target };
  }

  async write(data, ...rest) {
    const bytesWritten = await start(operations.write(this.#open("write"), data, ...rest));
    return { bytesWritten, buffer: data };
  }

  async writev(buffers, position) {
    const bytes = Buffer.concat(buffers.map((view) => new Uint8Array(view.buffer, view.byteOffset, view.byteLength)));
    return { bytesWritten: (await this.write(bytes, 0, bytes.length, position)).bytesWritten, buffers };
  }

  async readv(buffers, position) {
    let bytesRead = 0;
    for (const view of buffers) {
      const { bytesRead: count } = await this.read(view, 0, view.byteLength, position == null ? position : position + bytesRead);
      bytesRead += count;
      if (count < view.byteLength) break;
    }
    return { bytesRead, buffers };
  }

  async readFile(options) {
    return start(operations.readFile(this.#open("read"), options));
  }

  async writeFile(data, options) {
    return writeFile(this, data, options);
  }

  async appendFile(data, options) {
    return writeFile(this, data, options);
  }

  async *readLines(options = {}) {
    const { createInterface } = load("node/readline");
    yield* createInterface({ input: this.createReadStream(options), crlfDelay: Infinity });
  }

  createReadStream(options) {
    return new (load("node/fs_streams").ReadStream)(undefined, { ...options, fd: this });
  }

  createWriteStream(options) {
    return new (load("node/fs_streams").WriteStream)(undefined, { ...options, fd: this });
  }

  close() {
    if (this.#fd === -1) return Promise.resolve();
    this.#closing ??= (async () => {
      const fd = this.#fd;
      this.#fd = -1;
      await start(operations.close(fd));
      this.emit("close");
    })();
    return this.#closing;
  }

  async [Symbol.asyncDispose ?? Symbol.for("nodejs.asyncDispose")]() {
    return this.close();
  }

  static {
    for (const [operation, name] of Object.entries(DESCRIPTOR_FORMS)) {
      const method = { async [name](...values) { return start(operations[operation](this.#open(operation), ...values)); } }[name];
      Object.defineProperty(this.prototype, name, { value: method, writable: true, configurable: true });
    }
  }
}

exports.open = async (path, flags, mode) => new FileHandle(await start(operations.open(path, flags, mode)));

const isHandle = (file) => file instanceof FileHandle;
const target = (file) => (isHandle(file) ? file.fd : file);

async function readFile(path, options) {
  const result = await start(operations.readFile(target(path), options));
  toOptions(options);
  return result;
}

async function writeFile(path, data, options) {
  if (typeof data !== "string" && !ArrayBuffer.isView(data) && (data?.[Symbol.asyncIterator] || data?.[Symbol.iterator])) {
    const chunks = [];
    for await (const chunk of data) chunks.push(Buffer.from(toBytes(chunk, options?.encoding)));
    data = Buffer.concat(chunks);
  }
  return start(operations.writeFile(target(path), data, options));
}

async function appendFile(path, data, options) {
  return writeFile(path, data, isHandle(path) ? options : { flag: "a", ...toOptions(options, { encoding: "utf8" }) });
}

exports.opendir = async (path, options) => {
  const entries = await exports.readdir(path, { ...options, encoding: undefined, withFileTypes: true });
  return new (load("node/fs_dir").Dir)(toPath(path), entries);
};

for (const name of ["watch", "statfs", "glob"]) {
  exports[name] = () => { throw unavailable(`fs.promises.${name}`, "compare the results of stat or readdir"); };
}

Object.assign(exports, { readFile, writeFile, appendFile, constants });
