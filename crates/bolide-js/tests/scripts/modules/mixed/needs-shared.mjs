import { shared } from "./shared.mjs";
export const viaFunction = shared;
