// Request (Fetch standard, 5.4).

const support = load("fetch/support");
const { byteString, dictionary, finish, illegalInvocation, inspectable, pick, requireArguments, usv } = support;
const { bodyMixin, extractBody } = load("fetch/body");
const { HeaderList, isHeaders, listOf, wrapHeaders } = load("fetch/headers");

const NORMALIZED = ["DELETE", "GET", "HEAD", "OPTIONS", "POST", "PUT"];
const FORBIDDEN = ["CONNECT", "TRACE", "TRACK"];

const ENUMS = {
  cache: ["default", "no-store", "reload", "no-cache", "force-cache", "only-if-cached"],
  credentials: ["omit", "same-origin", "include"],
  mode: ["same-origin", "no-cors", "cors"],
  priority: ["high", "low", "auto"],
  redirect: ["follow", "error", "manual"],
  referrerPolicy: [
    "",
    "no-referrer",
    "no-referrer-when-downgrade",
    "same-origin",
    "origin",
    "strict-origin",
    "origin-when-cross-origin",
    "strict-origin-when-cross-origin",
    "unsafe-url",
  ],
};

const DEFAULTS = {
  method: "GET",
  referrer: "about:client",
  referrerPolicy: "",
  mode: "cors",
  credentials: "same-origin",
  cache: "default",
  redirect: "follow",
  integrity: "",
  keepalive: false,
  body: null,
  /** What aborts the request. */
  parentSignal: undefined,
};

function enumMember(init, name) {
  if (init[name] === undefined) return undefined;
  const value = `${init[name]}`;
  if (ENUMS[name].includes(value)) return value;
  const values = ENUMS[name].map((known) => `"${known}"`).join(", ");
  throw new TypeError(`Request: ${name} is one of ${values}, not "${value}"`);
}

/** The method, in upper case if it is one of the usual ones. */
function requestMethod(value) {
  const method = byteString(value, "Request: method");
  if (!/^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/.test(method)) throw new TypeError(`Request: "${method}" is no method`);
  const upper = method.toUpperCase();
  if (FORBIDDEN.includes(upper)) throw new TypeError(`Request: the method ${upper} is not allowed`);
  return NORMALIZED.includes(upper) ? upper : method;
}

/** Parses a URL as a page beside the main script would. */
function parseUrl(input) {
  const text = usv(input);
  const url = native("fetch_local").parse(text);
  if (url === null) throw new TypeError(`Request: "${text}" is no URL`);
  if (url.credentials) {
    throw new TypeError("Request: the URL contains a user name or a password; use the header Authorization");
  }
  return url.href;
}

function requestSignal(init, inherited) {
  const { signal } = init;
  if (signal === undefined) return inherited;
  if (signal !== null && !(signal instanceof globalThis.AbortSignal)) {
    throw new TypeError("Request: signal must be an AbortSignal");
  }
  return signal ?? undefined;
}

/** The members of a RequestInit other than headers and body. */
function applyInit(request, init) {
  if (init.window !== undefined && init.window !== null) throw new TypeError("Request: window can only be null");
  if (init.referrer !== undefined) request.referrer = requestReferrer(init.referrer);
  for (const name of ["referrerPolicy", "mode", "credentials", "cache", "redirect"]) {
    request[name] = enumMember(init, name) ?? request[name];
  }
  enumMember(init, "priority");
  if (request.cache === "only-if-cached" && request.mode !== "same-origin") {
    throw new TypeError('Request: cache "only-if-cached" needs mode "same-origin"');
  }
  if (init.integrity !== undefined) request.integrity = `${init.integrity}`;
  if (init.keepalive !== undefined) request.keepalive = Boolean(init.keepalive);
  if (init.method !== undefined) request.method = requestMethod(init.method);
  request.parentSignal = requestSignal(init, request.parentSignal);
}

function requestReferrer(value) {
  const text = usv(value);
  if (text === "") return "no-referrer";
  const url = parseUrl(text);
  return url === "about:client" ? url : "about:client";
}

/** The body of a new request, and the type that it implies. */
function requestBody(init, input, method) {
  const given = init.body ?? null;
  const inherited = input?.body ?? null;
  if ((given !== null || inherited !== null) && (method === "GET" || method === "HEAD")) {
    throw new TypeError(`Request: a ${method} request has no body`);
  }
  if (init.duplex !== undefined && `${init.duplex}` !== "half") {
    throw new TypeError('Request: duplex can only be "half"');
  }
  if (given === null) {
    if (inherited === null || init.body === null) return { body: null, type: null };
    if (inherited.unusable) throw new TypeError("Request: the body of the given request was read already");
    return { body: inherited.take(), type: null };
  }
  const extracted = extractBody(given);
  if (extracted.body.source === undefined && init.duplex === undefined) {
    throw new TypeError('Request: a body that is a stream needs the option duplex: "half"');
  }
  return extracted;
}

function makeRequest(input, options) {
  const init = dictionary(options, "Request");
  const from = isRequest(input) ? requestOf(input) : undefined;
  const request = from === undefined ? { ...DEFAULTS, url: parseUrl(input) } : { ...from, body: null };
  request.object = request.headersObject = request.signal = undefined;
  applyInit(request, init);
  if (init.headers === undefined) {
    request.headers = from?.headers.copy() ?? new HeaderList();
  } else {
    request.headers = new HeaderList();
    if (isHeaders(init.headers)) request.headers = listOf(init.headers).copy();
    else request.headers.fill(init.headers, "Request");
  }
  const { body, type } = requestBody(init, from, request.method);
  request.body = body;
  if (type !== null && !request.headers.has("content-type")) request.headers.append("content-type", type);
  return request;
}

class Request {
  #request;

  constructor(input, init = {}) {
    if (input === support.internal) {
      this.#request = init;
      return;
    }
    requireArguments(1, arguments, "Request");
    this.#request = makeRequest(input, init);
  }

  /** For the host: taken away before scripts see the class. */
  static of(object) {
    if (!isRequest(object)) throw illegalInvocation("Request");
    return object.#request;
  }

  static is(value) {
    return typeof value === "object" && value !== null && #request in value;
  }

  get method() {
    return requestOf(this).method;
  }

  get url() {
    return requestOf(this).url;
  }

  get headers() {
    const request = requestOf(this);
    return (request.headersObject ??= wrapHeaders(request.headers));
  }

  get destination() {
    requestOf(this);
    return "";
  }

  get referrer() {
    const { referrer } = requestOf(this);
    return referrer === "no-referrer" ? "" : referrer;
  }

  get referrerPolicy() {
    return requestOf(this).referrerPolicy;
  }

  get mode() {
    return requestOf(this).mode;
  }

  get credentials() {
    return requestOf(this).credentials;
  }

  get cache() {
    return requestOf(this).cache;
  }

  get redirect() {
    return requestOf(this).redirect;
  }

  get integrity() {
    return requestOf(this).integrity;
  }

  get keepalive() {
    return requestOf(this).keepalive;
  }

  get isReloadNavigation() {
    requestOf(this);
    return false;
  }

  get isHistoryNavigation() {
    requestOf(this);
    return false;
  }

  get signal() {
    const request = requestOf(this);
    const parents = request.parentSignal === undefined ? [] : [request.parentSignal];
    return (request.signal ??= globalThis.AbortSignal.any(parents));
  }

  get duplex() {
    requestOf(this);
    return "half";
  }

  clone() {
    const request = requestOf(this);
    if (request.body?.unusable) throw new TypeError("Request.clone: the body was read already, or is being read");
    const copy = { ...request, headers: request.headers.copy(), body: request.body?.clone() ?? null };
    copy.headersObject = undefined;
    // The copy is aborted with the original.
    copy.parentSignal = this.signal;
    copy.signal = undefined;
    return new Request(support.internal, copy);
  }
}

const { of: requestOf, is: isRequest } = Request;
delete Request.of;
delete Request.is;
finish(Request);
bodyMixin(Request, requestOf);
const SHOWN = [
  "method", "url", "headers", "destination", "referrer", "referrerPolicy", "mode", "credentials", "cache", "redirect",
  "integrity", "keepalive", "isReloadNavigation", "isHistoryNavigation", "signal",
];
inspectable(Request, isRequest, (request) => pick(request, SHOWN));

Object.assign(exports, { isRequest, Request, requestOf });
