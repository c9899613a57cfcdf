// node:stream/promises
const { connect, finished } = load("node/stream_end");

exports.pipeline = (...streams) => new Promise((resolve, reject) => {
  const last = streams.at(-1);
  const plain = last && typeof last === "object" && !load("node/stream_end").isStream(last) && !load("node/stream_end").isIterable(last);
  const options = plain ? streams.pop() : {};
  connect(streams, (error, value) => (error ? reject(error) : resolve(value)), options);
});

exports.finished = (stream, options = {}) => new Promise((resolve, reject) => {
  const cleanup = finished(stream, options, (error) => {
    if (options.cleanup) cleanup();
    if (error) reject(error);
    else resolve();
  });
});
