import "./dead-zone.wasm";
export const late = 1;
