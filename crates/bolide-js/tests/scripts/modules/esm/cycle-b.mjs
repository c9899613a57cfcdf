import { a } from "./cycle-a.mjs";
const early = a();
export const b = () => early + 1;
