import requires from "./requires-cycle.cjs";
export const { code } = requires;
