import { inBody } from "./cycle-body.mjs";
export const get = () => inBody;
