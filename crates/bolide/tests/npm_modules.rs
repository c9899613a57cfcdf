//! Real modules from npm, at the versions that `scripts/npm/package-lock.json` pins, called through
//! their plain exports: what JavaScript glue does elsewhere is done here in Rust.

mod npm;
