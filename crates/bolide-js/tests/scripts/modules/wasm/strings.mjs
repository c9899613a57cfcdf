// String builtins and imported string constants of the ESM integration.
import assert from "../assert.cjs";
import { length, hello } from "./strings.wasm";

assert.equal(length("four"), 4);
assert.equal(hello, "hello");
console.log("ok");
