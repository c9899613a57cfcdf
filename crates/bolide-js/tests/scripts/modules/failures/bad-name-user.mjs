import { local } from "./bad-name.mjs";
export { local };
