// Streams: the same under Node and in browsers.
const log = [];
const tests = [];
const test = (name, body) => tests.push([name, body]);
const same = (actual, expected, what = "") => {
  const [a, b] = [JSON.stringify(actual), JSON.stringify(expected)];
  if (a !== b) throw new Error(`${what} is ${a}, not ${b}`);
};
const outcome = (promise) => promise.then((value) => ["ok", value], (error) => ["error", error?.name ?? error]);
const tick = () => new Promise((resolve) => setTimeout(resolve, 0));
const all = async (stream) => {
  const chunks = [];
  for await (const chunk of stream) chunks.push(chunk);
  return chunks;
};
const bytes = (...values) => new Uint8Array(values);

test("default reader reads in order, then done", async () => {
  const stream = new ReadableStream({
    start(controller) {
      controller.enqueue("a");
      controller.enqueue("b");
      controller.close();
    },
  });
  const reader = stream.getReader();
  same(stream.locked, true);
  same([await reader.read(), await reader.read(), await reader.read()], [
    { value: "a", done: false },
    { value: "b", done: false },
    { done: true },
  ]);
  await reader.closed;
  reader.releaseLock();
  same(stream.locked, false);
  same(await outcome(reader.read()), ["error", "TypeError"]);
  same(await outcome(reader.closed), ["error", "TypeError"]);
});

test("pull is called as the queue has room", async () => {
  let pulls = 0;
  const stream = new ReadableStream(
    { pull: (controller) => void (pulls < 5 ? controller.enqueue(pulls++) : controller.close()) },
    { highWaterMark: 3 },
  );
  await tick();
  same(pulls, 3);
  same(await all(stream), [0, 1, 2, 3, 4]);
});

test("errors of the source reach reads and closed", async () => {
  const failure = new RangeError("no");
  for (const source of [
    { start: () => Promise.reject(failure) },
    { pull: () => { throw failure; } },
    { start: (controller) => controller.error(failure) },
    { pull: (controller) => controller.error(failure) },
  ]) {
    const reader = new ReadableStream(source).getReader();
    same(await outcome(reader.read()), ["error", "RangeError"]);
    same(await outcome(reader.closed), ["error", "RangeError"]);
  }
  let thrown;
  try { new ReadableStream({ start() { throw failure; } }); } catch (error) { thrown = error; }
  same(thrown === failure, true);
});

test("cancel passes the reason and closes", async () => {
  let reason;
  const stream = new ReadableStream({ cancel: (r) => void (reason = r) });
  const reader = stream.getReader();
  const pending = reader.read();
  same(await outcome(stream.cancel()), ["error", "TypeError"]);
  await reader.cancel("why");
  same([reason, await pending], ["why", { done: true }]);
});

test("sizes and desiredSize", async () => {
  let c;
  const stream = new ReadableStream({ start: (controller) => void (c = controller) }, new ByteLengthQueuingStrategy({ highWaterMark: 10 }));
  same(c.desiredSize, 10);
  c.enqueue(bytes(1, 2, 3));
  same(c.desiredSize, 7);
  c.close();
  same(await outcome(Promise.resolve().then(() => c.enqueue(1))), ["error", "TypeError"]);
  same((await all(stream)).map((x) => [...x]), [[1, 2, 3]]);
  same(c.desiredSize, 0);
  same(new CountQueuingStrategy({ highWaterMark: 4 }).size(), 1);
  const bad = new ReadableStream({ start: (controller) => { try { controller.enqueue(1); } catch (e) { log.push(e.name); } } }, { size: () => -1 });
  same(await outcome(bad.getReader().read()), ["error", "RangeError"]);
  same(log.splice(0), ["RangeError"]);
});

test("async iteration cancels on break unless told not to", async () => {
  const cancelled = [];
  const make = () => new ReadableStream({ pull: (c) => c.enqueue(1), cancel: (r) => void cancelled.push(String(r)) });
  for await (const chunk of make()) { same(chunk, 1); break; }
  same(cancelled, ["undefined"]);
  const kept = make();
  for await (const _ of kept.values({ preventCancel: true })) break;
  same([cancelled.length, kept.locked], [1, false]);
  const iterator = make().values();
  const results = await Promise.all([iterator.next(), iterator.return("x"), iterator.next()]);
  same(results.map(({ value, done }) => [value, done]), [[1, false], ["x", true], [undefined, true]]);
});

test("from iterables", async () => {
  same(await all(ReadableStream.from([1, Promise.resolve(2), 3])), [1, 2, 3]);
  let returned = false;
  const stream = ReadableStream.from({
    async *[Symbol.asyncIterator]() {
      try { yield 1; yield 2; } finally { returned = true; }
    },
  });
  for await (const value of stream) { same(value, 1); break; }
  same(returned, true);
  same(await all(ReadableStream.from("ab")), ["a", "b"]);
});

test("tee gives both branches everything, and cancels when both are cancelled", async () => {
  let reason;
  const [a, b] = ReadableStream.from([1, 2, 3]).tee();
  same([await all(a), await all(b)], [[1, 2, 3], [1, 2, 3]]);
  const [c, d] = new ReadableStream({ cancel: (r) => void (reason = r) }).tee();
  const first = c.cancel("c");
  await tick();
  same(reason, undefined);
  await d.cancel("d");
  await first;
  same(reason, ["c", "d"]);
});

test("byte streams: BYOB readers, min, transfer", async () => {
  let n = 0;
  const stream = new ReadableStream({
    type: "bytes",
    pull(controller) {
      const { byobRequest } = controller;
      if (n === 4) { controller.close(); byobRequest?.respond(0); return; }
      n++;
      if (byobRequest) { byobRequest.view[0] = n; byobRequest.respond(1); } else controller.enqueue(bytes(n));
    },
  });
  const reader = stream.getReader({ mode: "byob" });
  const given = new Uint8Array(4);
  const { value } = await reader.read(given);
  same([[...value], value.buffer.byteLength, given.byteLength], [[1], 4, 0]);
  same([...(await reader.read(new Uint8Array(3), { min: 2 })).value], [2, 3]);
  same(await outcome(reader.read(new Uint8Array(0))), ["error", "TypeError"]);
  same(await outcome(reader.read(new Uint8Array(2), { min: 3 })), ["error", "RangeError"]);
  reader.releaseLock();
  same((await all(stream)).map((x) => [...x]), [[4]]);
});

test("byte streams: views wider than a byte, and new views", async () => {
  const stream = new ReadableStream({
    type: "bytes",
    start(controller) { controller.enqueue(bytes(1, 0, 2)); controller.enqueue(bytes(0, 3, 0)); controller.close(); },
  });
  const reader = stream.getReader({ mode: "byob" });
  const { value } = await reader.read(new Uint16Array(3), { min: 3 });
  same([[...value], value.constructor.name], [[1, 2, 3], "Uint16Array"]);
  const end = await reader.read(new Uint16Array(2));
  same([end.done, end.value.length], [true, 0]);
  const replaced = new ReadableStream({
    type: "bytes",
    pull({ byobRequest }) {
      const { buffer, byteOffset } = byobRequest.view;
      const moved = buffer.transfer();
      new Uint8Array(moved)[0] = 9;
      byobRequest.respondWithNewView(new Uint8Array(moved, byteOffset, 1));
    },
  });
  same([...(await replaced.getReader({ mode: "byob" }).read(new Uint8Array(2))).value], [9]);
});

test("byte streams: autoAllocateChunkSize, release with a pending read, tee", async () => {
  const auto = new ReadableStream({
    type: "bytes",
    autoAllocateChunkSize: 8,
    pull(controller) { controller.byobRequest.view.set([1, 2]); controller.byobRequest.respond(2); },
  });
  same([...(await auto.getReader().read()).value], [1, 2]);
  let c;
  const stream = new ReadableStream({ type: "bytes", start: (controller) => void (c = controller) });
  const first = stream.getReader({ mode: "byob" });
  const pending = outcome(first.read(new Uint8Array(5)));
  await tick();
  first.releaseLock();
  same(await pending, ["error", "TypeError"]);
  const second = stream.getReader();
  const read = second.read();
  c.byobRequest.view[0] = 7;
  c.byobRequest.respond(1);
  c.enqueue(bytes(8));
  same([[...(await read).value], [...(await second.read()).value]], [[7], [8]]);
  second.releaseLock();
  const [left, right] = stream.tee();
  const byob = left.getReader({ mode: "byob" });
  const wanted = byob.read(new Uint8Array(2));
  await tick();
  c.enqueue(bytes(4, 5));
  same([...(await wanted).value], [4, 5]);
  c.close();
  same((await all(right)).map((x) => [...x]), [[4, 5]]);
  same((await byob.read(new Uint8Array(2))).done, true);
});

test("writable: order, backpressure, close", async () => {
  const release = [];
  const stream = new WritableStream({
    write: (chunk) => new Promise((resolve) => { log.push(chunk); release.push(resolve); }),
    close: () => void log.push("close"),
  }, { highWaterMark: 2 });
  const writer = stream.getWriter();
  await writer.ready;
  same(writer.desiredSize, 2);
  const writes = [writer.write(1), writer.write(2)];
  same(writer.desiredSize, 0);
  await tick();
  same(log, [1]);
  release.shift()();
  await writes[0];
  await writer.ready;
  same(writer.desiredSize, 1);
  const closed = writer.close();
  release.shift()();
  await Promise.all([...writes, closed, writer.closed]);
  same(log.splice(0), [1, 2, "close"]);
  same(await outcome(writer.write(3)), ["error", "TypeError"]);
});

test("writable: abort, its signal, errors of the sink", async () => {
  let signal;
  const stream = new WritableStream({
    start: (controller) => void (signal = controller.signal),
    write: () => new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason))),
    abort: (reason) => void log.push("abort", reason),
  });
  const writer = stream.getWriter();
  const write = outcome(writer.write(1));
  await tick();
  await writer.abort("stop");
  same([signal.aborted, signal.reason, await write, log.splice(0)], [true, "stop", ["error", "stop"], ["abort", "stop"]]);
  same(await outcome(writer.closed), ["error", "stop"]);
  const failing = new WritableStream({ write: () => Promise.reject(new RangeError("full")) }).getWriter();
  same(await outcome(failing.write(1)), ["error", "RangeError"]);
  same(await outcome(failing.closed), ["error", "RangeError"]);
  same(await outcome(failing.ready), ["error", "RangeError"]);
});

test("pipeTo: everything, then close; errors both ways; signals", async () => {
  const sink = (written) => new WritableStream({
    write: (chunk) => void written.push(chunk),
    close: () => void written.push("closed"),
    abort: (reason) => void written.push(`aborted: ${reason?.message ?? reason}`),
  });
  let written = [];
  await ReadableStream.from([1, 2, 3]).pipeTo(sink(written));
  same(written, [1, 2, 3, "closed"]);
  written = [];
  await ReadableStream.from([1]).pipeTo(sink(written), { preventClose: true });
  same(written, [1]);
  written = [];
  const failing = new ReadableStream({ pull: () => { throw new RangeError("source"); } });
  same(await outcome(failing.pipeTo(sink(written))), ["error", "RangeError"]);
  same(written, ["aborted: source"]);
  let reason;
  const source = new ReadableStream({ pull: (c) => c.enqueue(1), cancel: (r) => void (reason = r.message) });
  const full = new WritableStream({ write: () => Promise.reject(new RangeError("sink")) });
  same(await outcome(source.pipeTo(full)), ["error", "RangeError"]);
  same([reason, source.locked, full.locked], ["sink", false, false]);
  written = [];
  const controller = new AbortController();
  const endless = new ReadableStream({ pull: (c) => new Promise((r) => setTimeout(r, 1)).then(() => c.enqueue(1)), cancel: (r) => void (reason = r.name) });
  const piped = outcome(endless.pipeTo(sink(written), { signal: controller.signal }));
  setTimeout(() => controller.abort(), 15);
  same(await piped, ["error", "AbortError"]);
  same(reason, "AbortError");
});

test("transform: enqueue, flush, terminate, errors", async () => {
  const doubled = ReadableStream.from([1, 2]).pipeThrough(new TransformStream({
    transform: (chunk, controller) => controller.enqueue(chunk * 2),
    flush: (controller) => controller.enqueue("end"),
  }));
  same(await all(doubled), [2, 4, "end"]);
  same(await all(ReadableStream.from([1, 2, 3]).pipeThrough(new TransformStream())), [1, 2, 3]);
  const cut = ReadableStream.from([1, 2, 3]).pipeThrough(new TransformStream({
    transform(chunk, controller) { controller.enqueue(chunk); if (chunk === 2) controller.terminate(); },
  }));
  same(await all(cut), [1, 2]);
  const broken = ReadableStream.from([1]).pipeThrough(new TransformStream({ transform() { throw new RangeError("x"); } }));
  same(await outcome(all(broken)), ["error", "RangeError"]);
  let cancelled;
  const { readable, writable } = new TransformStream({ cancel: (r) => void (cancelled = r) });
  const writer = writable.getWriter();
  const closed = outcome(writer.closed);
  await readable.cancel("enough");
  same([cancelled, await closed], ["enough", ["error", "enough"]]);
});

test("compression there and back", async () => {
  const text = "the same text again and again, ".repeat(1000);
  for (const format of ["gzip", "deflate", "deflate-raw"]) {
    const packed = await all(new Response(text).body.pipeThrough(new CompressionStream(format)));
    const size = packed.reduce((sum, chunk) => sum + chunk.length, 0);
    same(size < 1000, true, format);
    const plain = ReadableStream.from(packed).pipeThrough(new DecompressionStream(format));
    same(await new Response(plain).text() === text, true, format);
    const truncated = ReadableStream.from([packed[0].subarray(0, 12)]).pipeThrough(new DecompressionStream(format));
    same(await outcome(new Response(truncated).arrayBuffer()), ["error", "TypeError"], `truncated ${format}`);
    const trailing = ReadableStream.from([...packed, bytes(1, 2, 3)]).pipeThrough(new DecompressionStream(format));
    same(await outcome(new Response(trailing).arrayBuffer()), ["error", "TypeError"], `trailing ${format}`);
  }
  const junk = ReadableStream.from([bytes(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11)]).pipeThrough(new DecompressionStream("gzip"));
  same(await outcome(new Response(junk).text()), ["error", "TypeError"]);
});

test("shapes of the interfaces", () => {
  const shapes = [
    [ReadableStream, 0, ["cancel", "getReader", "locked", "pipeThrough", "pipeTo", "tee", "values"]],
    [WritableStream, 0, ["abort", "close", "getWriter", "locked"]],
    [TransformStream, 0, ["readable", "writable"]],
    [ReadableStreamDefaultReader, 1, ["cancel", "closed", "read", "releaseLock"]],
    [ReadableStreamBYOBReader, 1, ["cancel", "closed", "read", "releaseLock"]],
    [WritableStreamDefaultWriter, 1, ["abort", "close", "closed", "desiredSize", "ready", "releaseLock", "write"]],
    [ReadableStreamDefaultController, 0, ["close", "desiredSize", "enqueue", "error"]],
    [ReadableByteStreamController, 0, ["byobRequest", "close", "desiredSize", "enqueue", "error"]],
    [ReadableStreamBYOBRequest, 0, ["respond", "respondWithNewView", "view"]],
    [TransformStreamDefaultController, 0, ["desiredSize", "enqueue", "error", "terminate"]],
    [WritableStreamDefaultController, 0, ["error", "signal"]],
    [CountQueuingStrategy, 1, ["highWaterMark", "size"]],
  ];
  for (const [Class, length, members] of shapes) {
    const { name } = Class;
    same(Object.keys(Class.prototype).sort(), members, name);
    same(Class.prototype[Symbol.toStringTag], name);
    if (name.endsWith("Controller") || name.endsWith("Request")) {
      let thrown;
      try { new Class(); } catch (error) { thrown = error; }
      same(thrown instanceof TypeError, true, name);
    } else same(Class.length, length, name);
    let thrown;
    try { Class(); } catch (error) { thrown = error; }
    same(thrown instanceof TypeError, true, name);
  }
  same(Object.keys(ReadableStream), ["from"]);
  same(ReadableStream.prototype[Symbol.asyncIterator] === ReadableStream.prototype.values, true);
});

let failures = 0;
for (const [name, body] of tests) {
  try {
    if (globalThis.TRACE) console.log(name);
    await body();
  } catch (error) {
    failures++;
    console.log(`FAILED ${name}: ${error?.stack ?? error}`);
  }
}
console.log(failures === 0 ? `${tests.length} passed` : `${failures} failed`);
