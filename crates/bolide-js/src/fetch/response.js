// Response (Fetch standard, 5.5).

const support = load("fetch/support");
const { byteString, dictionary, finish, illegalInvocation, inspectable, internal, pick, requireArguments, usv } = support;
const { bodyMixin, extractBody } = load("fetch/body");
const { HeaderList, isHeaders, listOf, wrapHeaders } = load("fetch/headers");

const NULL_BODY = [101, 103, 204, 205, 304];
const REDIRECTS = [301, 302, 303, 307, 308];

/** A response without the object that scripts see. */
const newResponse = (members) => ({
  type: "default",
  url: "",
  redirected: false,
  status: 200,
  statusText: "",
  headers: new HeaderList(),
  body: null,
  headersObject: undefined,
  ...members,
});

/** WebIDL's unsigned short. */
const unsignedShort = (value) => Math.trunc(Number(value)) & 0xffff;

/** Initializes a response (5.5, initialize a response). */
function initialize(options, body, type) {
  const init = dictionary(options, "Response");
  const { headers, status: code = 200, statusText: text = "" } = init;
  const status = unsignedShort(code);
  const statusText = byteString(text, "Response: statusText");
  if (status < 200 || status > 599) throw new RangeError(`Response: status is 200 to 599, not ${code}`);
  if (!/^[\t\x20-\x7e\x80-\xff]*$/.test(statusText)) {
    throw new TypeError("Response: statusText contains characters that are not allowed");
  }
  const response = newResponse({ status, statusText });
  if (isHeaders(headers)) response.headers = listOf(headers).copy();
  else if (headers !== undefined) response.headers.fill(headers, "Response");
  if (body !== null) {
    if (NULL_BODY.includes(status)) throw new TypeError(`Response: a response with status ${status} has no body`);
    response.body = body;
    if (type !== null && !response.headers.has("content-type")) response.headers.append("content-type", type);
  }
  return response;
}

class Response {
  #response;

  constructor(body = null, init = {}) {
    if (body === internal) {
      this.#response = init;
      return;
    }
    const extracted = body === null || body === undefined ? { body: null, type: null } : extractBody(body);
    this.#response = initialize(init, extracted.body, extracted.type);
  }

  static error() {
    const headers = new HeaderList();
    headers.immutable = true;
    return wrapResponse(newResponse({ type: "error", status: 0, headers }));
  }

  static json(data, init = {}) {
    requireArguments(1, arguments, "Response.json");
    const text = JSON.stringify(data);
    if (text === undefined) throw new TypeError("Response.json: the value has no JSON form");
    return wrapResponse(initialize(init, extractBody(text).body, "application/json"));
  }

  static redirect(url, status = 302) {
    requireArguments(1, arguments, "Response.redirect");
    const text = usv(url);
    const target = native("fetch_local").parse(text);
    if (target === null) throw new TypeError(`Response.redirect: "${text}" is no URL`);
    const code = unsignedShort(status);
    if (!REDIRECTS.includes(code)) throw new RangeError(`Response.redirect: ${status} is no status of a redirect`);
    const headers = new HeaderList();
    headers.append("location", target.href);
    headers.immutable = true;
    return wrapResponse(newResponse({ status: code, headers }));
  }

  /** For the host: taken away before scripts see the class. */
  static of(object) {
    if (!isResponse(object)) throw illegalInvocation("Response");
    return object.#response;
  }

  static is(value) {
    return typeof value === "object" && value !== null && #response in value;
  }

  get type() {
    return responseOf(this).type;
  }

  get url() {
    return responseOf(this).url;
  }

  get redirected() {
    return responseOf(this).redirected;
  }

  get status() {
    return responseOf(this).status;
  }

  get ok() {
    const { status } = responseOf(this);
    return status >= 200 && status <= 299;
  }

  get statusText() {
    return responseOf(this).statusText;
  }

  get headers() {
    const response = responseOf(this);
    return (response.headersObject ??= wrapHeaders(response.headers));
  }

  clone() {
    const response = responseOf(this);
    if (response.body?.unusable) throw new TypeError("Response.clone: the body was read already, or is being read");
    const headers = response.headers.copy();
    headers.immutable = response.headers.immutable;
    const body = response.body?.clone() ?? null;
    return wrapResponse({ ...response, headers, body, headersObject: undefined });
  }
}

const { of: responseOf, is: isResponse } = Response;
delete Response.of;
delete Response.is;
finish(Response);
bodyMixin(Response, responseOf);
const SHOWN = ["status", "statusText", "headers", "body", "bodyUsed", "ok", "redirected", "type", "url"];
inspectable(Response, isResponse, (response) => pick(response, SHOWN));

const wrapResponse = (response) => new Response(internal, response);

Object.assign(exports, { isResponse, newResponse, NULL_BODY, REDIRECTS, Response, responseOf, wrapResponse });
