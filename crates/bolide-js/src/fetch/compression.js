// CompressionStream and DecompressionStream (Compression Streams standard).

const { finish, illegalInvocation, requireArguments } = load("fetch/support");
const { TransformStream } = load("fetch/transform");
const codecs = native("compression");

/** A transform stream of bytes over a codec of the host. */
function codecStream(format, compress, where) {
  const name = `${format}`;
  if (!["deflate", "deflate-raw", "gzip"].includes(name)) {
    throw new TypeError(`${where}: the format is "deflate", "deflate-raw" or "gzip", not "${name}"`);
  }
  const codec = codecs.open(name, compress);
  const emit = (bytes, controller) => {
    if (bytes.byteLength > 0) controller.enqueue(bytes);
  };
  return new TransformStream({
    transform(chunk, controller) {
      const isBytes = ArrayBuffer.isView(chunk) || chunk instanceof ArrayBuffer;
      if (!isBytes) throw new TypeError(`${where}: chunks must be buffers or views`);
      emit(codec(chunk), controller);
    },
    flush: (controller) => emit(codec(undefined), controller),
  });
}

class CompressionStream {
  #stream;

  constructor(format) {
    requireArguments(1, arguments, "CompressionStream");
    this.#stream = codecStream(format, true, "CompressionStream");
  }

  get readable() {
    if (!(#stream in this)) throw illegalInvocation("CompressionStream");
    return this.#stream.readable;
  }

  get writable() {
    if (!(#stream in this)) throw illegalInvocation("CompressionStream");
    return this.#stream.writable;
  }
}

class DecompressionStream {
  #stream;

  constructor(format) {
    requireArguments(1, arguments, "DecompressionStream");
    this.#stream = codecStream(format, false, "DecompressionStream");
  }

  get readable() {
    if (!(#stream in this)) throw illegalInvocation("DecompressionStream");
    return this.#stream.readable;
  }

  get writable() {
    if (!(#stream in this)) throw illegalInvocation("DecompressionStream");
    return this.#stream.writable;
  }
}

finish(CompressionStream, DecompressionStream);

Object.assign(exports, { CompressionStream, DecompressionStream });
