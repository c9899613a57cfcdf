// Transforms TypeScript with esbuild, which is a Go program: its build for browsers, without a worker.
import fs from "node:fs";

globalThis.self = globalThis;
const esbuild = await import("./node_modules/esbuild-wasm/esm/browser.js");

const wasmModule = new WebAssembly.Module(fs.readFileSync("node_modules/esbuild-wasm/esbuild.wasm"));
await esbuild.initialize({ wasmModule, worker: false });

const source = `enum E{A,B=5}
const f=async<T,>(x:T)=>(await x)??E.B;
export default class<X>{ #p=1; get v():number{return this.#p**2} }`;
const { code } = await esbuild.transform(source, { loader: "ts", target: "es2018", minify: true });
console.log(code);
console.log(esbuild.version);
process.exit(0);
