// The same without a browser: `bolide run hello.mjs` or `node hello.mjs`, with a name if you like.
import { readFile } from "node:fs/promises";
import init, { hello_from_rust } from "./pkg/hello.js";

const module = await readFile(new URL("pkg/hello_bg.wasm", import.meta.url));
await init({ module_or_path: module });

const [name = "World"] = process.argv.slice(2);
console.log(hello_from_rust(name));
