// Compiles TypeScript to ES5 and minifies JavaScript with SWC.
import { createHash } from "node:crypto";
import swc from "@swc/wasm";

const source = `enum E{A,B=5}
const f=async<T,>(x:T)=>(await x)??E.B;
export default class<X>{ #p=1; get v():number{return this.#p**2} }`;
const options = { jsc: { parser: { syntax: "typescript" }, target: "es5" }, minify: false };
const { code } = swc.transformSync(source, options);
console.log(code.length, createHash("sha256").update(code).digest("hex"));

const verbose = "function foo(longName){ if(longName){ return 1 } else { return 2 } } console.log(foo(true))";
console.log(swc.minifySync(verbose, { compress: true, mangle: true }).code);
