import assert from "node:assert";
import fs from "node:fs";
import { WASI } from "node:wasi";

// (module: writes "out\n" to descriptor 1, then calls proc_exit with the size of its arguments)
const leb = (value) => (value < 128 ? [value] : [(value & 127) | 128, ...leb(value >>> 7)]);
const name = (text) => [text.length, ...Buffer.from(text)];
const section = (id, ...bytes) => { const body = bytes.flat(Infinity); return [id, ...leb(body.length), ...body]; };
const WASI_NAME = name("wasi_snapshot_preview1");
const module = new WebAssembly.Module(Uint8Array.from([
  0, 97, 115, 109, 1, 0, 0, 0,
  section(1, 4, [96, 4, 127, 127, 127, 127, 1, 127], [96, 1, 127, 0], [96, 2, 127, 127, 1, 127], [96, 0, 0]),
  section(2, 3, WASI_NAME, name("fd_write"), 0, 0, WASI_NAME, name("proc_exit"), 0, 1, WASI_NAME, name("args_sizes_get"), 0, 2),
  section(3, 1, 3),
  section(5, 1, 0, 1),
  section(7, 2, name("memory"), 2, 0, name("_start"), 0, 3),
  section(10, 1, (() => {
    const body = [0, 65, 1, 65, 0, 65, 1, 65, 16, 16, 0, 26, 65, 24, 65, 28, 16, 2, 26, 65, 24, 40, 2, 0, 16, 1, 11];
    return [body.length, ...body];
  })()),
  section(11, 1, 0, 65, 0, 11, 12, [8, 0, 0, 0, 4, 0, 0, 0], [...Buffer.from("out\n")]),
].flat(Infinity)));

const wasi = new WASI({ version: "preview1", args: ["a", "b", "c"], env: { X: "1" }, preopens: { "/f": process.env.FOLDER } });
const instance = new WebAssembly.Instance(module, wasi.getImportObject());
assert.strictEqual(wasi.start(instance), 3);
assert.throws(() => wasi.start(instance), { code: "ERR_WASI_ALREADY_STARTED" });
assert.throws(() => new WASI({}), { code: "ERR_INVALID_ARG_TYPE" });
assert.throws(() => new WASI({ version: "preview9" }), { code: "ERR_INVALID_ARG_VALUE" });
const fd = fs.openSync(`${process.env.FOLDER}/out`, "w+");
const other = new WASI({ version: "preview1", stdout: fd });
assert.strictEqual(other.start(new WebAssembly.Instance(module, { wasi_snapshot_preview1: other.wasiImport })), 0);
assert.strictEqual(fs.readFileSync(`${process.env.FOLDER}/out`, "utf8"), "out\n");
