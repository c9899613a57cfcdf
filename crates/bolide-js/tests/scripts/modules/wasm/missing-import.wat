(module (import "./env.mjs" "nothing" (func)))
