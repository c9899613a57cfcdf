import { callBack } from "./cycle.wasm";
export function fromJs() {
  return 3;
}
export const run = () => `from cycle ${callBack()}`;
