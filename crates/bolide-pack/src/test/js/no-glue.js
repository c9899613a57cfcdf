// In place of glue, for a module without imports.

export let __wasm;

export function initSync({ module }) {
    __wasm = new WebAssembly.Instance(module).exports;
}
