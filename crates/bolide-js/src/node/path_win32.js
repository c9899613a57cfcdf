// node:path/win32
Object.assign(exports, load("node/path").win32);
