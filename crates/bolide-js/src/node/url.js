// node:url
const { make, invalidArgType, validate } = load("node/errors");

const HEX = (byte) => `%${byte.toString(16).toUpperCase().padStart(2, "0")}`;

function fileURLToPath(value, options) {
  const windows = options?.windows ?? false;
  let url = value;
  if (typeof value === "string") url = new URL(value);
  else if (value === null || typeof value !== "object" || typeof value.href !== "string" || typeof value.protocol !== "string") {
    throw invalidArgType("path", ["string", "URL"], value);
  }
  if (url.protocol !== "file:") throw make(TypeError, "ERR_INVALID_URL_SCHEME", "The URL must be of scheme file");
  if (windows) return windowsPath(url);
  if (url.hostname !== "") {
    throw make(TypeError, "ERR_INVALID_FILE_URL_HOST", 'File URL host must be "localhost" or empty on linux');
  }
  if (/%2f/i.test(url.pathname)) {
    throw make(TypeError, "ERR_INVALID_FILE_URL_PATH", "File URL path must not include encoded / characters");
  }
  return decodeURIComponent(url.pathname);
}

function windowsPath({ pathname, hostname }) {
  if (/%2f|%5c/i.test(pathname)) {
    throw make(TypeError, "ERR_INVALID_FILE_URL_PATH", "File URL path must not include encoded \\ or / characters");
  }
  const path = decodeURIComponent(pathname.replaceAll("/", "\\"));
  if (hostname !== "") return `\\\\${hostname}${path}`;
  if (!/^\\[a-zA-Z]:/.test(path)) throw make(TypeError, "ERR_INVALID_FILE_URL_PATH", "File URL path must be absolute");
  return path.slice(1);
}

function pathToFileURL(path, options) {
  validate.string(path, "path");
  const { posix, win32 } = load("node/path");
  const windows = options?.windows ?? false;
  const rules = windows ? win32 : posix;
  let resolved = rules.resolve(path);
  if (/[\\/]$/.test(path) && (windows || path.endsWith("/")) && !resolved.endsWith(rules.sep)) resolved += rules.sep;
  let text = resolved.replace(/[%\n\r\t?#]/g, (char) => HEX(char.charCodeAt(0)));
  if (!windows) text = text.replaceAll("\\", "%5C");
  const url = new URL("file:///");
  url.pathname = windows ? `/${text.replaceAll("\\", "/")}` : text;
  return url;
}

function urlToHttpOptions(url) {
  const { hostname } = url;
  const options = {
    __proto__: null,
    ...url,
    protocol: url.protocol,
    hostname: hostname.startsWith("[") ? hostname.slice(1, -1) : hostname,
    hash: url.hash,
    search: url.search,
    pathname: url.pathname,
    path: `${url.pathname || ""}${url.search || ""}`,
    href: url.href,
  };
  if (url.port !== "") options.port = Number(url.port);
  if (url.username || url.password) options.auth = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
  return options;
}

// The names of hosts, through the parser of URLs.
function host(domain) {
  try {
    return new URL(`ws://${domain}`).hostname;
  } catch {
    return "";
  }
}

for (const name of ["URL", "URLSearchParams", "URLPattern"]) {
  Object.defineProperty(exports, name, { enumerable: true, configurable: true, get: () => globalThis[name] });
}
Object.assign(exports, {
  fileURLToPath,
  fileURLToPathBuffer: (value, options) => load("node/buffer").Buffer.from(fileURLToPath(value, options)),
  pathToFileURL,
  urlToHttpOptions,
  domainToASCII: host,
  domainToUnicode: host,
});
for (const name of ["parse", "format", "resolve", "resolveObject", "Url"]) {
  Object.defineProperty(exports, name, { enumerable: true, configurable: true, get: () => load("node/url_legacy")[name] });
}
