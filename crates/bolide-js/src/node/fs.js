// node:fs
const common = load("node/fs_common");
const { constants, operations, start, sync, toPath, readArguments } = common;
const { invalidArgType, unavailable } = load("node/errors");
const { promisify } = load("node/promisify");

const nextTick = (...values) => load("node/process").process.nextTick(...values);

function settle(promise, callback, more = () => []) {
  promise.then(
    (value) => nextTick(callback, null, ...(value === undefined ? [] : [value]), ...more()),
    (error) => nextTick(callback, error),
  );
}

function takeCallback(values) {
  const callback = values.at(-1);
  if (typeof callback !== "function") throw invalidArgType("cb", "function", callback);
  return values.slice(0, -1);
}

// Forms with a callback: the last argument.
function withCallback(name) {
  const prepare = operations[name];
  const form = (...values) => {
    const rest = takeCallback(values);
    settle(start(prepare(...rest)), values.at(-1));
  };
  Object.defineProperty(form, "name", { value: name });
  return form;
}

for (const name of Object.keys(operations)) {
  exports[name] = withCallback(name);
  const form = sync(name);
  Object.defineProperty(form, "name", { value: `${name}Sync` });
  exports[`${name}Sync`] = form;
}

for (const name of ["stat", "lstat", "fstat"]) {
  const form = exports[`${name}Sync`];
  exports[`${name}Sync`] = (path, options) => {
    try {
      return form(path, options);
    } catch (error) {
      if (options?.throwIfNoEntry === false && (error.code === "ENOENT" || error.code === "ENOTDIR")) return undefined;
      throw error;
    }
  };
}

exports.read = (fd, ...values) => {
  const callback = values.at(-1);
  const rest = takeCallback(values);
  const { buffer } = readArguments(fd, ...rest);
  settle(start(operations.read(fd, buffer, ...(ArrayBuffer.isView(rest[0]) ? rest.slice(1) : [rest[0] ?? {}]))), callback, () => [buffer]);
};
exports.write = (fd, ...values) => {
  const callback = values.at(-1);
  const rest = takeCallback(values);
  settle(start(operations.write(fd, ...rest)), callback, () => [rest[0]]);
};
for (const [name, first] of [["read", "bytesRead"], ["write", "bytesWritten"]]) {
  Object.defineProperty(exports[name], promisify.custom, {
    value: (...values) => new Promise((resolve, reject) => {
      exports[name](...values, (error, count, buffer) => (error ? reject(error) : resolve({ [first]: count, buffer })));
    }),
  });
}

// `writev` and `readv`: buffers one after the other.
const total = (buffers) => buffers.reduce((sum, buffer) => sum + buffer.byteLength, 0);
const joined = (buffers) => load("node/buffer").Buffer.concat(buffers.map((view) => new Uint8Array(view.buffer, view.byteOffset, view.byteLength)));
function scatter(buffers, bytes, count) {
  let at = 0;
  for (const view of buffers) {
    const part = bytes.subarray(at, Math.min(count, at + view.byteLength));
    new Uint8Array(view.buffer, view.byteOffset, view.byteLength).set(part);
    at += view.byteLength;
    if (at >= count) break;
  }
  return count;
}
exports.writevSync = (fd, buffers, position) => exports.writeSync(fd, joined(buffers), 0, undefined, position);
exports.readvSync = (fd, buffers, position) => {
  const bytes = new Uint8Array(total(buffers));
  return scatter(buffers, bytes, exports.readSync(fd, bytes, 0, bytes.length, position));
};
exports.writev = (fd, buffers, position, callback = position) => {
  exports.write(fd, joined(buffers), 0, undefined, typeof position === "function" ? null : position, (error, count) => callback(error, count, buffers));
};
exports.readv = (fd, buffers, position, callback = position) => {
  const bytes = new Uint8Array(total(buffers));
  exports.read(fd, bytes, 0, bytes.length, typeof position === "function" ? null : position, (error, count) => {
    if (error) callback(error);
    else callback(null, scatter(buffers, bytes, count), buffers);
  });
};

exports.existsSync = (path) => {
  try {
    exports.accessSync(path);
    return true;
  } catch {
    return false;
  }
};
exports.exists = (path, callback) => {
  if (typeof callback !== "function") throw invalidArgType("cb", "function", callback);
  common.promised("access")(path).then(() => nextTick(callback, true), () => nextTick(callback, false));
};
Object.defineProperty(exports.exists, promisify.custom, { value: (path) => new Promise((resolve) => exports.exists(path, resolve)) });

exports.realpathSync.native = exports.realpathSync;
exports.realpath.native = exports.realpath;

exports.opendirSync = (path, options) => {
  const { Dir } = load("node/fs_dir");
  return new Dir(toPath(path), exports.readdirSync(path, { ...options, encoding: undefined, withFileTypes: true }));
};
exports.opendir = (path, options, callback = options) => {
  settle(load("node/fs_promises").opendir(path, typeof options === "object" ? options : {}), callback);
};
exports.openAsBlob = async (path, options = {}) => new Blob([await common.promised("readFile")(path)], options);

for (const name of ["watch", "watchFile", "unwatchFile", "statfs", "statfsSync", "glob", "globSync"]) {
  exports[name] = () => { throw unavailable(`fs.${name}`, "compare the results of fs.stat or fs.readdir"); };
}

exports.createReadStream = (path, options) => new (load("node/fs_streams").ReadStream)(path, options);
exports.createWriteStream = (path, options) => new (load("node/fs_streams").WriteStream)(path, options);
for (const [name, source] of [
  ["ReadStream", "node/fs_streams"], ["WriteStream", "node/fs_streams"], ["FileReadStream", "node/fs_streams"], ["FileWriteStream", "node/fs_streams"],
  ["Dir", "node/fs_dir"], ["Stats", "node/fs_stats"], ["Dirent", "node/fs_stats"],
]) {
  Object.defineProperty(exports, name, {
    enumerable: true,
    configurable: true,
    get: () => load(source)[name.replace(/^File/, "")],
    set(value) { Object.defineProperty(exports, name, { value, writable: true, enumerable: true, configurable: true }); },
  });
}
Object.defineProperty(exports, "promises", { enumerable: true, configurable: true, get: () => load("node/fs_promises") });
exports.constants = constants;
for (const name of ["F_OK", "R_OK", "W_OK", "X_OK"]) exports[name] = constants[name];
