// FormData (XMLHttpRequest standard, 4), and its encodings.

const support = load("fetch/support");
const { decode, finish, illegalInvocation, inspectable, objectOf, pairIterable, requireArguments, usv } = support;
const { Blob, blobBytes, blobOf, File, isBlob, isFile } = load("fetch/blob");
const { mime, multipart } = native("fetch_local");

/** Creates an entry: blobs become files. */
function entry(name, value, filename) {
  if (!isBlob(value)) {
    if (filename !== undefined) throw new TypeError("FormData: only a Blob can have a file name");
    return [usv(name), usv(value)];
  }
  if (isFile(value) && filename === undefined) return [usv(name), value];
  const lastModified = isFile(value) ? value.lastModified : undefined;
  return [usv(name), new File([value], filename ?? "blob", { type: value.type, lastModified })];
}

class FormData {
  #entries = [];

  constructor(form = undefined) {
    if (form !== undefined) throw new TypeError("FormData: there are no forms here, so no argument is allowed");
  }

  static #of(object) {
    return entriesOf(object);
  }

  /** For the host: taken away before scripts see the class. */
  static entries(object) {
    if (!isFormData(object)) throw illegalInvocation("FormData");
    return object.#entries;
  }

  static is(value) {
    return typeof value === "object" && value !== null && #entries in value;
  }

  append(name, value, filename = undefined) {
    const entries = FormData.#of(this);
    requireArguments(2, arguments, "FormData.append");
    entries.push(entry(name, value, filename === undefined ? undefined : usv(filename)));
  }

  delete(name) {
    FormData.#of(this);
    requireArguments(1, arguments, "FormData.delete");
    const key = usv(name);
    this.#entries = this.#entries.filter(([other]) => other !== key);
  }

  get(name) {
    const entries = FormData.#of(this);
    requireArguments(1, arguments, "FormData.get");
    const key = usv(name);
    return entries.find(([other]) => other === key)?.[1] ?? null;
  }

  getAll(name) {
    const entries = FormData.#of(this);
    requireArguments(1, arguments, "FormData.getAll");
    const key = usv(name);
    return entries.filter(([other]) => other === key).map(([, value]) => value);
  }

  has(name) {
    const entries = FormData.#of(this);
    requireArguments(1, arguments, "FormData.has");
    const key = usv(name);
    return entries.some(([other]) => other === key);
  }

  set(name, value, filename = undefined) {
    const entries = FormData.#of(this);
    requireArguments(2, arguments, "FormData.set");
    const made = entry(name, value, filename === undefined ? undefined : usv(filename));
    const at = entries.findIndex(([other]) => other === made[0]);
    if (at < 0) {
      entries.push(made);
      return;
    }
    this.#entries = entries.filter(([other], i) => i <= at || other !== made[0]);
    this.#entries[at] = made;
  }
}

const { entries: entriesOf, is: isFormData } = FormData;
delete FormData.entries;
delete FormData.is;
finish(FormData);
pairIterable(FormData, entriesOf);
inspectable(FormData, isFormData, (form) => objectOf(entriesOf(form)));

const escapeName = (name) => name.replaceAll("\n", "%0A").replaceAll("\r", "%0D").replaceAll('"', "%22");
const normalizeLines = (text) => text.replace(/\r\n|\r|\n/g, "\r\n");

/** The multipart/form-data encoding (HTML, 4.10.22.8): the blob of the body, and its type. */
function encodeMultipart(form) {
  const boundary = `----bolide${globalThis.crypto.randomUUID().replaceAll("-", "")}`;
  const parts = [];
  for (const [name, value] of entriesOf(form)) {
    const head = `--${boundary}\r\nContent-Disposition: form-data; name="${escapeName(normalizeLines(name))}"`;
    if (typeof value === "string") {
      parts.push(`${head}\r\n\r\n${normalizeLines(value)}\r\n`);
    } else {
      const type = value.type || "application/octet-stream";
      parts.push(`${head}; filename="${escapeName(value.name)}"\r\nContent-Type: ${type}\r\n\r\n`, value, "\r\n");
    }
  }
  parts.push(`--${boundary}--\r\n`);
  return { bytes: blobBytes(new Blob(parts)), type: `multipart/form-data; boundary=${boundary}` };
}

/** A body as a form, by the type that its headers give. */
function parseForm(bytes, type) {
  const parsed = type === null ? null : mime(type);
  const form = new FormData();
  if (parsed?.essence === "multipart/form-data" && parsed.boundary !== undefined) {
    for (const part of multipart(bytes, parsed.boundary)) {
      const content = bytes.subarray(part.start, part.end);
      if (part.filename === undefined) form.append(part.name, decode(content));
      else form.append(part.name, new File([blobOf(content, "")], part.filename, { type: part.type }));
    }
    return form;
  }
  if (parsed?.essence === "application/x-www-form-urlencoded") {
    for (const [name, value] of new globalThis.URLSearchParams(decode(bytes))) {
      form.append(name, value);
    }
    return form;
  }
  throw new TypeError(
    `formData: the body is ${type ?? "of no type"}, ` +
      "not multipart/form-data with a boundary and not application/x-www-form-urlencoded",
  );
}

Object.assign(exports, { encodeMultipart, FormData, isFormData, parseForm });
