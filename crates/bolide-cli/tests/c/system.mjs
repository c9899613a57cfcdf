import { readFile } from "node:fs/promises";
import { initSync, constructed, elapsed, give_up, has_randomness, leave, open_file, print, print_error, print_part, read_character, variable, year } from "./pkg/system.js";

initSync({ module: await readFile(new URL("pkg/system.wasm", import.meta.url)) });

console.log("constructed", constructed());
print("grüße");
print_error("not on standard output");
print_part("in two ");
print_part("parts\nand ");
await new Promise((done) => setTimeout(done, 20));
console.log("year", year() === new Date().getUTCFullYear());
const start = elapsed();
console.log("elapsed", start >= 0 && elapsed() >= start);
console.log("randomness", has_randomness());
console.log("variable", variable("HOME"));
console.log("file", open_file("/etc/passwd"));
console.log("input", read_character());
try {
  leave(3);
} catch (error) {
  console.log(`${error.message}; ${error.code}`);
}
try {
  give_up();
} catch (error) {
  console.log(error instanceof WebAssembly.RuntimeError);
}
