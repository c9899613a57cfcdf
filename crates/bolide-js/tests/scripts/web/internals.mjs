// What scripts try to get at the host's own functions and at memory that is gone.

function sites(run) {
  const found = [];
  Error.prepareStackTrace = (_, list) => { found.push(...list); return "prepared"; };
  try { run(); } catch (error) { error.stack; }
  Error.prepareStackTrace = undefined;
  return found;
}

const dead = new Uint8Array(8);
dead.buffer.transfer();

const runs = {
  transfer: () => dead.buffer.transfer(),
  encodeInto: () => new TextEncoder().encodeInto({ toString() { throw new Error(); } }, dead),
  decode: () => new TextDecoder("utf-8", { fatal: true }).decode(new Uint8Array([255])),
  sort: () => [2, 1].sort(() => { throw new Error(); }),
};
for (const [name, run] of Object.entries(runs)) {
  const list = sites(run);
  const known = list.filter((site) => site.getFunction() !== undefined || site.getThis() !== undefined);
  console.log(name, list.length > 0, known.length);
}
const holder = {};
const captured = sites(() => { Error.captureStackTrace(holder); holder.stack; });
console.log("captured", captured.length > 0, captured.every((site) => site.getFunction() === undefined));

// A view whose own properties lie about what it shows.
function liar() {
  const view = new DataView(new ArrayBuffer(8));
  const lie = (name, get) => Object.defineProperty(view, name, { get });
  lie("buffer", () => new ArrayBuffer(64 << 20));
  lie("byteOffset", () => 0);
  lie("byteLength", () => 64 << 20);
  return view;
}
console.log(new TextDecoder().decode(liar()).length);
console.log(new TextDecoder("utf-16le").decode(liar()).length);
console.log(Buffer.from(await crypto.subtle.digest("SHA-256", liar())).toString("hex"));

const saved = Object.getOwnPropertyDescriptors(DataView.prototype);
for (const name of ["buffer", "byteOffset", "byteLength"]) {
  Object.defineProperty(DataView.prototype, name, { get() { throw new Error("asked"); } });
}
const part = new DataView(new TextEncoder().encode("a part of it").buffer, 2, 4);
console.log(new TextDecoder().decode(part));
Object.defineProperties(DataView.prototype, saved);

const resizable = new ArrayBuffer(8, { maxByteLength: 16 });
const tail = new DataView(resizable, 4);
resizable.resize(16);
console.log(new TextDecoder().decode(tail).length);

// An error whose stack trace uses the decoder that is failing.
const decoder = new TextDecoder("utf-8", { fatal: true });
let again = 0;
Error.prepareStackTrace = () => { if (again++ === 0) decoder.decode(new Uint8Array([97]), { stream: true }); return ""; };
try {
  decoder.decode(new Uint8Array([255]), { stream: true });
} catch (error) {
  console.log(error.name, error.code);
}
