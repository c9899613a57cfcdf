// node:tty
const stdio = load("node/stdio");
exports.isatty = (fd) => Number.isInteger(fd) && fd >= 0 && native("process").isTTY(fd);
exports.ReadStream = stdio.Input;
exports.WriteStream = stdio.Output;
