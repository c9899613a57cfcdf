import { memory } from "./exports.wasm";
import * as all from "./exports.wasm";
export default memory === all.memory;
