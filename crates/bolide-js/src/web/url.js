// URLs. https://url.spec.whatwg.org/

const {
  coded, typeError, defineInterface, illegalInvocation, requireArguments, USVString, isObject, sequence, record,
  pairIterator,
} = load("web/webidl");
const { custom } = load("web/symbols");
const { parse, update, parseForm, serializeForm } = native("url");

/** What only URL and URLSearchParams may do with each other. */
let params;

class URLSearchParams {
  // Pairs of name and value.
  #list = [];
  // Tells the URL, if there is one.
  #changed = null;

  static {
    params = {
      is: (value) => isObject(value) && #list in value,
      entries: (object) => object.#list,
      ofUrl: (query, changed) => {
        const object = new URLSearchParams();
        object.#list = toPairs(parseForm(query));
        object.#changed = changed;
        return object;
      },
      reset: (object, query) => { object.#list = toPairs(parseForm(query)); },
    };
  }

  constructor(init = "") {
    if (isObject(init)) this.#list = pairsOf(init);
    else {
      const text = USVString(init, "URLSearchParams: the argument");
      this.#list = toPairs(parseForm(text.startsWith("?") ? text.slice(1) : text));
    }
  }

  get size() { return of(this).#list.length; }

  append(name, value) {
    of(this);
    requireArguments(arguments.length, 2, "URLSearchParams.append");
    this.#list.push([string(name), string(value)]);
    this.#update();
  }

  delete(name, value = undefined) {
    of(this);
    requireArguments(arguments.length, 1, "URLSearchParams.delete");
    const matches = matcher(name, value);
    this.#list = this.#list.filter((pair) => !matches(pair));
    this.#update();
  }

  get(name) {
    of(this);
    requireArguments(arguments.length, 1, "URLSearchParams.get");
    return this.#list.find(matcher(name))?.[1] ?? null;
  }

  getAll(name) {
    of(this);
    requireArguments(arguments.length, 1, "URLSearchParams.getAll");
    return this.#list.filter(matcher(name)).map((pair) => pair[1]);
  }

  has(name, value = undefined) {
    of(this);
    requireArguments(arguments.length, 1, "URLSearchParams.has");
    return this.#list.some(matcher(name, value));
  }

  set(name, value) {
    of(this);
    requireArguments(arguments.length, 2, "URLSearchParams.set");
    const pair = [string(name), string(value)];
    const matches = matcher(pair[0]);
    const index = this.#list.findIndex(matches);
    if (index === -1) this.#list.push(pair);
    else this.#list = this.#list.flatMap((other, i) => (i === index ? [pair] : matches(other) ? [] : [other]));
    this.#update();
  }

  sort() {
    of(this).#list.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
    this.#update();
  }

  forEach(callback, thisArgument = undefined) {
    of(this);
    requireArguments(arguments.length, 1, "URLSearchParams.forEach");
    if (typeof callback !== "function") throw typeError("URLSearchParams.forEach: the callback is not a function");
    for (let i = 0; i < this.#list.length; i++) {
      const [name, value] = this.#list[i];
      callback.call(thisArgument, value, name, this);
    }
  }

  entries() { return iterators.create(of(this), "entry"); }

  keys() { return iterators.create(of(this), "key"); }

  values() { return iterators.create(of(this), "value"); }

  toString() { return serializeForm(of(this).#list.flat()); }

  #update() {
    this.#changed?.(this.toString());
  }

  [custom](depth, options, inspect) {
    if (typeof depth === "number" && depth < 0) return "[Object]";
    const shown = this.#list.map(([name, value]) => `${inspect(name, options)} => ${inspect(value, options)}`);
    return braces("URLSearchParams", shown, options);
  }
}

/** Entries in braces, in one line if it is short. */
function braces(name, shown, { breakLength = 80 }) {
  if (shown.length === 0) return `${name} {}`;
  const length = shown.reduce((sum, text) => sum + text.length + 2, -2);
  if (length <= breakLength) return `${name} { ${shown.join(", ")} }`;
  return `${name} {\n  ${shown.join(",\n  ")} }`;
}

function of(value) {
  if (!params.is(value)) throw illegalInvocation("URLSearchParams");
  return value;
}

function string(value) {
  return USVString(value, "URLSearchParams: an argument");
}

function toPairs(flat) {
  const pairs = [];
  for (let i = 0; i < flat.length; i += 2) pairs.push([flat[i], flat[i + 1]]);
  return pairs;
}

function matcher(name, value = undefined) {
  const wanted = string(name);
  if (value === undefined) return (pair) => pair[0] === wanted;
  const wantedValue = string(value);
  return (pair) => pair[0] === wanted && pair[1] === wantedValue;
}

function pairsOf(init) {
  const what = "URLSearchParams: the argument";
  const method = init[Symbol.iterator];
  if (method === undefined || method === null) return record(string, string)(init, what);
  if (typeof method !== "function") throw typeError(`${what} is not iterable`, "ERR_ARG_NOT_ITERABLE");
  const pair = (value, name) => {
    const items = isObject(value) ? sequence(string)(value, name) : [];
    if (items.length !== 2) throw typeError(`${name} is not a pair of name and value`, "ERR_INVALID_TUPLE");
    return items;
  };
  return sequence(pair)(init, what);
}

const iterators = pairIterator("URLSearchParams", (object) => params.entries(object));
Object.defineProperty(iterators.prototype, custom, {
  value(depth, options, inspect) {
    const { kind, pairs } = iterators.rest(this);
    const items = pairs.map((pair) => (kind === "key" ? pair[0] : kind === "value" ? pair[1] : pair));
    return braces("URLSearchParams Iterator", items.map((item) => inspect(item, options)), options);
  },
  configurable: true,
  writable: true,
});

const names = [
  "href", "origin", "protocol", "username", "password", "host", "hostname", "port", "pathname", "search", "hash",
];
const SEARCH = names.indexOf("search");

function components(input, base, where) {
  requireArguments(input.length, 1, where);
  const text = USVString(input[0], `${where}: the URL`);
  return [text, parse(text, base === undefined ? undefined : USVString(base, `${where}: the base`))];
}

function invalid(input, base = undefined) {
  const error = coded(TypeError, "ERR_INVALID_URL", "Invalid URL");
  error.input = input;
  if (base !== undefined) error.base = `${base}`;
  return error;
}

let urls;

class URL {
  // The values of the members `names`.
  #members;
  #params = null;

  static {
    urls = {
      is: (value) => isObject(value) && #members in value,
      get: (url, index) => url.#members[index],
      set: (url, name, value) => url.#set(name, value),
    };
  }

  constructor(url, base = undefined) {
    const [text, members] = components(arguments, base, "URL");
    if (members === undefined) throw invalid(text, base);
    this.#members = members;
  }

  static parse(url, base = undefined) {
    const [, members] = components(arguments, base, "URL.parse");
    return members === undefined ? null : new URL(members[0]);
  }

  static canParse(url, base = undefined) {
    return components(arguments, base, "URL.canParse")[1] !== undefined;
  }

  static createObjectURL(object) {
    requireArguments(arguments.length, 1, "URL.createObjectURL");
    return load("fetch/blob").createObjectURL(object);
  }

  static revokeObjectURL(url) {
    requireArguments(arguments.length, 1, "URL.revokeObjectURL");
    load("fetch/blob").revokeObjectURL(url);
  }

  #set(name, value) {
    const text = USVString(value, `URL.${name}: the value`);
    const members = update(this.#members[0], name, text);
    if (members === undefined) throw invalid(text);
    this.#members = members;
    if (this.#params !== null && (name === "href" || name === "search")) {
      params.reset(this.#params, members[SEARCH].slice(1));
    }
  }

  get searchParams() {
    if (!urls.is(this)) throw illegalInvocation("URL");
    this.#params ??= params.ofUrl(this.#members[SEARCH].slice(1), (query) => {
      this.#members = update(this.#members[0], "search", query);
    });
    return this.#params;
  }

  toString() { return this.href; }

  toJSON() { return this.href; }

  [custom](depth, options, inspect) {
    if (typeof depth === "number" && depth < 0) return `${this.constructor.name} {}`;
    const shown = Object.create({ constructor: this.constructor === URL ? URL : this.constructor });
    for (const name of inspected) shown[name] = this[name];
    const { seen, ...plain } = options;
    return `${this.constructor.name} ${inspect({ ...shown }, plain)}`;
  }
}

const inspected = [...names.slice(0, 10), "searchParams", "hash"];

names.forEach((name, index) => {
  const accessor = Object.getOwnPropertyDescriptor({
    get [name]() {
      if (!urls.is(this)) throw illegalInvocation("URL");
      return urls.get(this, index);
    },
    set [name](value) {
      if (!urls.is(this)) throw illegalInvocation("URL");
      urls.set(this, name, value);
    },
  }, name);
  if (name === "origin") accessor.set = undefined;
  Object.defineProperty(URL.prototype, name, accessor);
});

defineInterface(URL);
defineInterface(URLSearchParams);
Object.defineProperty(URLSearchParams.prototype, Symbol.iterator, {
  value: URLSearchParams.prototype.entries, writable: true, configurable: true,
});

Object.assign(exports, { URL, URLSearchParams });
