// node:constants
const { constants: os } = load("node/os");
Object.assign(exports, os.errno, os.signals, os.priority, os.dlopen, load("node/fs_common").constants);
