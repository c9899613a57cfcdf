// fetch (Fetch standard, 4 and 5.6): files, blobs and data URLs, and servers if that is allowed.

const { decode, domException, markHandled, requireArguments, upon } = load("fetch/support");
const { Body } = load("fetch/body");
const { HeaderList } = load("fetch/headers");
const { Request, requestOf } = load("fetch/request");
const { newResponse, NULL_BODY, REDIRECTS, Response, wrapResponse } = load("fetch/response");
const local = native("fetch_local");

/** Most redirects that are followed. */
const REDIRECT_LIMIT = 20;

/** What went wrong as scripts see it. A refused access stays what it is. */
function failure(cause) {
  if (cause?.code === "ERR_ACCESS_DENIED") return cause;
  return new TypeError("fetch failed", { cause });
}

/** A failure that has no other cause. */
const failed = (message) => new Error(message);

/** The headers of a response, which scripts cannot change. */
function headersOf(pairs) {
  const headers = new HeaderList();
  for (const [name, value] of pairs) headers.append(name, value);
  headers.immutable = true;
  return headers;
}

function requireGet(request, scheme) {
  if (request.method !== "GET" && request.method !== "HEAD") {
    throw failed(`${scheme}: URLs can only be fetched with GET, not with ${request.method}`);
  }
}

/** A response with a body that is at hand. HEAD leaves the body out. */
function localResponse(request, type, length, body) {
  const pairs = [["content-length", `${length}`]];
  if (type !== "") pairs.push(["content-type", type]);
  return newResponse({
    type: "basic",
    url: withoutFragment(request.url),
    statusText: "OK",
    headers: headersOf(pairs),
    body: request.method === "HEAD" ? null : body,
  });
}

const withoutFragment = (url) => url.split("#", 1)[0];

const SCHEMES = {
  about(request) {
    if (withoutFragment(request.url) !== "about:blank") throw failed(`${request.url} is not known`);
    return localResponse(request, "text/html;charset=utf-8", 0, new Body({ bytes: new Uint8Array(0) }));
  },
  blob(request) {
    requireGet(request, "blob");
    const { blobBytes, resolveObjectURL } = load("fetch/blob");
    const blob = resolveObjectURL(request.url);
    if (blob === undefined) throw failed(`${request.url} stands for nothing; it was revoked, or never made`);
    const bytes = blobBytes(blob);
    return localResponse(request, blob.type, bytes.length, new Body({ bytes }));
  },
  data(request) {
    requireGet(request, "data");
    const { type, bytes } = local.data(request.url);
    return localResponse(request, type, bytes.byteLength, new Body({ bytes: new Uint8Array(bytes) }));
  },
  file(request, fetching) {
    requireGet(request, "file");
    const file = local.file(withoutFragment(request.url));
    const body = new Body({ reader: file, length: file.size, finished: fetching.finished });
    return localResponse(request, file.type, file.size, body);
  },
  http: fetchHttp,
  https: fetchHttp,
};

/** Sends the body of a request as its stream gives it. */
async function upload(body, exchange) {
  const ops = load("fetch/readable_ops");
  const reader = ops.acquireReader(body.stream, "default");
  try {
    for (;;) {
      const { value, done } = await ops.readResult(reader);
      if (done) break;
      if (!(value instanceof Uint8Array)) throw new TypeError("a chunk of the request's body is no Uint8Array");
      await exchange.write(value);
    }
    exchange.end();
  } catch (error) {
    if (reader.stream !== undefined) markHandled(ops.cancel(reader.stream, error));
    throw error;
  }
}

/** One exchange with a server: the head of the response, whose body is still to be read. */
async function exchangeOnce({ url, method, headers, body }, fetching) {
  const bytes = body?.source;
  const streamed = body !== null && bytes === undefined;
  const exchange = native("fetch_http").send({
    url,
    method,
    headers: headers.entries.flat(),
    body: bytes ?? (needsLength(method) && !streamed ? new Uint8Array(0) : undefined),
    upload: streamed,
  });
  fetching.exchange = exchange;
  if (!streamed) return { exchange, head: await exchange.response };
  const broken = Promise.withResolvers();
  upon(upload(body, exchange), undefined, (error) => {
    // If the server has answered, or the connection is gone, the response says what happened.
    if (body.stream.state !== "errored" && !(error instanceof TypeError)) return;
    exchange.abort();
    broken.reject(error);
  });
  return { exchange, head: await Promise.race([exchange.response, broken.promise]) };
}

/** Methods whose requests say that they have no body. */
const needsLength = (method) => method === "POST" || method === "PUT";

/** Where a redirect leads, or an error if it must not be followed (4.4). */
function redirectTarget(location, current) {
  // A header is bytes; those of a location are UTF-8.
  const text = decode(Uint8Array.from(location, (char) => char.charCodeAt(0)));
  const target = local.parse(text, current);
  if (target === null) throw failed(`${current} redirects to ${text}, which is no URL`);
  if (target.scheme !== "http" && target.scheme !== "https") {
    throw failed(`${current} redirects to ${target.href}, which is no URL of a server`);
  }
  if (target.credentials) throw failed(`${current} redirects to a URL with a user name or a password`);
  return target;
}

/** What a request becomes when it is redirected. */
function redirected(request, status, target) {
  const fragment = target.fragment ? "" : request.url.slice(withoutFragment(request.url).length);
  const next = { ...request, url: target.href + fragment, headers: request.headers.copy() };
  const post = (status === 301 || status === 302) && request.method === "POST";
  const other = status === 303 && request.method !== "GET" && request.method !== "HEAD";
  if (post || other) {
    next.method = "GET";
    next.body = null;
    for (const name of ["content-encoding", "content-language", "content-location", "content-type"]) {
      next.headers.delete(name);
    }
  }
  if (next.body !== null && next.body.source === undefined) {
    throw failed(`${request.url} redirects, but the body was a stream and cannot be sent again`);
  }
  if (local.parse(request.url).origin !== target.origin) {
    for (const name of ["authorization", "cookie", "proxy-authorization"]) next.headers.delete(name);
  }
  return next;
}

async function fetchHttp(original, fetching) {
  if (original.cache === "only-if-cached") throw failed("there is no cache, so nothing is cached");
  let request = original;
  for (let hops = 0; ; hops++) {
    const { exchange, head } = await exchangeOnce(request, fetching);
    const headers = headersOf(pairsOf(head.headers));
    const location = REDIRECTS.includes(head.status) ? headers.get("location") : null;
    if (location === null || request.redirect === "manual") {
      return httpResponse(request, { exchange, head, headers, hops }, fetching);
    }
    exchange.abort();
    if (request.redirect === "error") throw failed(`${request.url} redirects to ${location}, which is not wanted`);
    if (hops === REDIRECT_LIMIT) throw failed(`${original.url} redirects more than ${REDIRECT_LIMIT} times`);
    request = redirected(request, head.status, redirectTarget(location, request.url));
  }
}

function pairsOf(flat) {
  const pairs = [];
  for (let i = 0; i < flat.length; i += 2) pairs.push([flat[i], flat[i + 1]]);
  return pairs;
}

function httpResponse(request, { exchange, head, headers, hops }, fetching) {
  const empty = request.method === "HEAD" || NULL_BODY.includes(head.status);
  if (empty) exchange.abort();
  return newResponse({
    type: "basic",
    url: withoutFragment(request.url),
    redirected: hops > 0,
    status: head.status,
    statusText: head.statusText,
    headers,
    body: empty ? null : new Body({ reader: exchange, finished: fetching.finished }),
  });
}

/** Checks the integrity metadata, for which the whole body is read (4.1, step "integrity metadata"). */
async function checkIntegrity(response, metadata) {
  if (metadata === "" || response.body === null) return response;
  const bytes = await response.body.readAll();
  if (!local.integrity(metadata, bytes)) {
    throw failed(`the body of ${response.url} does not match the integrity metadata "${metadata}"`);
  }
  return { ...response, body: new Body({ bytes }) };
}

async function start(request, fetching) {
  const scheme = request.url.slice(0, request.url.indexOf(":"));
  if (!Object.hasOwn(SCHEMES, scheme)) throw failed(`${scheme}: URLs cannot be fetched`);
  const response = await SCHEMES[scheme](request, fetching);
  return checkIntegrity(response, request.integrity);
}

/** Ends a fetch at any stage with the reason of its signal. */
function abort(request, fetching, reason) {
  fetching.exchange?.abort();
  fetching.response?.body?.fail(reason);
  const stream = request.body !== null && request.body.source === undefined ? request.body.stream : undefined;
  if (stream?.state === "readable") markHandled(load("fetch/readable_ops").cancel(stream, reason));
}

function fetch(input, init = undefined) {
  return new Promise((resolve, reject) => {
    requireArguments(1, arguments, "fetch");
    const request = requestOf(new Request(input, init));
    const signal = request.parentSignal;
    const fetching = { exchange: undefined, response: undefined, finished: () => {} };
    const onAbort = () => {
      const reason = signal.reason ?? domException("The operation was aborted.", "AbortError");
      reject(reason);
      abort(request, fetching, reason);
    };
    if (signal?.aborted) {
      onAbort();
      return;
    }
    signal?.addEventListener("abort", onAbort);
    fetching.finished = () => signal?.removeEventListener("abort", onAbort);
    upon(
      start(request, fetching),
      (response) => {
        if (signal?.aborted) return;
        fetching.response = response;
        if (response.body === null || response.body.source !== undefined) fetching.finished();
        resolve(wrapResponse(response));
      },
      (error) => {
        fetching.finished();
        reject(failure(error));
      },
    );
  });
}

Object.assign(exports, {
  fetch,
  Request,
  Response,
  Headers: load("fetch/headers").Headers,
});
Object.defineProperty(exports, "FormData", {
  enumerable: true,
  get: () => load("fetch/form_data").FormData,
});
