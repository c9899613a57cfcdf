// Runs Ruby with its standard library, on WASI.
import fs from "node:fs";
import { DefaultRubyVM } from "@ruby/wasm-wasi/dist/node";

const file = "node_modules/@ruby/3.4-wasm-wasi/dist/ruby+stdlib.wasm";
const { vm } = await DefaultRubyVM(await WebAssembly.compile(fs.readFileSync(file)));
const source = `
require "json"
def fib(n)= n<2 ? n : fib(n-1)+fib(n-2)
begin; raise "boom"; rescue => e; m=e.message; end
f=Fiber.new{ Fiber.yield 1; 2}
JSON.generate([RUBY_VERSION,RUBY_PLATFORM,fib(20),m,(1..10).each_slice(3).map(&:sum),f.resume,f.resume,2**100])`;
console.log(vm.eval(source).toString());
process.exit(0);
