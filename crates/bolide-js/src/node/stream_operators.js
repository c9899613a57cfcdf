// Readable.from and the operators of Readable.
const { make, invalidArgType, outOfRange, validate } = load("node/errors");
const { abortError } = load("node/events");

function from(Readable, source, options) {
  if (typeof source === "string" || source instanceof Uint8Array) {
    return new Readable({
      objectMode: true,
      ...options,
      read() {
        this.push(source);
        this.push(null);
      },
    });
  }
  const isAsync = typeof source?.[Symbol.asyncIterator] === "function";
  if (!isAsync && typeof source?.[Symbol.iterator] !== "function") throw invalidArgType("iterable", ["Iterable"], source);
  const iterator = isAsync ? source[Symbol.asyncIterator]() : source[Symbol.iterator]();
  const readable = new Readable({ objectMode: true, highWaterMark: 1, ...options });
  let reading = false;
  readable._read = () => {
    if (reading) return;
    reading = true;
    next();
  };
  readable._destroy = (error, callback) => {
    close(error).then(() => queue(callback, error), (failed) => queue(callback, failed || error));
  };
  const queue = (callback, ...values) => load("node/process").process.nextTick(callback, ...values);
  async function close(error) {
    if (error != null && typeof iterator.throw === "function") {
      const { value, done } = await iterator.throw(error);
      await value;
      if (done) return;
    }
    if (typeof iterator.return === "function") await (await iterator.return())?.value;
  }
  async function next() {
    while (true) {
      try {
        const { value, done } = isAsync ? await iterator.next() : iterator.next();
        if (done) {
          readable.push(null);
          return;
        }
        const chunk = typeof value?.then === "function" ? await value : value;
        if (chunk === null) {
          reading = false;
          throw make(TypeError, "ERR_STREAM_NULL_VALUES", "May not write null values to stream");
        }
        if (!readable.push(chunk)) {
          reading = false;
          return;
        }
      } catch (error) {
        readable.destroy(error);
        return;
      }
    }
  }
  return readable;
}

const { Readable } = load("node/stream_readable");
const derive = (generator) => Readable.from(generator, { objectMode: true });

function checked(callback, options) {
  validate.function(callback, "fn");
  if (options != null) validate.object(options, "options");
  if (options?.signal?.aborted) throw abortError(options.signal);
  return { signal: options?.signal ?? new AbortController().signal };
}

// Up to `concurrency` calls at once, with results in order.
async function* mapped(stream, callback, options) {
  const context = checked(callback, options);
  const concurrency = Math.max(1, Math.floor(options?.concurrency ?? 1));
  const pending = [];
  for await (const chunk of stream) {
    if (context.signal.aborted) throw abortError(context.signal);
    const result = Promise.resolve(callback(chunk, context));
    result.catch(() => {});
    pending.push(result);
    if (pending.length >= concurrency) yield await pending.shift();
  }
  for (const result of pending) yield await result;
}

async function* filtered(stream, callback, options) {
  const test = async (chunk, context) => [await callback(chunk, context), chunk];
  for await (const [keep, chunk] of mapped(stream, test, options)) if (keep) yield chunk;
}

const count = (value) => {
  const number = Number(value);
  if (Number.isNaN(number) || number < 0) throw outOfRange("number", ">= 0", value);
  return number;
};

exports.map = (stream, callback, options) => (checked(callback, options), derive(mapped(stream, callback, options)));
exports.filter = (stream, callback, options) => (checked(callback, options), derive(filtered(stream, callback, options)));
exports.flatMap = (stream, callback, options) => {
  checked(callback, options);
  return derive((async function* () {
    for await (const inner of mapped(stream, callback, options)) yield* inner;
  })());
};
exports.drop = (stream, limit) => {
  let left = count(limit);
  return derive((async function* () {
    for await (const chunk of stream) if (left-- <= 0) yield chunk;
  })());
};
exports.take = (stream, limit) => {
  let left = count(limit);
  return derive((async function* () {
    if (left <= 0) return;
    for await (const chunk of stream) {
      yield chunk;
      if (--left <= 0) return;
    }
  })());
};
exports.forEach = async (stream, callback, options) => {
  checked(callback, options);
  for await (const _ of mapped(stream, callback, options));
};
exports.toArray = async (stream, options) => {
  const chunks = [];
  for await (const chunk of stream) {
    if (options?.signal?.aborted) throw abortError(options.signal);
    chunks.push(chunk);
  }
  return chunks;
};
exports.some = async (stream, callback, options) => {
  checked(callback, options);
  for await (const _ of filtered(stream, callback, options)) return true;
  return false;
};
exports.every = async (stream, callback, options) => {
  checked(callback, options);
  return !(await exports.some(stream, async (...values) => !(await callback(...values)), options));
};
exports.find = async (stream, callback, options) => {
  checked(callback, options);
  for await (const chunk of filtered(stream, callback, options)) return chunk;
  return undefined;
};
exports.reduce = async (stream, ...values) => {
  const [callback, initial, options] = values;
  const context = checked(callback, options);
  let started = values.length > 1;
  let value = initial;
  for await (const chunk of stream) {
    if (context.signal.aborted) throw abortError(context.signal);
    value = started ? await callback(value, chunk, context) : chunk;
    started = true;
  }
  if (!started) throw new TypeError("Reduce of an empty stream requires an initial value");
  return value;
};

exports.from = from;

exports.fromWeb = (Base, source, options = {}) => {
  const reader = source.getReader();
  return new Base({
    ...options,
    read() {
      reader.read().then(
        ({ value, done }) => this.push(done ? null : value),
        (error) => this.destroy(error),
      );
    },
    destroy(error, callback) {
      reader.cancel(error).then(() => callback(error), () => callback(error));
    },
  });
};

exports.toWeb = (stream) => {
  const iterator = stream[Symbol.asyncIterator]();
  return new ReadableStream({
    async pull(controller) {
      const { value, done } = await iterator.next();
      if (done) controller.close();
      else controller.enqueue(stream.readableObjectMode || typeof value === "string" ? value : new Uint8Array(value));
    },
    async cancel(reason) {
      stream.destroy(reason);
    },
  }, { highWaterMark: 0 });
};

exports.writableFromWeb = (Base, target, options = {}) => {
  const writer = target.getWriter();
  const settle = (promise, callback) => promise.then(() => callback(), callback);
  return new Base({
    ...options,
    write(chunk, encoding, callback) { settle(writer.ready.then(() => writer.write(chunk)), callback); },
    final(callback) { settle(writer.close(), callback); },
    destroy(error, callback) {
      if (error) writer.abort(error).then(() => callback(error), () => callback(error));
      else callback(error);
    },
  });
};

exports.writableToWeb = (stream) => new WritableStream({
  write(chunk) {
    if (stream.write(chunk)) return undefined;
    return new Promise((resolve, reject) => {
      stream.once("drain", resolve);
      stream.once("error", reject);
    });
  },
  close() { return new Promise((resolve, reject) => stream.end((error) => (error ? reject(error) : resolve()))); },
  abort(reason) { stream.destroy(reason); },
});

exports.duplexFrom = (source) => {
  const { Duplex } = load("node/stream_duplex");
  const { isStream, isReadable, isWritable, isIterable, finished } = load("node/stream_end");
  if (source instanceof Duplex) return source;
  const join = (readable, writable) => {
    const duplex = new Duplex({
      objectMode: true,
      readable: !!readable,
      writable: !!writable,
      read() { readable?.resume(); },
      write(chunk, encoding, callback) {
        if (writable.write(chunk, encoding)) callback();
        else writable.once("drain", callback);
      },
      final(callback) {
        writable.end();
        finished(writable, { readable: false }, callback);
      },
      destroy(error, callback) {
        readable?.destroy(error ?? undefined);
        writable?.destroy(error ?? undefined);
        callback(error);
      },
    });
    if (readable) {
      readable.on("data", (chunk) => { if (!duplex.push(chunk)) readable.pause(); });
      readable.on("end", () => duplex.push(null));
      readable.on("error", (error) => duplex.destroy(error));
      readable.pause();
    }
    writable?.on("error", (error) => duplex.destroy(error));
    return duplex;
  };
  if (isStream(source)) return join(isReadable(source) ? source : undefined, isWritable(source) ? source : undefined);
  if (source?.readable || source?.writable) {
    return join(source.readable && isStream(source.readable) ? source.readable : undefined, isStream(source.writable) ? source.writable : undefined);
  }
  if (typeof source === "string" || isIterable(source)) return from(Duplex, source, { objectMode: true, writable: false });
  if (typeof source?.then === "function") {
    return from(Duplex, (async function* () {
      const value = await source;
      if (value != null) yield value;
    })(), { objectMode: true, writable: false });
  }
  throw invalidArgType("body", ["Stream", "Iterable", "AsyncIterable", "Promise"], source);
};
