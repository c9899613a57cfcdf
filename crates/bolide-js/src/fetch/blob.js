// Blob, File, and the store of blob URLs (File API).

const support = load("fetch/support");
const { concat, copyBytes, decode, dictionary, encode, finish, illegalInvocation, inspectable, internal } = support;
const { isBuffer, pick, promised, requireArguments, sequence, usv } = support;
const { longLong } = load("web/webidl");

/** Most bytes in a chunk of `stream()`. */
const CHUNK = 64 << 10;

/** The type as the standard keeps it: lower case, and empty if it has other characters than ASCII's. */
function normalizeType(type) {
  const text = `${type}`;
  return /^[\x20-\x7e]*$/.test(text) ? text.toLowerCase() : "";
}

/** The bytes of the parts of a blob (3.1.1, process blob parts). */
function bytesOf(parts, endings) {
  const chunks = [];
  for (const part of parts) {
    if (isBlob(part)) chunks.push(blobBytes(part));
    else if (isBuffer(part)) chunks.push(copyBytes(part));
    else chunks.push(encode(endings === "native" ? usv(part).replace(/\r\n|\r/g, "\n") : usv(part)));
  }
  return concat(chunks);
}

function position(value, size, otherwise) {
  if (value === undefined) return otherwise;
  const at = longLong(value, "the position", { clamp: true });
  return at < 0 ? Math.max(size + at, 0) : Math.min(at, size);
}

class Blob {
  /** A view of bytes that nobody changes: blobs share them. */
  #bytes;
  #type;

  constructor(blobParts = undefined, options = undefined) {
    if (blobParts === internal) {
      [this.#bytes, this.#type] = options;
      return;
    }
    const parts = blobParts === undefined ? [] : sequence(blobParts, "Blob");
    const { endings = "transparent", type = "" } = dictionary(options, "Blob");
    const ending = `${endings}`;
    if (ending !== "transparent" && ending !== "native") {
      throw new TypeError('Blob: endings is "transparent" or "native"');
    }
    this.#type = normalizeType(type);
    this.#bytes = bytesOf(parts, ending);
  }

  /** The bytes, which the caller must not change. For the host: taken away before scripts see the class. */
  static bytes(blob) {
    if (!isBlob(blob)) throw illegalInvocation("Blob");
    return blob.#bytes;
  }

  static is(value) {
    return typeof value === "object" && value !== null && #bytes in value;
  }

  get size() {
    return blobBytes(this).length;
  }

  get type() {
    blobBytes(this);
    return this.#type;
  }

  arrayBuffer() {
    return promised(() => blobBytes(this).slice().buffer);
  }

  bytes() {
    return promised(() => blobBytes(this).slice());
  }

  slice(start = undefined, end = undefined, contentType = "") {
    const bytes = blobBytes(this);
    const from = position(start, bytes.length, 0);
    const to = position(end, bytes.length, bytes.length);
    const part = bytes.subarray(from, Math.max(from, to));
    return new Blob(internal, [part, normalizeType(contentType)]);
  }

  stream() {
    return load("fetch/readable").wrapReadable(byteStream(blobBytes(this)));
  }

  text() {
    return promised(() => decode(blobBytes(this)));
  }

  textStream() {
    return this.stream().pipeThrough(new globalThis.TextDecoderStream());
  }
}

const { bytes: blobBytes, is: isBlob } = Blob;
delete Blob.bytes;
delete Blob.is;

/** The record of a stream of bytes that nobody changes. */
function byteStream(bytes) {
  let offset = 0;
  return load("fetch/readable_byte").create({
    pull(controller) {
      const end = Math.min(offset + CHUNK, bytes.length);
      if (end > offset) controller.enqueue(bytes.slice(offset, end));
      offset = end;
      if (offset === bytes.length) {
        controller.close();
        // A read by a BYOB reader that waits at the end.
        if (controller.pendingPullIntos.length > 0) controller.respond(0);
      }
      return Promise.resolve();
    },
    cancel: () => Promise.resolve(),
  });
}

/** A blob over bytes that the caller gives away. */
const blobOf = (bytes, type) => new Blob(internal, [bytes, normalizeType(type)]);

class File extends Blob {
  #name;
  #lastModified;

  constructor(fileBits, fileName, options = undefined) {
    requireArguments(2, arguments, "File");
    const parts = sequence(fileBits, "File");
    const name = usv(fileName);
    super(parts, options);
    const { lastModified } = dictionary(options, "File");
    this.#name = name;
    this.#lastModified = lastModified === undefined ? Date.now() : Math.trunc(Number(lastModified)) || 0;
  }

  static is(value) {
    return typeof value === "object" && value !== null && #name in value;
  }

  get name() {
    if (!isFile(this)) throw illegalInvocation("File");
    return this.#name;
  }

  get lastModified() {
    if (!isFile(this)) throw illegalInvocation("File");
    return this.#lastModified;
  }
}

const { is: isFile } = File;
delete File.is;

finish(Blob, File);
inspectable(Blob, isBlob, (blob) => pick(blob, ["size", "type"]), { flat: true });
inspectable(File, isFile, (file) => pick(file, ["size", "type", "name", "lastModified"]), { flat: true });

/** What blob URLs stand for. */
const store = new Map();

/** URL.createObjectURL. */
function createObjectURL(object) {
  if (!isBlob(object)) throw new TypeError("URL.createObjectURL: a Blob is required");
  const url = `blob:null/${globalThis.crypto.randomUUID()}`;
  store.set(url, object);
  return url;
}

/** URL.revokeObjectURL. */
function revokeObjectURL(url) {
  store.delete(usv(url));
}

/** The blob of a blob URL without its fragment, or undefined. */
const resolveObjectURL = (url) => store.get(`${url}`.split("#", 1)[0]);

Object.assign(exports, {
  Blob,
  blobBytes,
  blobOf,
  byteStream,
  createObjectURL,
  File,
  isBlob,
  isFile,
  resolveObjectURL,
  revokeObjectURL,
});
