// Compresses and decompresses a megabyte.
import { createHash } from "node:crypto";
import { createRequire } from "node:module";

const zstd = createRequire(import.meta.url)("@bokuweb/zstd-wasm");
await zstd.init();

const text = Buffer.alloc(1 << 20);
let state = 1;
for (let i = 0; i < text.length; i++) {
  state = (state * 1103515245 + 12345) >>> 0;
  text[i] = ((state >>> 16) % 7) + 97;
}

const compressed = zstd.compress(text, 10);
const hash = createHash("sha256").update(compressed).digest("hex");
console.log(compressed.length, hash, Buffer.compare(Buffer.from(zstd.decompress(compressed)), text));
