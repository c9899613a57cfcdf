(module (import "./dead-zone.mjs" "late" (global i32)))
