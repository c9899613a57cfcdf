// bolide parse examples/quick-guide/demo.wat && bolide run examples/quick-guide/demo.mjs

const importObj = { imports: { hello_from_js: (message) => console.log(message) } };
const source = fetch('demo.wasm');
WebAssembly.instantiateStreaming(source, importObj).then(wasm => {
  const instance = wasm.instance;
  instance.exports.hello_from_wasm();                       // call a method from wasm
  const memory = new Uint8Array(instance.exports.memory.buffer);  // access the linear memory
  console.log(memory.slice(0, 5));
});
