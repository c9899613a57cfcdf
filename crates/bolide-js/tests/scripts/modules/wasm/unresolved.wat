(module (import "./nowhere.mjs" "f" (func)))
