// node:stream/consumers
const { Buffer } = load("node/buffer");

async function buffer(stream) {
  const chunks = [];
  for await (const chunk of stream) chunks.push(typeof chunk === "string" ? Buffer.from(chunk) : Buffer.from(chunk.buffer ?? chunk, chunk.byteOffset, chunk.byteLength));
  return Buffer.concat(chunks);
}

Object.assign(exports, {
  buffer,
  arrayBuffer: async (stream) => new Uint8Array(await buffer(stream)).buffer,
  blob: async (stream) => new Blob([await buffer(stream)]),
  text: async (stream) => (await buffer(stream)).toString().replace(/^\ufeff/, ""),
  json: async (stream) => JSON.parse(await exports.text(stream)),
});
