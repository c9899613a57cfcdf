// fs.Stats, fs.BigIntStats and fs.Dirent
const NAMES = ["dev", "mode", "nlink", "uid", "gid", "rdev", "blksize", "ino", "size", "blocks"];
const TIMES = ["atime", "mtime", "ctime", "birthtime"];
const TYPE_MASK = 0o170000;
const TYPES = {
  isFile: 0o100000, isDirectory: 0o040000, isSymbolicLink: 0o120000, isFIFO: 0o010000,
  isSocket: 0o140000, isCharacterDevice: 0o020000, isBlockDevice: 0o060000,
};
const KINDS = { isFile: 1, isDirectory: 2, isSymbolicLink: 3, isFIFO: 4, isSocket: 5, isCharacterDevice: 6, isBlockDevice: 7 };

class StatsBase {}
class Stats extends StatsBase {}
class BigIntStats extends StatsBase {}

for (const [name, type] of Object.entries(TYPES)) {
  StatsBase.prototype[name] = function () {
    return (Number(this.mode) & TYPE_MASK) === type;
  };
}
for (const name of TIMES) {
  Object.defineProperty(StatsBase.prototype, name, {
    configurable: true,
    enumerable: true,
    get() {
      const value = new Date(Number(this[`${name}Ms`]) + (typeof this.mode === "bigint" ? 0 : 0.5));
      Object.defineProperty(this, name, { value, writable: true, enumerable: true, configurable: true });
      return value;
    },
    set(value) {
      Object.defineProperty(this, name, { value, writable: true, enumerable: true, configurable: true });
    },
  });
}

function plain(numbers) {
  const stats = new Stats();
  NAMES.forEach((name, index) => { stats[name] = numbers[index]; });
  TIMES.forEach((name, index) => { stats[`${name}Ms`] = numbers[10 + index * 2] * 1000 + numbers[11 + index * 2] / 1e6; });
  return stats;
}

function exact(numbers) {
  const stats = new BigIntStats();
  NAMES.forEach((name, index) => { stats[name] = numbers[index]; });
  TIMES.forEach((name, index) => {
    const [seconds, nanos] = [numbers[10 + index * 2], numbers[11 + index * 2]];
    stats[`${name}Ms`] = seconds * 1000n + nanos / 1000000n;
    stats[`${name}Ns`] = seconds * 1000000000n + nanos;
  });
  return stats;
}

const KIND = Symbol("type");

class Dirent {
  constructor(name, parentPath, kind) {
    this.name = name;
    this.parentPath = parentPath;
    this[KIND] = kind;
  }
}
for (const [name, kind] of Object.entries(KINDS)) {
  Dirent.prototype[name] = function () {
    return this[KIND] === kind;
  };
}

exports.Stats = Stats;
exports.BigIntStats = BigIntStats;
exports.Dirent = Dirent;
exports.statsFrom = (numbers) => (typeof numbers[0] === "bigint" ? exact(numbers) : plain(numbers));
