(module (import "./env.mjs" "ninetyNine" (func)))
