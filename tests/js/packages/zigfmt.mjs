// Formats Zig with its own formatter.
import init, { format } from "@wasm-fmt/zig_fmt";

await init();
console.log(format('const std=@import("std");pub fn main()!void{const x:u32=1+ 2;std.debug.print("{d}\\n",.{x});if(x==3){return;}}'));
