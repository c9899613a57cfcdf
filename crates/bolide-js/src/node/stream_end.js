// stream.finished, stream.pipeline, stream.addAbortSignal
const { nextTick } = load("node/stream_core");
const { make, invalidArgType, validate } = load("node/errors");
const { abortError } = load("node/events");

const isReadable = (stream) => !!stream && typeof stream.pipe === "function" && typeof stream.on === "function" && stream._readableState?.readable !== false && (!stream._writableState || stream._readableState !== undefined);
const isWritable = (stream) => !!stream && typeof stream.write === "function" && typeof stream.on === "function" && stream._writableState?.writable !== false;
const isStream = (value) => !!value && typeof value.on === "function" && (typeof value.pipe === "function" || typeof value.write === "function");

const premature = () => make(Error, "ERR_STREAM_PREMATURE_CLOSE", "Premature close");

function finished(stream, options, callback) {
  if (typeof options === "function") [options, callback] = [{}, options];
  options ??= {};
  validate.object(options, "options");
  validate.function(callback, "callback");
  if (!isStream(stream)) throw invalidArgType("stream", ["ReadableStream", "WritableStream", "Stream"], stream);
  let called = false;
  const call = (...values) => {
    if (called) return;
    called = true;
    Reflect.apply(callback, stream, values);
  };
  const readable = options.readable ?? (isReadable(stream) && typeof stream.read === "function");
  const writable = options.writable ?? isWritable(stream);
  const { _readableState: r, _writableState: w } = stream;
  const willClose = (!readable || !r || (r.autoDestroy && r.emitClose)) && (!writable || !w || (w.autoDestroy && w.emitClose)) && (r || w) && !stream.closed;
  let writableDone = w ? w.finished : false;
  let readableDone = r ? r.endEmitted : false;
  const onFinish = () => {
    writableDone = true;
    if (stream.destroyed && willClose) return;
    if (!readable || readableDone) call();
  };
  const onEnd = () => {
    readableDone = true;
    if (stream.destroyed && willClose) return;
    if (!writable || writableDone) call();
  };
  const onError = (error) => call(error);
  const errored = () => r?.errored ?? w?.errored;
  const onClose = () => {
    const error = errored();
    if (error && typeof error !== "boolean") call(error);
    else if (readable && !readableDone && r && !r.endEmitted) call(premature());
    else if (writable && !writableDone && w && !w.finished) call(premature());
    else call();
  };
  const listeners = [["end", onEnd], ["finish", onFinish], ["close", onClose]];
  if (options.error !== false) listeners.push(["error", onError]);
  for (const [name, listener] of listeners) stream.on(name, listener);
  if (stream.closed) nextTick(onClose);
  else if (w?.errorEmitted || r?.errorEmitted) nextTick(onClose);
  else if (!willClose && (!readable || readableDone) && (!writable || writableDone) && (readable || writable) && (r || w)) nextTick(onClose);
  const cleanup = () => {
    called = true;
    for (const [name, listener] of listeners) stream.removeListener(name, listener);
  };
  if (options.signal && !called) {
    const abort = () => {
      const run = callback;
      cleanup();
      run.call(stream, abortError(options.signal));
    };
    if (options.signal.aborted) nextTick(abort);
    else options.signal.addEventListener("abort", abort, { once: true });
  }
  return cleanup;
}

function addAbortSignal(signal, stream) {
  if (typeof signal?.aborted !== "boolean") throw invalidArgType("signal", "AbortSignal", signal);
  if (!isStream(stream)) throw invalidArgType("stream", ["ReadableStream", "WritableStream", "Stream"], stream);
  const abort = () => stream.destroy(abortError(signal));
  if (signal.aborted) abort();
  else {
    signal.addEventListener("abort", abort, { once: true });
    finished(stream, () => signal.removeEventListener("abort", abort));
  }
  return stream;
}

const isIterable = (value) => !!value && (typeof value[Symbol.asyncIterator] === "function" || typeof value[Symbol.iterator] === "function");

async function pump(source, target, finish, { end }) {
  let error;
  let wake = null;
  const resume = (reason) => {
    if (reason) error = reason;
    wake?.();
    wake = null;
  };
  const wait = () => new Promise((resolve, reject) => {
    if (error) reject(error);
    else wake = () => (error ? reject(error) : resolve());
  });
  target.on("drain", resume);
  const cleanup = finished(target, { readable: false }, resume);
  try {
    if (target.writableNeedDrain) await wait();
    for await (const chunk of source) if (!target.write(chunk)) await wait();
    if (end) {
      target.end();
      await wait();
    }
    finish();
  } catch (reason) {
    finish(error !== reason && error ? error : reason);
  } finally {
    cleanup();
    target.removeListener("drain", resume);
  }
}

function pipeline(...streams) {
  const callback = streams.pop();
  validate.function(callback, "streams[stream.length - 1]");
  return connect(streams.length === 1 && Array.isArray(streams[0]) ? streams[0] : streams, callback, {});
}

// Joins streams, iterables and generator functions. `callback` gets the error and what the last function returned.
function connect(streams, callback, { signal, end = true }) {
  if (streams.length < 2) throw make(TypeError, "ERR_MISSING_ARGS", 'The "streams" argument must be specified');
  const { PassThrough, Duplex } = load("node/stream_duplex");
  const { Readable } = load("node/stream_readable");
  const destroys = [];
  const inner = new AbortController();
  let error;
  let value;
  let waiting = 0;
  const finish = (reason, final = --waiting === 0) => {
    if (reason && (!error || error.code === "ERR_STREAM_PREMATURE_CLOSE")) error = reason;
    if (!error && !final) return;
    while (destroys.length > 0) destroys.shift()(error);
    signal?.removeEventListener("abort", abort);
    inner.abort();
    if (final) nextTick(callback, error, value);
  };
  const abort = () => finish(abortError(signal), waiting === 0);
  signal?.addEventListener("abort", abort, { once: true });
  const watch = (stream, reading, writing) => {
    waiting++;
    let done = false;
    destroys.push((reason) => {
      if (done) return;
      done = true;
      stream.destroy(reason ?? premature());
    });
    finished(stream, { readable: reading, writable: writing }, (reason) => {
      done = !reason;
      if (reason && reason.code === "ERR_STREAM_PREMATURE_CLOSE" && reading && stream._readableState?.ended && !stream._readableState.errored) {
        finish();
        return;
      }
      finish(reason);
    });
  };
  let result;
  streams.forEach((stream, index) => {
    const last = index === streams.length - 1;
    const reading = !last;
    const writing = index > 0;
    if (isStream(stream)) {
      if (end || !last) watch(stream, reading && isReadable(stream), writing);
      if (last && !end) stream.on("error", (reason) => { if (reason && reason.name !== "AbortError") finish(reason); });
    }
    if (index === 0) {
      if (typeof stream === "function") result = stream({ signal: inner.signal });
      else if (isIterable(stream) || isReadable(stream)) result = stream;
      else result = Duplex.from(stream);
    } else if (typeof stream === "function") {
      result = stream(isStream(result) && !isIterable(result) ? Readable.wrap(result) : result, { signal: inner.signal });
      if (!last) return;
      const target = new PassThrough({ objectMode: true });
      if (typeof result?.then === "function") {
        waiting++;
        result.then((given) => {
          value = given;
          if (given != null) target.write(given);
          if (end) target.end();
          nextTick(finish);
        }, (reason) => {
          target.destroy(reason);
          nextTick(finish, reason);
        });
      } else {
        waiting++;
        pump(result, target, finish, { end });
      }
      result = target;
    } else if (isStream(stream)) {
      if (isStream(result)) {
        waiting += 1;
        joinStreams(result, stream, finish, end || !last);
      } else {
        waiting++;
        pump(result, stream, finish, { end: end || !last });
      }
      result = stream;
    } else {
      throw invalidArgType("streams", ["Stream", "Function"], stream);
    }
  });
  if (signal?.aborted) nextTick(abort);
  return result;
}

function joinStreams(source, target, finish, end) {
  source.pipe(target, { end: false });
  if (end) {
    const stop = () => target.end();
    if (source.readableEnded) nextTick(stop);
    else source.once("end", stop);
  } else {
    finish();
    return;
  }
  finished(target, { readable: false, writable: true }, finish);
}

function destroyer(stream, error) {
  if (typeof stream.destroy === "function") stream.destroy(error);
  return stream;
}

Object.assign(exports, { finished, addAbortSignal, pipeline, connect, destroyer, isStream, isReadable, isWritable, isIterable });
