export { constant as first } from "./exports.wasm";
