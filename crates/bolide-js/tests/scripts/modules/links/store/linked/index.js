export { default as own } from "dependency";
export const name = import.meta.filename;
