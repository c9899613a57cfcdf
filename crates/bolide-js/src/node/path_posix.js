// node:path/posix
Object.assign(exports, load("node/path").posix);
