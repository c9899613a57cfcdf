// node:stream
const { Stream, getDefaultHighWaterMark, setDefaultHighWaterMark, destroy } = load("node/stream_core");
const { Duplex, Transform, PassThrough } = load("node/stream_duplex");
const { Readable } = load("node/stream_readable");
const { Writable } = load("node/stream_writable");
const end = load("node/stream_end");
const { promisify } = load("node/promisify");

const isDisturbed = (stream) => !!(stream?._readableState && (stream.readableDidRead || stream.readableAborted));

Object.assign(Stream, {
  Stream, Readable, Writable, Duplex, Transform, PassThrough,
  finished: end.finished,
  pipeline: end.pipeline,
  addAbortSignal: end.addAbortSignal,
  destroy: (stream, error) => destroy.call(stream, error),
  isDestroyed: (stream) => (stream ? !!stream.destroyed : null),
  isWritable: (stream) => (stream ? !!stream.writable : null),
  isReadable: (stream) => (stream ? !!stream.readable : null),
  isErrored: (stream) => !!(stream?.errored ?? stream?._readableState?.errored ?? stream?._writableState?.errored),
  isDisturbed,
  getDefaultHighWaterMark,
  setDefaultHighWaterMark,
  compose: (...streams) => (streams.length === 1 ? Duplex.from(streams[0]) : compose(streams)),
  _isUint8Array: (value) => value instanceof Uint8Array,
  _uint8ArrayToBuffer: (value) => load("node/buffer").Buffer.from(value.buffer, value.byteOffset, value.byteLength),
});

function compose(streams) {
  const head = Duplex.from(streams[0]);
  const tail = Duplex.from(streams.at(-1));
  const duplex = Duplex.from({ readable: tail, writable: head });
  end.pipeline(head, ...streams.slice(1, -1), tail, (error) => { if (error) duplex.destroy(error); });
  return duplex;
}

for (const name of ["pipeline", "finished"]) {
  Object.defineProperty(Stream[name], promisify.custom, { get: () => load("node/stream_promises")[name], configurable: true });
}
Object.defineProperty(Stream, "promises", { enumerable: true, configurable: true, get: () => load("node/stream_promises") });

for (const name of Object.keys(Stream)) Object.defineProperty(exports, name, Object.getOwnPropertyDescriptor(Stream, name));
exports.default = Stream;
