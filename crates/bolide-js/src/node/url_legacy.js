// The part of node:url from before the URL standard.
const { make, invalidArgType, validate } = load("node/errors");

const SLASHED = new Set(["http:", "https:", "ftp:", "gopher:", "file:", "ws:", "wss:"]);
const HOSTLESS = new Set(["javascript:"]);
const FIELDS = ["protocol", "slashes", "auth", "host", "port", "hostname", "hash", "search", "query", "pathname", "path", "href"];
const ESCAPES = /[\t\n\r "'<>\\^`{|}]/g;
const escapeChar = (char) => `%${char.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}`;

function Url() {
  for (const name of FIELDS) this[name] = null;
}

Url.prototype.parse = function parse(text, parseQuery, slashesDenoteHost) {
  validate.string(text, "url");
  let rest = text.trim();
  // Backslashes before the query count as slashes.
  const cut = rest.search(/[?#]/);
  rest = cut === -1 ? rest.replaceAll("\\", "/") : rest.slice(0, cut).replaceAll("\\", "/") + rest.slice(cut);
  const scheme = /^[a-z0-9.+-]+:/i.exec(rest)?.[0];
  const lower = scheme?.toLowerCase();
  if (scheme) {
    this.protocol = lower;
    rest = rest.slice(scheme.length);
  }
  let slashes = false;
  if (slashesDenoteHost || scheme || /^\/\/[^@/]+@[^@/]+/.test(rest)) {
    slashes = rest.startsWith("//");
    if (slashes && !(lower && HOSTLESS.has(lower))) {
      rest = rest.slice(2);
      this.slashes = true;
    }
  }
  if (!HOSTLESS.has(lower) && (slashes || (scheme && !SLASHED.has(lower)))) rest = this.takeHost(rest, text);
  if (!HOSTLESS.has(lower)) rest = rest.replace(ESCAPES, escapeChar);
  const hash = rest.indexOf("#");
  if (hash !== -1) {
    this.hash = rest.slice(hash);
    rest = rest.slice(0, hash);
  }
  const query = rest.indexOf("?");
  if (query !== -1) {
    this.search = rest.slice(query);
    this.query = parseQuery ? load("node/querystring").parse(this.search.slice(1)) : this.search.slice(1);
    rest = rest.slice(0, query);
  } else if (parseQuery) {
    this.search = null;
    this.query = { __proto__: null };
  }
  if (rest) this.pathname = rest;
  if (SLASHED.has(lower) && this.hostname && !this.pathname) this.pathname = "/";
  if (this.pathname || this.search) this.path = (this.pathname || "") + (this.search || "");
  this.href = this.format();
  return this;
};

Url.prototype.takeHost = function takeHost(rest, text) {
  let end = rest.search(/[/?#]/);
  if (end === -1) end = rest.length;
  const at = rest.lastIndexOf("@", end);
  if (at !== -1) this.auth = decodeURIComponent(rest.slice(0, at));
  let host = rest.slice(at + 1, end);
  const illegal = host.search(/[\t\n\r "<>^`{|}%;'\\]/);
  let tail = rest.slice(end);
  if (illegal !== -1) {
    tail = host.slice(illegal) + tail;
    host = host.slice(0, illegal);
  }
  const port = /:([0-9]*)$/.exec(host);
  if (port) {
    if (port[1] !== "") this.port = port[1];
    host = host.slice(0, -port[0].length);
  }
  const bracketed = host.startsWith("[") && host.endsWith("]");
  let name = host.length > 255 ? "" : host.toLowerCase();
  if (!bracketed && /[^\x21-\x7e]/.test(name)) {
    try {
      name = new URL(`http://${name}`).hostname;
    } catch {
      throw Object.assign(make(TypeError, "ERR_INVALID_URL", "Invalid URL"), { input: text });
    }
  }
  this.hostname = name;
  this.host = name + (this.port ? `:${this.port}` : "");
  if (bracketed) this.hostname = name.slice(1, -1);
  if (bracketed && tail[0] !== "/" && tail !== "" && !/^[?#]/.test(tail)) return `/${tail}`;
  return tail;
};

Url.prototype.format = function format() {
  let auth = this.auth ? `${encodeURIComponent(this.auth).replace(/%3A/i, ":")}@` : "";
  let protocol = this.protocol || "";
  let pathname = this.pathname || "";
  let hash = this.hash || "";
  let host = "";
  if (this.host) host = auth + this.host;
  else if (this.hostname) {
    host = auth + (this.hostname.includes(":") && !this.hostname.startsWith("[") ? `[${this.hostname}]` : this.hostname);
    if (this.port) host += `:${this.port}`;
  }
  auth = "";
  let query = "";
  if (this.query !== null && typeof this.query === "object") query = load("node/querystring").stringify(this.query);
  let search = this.search || (query && `?${query}`) || "";
  if (protocol && !protocol.endsWith(":")) protocol += ":";
  pathname = pathname.replace(/[?#]/g, encodeURIComponent);
  if (this.slashes || SLASHED.has(protocol)) {
    if (this.slashes || host) {
      if (pathname && !pathname.startsWith("/")) pathname = `/${pathname}`;
      host = `//${host}`;
    } else if (protocol === "file:") {
      host = "//";
    }
  }
  search = search.replaceAll("#", "%23");
  if (hash && !hash.startsWith("#")) hash = `#${hash}`;
  if (search && !search.startsWith("?")) search = `?${search}`;
  return protocol + host + pathname + search + hash;
};

Url.prototype.resolve = function resolve(relative) {
  return this.resolveObject(parse(relative, false, true)).format();
};

const segments = (path) => (path ? path.split("/") : []);

// The last segment goes, `.` and `..` are resolved.
function joinPaths(base, relative, absolute) {
  const parts = absolute ? segments(relative) : [...segments(base).slice(0, -1), ...segments(relative)];
  const rooted = absolute || base?.startsWith("/");
  const trailing = [".", "..", ""].includes(parts.at(-1));
  const kept = [];
  for (const part of parts) {
    if (part === "." || part === "") continue;
    if (part !== "..") kept.push(part);
    else if (kept.length > 0 && kept.at(-1) !== "..") kept.pop();
    else if (!rooted) kept.push("..");
  }
  let path = kept.join("/");
  if (rooted) path = `/${path}`;
  if (trailing && !path.endsWith("/") && path !== "") path += "/";
  return path;
}

Url.prototype.resolveObject = function resolveObject(given) {
  const relative = typeof given === "string" ? parse(given, false, true) : given;
  const result = Object.assign(new Url(), this);
  result.hash = relative.hash;
  if (relative.href === "") {
    result.href = result.format();
    return result;
  }
  if (relative.slashes && !relative.protocol) {
    for (const name of FIELDS) if (name !== "protocol") result[name] = relative[name];
    if (SLASHED.has(result.protocol) && result.hostname && !result.pathname) result.path = result.pathname = "/";
    result.href = result.format();
    return result;
  }
  if (relative.protocol && relative.protocol !== result.protocol) {
    const copy = Object.assign(new Url(), relative);
    copy.href = copy.format();
    return copy;
  }
  if (relative.host || relative.host === "") {
    result.auth = relative.host !== this.host ? relative.auth : result.auth;
    result.host = relative.host;
    result.hostname = relative.hostname || relative.host;
    result.port = relative.port;
    result.search = relative.search;
    result.query = relative.query;
    result.pathname = joinPaths("", relative.pathname || "/", true);
  } else if (relative.pathname) {
    result.search = relative.search;
    result.query = relative.query;
    result.pathname = joinPaths(this.pathname || (this.host ? "/" : ""), relative.pathname, relative.pathname.startsWith("/"));
  } else if (relative.search !== null && relative.search !== undefined) {
    result.search = relative.search;
    result.query = relative.query;
  }
  if (result.pathname !== null || result.search !== null) result.path = (result.pathname || "") + (result.search || "");
  result.slashes ||= relative.slashes;
  result.href = result.format();
  return result;
};

function parse(text, parseQuery, slashesDenoteHost) {
  if (text instanceof Url) return text;
  return new Url().parse(text, parseQuery, slashesDenoteHost);
}

function format(value, options) {
  if (typeof value === "string") return parse(value).format();
  if (typeof value !== "object" || value === null) throw invalidArgType("urlObject", ["Object", "string"], value);
  if (value instanceof URL) {
    const url = new URL(value.href);
    if (options?.fragment === false) url.hash = "";
    if (options?.search === false) url.search = "";
    if (options?.auth === false) url.username = url.password = "";
    return url.href;
  }
  return Url.prototype.format.call(value);
}

const resolve = (from, to) => parse(from, false, true).resolve(to);
const resolveObject = (from, to) => (from ? parse(from, false, true).resolveObject(to) : to);
Object.assign(exports, { Url, parse, format, resolve, resolveObject });
