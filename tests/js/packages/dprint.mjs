// Formats TypeScript with dprint's plugin, a module without imports, through its interface of shared bytes.
import fs from "node:fs";

const file = "node_modules/@dprint/typescript/plugin.wasm";
const module = new WebAssembly.Module(fs.readFileSync(file));
const names = WebAssembly.Module.exports(module).map(({ name }) => name);
console.log(JSON.stringify(WebAssembly.Module.imports(module)), names.join());

const plugin = new WebAssembly.Instance(module, {}).exports;
const memory = () => new Uint8Array(plugin.memory.buffer);

function send(text) {
  const bytes = new TextEncoder().encode(text);
  plugin.clear_shared_bytes(bytes.length);
  memory().set(bytes, plugin.get_shared_bytes_ptr());
}

function receive(length) {
  const start = plugin.get_shared_bytes_ptr();
  return new TextDecoder().decode(memory().slice(start, start + length));
}

console.log(plugin.dprint_plugin_version_4());
const { name, version } = JSON.parse(receive(plugin.get_plugin_info()));
console.log(name, version);

send(JSON.stringify({ plugin: {}, global: {} }));
plugin.register_config(1);
send("/a.ts");
plugin.set_file_path();
send("const  a :number=1;function f( x ){if(x){return  {a,b:[1,2,3]}}}\nclass A<T>{ private  x?:T }");
const status = plugin.format(1);
console.log(status);
console.log(receive(status === 1 ? plugin.get_formatted_text() : plugin.get_error_text()));
