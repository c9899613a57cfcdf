import { readFileSync } from "node:fs";

const module = new WebAssembly.Module(readFileSync("boom.wasm"));
const instance = new WebAssembly.Instance(module, { host: { back: () => again() } });

function again() {
  instance.exports.inner();
}

console.log("before");
instance.exports.outer();
