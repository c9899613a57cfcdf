import { b } from "./cycle-b.mjs";
export const c = () => b;
