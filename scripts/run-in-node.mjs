// Runs one WASI command under Node, for scripts/check-programs.mjs.
//
// usage: node run-in-node.mjs FILE ARGS-JSON PREOPENS-JSON
//
// The guest's streams, environment and exit code are this process's. A trap
// exits with 134 and writes {trap, backtrace} to file descriptor 3.
import fs from "node:fs";
import { WASI } from "node:wasi";

const [file, args, preopens] = process.argv.slice(2);
const wasi = new WASI({
  version: "preview1",
  args: JSON.parse(args),
  env: process.env,
  preopens: JSON.parse(preopens),
  returnOnExit: false,
});
const module = await WebAssembly.compile(fs.readFileSync(file));
const instance = await WebAssembly.instantiate(module, wasi.getImportObject());
try {
  wasi.start(instance);
} catch (error) {
  const backtrace = [...error.stack.matchAll(/^ *at (?:[^ ]*\.)?(\S+) \(wasm:/gm)].map((match) => match[1]);
  fs.writeSync(3, JSON.stringify({ trap: error.message, backtrace }));
  process.exit(134);
}
