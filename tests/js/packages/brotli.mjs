// Compresses and decompresses 300 kB, and shows the error of data that are not compressed.
import { createHash } from "node:crypto";
import { createRequire } from "node:module";

const brotli = createRequire(import.meta.url)("brotli-wasm");

const text = Buffer.alloc(300_000);
let state = 1;
for (let i = 0; i < text.length; i++) {
  state = (state * 1103515245 + 12345) >>> 0;
  text[i] = ((state >>> 16) % 7) + 97;
}

const compressed = brotli.compress(text, { quality: 9 });
const hash = createHash("sha256").update(compressed).digest("hex");
console.log(compressed.length, hash, Buffer.compare(Buffer.from(brotli.decompress(compressed)), text));

try {
  brotli.decompress(Buffer.from("garbage!"));
} catch (error) {
  console.log("err", String(error.message || error));
}
