// Everything of the Streams and Compression Streams standards, each part loaded when it is first named.

const PARTS = {
  "fetch/readable": ["ReadableStream", "ReadableStreamBYOBReader", "ReadableStreamDefaultReader"],
  "fetch/readable_default": ["ReadableStreamDefaultController"],
  "fetch/readable_byte": ["ReadableByteStreamController", "ReadableStreamBYOBRequest"],
  "fetch/writable": ["WritableStream", "WritableStreamDefaultController", "WritableStreamDefaultWriter"],
  "fetch/transform": ["TransformStream", "TransformStreamDefaultController"],
  "fetch/queuing": ["ByteLengthQueuingStrategy", "CountQueuingStrategy"],
  "fetch/compression": ["CompressionStream", "DecompressionStream"],
};

for (const [part, names] of Object.entries(PARTS)) {
  for (const name of names) {
    Object.defineProperty(exports, name, { enumerable: true, get: () => load(part)[name] });
  }
}
