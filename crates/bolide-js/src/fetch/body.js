// Bodies (Fetch standard, 2.2.4 and 5.3). A body stays bytes, or a reader of the host, until someone asks for its
// stream: big ones are then read without going through JavaScript chunk by chunk.

const support = load("fetch/support");
const { concat, copyBytes, decode, encode, isBuffer, promised, transform, usv } = support;

class Body {
  #bytes;
  #reader;
  #stream;
  #used = false;
  /** Rejects what is being read, if the fetch is aborted. */
  #failure = Promise.withResolvers();
  #failed = false;

  #finished;

  /**
   * One of `bytes` (which nobody else changes), `reader` (of the host) and `stream` (a record). `finished` is called
   * when a reader is used up.
   */
  constructor({ bytes, reader, stream, length = null, finished = () => {} }) {
    this.#bytes = bytes;
    this.#reader = reader;
    this.#stream = stream;
    this.#finished = finished;
    this.length = bytes?.length ?? length;
    support.markHandled(this.#failure.promise);
  }

  get used() {
    return this.#used || Boolean(this.#stream?.disturbed);
  }

  get unusable() {
    return this.used || this.#stream?.reader !== undefined;
  }

  /** The bytes, if they are at hand and unread. */
  get source() {
    return this.#used ? undefined : this.#bytes;
  }

  /** Marks the body as read without reading it. */
  markUsed() {
    this.#used = true;
  }

  /** The record of its stream. */
  get stream() {
    this.#stream ??= this.#makeStream();
    return this.#stream;
  }

  #makeStream() {
    const ops = load("fetch/readable_ops");
    if (this.#used) {
      const stream = load("fetch/blob").byteStream(new Uint8Array(0));
      stream.disturbed = true;
      ops.close(stream);
      return stream;
    }
    const bytes = this.#bytes;
    this.#bytes = undefined;
    if (bytes !== undefined) return load("fetch/blob").byteStream(bytes);
    return this.#readerStream();
  }

  /** A stream over the host's reader. */
  #readerStream() {
    const reader = this.#reader;
    const receive = (controller, chunk) => {
      if (chunk !== null) {
        controller.enqueue(chunk);
        return;
      }
      this.#finished();
      controller.close();
      // A read by a BYOB reader that waits at the end.
      if (controller.pendingPullIntos.length > 0) controller.respond(0);
    };
    return load("fetch/readable_byte").create({
      pull: (controller) => {
        const read = Promise.race([reader.read(), this.#failure.promise]);
        return transform(read, (chunk) => receive(controller, chunk));
      },
      cancel: () => {
        this.#finished();
        reader.abort?.();
        return Promise.resolve();
      },
    });
  }

  /** Ends the body with an error. */
  fail(error) {
    if (this.#failed) return;
    this.#failed = true;
    this.#failure.reject(error);
    this.#stream?.controller.error?.(error);
  }

  /** Splits the body in two: this one and the returned. */
  clone() {
    if (this.#bytes !== undefined) return new Body({ bytes: this.#bytes });
    const { length } = this;
    const [first, second] = load("fetch/readable_tee").tee(this.stream, true);
    this.#stream = first;
    this.#reader = undefined;
    return new Body({ stream: second, length });
  }

  /** Hands what is left over to a new body, and counts as used from now on. */
  take() {
    if (this.#bytes !== undefined) {
      const bytes = this.#bytes;
      this.#used = true;
      return new Body({ bytes });
    }
    const taken = new Body({ stream: this.stream, length: this.length });
    this.#stream = undefined;
    this.#used = true;
    return taken;
  }

  /** Reads everything: a promise of an Uint8Array that the caller may keep, but not change if it is shared. */
  readAll() {
    if (this.#stream !== undefined) return readStream(this.#stream);
    this.#used = true;
    if (this.#bytes !== undefined) return Promise.resolve(this.#bytes);
    const read = Promise.race([this.#reader.readAll(), this.#failure.promise]);
    return transform(read, (buffer) => {
      this.#finished();
      return new Uint8Array(buffer);
    });
  }

  /** Whether what `readAll` gives is the caller's alone. */
  get shared() {
    return this.#stream === undefined && this.#bytes !== undefined;
  }
}

/** Reads a stream of Uint8Arrays to its end. */
async function readStream(stream) {
  const ops = load("fetch/readable_ops");
  const reader = ops.acquireReader(stream, "default");
  const chunks = [];
  for (;;) {
    const { value, done } = await ops.readResult(reader);
    if (done) return concat(chunks);
    if (!(value instanceof Uint8Array)) {
      const error = new TypeError("a chunk of the body is no Uint8Array");
      support.markHandled(ops.cancel(stream, error));
      throw error;
    }
    chunks.push(value);
  }
}

/** Extracts a body from a BodyInit (5.2): the body, and the type that it implies, or null. */
function extractBody(init) {
  const { blobBytes, isBlob } = load("fetch/blob");
  if (isBlob(init)) return { body: new Body({ bytes: blobBytes(init) }), type: init.type || null };
  if (isBuffer(init)) return { body: new Body({ bytes: copyBytes(init) }), type: null };
  const { encodeMultipart, isFormData } = load("fetch/form_data");
  if (isFormData(init)) {
    const { bytes, type } = encodeMultipart(init);
    return { body: new Body({ bytes }), type };
  }
  const stream = asStream(init);
  if (stream !== undefined) return { body: new Body({ stream }), type: null };
  if (typeof init === "object" && init instanceof globalThis.URLSearchParams) {
    const type = "application/x-www-form-urlencoded;charset=UTF-8";
    return { body: new Body({ bytes: encode(`${init}`) }), type };
  }
  return { body: new Body({ bytes: encode(usv(init)) }), type: "text/plain;charset=UTF-8" };
}

function asStream(init) {
  if (typeof init !== "object" || init === null) return undefined;
  const { isReadable, ofReadable } = load("fetch/readable");
  if (!isReadable(init)) return undefined;
  const stream = ofReadable(init);
  if (stream.disturbed || stream.reader !== undefined) {
    throw new TypeError("the stream cannot be a body: it is locked, or was read from");
  }
  return stream;
}

/** Reads the body of a request or response, which `convert` gets. */
function consume(holder, convert) {
  const { body } = holder;
  if (body === null) return convert(new Uint8Array(0), true);
  if (body.unusable) throw new TypeError("the body was read already, or is being read");
  const { shared } = body;
  return transform(body.readAll(), (bytes) => convert(bytes, !shared));
}

/** The ArrayBuffer of exactly these bytes. */
function bufferOf(bytes, owned) {
  const whole = bytes.byteLength === bytes.buffer.byteLength;
  return owned && whole ? bytes.buffer : bytes.slice().buffer;
}

/** Adds the members of the Body mixin. `holderOf` gives the record with `body` and `headers`. */
function bodyMixin(Class, holderOf) {
  const method = (convert) =>
    function () {
      return promised(() => {
        const holder = holderOf(this);
        return consume(holder, (bytes, owned) => convert(bytes, owned, holder));
      });
    };
  const methods = {
    arrayBuffer: method(bufferOf),
    blob: method((bytes, owned, { headers }) => {
      const type = headers.get("content-type");
      const parsed = type === null ? null : native("fetch_local").mime(type);
      return load("fetch/blob").blobOf(bytes, parsed?.text ?? "");
    }),
    bytes: method((bytes, owned) => (owned ? bytes : bytes.slice())),
    formData: method((bytes, owned, { headers }) =>
      load("fetch/form_data").parseForm(bytes, headers.get("content-type")),
    ),
    json: method((bytes) => JSON.parse(decode(bytes))),
    text: method((bytes) => decode(bytes)),
  };
  for (const [name, value] of Object.entries(methods)) {
    Object.defineProperty(value, "name", { value: name, configurable: true });
    Object.defineProperty(Class.prototype, name, { value, writable: true, enumerable: true, configurable: true });
  }
  const getters = {
    get body() {
      const { body } = holderOf(this);
      return body === null ? null : load("fetch/readable").wrapReadable(body.stream);
    },
    get bodyUsed() {
      const { body } = holderOf(this);
      return body !== null && body.used;
    },
  };
  Object.defineProperties(Class.prototype, Object.getOwnPropertyDescriptors(getters));
}

Object.assign(exports, { Body, bodyMixin, extractBody, readStream });
