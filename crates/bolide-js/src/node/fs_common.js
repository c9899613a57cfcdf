// What all forms of node:fs share: arguments, and one table of operations.
const { Buffer } = load("node/buffer");
const { make, invalidArgType, invalidArgValue, outOfRange, validate } = load("node/errors");

const constants = {
  UV_FS_SYMLINK_DIR: 1, UV_FS_SYMLINK_JUNCTION: 2, O_RDONLY: 0, O_WRONLY: 1, O_RDWR: 2,
  UV_DIRENT_UNKNOWN: 0, UV_DIRENT_FILE: 1, UV_DIRENT_DIR: 2, UV_DIRENT_LINK: 3, UV_DIRENT_FIFO: 4, UV_DIRENT_SOCKET: 5,
  UV_DIRENT_CHAR: 6, UV_DIRENT_BLOCK: 7,
  S_IFMT: 61440, S_IFREG: 32768, S_IFDIR: 16384, S_IFCHR: 8192, S_IFBLK: 24576, S_IFIFO: 4096, S_IFLNK: 40960, S_IFSOCK: 49152,
  O_CREAT: 64, O_EXCL: 128, UV_FS_O_FILEMAP: 0, O_NOCTTY: 256, O_TRUNC: 512, O_APPEND: 1024, O_DIRECTORY: 65536, O_NOATIME: 262144,
  O_NOFOLLOW: 131072, O_SYNC: 1052672, O_DSYNC: 4096, O_DIRECT: 16384, O_NONBLOCK: 2048,
  S_IRWXU: 448, S_IRUSR: 256, S_IWUSR: 128, S_IXUSR: 64, S_IRWXG: 56, S_IRGRP: 32, S_IWGRP: 16, S_IXGRP: 8,
  S_IRWXO: 7, S_IROTH: 4, S_IWOTH: 2, S_IXOTH: 1, F_OK: 0, R_OK: 4, W_OK: 2, X_OK: 1,
  UV_FS_COPYFILE_EXCL: 1, COPYFILE_EXCL: 1, UV_FS_COPYFILE_FICLONE: 2, COPYFILE_FICLONE: 2, UV_FS_COPYFILE_FICLONE_FORCE: 4, COPYFILE_FICLONE_FORCE: 4,
};
const { O_RDONLY, O_RDWR, O_WRONLY, O_CREAT, O_EXCL, O_TRUNC, O_APPEND, O_SYNC } = constants;
const FLAGS = {
  r: O_RDONLY, rs: O_RDONLY | O_SYNC, "r+": O_RDWR, "rs+": O_RDWR | O_SYNC,
  w: O_TRUNC | O_CREAT | O_WRONLY, wx: O_TRUNC | O_CREAT | O_WRONLY | O_EXCL,
  "w+": O_TRUNC | O_CREAT | O_RDWR, "wx+": O_TRUNC | O_CREAT | O_RDWR | O_EXCL,
  a: O_APPEND | O_CREAT | O_WRONLY, ax: O_APPEND | O_CREAT | O_WRONLY | O_EXCL, as: O_APPEND | O_CREAT | O_WRONLY | O_SYNC,
  "a+": O_APPEND | O_CREAT | O_RDWR, "ax+": O_APPEND | O_CREAT | O_RDWR | O_EXCL, "as+": O_APPEND | O_CREAT | O_RDWR | O_SYNC,
  sr: O_RDONLY | O_SYNC, "sr+": O_RDWR | O_SYNC, xw: O_TRUNC | O_CREAT | O_WRONLY | O_EXCL, "xw+": O_TRUNC | O_CREAT | O_RDWR | O_EXCL,
  xa: O_APPEND | O_CREAT | O_WRONLY | O_EXCL, "xa+": O_APPEND | O_CREAT | O_RDWR | O_EXCL, __proto__: null,
};

function toFlags(flags, fallback = "r") {
  if (typeof flags === "number") {
    validate.integer(flags, "flags");
    return flags;
  }
  const value = FLAGS[flags ?? fallback];
  if (value === undefined) throw invalidArgValue("flags", flags);
  return value;
}

function toMode(mode, fallback, name = "mode") {
  if (mode === undefined || mode === null) return fallback;
  if (typeof mode === "string") {
    if (!/^[0-7]+$/.test(mode)) throw invalidArgValue(name, mode, "must be a 32-bit unsigned integer or an octal string");
    return parseInt(mode, 8);
  }
  validate.integer(mode, name, 0, 2 ** 32 - 1);
  return mode;
}

function toPath(value, name = "path") {
  let path = value;
  if (typeof value === "object" && value !== null && typeof value.href === "string" && value.protocol !== undefined) {
    path = load("node/url").fileURLToPath(value);
  } else if (value instanceof Uint8Array) {
    path = Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString();
  }
  if (typeof path !== "string") throw invalidArgType(name, ["string", "Buffer", "URL"], value);
  if (path.includes("\0")) throw invalidArgValue(name, value, "must be a string, Uint8Array, or URL without null bytes");
  return path;
}

function toFd(fd) {
  if (typeof fd !== "number") throw invalidArgType("fd", "number", fd);
  validate.integer(fd, "fd", 0, 2147483647);
  return fd;
}

const toFile = (file) => (file === (file | 0) ? toFd(file) : toPath(file));

function toOptions(options, defaults = {}) {
  if (options === undefined || options === null || typeof options === "function") return defaults;
  if (typeof options === "string") options = { encoding: options };
  else if (typeof options !== "object") throw invalidArgType("options", ["string", "Object"], options);
  const merged = { ...defaults, ...options };
  const { encoding } = merged;
  if (encoding !== undefined && encoding !== null && encoding !== "buffer" && !Buffer.isEncoding(encoding)) {
    throw invalidArgValue("encoding", encoding, "is invalid encoding");
  }
  if (merged.signal?.aborted) throw load("node/events").abortError(merged.signal);
  return merged;
}

function toSeconds(time, name) {
  if (time instanceof Date) return time.getTime() / 1000;
  const seconds = typeof time === "string" && +time == time ? +time : time;
  if (typeof seconds === "number" && Number.isFinite(seconds)) return seconds < 0 ? Date.now() / 1000 : seconds;
  throw invalidArgType(name, ["Date", "Time in seconds"], time);
}

// The number of a user or a group; -1 leaves it as it is.
function toId(id, name) {
  validate.integer(id, name, -1, 2 ** 32 - 1);
  return id;
}

// The bytes of what is to be written. The second form of the error is that of `write`.
function toBytes(data, encoding, name = "data") {
  if (typeof data === "string") return Buffer.from(data, encoding ?? "utf8");
  if (ArrayBuffer.isView(data)) return data;
  throw invalidArgType(name, ["string", "Buffer", "TypedArray", "DataView"], data);
}

const asBuffer = (bytes) => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
const decoded = (bytes, encoding) => (!encoding || encoding === "buffer" ? asBuffer(bytes) : asBuffer(bytes).toString(encoding));
const textAs = (encoding) => (text) => (text === undefined || encoding === undefined || encoding === null || encoding === "utf8" || encoding === "utf-8"
  ? text : encoding === "buffer" ? Buffer.from(text) : Buffer.from(text).toString(encoding));

function toWritten(buffer, offset, length) {
  validate.integer(offset, "offset", 0);
  if (offset > buffer.byteLength) throw outOfRange("offset", `<= ${buffer.byteLength}`, offset);
  if (length > buffer.byteLength - offset) throw outOfRange("length", `<= ${buffer.byteLength - offset}`, length);
  validate.integer(length, "length", 0);
  return new Uint8Array(buffer.buffer, buffer.byteOffset + offset, length);
}

const toPosition = (position) => (typeof position === "bigint" ? Number(position) : typeof position === "number" && position >= 0 ? position : null);

function readArguments(fd, buffer, offsetOrOptions, length, position) {
  let offset = offsetOrOptions;
  if (!ArrayBuffer.isView(buffer) && buffer !== null && typeof buffer === "object") {
    ({ buffer = Buffer.alloc(16384), offset, length, position } = buffer);
  } else if (offsetOrOptions !== null && typeof offsetOrOptions === "object") {
    ({ offset, length, position } = offsetOrOptions);
  }
  if (!ArrayBuffer.isView(buffer)) throw invalidArgType("buffer", ["Buffer", "TypedArray", "DataView"], buffer);
  offset ??= 0;
  length ??= buffer.byteLength - offset;
  const target = toWritten(buffer, offset, length | 0);
  return { target, buffer, position: toPosition(position) };
}

function writeArguments(fd, data, offsetOrOptions, length, position) {
  if (typeof data === "string") {
    return { bytes: Buffer.from(data, typeof length === "string" ? length : "utf8"), position: toPosition(offsetOrOptions), data };
  }
  if (!ArrayBuffer.isView(data)) throw invalidArgType("buffer", ["string", "Buffer", "TypedArray", "DataView"], data);
  let offset = offsetOrOptions;
  if (offsetOrOptions !== null && typeof offsetOrOptions === "object") ({ offset, length, position } = offsetOrOptions);
  offset ??= 0;
  length ??= data.byteLength - offset;
  return { bytes: toWritten(data, offset, length), position: toPosition(position), data };
}

const stats = (numbers) => load("node/fs_stats").statsFrom(numbers);

function entries(path, { encoding, withFileTypes }) {
  const { join, dirname, basename } = load("node/path");
  const name = textAs(encoding);
  return (list) => {
    const result = [];
    for (let i = 0; i < list.length; i += 2) {
      if (!withFileTypes) {
        result.push(name(list[i]));
        continue;
      }
      const inner = dirname(list[i]);
      const { Dirent } = load("node/fs_stats");
      result.push(new Dirent(name(basename(list[i])), inner === "." ? path : join(path, inner), list[i + 1]));
    }
    return result;
  };
}

// Each operation checks its arguments and returns the native operation, its arguments, and how to convert the result.
const operations = {
  readFile(path, options) {
    const { encoding, flag } = toOptions(options, { flag: "r" });
    return ["readFile", [toFile(path), toFlags(flag)], (bytes) => decoded(bytes, encoding)];
  },
  writeFile(path, data, options) {
    const { encoding, flag, mode, flush } = toOptions(options, { encoding: "utf8", mode: 0o666, flag: "w" });
    return ["writeFile", [toFile(path), toBytes(data, encoding), toFlags(flag, "w"), toMode(mode, 0o666), flush === true]];
  },
  appendFile(path, data, options) {
    return operations.writeFile(path, data, { flag: "a", ...toOptions(options, { encoding: "utf8", mode: 0o666 }) });
  },
  open(path, flags, mode) {
    return ["open", [toPath(path), toFlags(flags), toMode(mode, 0o666)]];
  },
  close: (fd) => ["close", [toFd(fd)]],
  read(fd, ...rest) {
    const { target, position } = readArguments(toFd(fd), ...rest);
    return ["read", [fd, target.length, position], (bytes) => {
      target.set(bytes);
      return bytes.length;
    }];
  },
  write(fd, ...rest) {
    const { bytes, position } = writeArguments(toFd(fd), ...rest);
    return ["write", [fd, bytes, position]];
  },
  stat(path, options) {
    return ["stat", [toPath(path), options?.bigint === true], stats];
  },
  lstat(path, options) {
    return ["lstat", [toPath(path), options?.bigint === true], stats];
  },
  fstat(fd, options) {
    return ["fstat", [toFd(fd), options?.bigint === true], stats];
  },
  readdir(path, options) {
    const wanted = toOptions(options);
    const text = toPath(path);
    return ["readdir", [text, wanted.recursive === true], entries(text, wanted)];
  },
  mkdir(path, options) {
    const { mode, recursive } = typeof options === "object" && options !== null ? options : { mode: options };
    if (recursive !== undefined) validate.boolean(recursive, "options.recursive");
    return ["mkdir", [toPath(path), toMode(mode, 0o777), recursive === true]];
  },
  mkdtemp(prefix, options) {
    return ["mkdtemp", [toPath(prefix, "prefix")], textAs(toOptions(options).encoding)];
  },
  rmdir(path) {
    return ["rmdir", [toPath(path)]];
  },
  rm(path, options = {}) {
    const { force = false, recursive = false } = options;
    validate.boolean(force, "options.force");
    validate.boolean(recursive, "options.recursive");
    return ["rm", [toPath(path), recursive, force]];
  },
  unlink: (path) => ["unlink", [toPath(path)]],
  rename: (from, to) => ["rename", [toPath(from, "oldPath"), toPath(to, "newPath")]],
  link: (from, to) => ["link", [toPath(from, "existingPath"), toPath(to, "newPath")]],
  symlink: (target, path) => ["symlink", [toPath(target, "target"), toPath(path)]],
  readlink: (path, options) => ["readlink", [toPath(path)], textAs(toOptions(options).encoding)],
  realpath: (path, options) => ["realpath", [toPath(path)], textAs(toOptions(options).encoding)],
  copyFile(from, to, mode = 0) {
    validate.integer(mode, "mode", 0, 7);
    if (mode & constants.COPYFILE_FICLONE_FORCE) {
      throw make(Error, "ENOTSUP", "ENOTSUP: operation not supported on socket, copyfile: COPYFILE_FICLONE_FORCE is not supported");
    }
    return ["copyFile", [toPath(from, "src"), toPath(to, "dest"), (mode & constants.COPYFILE_EXCL) !== 0]];
  },
  cp(from, to, options = {}) {
    validate.object(options, "options");
    for (const name of ["filter", "preserveTimestamps", "verbatimSymlinks"]) {
      if (options[name]) throw invalidArgValue(`options.${name}`, options[name], "is not supported");
    }
    const { recursive = false, force = true, errorOnExist = false, dereference = false } = options;
    return ["cp", [toPath(from, "src"), toPath(to, "dest"), recursive, force, errorOnExist, dereference]];
  },
  access: (path, mode) => ["access", [toPath(path), mode ?? 0]],
  truncate(path, length = 0) {
    return typeof path === "number" ? operations.ftruncate(path, length) : ["truncate", [toPath(path), Math.max(0, length ?? 0)]];
  },
  ftruncate(fd, length = 0) {
    validate.integer(length ?? 0, "len");
    return ["ftruncate", [toFd(fd), Math.max(0, length ?? 0)]];
  },
  fsync: (fd) => ["fsync", [toFd(fd)]],
  fdatasync: (fd) => ["fdatasync", [toFd(fd)]],
  utimes: (path, atime, mtime) => ["utimes", [toPath(path), toSeconds(atime, "atime"), toSeconds(mtime, "mtime")]],
  lutimes: (path, atime, mtime) => ["lutimes", [toPath(path), toSeconds(atime, "atime"), toSeconds(mtime, "mtime")]],
  futimes: (fd, atime, mtime) => ["futimes", [toFd(fd), toSeconds(atime, "atime"), toSeconds(mtime, "mtime")]],
  chmod: (path, mode) => ["chmod", [toPath(path), toMode(mode)]],
  fchmod: (fd, mode) => ["fchmod", [toFd(fd), toMode(mode)]],
  chown: (path, uid, gid) => ["chown", [toPath(path), toId(uid, "uid"), toId(gid, "gid")]],
  lchown: (path, uid, gid) => ["lchown", [toPath(path), toId(uid, "uid"), toId(gid, "gid")]],
  fchown: (fd, uid, gid) => ["fchown", [toFd(fd), toId(uid, "uid"), toId(gid, "gid")]],
};

const same = (value) => value;
const host = native("fs");

// The three forms of an operation.
exports.sync = (name) => {
  const prepare = operations[name];
  return (...values) => {
    const [operation, list, convert = same] = prepare(...values);
    return convert(host.sync(operation, ...list));
  };
};
exports.start = ([operation, list, convert = same]) => {
  const result = host.async(operation, ...list);
  return convert === same ? result : result.then(convert);
};
exports.promised = (name) => {
  const prepare = operations[name];
  return async (...values) => exports.start(prepare(...values));
};
exports.operations = operations;
Object.assign(exports, { constants, toPath, toFd, toFlags, toMode, toOptions, toBytes, readArguments, writeArguments });
