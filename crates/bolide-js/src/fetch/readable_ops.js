// What happens inside readable streams (Streams standard, 4.9): streams and readers as plain records, without
// the objects that scripts see. `readable.js` wraps them.

const { Fifo, markHandled, rejectedHandled, transform } = load("fetch/support");

/** Makes a stream without a controller; the caller sets one up. */
const newStream = () => ({
  state: "readable",
  reader: undefined,
  storedError: undefined,
  disturbed: false,
  controller: undefined,
  /** What scripts see, once they do. */
  object: undefined,
});

/** Locks the stream with a reader, `kind` being "default" or "byob" (SetUpReadableStream…Reader). */
function acquireReader(stream, kind) {
  if (stream.reader !== undefined) throw new TypeError("the stream is already locked by a reader");
  if (kind === "byob" && stream.controller.kind !== "byte") {
    throw new TypeError("a BYOB reader needs a stream of bytes");
  }
  const reader = { kind, stream, requests: new Fifo(), closed: Promise.withResolvers() };
  stream.reader = reader;
  if (stream.state === "closed") reader.closed.resolve();
  if (stream.state === "errored") {
    markHandled(reader.closed.promise);
    reader.closed.reject(stream.storedError);
  }
  return reader;
}

/** ReadableStreamDefaultReaderRelease and ReadableStreamBYOBReaderRelease. */
function releaseReader(reader) {
  const { stream } = reader;
  const reason = new TypeError("the reader was released");
  if (stream.state === "readable") {
    reader.closed.reject(reason);
    markHandled(reader.closed.promise);
  } else {
    reader.closed = { promise: rejectedHandled(reason) };
  }
  stream.controller.releaseSteps();
  stream.reader = undefined;
  reader.stream = undefined;
  for (const request of reader.requests.drain()) request.error(reason);
}

/** ReadableStreamDefaultReaderRead. */
function read(reader, request) {
  const { stream } = reader;
  stream.disturbed = true;
  if (stream.state === "closed") request.close();
  else if (stream.state === "errored") request.error(stream.storedError);
  else stream.controller.pullSteps(request);
}

/** Reads once, as a promise of `{ value, done }`. */
function readResult(reader) {
  const { promise, resolve, reject } = Promise.withResolvers();
  read(reader, {
    chunk: (value) => resolve({ value, done: false }),
    close: () => resolve({ value: undefined, done: true }),
    error: reject,
  });
  return promise;
}

/** ReadableStreamCancel. */
function cancel(stream, reason) {
  stream.disturbed = true;
  if (stream.state === "closed") return Promise.resolve();
  if (stream.state === "errored") return Promise.reject(stream.storedError);
  close(stream);
  if (stream.reader?.kind === "byob") {
    for (const request of stream.reader.requests.drain()) request.close(undefined);
  }
  return transform(stream.controller.cancelSteps(reason), () => undefined);
}

/** ReadableStreamClose. */
function close(stream) {
  stream.state = "closed";
  const { reader } = stream;
  if (reader === undefined) return;
  reader.closed.resolve();
  if (reader.kind === "default") {
    for (const request of reader.requests.drain()) request.close();
  }
}

/** ReadableStreamError. */
function fail(stream, error) {
  stream.state = "errored";
  stream.storedError = error;
  const { reader } = stream;
  if (reader === undefined) return;
  reader.closed.reject(error);
  markHandled(reader.closed.promise);
  for (const request of reader.requests.drain()) request.error(error);
}

/** How many reads wait, of the given kind of reader. */
function waiting(stream, kind) {
  return stream.reader?.kind === kind ? stream.reader.requests.length : 0;
}

/** Fulfills the read that has waited longest. */
function fulfill(stream, chunk, done) {
  const request = stream.reader.requests.shift();
  if (done) request.close(chunk);
  else request.chunk(chunk);
}

const addRequest = (stream, request) => stream.reader.requests.push(request);

Object.assign(exports, {
  acquireReader,
  addRequest,
  cancel,
  close,
  fail,
  fulfill,
  newStream,
  read,
  readResult,
  releaseReader,
  waiting,
});
