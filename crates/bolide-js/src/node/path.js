// node:path, for both systems.
const { validate } = load("node/errors");

const SLASH = 47;
const BACKSLASH = 92;
const isSlash = (code) => code === SLASH;
const isEither = (code) => code === SLASH || code === BACKSLASH;
const isLetter = (code) => (code >= 65 && code <= 90) || (code >= 97 && code <= 122);

// Resolves `.` and `..` in the part after the root.
function normalizeParts(path, allowAbove, separator, isSeparator) {
  const kept = [];
  let start = 0;
  for (let i = 0; i <= path.length; i++) {
    if (i < path.length && !isSeparator(path.charCodeAt(i))) continue;
    const part = path.slice(start, i);
    start = i + 1;
    if (part === "" || part === ".") continue;
    if (part !== "..") kept.push(part);
    else if (kept.length > 0 && kept.at(-1) !== "..") kept.pop();
    else if (allowAbove) kept.push("..");
  }
  return kept.join(separator);
}

function baseName(path, suffix, isSeparator, start) {
  let end = path.length;
  while (end > start && isSeparator(path.charCodeAt(end - 1))) end--;
  let from = end;
  while (from > start && !isSeparator(path.charCodeAt(from - 1))) from--;
  const base = path.slice(from, end);
  if (suffix === undefined || suffix === "" || !base.endsWith(suffix)) return base;
  if (base !== suffix) return base.slice(0, base.length - suffix.length);
  return path.length === suffix.length ? "" : base;
}

function extensionOf(base) {
  const dot = base.lastIndexOf(".");
  if (dot <= 0 || base === "..") return "";
  return base.slice(dot);
}

function formatWith(separator, object) {
  validate.object(object, "pathObject");
  const dir = object.dir || object.root;
  const ext = object.ext ? `${object.ext[0] === "." ? "" : "."}${object.ext}` : "";
  const base = object.base || `${object.name || ""}${ext}`;
  if (!dir) return base;
  return dir === object.root ? `${dir}${base}` : `${dir}${separator}${base}`;
}

const cwd = () => load("node/process").process.cwd();

function glob(path, pattern, windows) {
  return load("node/path_glob").matchesGlob(path, pattern, windows);
}

const posix = {
  resolve(...paths) {
    let resolved = "";
    for (let i = paths.length - 1; i >= -1 && resolved[0] !== "/"; i--) {
      const path = i >= 0 ? paths[i] : cwd();
      validate.string(path, `paths[${i}]`);
      if (path.length > 0) resolved = resolved === "" ? path : `${path}/${resolved}`;
    }
    return `/${normalizeParts(resolved, false, "/", isSlash)}`;
  },

  normalize(path) {
    validate.string(path, "path");
    if (path.length === 0) return ".";
    const absolute = path[0] === "/";
    const trailing = path.endsWith("/");
    let normal = normalizeParts(path, !absolute, "/", isSlash);
    if (normal.length === 0) return absolute ? "/" : trailing ? "./" : ".";
    if (trailing) normal += "/";
    return absolute ? `/${normal}` : normal;
  },

  isAbsolute(path) {
    validate.string(path, "path");
    return path[0] === "/";
  },

  join(...paths) {
    for (const path of paths) validate.string(path, "path");
    const joined = paths.filter((path) => path.length > 0).join("/");
    return joined === "" ? "." : posix.normalize(joined);
  },

  relative(from, to) {
    validate.string(from, "from");
    validate.string(to, "to");
    if (from === to) return "";
    const a = posix.resolve(from).split("/").filter(Boolean);
    const b = posix.resolve(to).split("/").filter(Boolean);
    let same = 0;
    while (same < a.length && same < b.length && a[same] === b[same]) same++;
    return [...Array(a.length - same).fill(".."), ...b.slice(same)].join("/");
  },

  toNamespacedPath: (path) => path,

  dirname(path) {
    validate.string(path, "path");
    if (path.length === 0) return ".";
    let end = path.length;
    while (end > 1 && path[end - 1] === "/") end--;
    const slash = path.lastIndexOf("/", end - 1);
    if (slash === -1) return path[0] === "/" ? "/" : ".";
    if (slash === 0) return "/";
    if (slash === 1 && path[0] === "/") return "//";
    return path.slice(0, slash);
  },

  basename(path, suffix) {
    if (suffix !== undefined) validate.string(suffix, "suffix");
    validate.string(path, "path");
    return baseName(path, suffix, isSlash, 0);
  },

  extname(path) {
    validate.string(path, "path");
    return extensionOf(baseName(path, undefined, isSlash, 0));
  },

  format: (object) => formatWith("/", object),

  parse(path) {
    validate.string(path, "path");
    const root = path[0] === "/" ? "/" : "";
    const base = baseName(path, undefined, isSlash, 0);
    const ext = extensionOf(base);
    const name = ext ? base.slice(0, -ext.length) : base;
    let dir = path.slice(0, path.lastIndexOf(base));
    if (base === "") dir = root;
    else if (dir.length > 1 && dir.endsWith("/")) dir = dir.slice(0, -1);
    return { root, dir, base, ext, name };
  },

  matchesGlob: (path, pattern) => glob(path, pattern, false),
  sep: "/",
  delimiter: ":",
};

// The device (drive or UNC), whether it is absolute, and where the rest starts.
function windowsRoot(path) {
  const length = path.length;
  if (length === 0) return { device: "", absolute: false, end: 0 };
  const first = path.charCodeAt(0);
  if (isEither(first)) {
    if (length > 1 && isEither(path.charCodeAt(1))) {
      const match = /^[\\/]{2}([^\\/]+)[\\/]+([^\\/]+)/.exec(path);
      if (match && (match[1] === "." || match[1] === "?")) {
        return { device: `\\\\${match[1]}`, absolute: true, end: 4 };
      }
      if (match) {
        return { device: `\\\\${match[1]}\\${match[2]}`, absolute: true, end: match[0].length, unc: true };
      }
    }
    return { device: "", absolute: true, end: 1 };
  }
  if (isLetter(first) && path[1] === ":") {
    const absolute = length > 2 && isEither(path.charCodeAt(2));
    return { device: path.slice(0, 2), absolute, end: absolute ? 3 : 2 };
  }
  return { device: "", absolute: false, end: 0 };
}

const RESERVED = /^(CON|PRN|AUX|NUL|COM[1-9¹²³]|LPT[1-9¹²³])$/i;

const win32 = {
  resolve(...paths) {
    let device = "";
    let tail = "";
    let absolute = false;
    for (let i = paths.length - 1; i >= -1; i--) {
      let path;
      if (i >= 0) {
        path = paths[i];
        validate.string(path, `paths[${i}]`);
        if (path.length === 0) continue;
      } else {
        path = cwd();
        if (device.length > 0 && path.slice(0, 2).toLowerCase() !== device.toLowerCase() && path[2] === "\\") path = `${device}\\`;
      }
      const root = windowsRoot(path);
      if (root.device.length > 0) {
        if (device.length > 0 && root.device.toLowerCase() !== device.toLowerCase()) continue;
        if (device.length === 0) device = root.device;
      }
      if (absolute) {
        if (device.length > 0) break;
      } else {
        tail = `${path.slice(root.end)}\\${tail}`;
        absolute = root.absolute;
        if (absolute && device.length > 0) break;
      }
    }
    tail = normalizeParts(tail, !absolute, "\\", isEither);
    return absolute ? `${device}\\${tail}` : `${device}${tail}` || ".";
  },

  normalize(path) {
    validate.string(path, "path");
    if (path.length === 0) return ".";
    const root = windowsRoot(path);
    if (path.length === 1) return isEither(path.charCodeAt(0)) ? "\\" : path;
    if (root.unc && root.end === path.length) return `${root.device}\\`;
    let tail = root.end < path.length ? normalizeParts(path.slice(root.end), !root.absolute, "\\", isEither) : "";
    if (tail.length === 0 && !root.absolute) tail = ".";
    if (tail.length > 0 && isEither(path.charCodeAt(path.length - 1))) tail += "\\";
    if (!root.absolute && root.device === "" && path.includes(":") && /^[a-zA-Z]:/.test(tail)) return `.\\${tail}`;
    if (root.device === "") {
      const colon = path.indexOf(":");
      if (colon !== -1 && RESERVED.test(path.slice(0, colon))) return `.\\${tail}`;
      return root.absolute ? `\\${tail}` : tail;
    }
    return root.absolute ? `${root.device}\\${tail}` : `${root.device}${tail}`;
  },

  isAbsolute(path) {
    validate.string(path, "path");
    return path.length > 0 && (isEither(path.charCodeAt(0)) || /^[a-zA-Z]:[\\/]/.test(path));
  },

  join(...paths) {
    for (const path of paths) validate.string(path, "path");
    const parts = paths.filter((path) => path.length > 0);
    if (parts.length === 0) return ".";
    let joined = parts.join("\\");
    const unc = /^[\\/]{2}[^\\/]/.test(parts[0]) && (parts.length > 1 || /^[\\/]{2}[^\\/]+[\\/]/.test(parts[0]) || /^[\\/]{2}[^\\/]+$/.test(parts[0]));
    if (!unc) joined = joined.replace(/^[\\/]{2,}/, "\\");
    return win32.normalize(joined);
  },

  relative(from, to) {
    validate.string(from, "from");
    validate.string(to, "to");
    if (from === to) return "";
    const a = win32.resolve(from);
    const b = win32.resolve(to);
    if (a.toLowerCase() === b.toLowerCase()) return "";
    const aParts = a.split("\\").filter(Boolean);
    const bParts = b.split("\\").filter(Boolean);
    let same = 0;
    while (same < aParts.length && same < bParts.length && aParts[same].toLowerCase() === bParts[same].toLowerCase()) same++;
    if (same === 0) return b;
    return [...Array(aParts.length - same).fill(".."), ...bParts.slice(same)].join("\\");
  },

  toNamespacedPath(path) {
    if (typeof path !== "string" || path.length === 0) return path;
    const resolved = win32.resolve(path);
    if (resolved.length <= 2) return path;
    if (resolved.startsWith("\\\\")) return /^\\\\[?.]/.test(resolved) ? resolved : `\\\\?\\UNC\\${resolved.slice(2)}`;
    return /^[a-zA-Z]:\\/.test(resolved) ? `\\\\?\\${resolved}` : resolved;
  },

  dirname(path) {
    validate.string(path, "path");
    if (path.length === 0) return ".";
    const { end: root, unc } = windowsRoot(path);
    if (path.length === 1) return isEither(path.charCodeAt(0)) ? path : ".";
    if (unc && root === path.length) return path;
    const least = unc ? root + 1 : root;
    let end = path.length;
    while (end > least && isEither(path.charCodeAt(end - 1))) end--;
    while (end > least && !isEither(path.charCodeAt(end - 1))) end--;
    while (end > least && isEither(path.charCodeAt(end - 1))) end--;
    if (end === 0) return ".";
    return path.slice(0, end);
  },

  basename(path, suffix) {
    if (suffix !== undefined) validate.string(suffix, "suffix");
    validate.string(path, "path");
    return baseName(path, suffix, isEither, /^[a-zA-Z]:/.test(path) ? 2 : 0);
  },

  extname(path) {
    validate.string(path, "path");
    return extensionOf(baseName(path, undefined, isEither, /^[a-zA-Z]:/.test(path) ? 2 : 0));
  },

  format: (object) => formatWith("\\", object),

  parse(path) {
    validate.string(path, "path");
    const info = windowsRoot(path);
    let rootEnd = info.end;
    if (info.unc && isEither(path.charCodeAt(rootEnd))) rootEnd++;
    const root = path.slice(0, rootEnd);
    const base = path.length > rootEnd ? baseName(path, undefined, isEither, rootEnd) : "";
    const ext = extensionOf(base);
    const name = ext ? base.slice(0, -ext.length) : base;
    let dir = root;
    if (base !== "") {
      const at = path.lastIndexOf(base);
      dir = at > rootEnd ? path.slice(0, at - 1) : root;
    }
    return { root, dir, base, ext, name };
  },

  matchesGlob: (path, pattern) => glob(path, pattern, true),
  sep: "\\",
  delimiter: ";",
};

for (const path of [posix, win32]) path._makeLong = path.toNamespacedPath;
Object.assign(exports, posix, { posix: exports, win32 });
Object.assign(win32, { posix: exports, win32 });
