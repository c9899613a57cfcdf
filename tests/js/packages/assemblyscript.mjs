// Compiles a program to WebAssembly, prints the hash of the module, then runs it.
import { createHash } from "node:crypto";
import asc from "assemblyscript/asc";

const source = `
export function fib(n:i32):i32{let a=0,b=1;for(let i=0;i<n;i++){let t=a+b;a=b;b=t}return a}
export function f(x:f64):f64{return Math.sin(x)}`;
const { error, binary } = await asc.compileString(source, { optimizeLevel: 3, runtime: "stub" });
if (error) {
  throw error;
}
console.log(binary.length, createHash("sha256").update(binary).digest("hex"));

const { exports } = new WebAssembly.Instance(new WebAssembly.Module(binary));
console.log(exports.fib(30), exports.f(1));
