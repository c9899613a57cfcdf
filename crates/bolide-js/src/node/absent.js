// Modules that can be imported, but whose functions have nothing to work with here: each says so when it is called.
const { absent, unavailable } = load("node/errors");

const Refused = (name, why) => ({ [name]: class { constructor() { throw unavailable(name, why); } } })[name];
const CHILDREN = "scripts have no access to other programs";
const SOCKETS = "connections are made with fetch";

exports.worker_threads = {
  isMainThread: true,
  isInternalThread: false,
  parentPort: null,
  workerData: null,
  threadId: 0,
  threadName: "",
  resourceLimits: {},
  SHARE_ENV: Symbol.for("nodejs.worker_threads.SHARE_ENV"),
  Worker: Refused("Worker", "a script has one thread"),
  BroadcastChannel: Refused("BroadcastChannel", "a script has one thread"),
  markAsUntransferable() {},
  isMarkedAsUntransferable: () => false,
  getEnvironmentData: () => undefined,
  ...absent("worker_threads", ["setEnvironmentData", "moveMessagePortToContext", "receiveMessageOnPort", "postMessageToThread"], "a script has one thread"),
};
for (const name of ["MessageChannel", "MessagePort"]) {
  Object.defineProperty(exports.worker_threads, name, { enumerable: true, get: () => globalThis[name] });
}

exports.child_process = {
  ChildProcess: Refused("ChildProcess", CHILDREN),
  ...absent("child_process", ["exec", "execFile", "execFileSync", "execSync", "fork", "spawn", "spawnSync"], CHILDREN),
};

exports.cluster = {
  isMaster: true, isPrimary: true, isWorker: false, workers: {}, settings: {},
  ...absent("cluster", ["fork", "setupPrimary", "setupMaster", "disconnect"], CHILDREN),
};

exports.net = {
  Socket: Refused("Socket", SOCKETS),
  Server: Refused("Server", SOCKETS),
  ...absent("net", ["connect", "createConnection", "createServer"], SOCKETS),
  isIPv4: (text) => /^(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)(?:\.(?!$)|$)){4}$/.test(text),
  isIPv6(text) {
    if (!/^[0-9a-fA-F:.%]+$/.test(text)) return false;
    return URL.canParse(`http://[${String(text).split("%")[0]}]/`);
  },
  isIP: (text) => (exports.net.isIPv4(text) ? 4 : exports.net.isIPv6(text) ? 6 : 0),
};

exports.tls = { ...absent("tls", ["connect", "createServer", "createSecureContext"], SOCKETS), rootCertificates: [], DEFAULT_MIN_VERSION: "TLSv1.2", DEFAULT_MAX_VERSION: "TLSv1.3" };
exports.dgram = absent("dgram", ["createSocket"], SOCKETS);
exports.dns = { ...absent("dns", ["lookup", "resolve", "resolve4", "resolve6", "reverse", "setServers", "getServers"], SOCKETS), promises: absent("dns.promises", ["lookup", "resolve", "resolve4", "resolve6"], SOCKETS) };
exports.dns_promises = exports.dns.promises;
exports.http2 = absent("http2", ["connect", "createServer", "createSecureServer"], SOCKETS);

const STATUS_CODES = {
  100: "Continue", 101: "Switching Protocols", 102: "Processing", 103: "Early Hints", 200: "OK", 201: "Created",
  202: "Accepted", 203: "Non-Authoritative Information", 204: "No Content", 205: "Reset Content",
  206: "Partial Content", 207: "Multi-Status", 208: "Already Reported", 226: "IM Used", 300: "Multiple Choices",
  301: "Moved Permanently", 302: "Found", 303: "See Other", 304: "Not Modified", 305: "Use Proxy",
  307: "Temporary Redirect", 308: "Permanent Redirect", 400: "Bad Request", 401: "Unauthorized",
  402: "Payment Required", 403: "Forbidden", 404: "Not Found", 405: "Method Not Allowed", 406: "Not Acceptable",
  407: "Proxy Authentication Required", 408: "Request Timeout", 409: "Conflict", 410: "Gone", 411: "Length Required",
  412: "Precondition Failed", 413: "Payload Too Large", 414: "URI Too Long", 415: "Unsupported Media Type",
  416: "Range Not Satisfiable", 417: "Expectation Failed", 418: "I'm a Teapot", 421: "Misdirected Request",
  422: "Unprocessable Entity", 423: "Locked", 424: "Failed Dependency", 425: "Too Early", 426: "Upgrade Required",
  428: "Precondition Required", 429: "Too Many Requests", 431: "Request Header Fields Too Large",
  451: "Unavailable For Legal Reasons", 500: "Internal Server Error", 501: "Not Implemented", 502: "Bad Gateway",
  503: "Service Unavailable", 504: "Gateway Timeout", 505: "HTTP Version Not Supported",
  506: "Variant Also Negotiates", 507: "Insufficient Storage", 508: "Loop Detected",
  509: "Bandwidth Limit Exceeded", 510: "Not Extended", 511: "Network Authentication Required",
};
const METHODS = ["DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"];
const web = (module) => ({
  METHODS,
  globalAgent: {},
  ...absent(module, ["request", "get", "createServer"], SOCKETS),
  Agent: class Agent {},
  Server: Refused("Server", SOCKETS),
  ClientRequest: Refused("ClientRequest", SOCKETS),
  IncomingMessage: Refused("IncomingMessage", SOCKETS),
  ServerResponse: Refused("ServerResponse", SOCKETS),
});
exports.http = { ...web("http"), STATUS_CODES };
exports.https = web("https");

exports.inspector = { url: () => undefined, console: globalThis.console, Session: Refused("Session", "use console.log"), ...absent("inspector", ["open", "close", "waitForDebugger"], "use console.log") };
exports.inspector_promises = exports.inspector;
exports.repl = absent("repl", ["start"], "`bolide repl` starts one");
exports.domain = absent("domain", ["create", "createDomain"], "use try, catch and events");
exports.trace_events = absent("trace_events", ["createTracing", "getEnabledCategories"], "use console.log");
