// The same without a browser: `bolide run hello.mjs` or `node hello.mjs`, with a name if you like.
import init, { hello_from_rust } from "./pkg/hello.js";

await init();

const [name = "World"] = process.argv.slice(2);
console.log(hello_from_rust(name));
