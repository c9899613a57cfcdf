// node:zlib: deflate, gzip and their inverses, by flate2.
const host = native("zlib");
const { Buffer } = load("node/buffer");
const { Transform } = load("node/stream");
const { invalidArgType, unavailable, validate } = load("node/errors");

const constants = {
  Z_NO_FLUSH: 0, Z_PARTIAL_FLUSH: 1, Z_SYNC_FLUSH: 2, Z_FULL_FLUSH: 3, Z_FINISH: 4, Z_BLOCK: 5, Z_OK: 0, Z_STREAM_END: 1, Z_NEED_DICT: 2,
  Z_ERRNO: -1, Z_STREAM_ERROR: -2, Z_DATA_ERROR: -3, Z_MEM_ERROR: -4, Z_BUF_ERROR: -5, Z_VERSION_ERROR: -6, Z_NO_COMPRESSION: 0,
  Z_BEST_SPEED: 1, Z_BEST_COMPRESSION: 9, Z_DEFAULT_COMPRESSION: -1, Z_FILTERED: 1, Z_HUFFMAN_ONLY: 2, Z_RLE: 3, Z_FIXED: 4,
  Z_DEFAULT_STRATEGY: 0, Z_MIN_WINDOWBITS: 8, Z_MAX_WINDOWBITS: 15, Z_DEFAULT_WINDOWBITS: 15, Z_MIN_MEMLEVEL: 1, Z_MAX_MEMLEVEL: 9,
  Z_DEFAULT_MEMLEVEL: 8, Z_MIN_LEVEL: -1, Z_MAX_LEVEL: 9, Z_DEFAULT_LEVEL: -1,
};
const LIMIT = 2 ** 31 - 1;

function toBytes(data) {
  if (typeof data === "string") return Buffer.from(data);
  if (ArrayBuffer.isView(data) || data instanceof ArrayBuffer) return data;
  throw invalidArgType("buffer", ["string", "Buffer", "TypedArray", "DataView", "ArrayBuffer"], data);
}

function settings(options = {}) {
  if (options.dictionary !== undefined) throw unavailable("the option `dictionary`", "the codec takes none");
  const { level = -1, maxOutputLength = LIMIT } = options;
  validate.integer(level, "options.level", -1, 9);
  validate.integer(maxOutputLength, "options.maxOutputLength", 1, Number.MAX_SAFE_INTEGER);
  return [level, maxOutputLength];
}

const NUMBERS = { Z_BUF_ERROR: -5, Z_DATA_ERROR: -3 };
const described = (error) => (error.code in NUMBERS ? Object.assign(error, { errno: NUMBERS[error.code] }) : error);
const asBuffer = (bytes) => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);

for (const [operation, Class] of [
  ["deflate", "Deflate"], ["deflateRaw", "DeflateRaw"], ["gzip", "Gzip"], ["inflate", "Inflate"], ["inflateRaw", "InflateRaw"],
  ["gunzip", "Gunzip"], ["unzip", "Unzip"],
]) {
  exports[`${operation}Sync`] = (data, options) => {
    try {
      return asBuffer(host.run(operation, toBytes(data), ...settings(options)));
    } catch (error) {
      throw described(error);
    }
  };
  exports[operation] = (data, options, callback) => {
    if (typeof options === "function") [options, callback] = [{}, options];
    validate.function(callback, "callback");
    const queue = (...values) => load("node/process").process.nextTick(callback, ...values);
    host.runAsync(operation, toBytes(data), ...settings(options)).then(
      (bytes) => queue(null, asBuffer(bytes)),
      (error) => queue(described(error)),
    );
  };
  // The whole input is collected; the output follows at its end.
  const Stream = { [Class]: class extends Transform {
    #chunks = [];
    #options;
    bytesWritten = 0;

    constructor(options) {
      super(options);
      this.#options = options;
      settings(options);
    }

    _transform(chunk, encoding, callback) {
      this.#chunks.push(chunk);
      this.bytesWritten += chunk.length;
      callback();
    }

    _flush(callback) {
      exports[operation](Buffer.concat(this.#chunks), this.#options, callback);
    }

    close(callback) {
      if (callback) this.once("close", callback);
      this.destroy();
    }
  } }[Class];
  exports[Class] = Stream;
  exports[`create${Class}`] = (options) => new Stream(options);
}

for (const name of ["brotliCompress", "brotliCompressSync", "brotliDecompress", "brotliDecompressSync", "createBrotliCompress", "createBrotliDecompress", "zstdCompress", "zstdCompressSync", "zstdDecompress", "zstdDecompressSync"]) {
  exports[name] = { [name]() { throw unavailable(`zlib.${name}`, "there are deflate and gzip; packages of WebAssembly have the others"); } }[name];
}

exports.crc32 = (data, start = 0) => host.crc32(toBytes(data), start);
exports.constants = constants;
for (const [name, value] of Object.entries(constants)) if (!(name in exports)) exports[name] = value;
