(module (import "./env.mjs" "wasm:x" (func)))
