/* @ts-self-types="./NAME.d.ts" */
import init, { initSync } from './NAME_bg.js';

export * from './NAME_bg.js';
export { init as default };

// Where files can be read at once, as in Bolide, Deno and Node, the module is ready as soon as it is imported.
const builtin = (name) => globalThis.process?.getBuiltinModule?.(name);
const fs = import.meta.url?.startsWith('file:') ? builtin('node:fs') : undefined;
if (fs) {
    initSync({ module: fs.readFileSync(new URL('NAME_bg.wasm', import.meta.url)) });
}
