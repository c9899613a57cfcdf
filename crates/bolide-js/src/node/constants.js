// node:constants
const { constants: os } = load("node/os");
Object.assign(exports, os.errno, os.signals, os.priority, os.dlopen, load("node/fs_common").constants);

// What `process.binding("constants")` gives: glue code of Emscripten reads the flags of files from it.
const groups = () => ({
  os, fs: load("node/fs_common").constants, crypto: load("node/crypto").constants, zlib: load("node/zlib").constants, trace: {},
});
Object.defineProperty(exports, "groups", { value: groups });
