// Headers (Fetch standard, 5.1).

const support = load("fetch/support");
const { byteString, finish, illegalInvocation, inspectable, internal, objectOf, pairIterable, requireArguments, sequence } = support;

const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

/** The name in lower case. */
function headerName(name, where) {
  const text = byteString(name, where);
  if (!TOKEN.test(text)) throw new TypeError(`${where}: "${text}" is no name of a header`);
  return text.toLowerCase();
}

/** The value without surrounding white space. */
function headerValue(value, where) {
  const text = byteString(value, where).replace(/^[\t\n\r ]+|[\t\n\r ]+$/g, "");
  if (/[\0\n\r]/.test(text)) throw new TypeError(`${where}: the value contains a line break or a null character`);
  return text;
}

/** A list of headers, without the object that scripts see. */
class HeaderList {
  /** Names in lower case with their values, in the order in which they were added. */
  entries = [];
  /** Whether scripts may not change it. */
  immutable = false;
  #sorted;

  append(name, value) {
    this.entries.push([name, value]);
    this.#sorted = undefined;
  }

  delete(name) {
    this.entries = this.entries.filter(([other]) => other !== name);
    this.#sorted = undefined;
  }

  /** The values, combined, or null. */
  get(name) {
    const values = this.getAll(name);
    return values.length === 0 ? null : values.join(", ");
  }

  getAll(name) {
    return this.entries.filter(([other]) => other === name).map(([, value]) => value);
  }

  has(name) {
    return this.entries.some(([other]) => other === name);
  }

  set(name, value) {
    const at = this.entries.findIndex(([other]) => other === name);
    if (at < 0) {
      this.append(name, value);
      return;
    }
    this.entries = this.entries.filter(([other], i) => i <= at || other !== name);
    this.entries[at] = [name, value];
    this.#sorted = undefined;
  }

  /** Sorted and combined: what iteration shows. Each `set-cookie` stands alone. */
  sorted() {
    if (this.#sorted === undefined) {
      const names = [...new Set(this.entries.map(([name]) => name))].sort();
      this.#sorted = names.flatMap((name) =>
        name === "set-cookie"
          ? this.getAll(name).map((value) => [name, value])
          : [[name, this.get(name)]],
      );
    }
    return this.#sorted;
  }

  /** Adds everything of a HeadersInit. */
  fill(init, where) {
    if (init === null || (typeof init !== "object" && typeof init !== "function")) {
      throw new TypeError(`${where}: headers are an object, or an iterable of pairs`);
    }
    if (init[Symbol.iterator] === undefined) this.#fillRecord(init, where);
    else this.#fillPairs(init, where);
  }

  #fillPairs(init, where) {
    const pairs = sequence(init, where).map((pair) => sequence(pair, where));
    for (const pair of pairs) {
      if (pair.length !== 2) throw new TypeError(`${where}: each header is a pair of name and value`);
      this.append(headerName(pair[0], where), headerValue(pair[1], where));
    }
  }

  #fillRecord(init, where) {
    for (const key of Reflect.ownKeys(init)) {
      if (!Object.getOwnPropertyDescriptor(init, key)?.enumerable) continue;
      this.append(headerName(key, where), headerValue(init[key], where));
    }
  }

  copy() {
    const copy = new HeaderList();
    copy.entries = [...this.entries];
    return copy;
  }
}

class Headers {
  #list;

  constructor(init = undefined, list = undefined) {
    if (init === internal) {
      this.#list = list;
      return;
    }
    this.#list = new HeaderList();
    if (init !== undefined) this.#list.fill(init, "Headers");
  }

  /** For the host: taken away before scripts see the class. */
  static of(object) {
    if (!isHeaders(object)) throw illegalInvocation("Headers");
    return object.#list;
  }

  static is(value) {
    return typeof value === "object" && value !== null && #list in value;
  }

  static #changeable(object) {
    const list = listOf(object);
    if (list.immutable) throw new TypeError("these headers are immutable");
    return list;
  }

  append(name, value) {
    listOf(this);
    requireArguments(2, arguments, "Headers.append");
    const [key, text] = [headerName(name, "Headers.append"), headerValue(value, "Headers.append")];
    Headers.#changeable(this).append(key, text);
  }

  delete(name) {
    listOf(this);
    requireArguments(1, arguments, "Headers.delete");
    const key = headerName(name, "Headers.delete");
    Headers.#changeable(this).delete(key);
  }

  get(name) {
    const list = listOf(this);
    requireArguments(1, arguments, "Headers.get");
    return list.get(headerName(name, "Headers.get"));
  }

  getSetCookie() {
    return listOf(this).getAll("set-cookie");
  }

  has(name) {
    const list = listOf(this);
    requireArguments(1, arguments, "Headers.has");
    return list.has(headerName(name, "Headers.has"));
  }

  set(name, value) {
    listOf(this);
    requireArguments(2, arguments, "Headers.set");
    const [key, text] = [headerName(name, "Headers.set"), headerValue(value, "Headers.set")];
    Headers.#changeable(this).set(key, text);
  }
}

const { of: listOf, is: isHeaders } = Headers;
delete Headers.of;
delete Headers.is;
finish(Headers);
pairIterable(Headers, (object) => listOf(object).sorted());
inspectable(Headers, isHeaders, (object) => {
  const list = listOf(object);
  return objectOf([...new Set(list.entries.map(([name]) => name))].map((name) => [name, list.get(name)]));
});
Object.defineProperty(Headers, "length", { value: 0, configurable: true });

const wrapHeaders = (list) => new Headers(internal, list);

Object.assign(exports, { HeaderList, Headers, isHeaders, listOf, wrapHeaders });
