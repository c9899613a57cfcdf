// fs.Dir
const { make } = load("node/errors");

class Dir {
  #entries;
  #closed = false;

  constructor(path, entries) {
    Object.defineProperty(this, "path", { value: path, enumerable: true });
    this.#entries = entries[Symbol.iterator]();
  }

  #check() {
    if (this.#closed) throw make(Error, "ERR_DIR_CLOSED", "Directory handle was closed");
  }

  readSync() {
    this.#check();
    const { value, done } = this.#entries.next();
    return done ? null : value;
  }

  read(callback) {
    if (callback === undefined) return Promise.resolve().then(() => this.readSync());
    this.#check();
    load("node/process").process.nextTick(() => callback(null, this.readSync()));
  }

  closeSync() {
    this.#check();
    this.#closed = true;
  }

  close(callback) {
    if (callback === undefined) return Promise.resolve().then(() => this.closeSync());
    this.closeSync();
    load("node/process").process.nextTick(callback, null);
  }

  async *entries() {
    try {
      for (let entry = this.readSync(); entry !== null; entry = this.readSync()) yield entry;
    } finally {
      this.closeSync();
    }
  }

  [Symbol.asyncIterator]() {
    return this.entries();
  }
}

exports.Dir = Dir;
