import { good, other } from "./good.mjs";
export const local = other;
export default function () {}
