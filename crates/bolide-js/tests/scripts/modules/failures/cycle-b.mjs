import "./good.mjs";
import { c } from "./cycle-c.mjs";
import "./missing.mjs";
export const b = c;
