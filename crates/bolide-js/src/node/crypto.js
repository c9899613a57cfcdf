// node:crypto
const host = native("crypto");
const { Buffer, canonicalEncoding } = load("node/buffer");
const { make, invalidArgType, outOfRange, unavailable, validate } = load("node/errors");

const hashes = host.names();
const ALIASES = { "rsa-sha1": "sha1", "rsa-sha256": "sha256", "rsa-sha512": "sha512", "sha-1": "sha1", "sha-224": "sha224", "sha-256": "sha256", "sha-384": "sha384", "sha-512": "sha512", "ssl3-md5": "md5", "ssl3-sha1": "sha1", "sha512/256": "sha512-256", "sha512/224": "sha512-224", __proto__: null };
const canonicalHash = (name) => {
  const lower = name.toLowerCase();
  return ALIASES[lower] ?? lower;
};

const isBytes = (value) => ArrayBuffer.isView(value);
const isBuffer = (value) => value instanceof ArrayBuffer || (typeof SharedArrayBuffer === "function" && value instanceof SharedArrayBuffer);
const asBuffer = (data) => (typeof data === "string" || isBuffer(data) ? Buffer.from(data) : data);

const encodingOf = (name) => (name === undefined || name === null || name === "buffer" ? "utf8" : canonicalEncoding(name) ?? "utf8");

function finish(digest, encoding) {
  const buffer = Buffer.from(digest);
  return encoding === undefined || encoding === null || encoding === "buffer" ? buffer : buffer.toString(encoding);
}

const { Transform } = load("node/stream");

// What Hash and Hmac have in common.
class Digest extends Transform {
  #state;
  #finalized = false;
  #result;

  constructor(state, options) {
    super(options);
    this.#state = state;
  }

  get state() { return this.#state; }
  get finalized() { return this.#finalized; }

  update(data, inputEncoding) {
    if (this.#finalized) throw make(Error, "ERR_CRYPTO_HASH_FINALIZED", "Digest already called");
    if (typeof data !== "string" && !isBytes(data)) {
      throw invalidArgType("data", ["string", "Buffer", "TypedArray", "DataView"], data);
    }
    this.#state.update(data, encodingOf(inputEncoding));
    return this;
  }

  digest(encoding) {
    if (this.#finalized) {
      if (this.again) return this.again(encoding);
      throw make(Error, "ERR_CRYPTO_HASH_FINALIZED", "Digest already called");
    }
    this.#finalized = true;
    return finish(this.#state.digest(), encoding);
  }

  _transform(chunk, encoding, callback) {
    this.#state.update(chunk, encodingOf(encoding));
    callback();
  }

  _flush(callback) {
    this.push(this.digest());
    callback();
  }
}
Object.defineProperty(Digest.prototype, "again", { value: undefined, writable: true });

class HashObject extends Digest {
  copy(options) {
    if (this.finalized) throw make(Error, "ERR_CRYPTO_HASH_FINALIZED", "Digest already called");
    return new HashObject(this.state.copy(), options);
  }
}
class HmacObject extends Digest {
  again(encoding) {
    return finish(new ArrayBuffer(0), encoding);
  }
}
Object.defineProperty(HashObject, "name", { value: "Hash" });
Object.defineProperty(HmacObject, "name", { value: "Hmac" });

function createHash(algorithm, options) {
  validate.string(algorithm, "algorithm");
  const state = host.hash(canonicalHash(algorithm));
  if (!state) throw make(Error, "ERR_OSSL_EVP_UNSUPPORTED", `Digest method not supported: ${algorithm} (there are ${hashes.join(", ")})`);
  return new HashObject(state, options);
}

function createHmac(algorithm, key, options) {
  validate.string(algorithm, "hmac");
  if (typeof key !== "string" && !isBytes(key) && !isBuffer(key)) {
    throw invalidArgType("key", ["string", "ArrayBuffer", "Buffer", "TypedArray", "DataView"], key);
  }
  const state = host.hmac(canonicalHash(algorithm), asBuffer(key));
  if (!state) throw make(Error, "ERR_CRYPTO_INVALID_DIGEST", `Invalid digest: ${algorithm}`);
  return new HmacObject(state, options);
}

function hash(algorithm, data, encoding = "hex") {
  if (typeof data !== "string" && !isBytes(data)) throw invalidArgType("input", ["string", "Buffer", "TypedArray", "DataView"], data);
  return createHash(algorithm).update(data).digest(encoding);
}

function randomBytes(size, callback) {
  if (typeof size !== "number") throw invalidArgType("size", "number", size);
  if (!(Number.isInteger(size) && size >= 0 && size < 2 ** 31)) throw outOfRange("size", ">= 0 && <= 2147483647", size);
  if (callback === undefined) return Buffer.from(host.random(size));
  validate.function(callback, "callback");
  setImmediate(() => callback(null, Buffer.from(host.random(size))));
}

function fillArguments(buffer, offset, size) {
  if (!isBytes(buffer) && !isBuffer(buffer)) throw invalidArgType("buf", ["ArrayBuffer", "ArrayBufferView"], buffer);
  const unit = buffer.BYTES_PER_ELEMENT ?? 1;
  const from = (offset ?? 0) * unit;
  if (!(Number.isInteger(from) && from >= 0 && from <= buffer.byteLength)) throw outOfRange("offset", `>= 0 && <= ${buffer.byteLength}`, offset);
  const count = size === undefined ? buffer.byteLength - from : size * unit;
  if (!(Number.isInteger(count) && count >= 0 && from + count <= buffer.byteLength)) throw outOfRange("size + offset", `<= ${buffer.byteLength}`, from + count);
  const start = (buffer.byteOffset ?? 0) + from;
  return new Uint8Array(isBytes(buffer) ? buffer.buffer : buffer, start, count);
}

function randomFillSync(buffer, offset, size) {
  const part = fillArguments(buffer, offset, size);
  part.set(new Uint8Array(host.random(part.length)));
  return buffer;
}

function randomFill(buffer, ...rest) {
  const callback = rest.pop();
  validate.function(callback, "callback");
  randomFillSync(buffer, ...rest);
  setImmediate(() => callback(null, buffer));
}

function randomInt(min, max, callback) {
  if (max === undefined || typeof max === "function") [min, max, callback] = [0, min, max];
  if (!Number.isSafeInteger(min)) throw invalidArgType("min", "a safe integer", min);
  if (!Number.isSafeInteger(max)) throw invalidArgType("max", "a safe integer", max);
  if (max <= min) throw outOfRange("max", `greater than the value of "min" (${min})`, max);
  const range = max - min;
  if (range >= 2 ** 48) throw outOfRange(min === 0 ? "max" : "max - min", `<= ${2 ** 48 - 1}`, range);
  // Numbers above the last whole multiple of the range would make small results likelier.
  const limit = 2 ** 48 - (2 ** 48 % range);
  let value;
  do value = Buffer.from(host.random(6)).readUIntBE(0, 6);
  while (value >= limit);
  const result = min + (value % range);
  if (callback === undefined) return result;
  setImmediate(() => callback(undefined, result));
}

function randomUUID() {
  const bytes = Buffer.from(host.random(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  return bytes.toString("hex").replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}

function timingSafeEqual(a, b) {
  if (!isBytes(a) && !isBuffer(a)) throw invalidArgType("buf1", ["ArrayBuffer", "Buffer", "TypedArray", "DataView"], a);
  if (!isBytes(b) && !isBuffer(b)) throw invalidArgType("buf2", ["ArrayBuffer", "Buffer", "TypedArray", "DataView"], b);
  if (a.byteLength !== b.byteLength) throw make(RangeError, "ERR_CRYPTO_TIMING_SAFE_EQUAL_LENGTH", "Input buffers must have the same byte length");
  return host.equal(a, b);
}

function pbkdf2Arguments(password, salt, iterations, length, digest) {
  for (const [name, value] of [["password", password], ["salt", salt]]) {
    if (typeof value !== "string" && !isBytes(value) && !isBuffer(value)) {
      throw invalidArgType(name, ["string", "ArrayBuffer", "Buffer", "TypedArray", "DataView"], value);
    }
  }
  validate.integer(iterations, "iterations", 1, 2 ** 31 - 1);
  validate.integer(length, "keylen", 0, 2 ** 31 - 1);
  validate.string(digest, "digest");
  const name = canonicalHash(digest);
  if (!hashes.includes(name)) throw make(TypeError, "ERR_CRYPTO_INVALID_DIGEST", `Invalid digest: ${digest}`);
  return [name, asBuffer(password), asBuffer(salt), iterations, length];
}

function pbkdf2Sync(...values) {
  return Buffer.from(host.pbkdf2(...pbkdf2Arguments(...values)));
}

function pbkdf2(password, salt, iterations, length, digest, callback) {
  validate.function(callback, "callback");
  const values = pbkdf2Arguments(password, salt, iterations, length, digest);
  host.pbkdf2Async(...values).then((key) => callback(null, Buffer.from(key)), callback);
}

const absent = (name) => () => { throw unavailable(`crypto.${name}`, `there are hashes (${hashes.join(", ")}), HMAC, PBKDF2 and random numbers`); };
for (const name of [
  "createCipheriv", "createDecipheriv", "createSign", "createVerify", "sign", "verify", "createDiffieHellman", "createECDH",
  "createPrivateKey", "createPublicKey", "createSecretKey", "generateKey", "generateKeyPair", "generateKeyPairSync", "generateKeySync",
  "hkdf", "hkdfSync", "scrypt", "scryptSync", "publicEncrypt", "publicDecrypt", "privateEncrypt", "privateDecrypt", "diffieHellman", "checkPrime", "generatePrime",
]) {
  exports[name] = absent(name);
}

function Hash(algorithm, options) { return createHash(algorithm, options); }
Hash.prototype = HashObject.prototype;
function Hmac(algorithm, key, options) { return createHmac(algorithm, key, options); }
Hmac.prototype = HmacObject.prototype;

Object.assign(exports, {
  createHash, createHmac, hash, randomBytes, pseudoRandomBytes: randomBytes, rng: randomBytes, randomFill, randomFillSync,
  randomInt, randomUUID, timingSafeEqual, pbkdf2, pbkdf2Sync, Hash, Hmac,
  getHashes: () => [...hashes],
  getCiphers: () => [],
  getCurves: () => [],
  getFips: () => 0,
  constants: {},
});
for (const [name, get] of [
  ["webcrypto", () => globalThis.crypto],
  ["subtle", () => globalThis.crypto.subtle],
  ["getRandomValues", () => globalThis.crypto.getRandomValues.bind(globalThis.crypto)],
]) {
  Object.defineProperty(exports, name, { enumerable: true, configurable: true, get });
}
