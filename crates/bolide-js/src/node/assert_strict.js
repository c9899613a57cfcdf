// node:assert/strict
const { strict } = load("node/assert");
Object.assign(exports, strict, { default: strict });
