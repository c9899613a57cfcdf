// Bundles three modules with Rollup, whose parser is SWC.
import { VERSION, rollup } from "@rollup/wasm-node";

const files = {
  e: "import {a,b} from 'm'; console.log(a(3)); export default ()=>import('n')",
  m: "export const a=x=>x*2; export const b=()=>{throw 1}; export class Unused{}",
  n: "export const z=1",
};
const bundle = await rollup({ input: "e", plugins: [{ resolveId: (id) => id, load: (id) => files[id] }] });
const { output } = await bundle.generate({ format: "es", inlineDynamicImports: true });
console.log(VERSION);
console.log(output[0].code);
