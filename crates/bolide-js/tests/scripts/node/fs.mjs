import assert from "node:assert";
import fs, { promises } from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";

const folder = process.env.FOLDER;
const at = (name) => path.join(folder, name);
fs.mkdirSync(at("a/b/c"), { recursive: true });
assert.strictEqual(fs.mkdirSync(at("a/b"), { recursive: true }), undefined);
assert.strictEqual(fs.mkdirSync(at("n/m"), { recursive: true }), at("n"));
assert.throws(() => fs.mkdirSync(at("a")), { code: "EEXIST", errno: -17, syscall: "mkdir", path: at("a"), message: `EEXIST: file already exists, mkdir '${at("a")}'` });
assert.throws(() => fs.readFileSync(at("none")), { code: "ENOENT", errno: -2, syscall: "open", message: `ENOENT: no such file or directory, open '${at("none")}'` });
assert.throws(() => fs.readFileSync(folder), { code: "EISDIR", syscall: "read" });
assert.throws(() => fs.readFileSync(5.5), { code: "ERR_INVALID_ARG_TYPE" });
assert.throws(() => fs.readFileSync({}), { code: "ERR_INVALID_ARG_TYPE" });

fs.writeFileSync(at("f.txt"), "héllo");
fs.appendFileSync(at("f.txt"), Buffer.from("!"));
assert.strictEqual(fs.readFileSync(at("f.txt"), "utf8"), "héllo!");
assert.strictEqual(fs.readFileSync(pathToFileURL(at("f.txt")), { encoding: "hex" }), "68c3a96c6c6f21");
assert.strictEqual(fs.readFileSync(Buffer.from(at("f.txt"))).length, 7);
assert.throws(() => fs.writeFileSync(at("f.txt"), "x", { flag: "wx" }), { code: "EEXIST" });

const stats = fs.statSync(at("f.txt"));
assert.ok(stats.isFile() && !stats.isDirectory() && stats.size === 7 && stats.mtime instanceof Date);
assert.strictEqual(fs.statSync(at("f.txt"), { bigint: true }).size, 7n);
assert.strictEqual(fs.statSync(at("none"), { throwIfNoEntry: false }), undefined);
fs.utimesSync(at("f.txt"), 1000, 2000.5);
assert.strictEqual(fs.statSync(at("f.txt")).mtimeMs, 2000500);
fs.chmodSync(at("f.txt"), 0o600);
assert.strictEqual(fs.statSync(at("f.txt")).mode & 0o777, 0o600);

fs.symlinkSync("f.txt", at("link"));
assert.ok(fs.lstatSync(at("link")).isSymbolicLink());
assert.strictEqual(fs.readlinkSync(at("link")), "f.txt");
assert.strictEqual(fs.realpathSync(at("link")), fs.realpathSync.native(at("f.txt")));
fs.copyFileSync(at("link"), at("copy"));
assert.throws(() => fs.copyFileSync(at("f.txt"), at("copy"), fs.constants.COPYFILE_EXCL), { code: "EEXIST", dest: at("copy") });
fs.renameSync(at("copy"), at("a/moved"));
assert.throws(() => fs.renameSync(at("x"), at("y")), { message: `ENOENT: no such file or directory, rename '${at("x")}' -> '${at("y")}'` });
fs.cpSync(at("a"), at("copied"), { recursive: true });
assert.deepStrictEqual(fs.readdirSync(at("copied"), { recursive: true }), ["b", "moved", "b/c"]);
assert.deepStrictEqual(fs.readdirSync(folder, { withFileTypes: true }).map((entry) => [entry.name, entry.isDirectory(), entry.parentPath]), [
  ["a", true, folder], ["copied", true, folder], ["f.txt", false, folder], ["link", false, folder], ["n", true, folder],
]);

const fd = fs.openSync(at("fd"), "w+");
assert.strictEqual(fs.writeSync(fd, "0123456789"), 10);
assert.strictEqual(fs.writeSync(fd, Buffer.from("abc"), 1, 2, 4), 2);
const buffer = Buffer.alloc(6);
assert.strictEqual(fs.readSync(fd, buffer, 1, 5, 2), 5);
assert.strictEqual(buffer.toString("latin1"), "\u000023bc6");
fs.ftruncateSync(fd, 3);
assert.strictEqual(fs.fstatSync(fd).size, 3);
fs.closeSync(fd);
assert.throws(() => fs.closeSync(fd), { code: "EBADF", message: "EBADF: bad file descriptor, close" });

assert.ok(fs.existsSync(at("fd")) && !fs.existsSync(at("none")));
assert.throws(() => fs.rmSync(at("a")), { code: "ERR_FS_EISDIR" });
assert.throws(() => fs.rmdirSync(at("a")), { code: "ENOTEMPTY" });
fs.rmSync(at("a"), { recursive: true });
fs.rmSync(at("a"), { force: true });
fs.unlinkSync(at("link"));
assert.match(fs.mkdtempSync(at("tmp-")), /tmp-[A-Za-z0-9]{6}$/);

await promises.writeFile(at("p"), ["one", "two"].values());
assert.strictEqual(await promises.readFile(at("p"), "latin1"), "onetwo");
await assert.rejects(promises.stat(at("none")), { code: "ENOENT", syscall: "stat" });
await assert.rejects(promises.readFile(5.5));
const handle = await promises.open(at("p"), "r+");
assert.strictEqual((await handle.read(Buffer.alloc(3), 0, 3, 0)).bytesRead, 3);
await handle.writeFile("XY");
assert.strictEqual((await handle.stat()).size, 6);
await handle.close();
assert.strictEqual(handle.fd, -1);
await new Promise((resolve) => fs.readFile(at("p"), "utf8", (error, text) => {
  assert.strictEqual(error, null);
  assert.strictEqual(text.length, 6);
  resolve();
}));
await new Promise((resolve) => fs.stat(at("none"), (error) => { assert.strictEqual(error.code, "ENOENT"); resolve(); }));

const { pipeline } = await import("node:stream/promises");
fs.writeFileSync(at("big"), Buffer.alloc(300000, "abc"));
await pipeline(fs.createReadStream(at("big"), { start: 1, end: 200000 }), fs.createWriteStream(at("out")));
assert.strictEqual(fs.statSync(at("out")).size, 200000);
let text = "";
for await (const chunk of fs.createReadStream(at("p"), "utf8")) text += chunk;
assert.strictEqual(text, fs.readFileSync(at("p"), "utf8"));

for (const change of ["utimesSync", "lutimesSync", "futimesSync"]) {
  const fd = fs.openSync(at("out"), "r+");
  const set = (time) => fs[change](change === "futimesSync" ? fd : at("out"), time, time);
  for (const time of [1e19, 2 ** 63, 1e300]) assert.throws(() => set(time), { code: "EINVAL", syscall: change.slice(0, -5) });
  for (const time of [NaN, Infinity, -Infinity, "soon"]) assert.throws(() => set(time), { code: "ERR_INVALID_ARG_TYPE" });
  set(1234.25);
  assert.strictEqual(fs.statSync(at("out")).mtimeMs, 1234250);
  set(new Date(-1500));
  assert.strictEqual(fs.statSync(at("out")).mtimeMs, -1500);
  set(new Date(NaN));
  assert.strictEqual(fs.statSync(at("out")).mtimeMs, -1500);
  const before = Date.now() - 1000;
  set(-5);
  assert(fs.statSync(at("out")).mtimeMs > before);
  fs.closeSync(fd);
}
fs.symlinkSync("out", at("to-out"));
fs.lutimesSync(at("to-out"), 7, 8);
assert.strictEqual(fs.lstatSync(at("to-out")).mtimeMs, 8000);
assert.notStrictEqual(fs.statSync(at("to-out")).mtimeMs, 8000);

const owner = fs.statSync(at("out"));
const ownedFile = fs.openSync(at("out"), "r+");
const isRoot = owner.uid === 0;
if (isRoot) fs.chownSync(at("out"), 12, 34);
for (const unchanged of [-1, 2 ** 32 - 1]) {
  fs.chownSync(at("out"), unchanged, unchanged);
  fs.fchownSync(ownedFile, unchanged, unchanged);
  fs.lchownSync(at("out"), unchanged, unchanged);
}
const { uid, gid } = fs.statSync(at("out"));
assert.deepStrictEqual([uid, gid], isRoot ? [12, 34] : [owner.uid, owner.gid]);
if (isRoot) {
  fs.lchownSync(at("to-out"), 56, -1);
  assert.deepStrictEqual([fs.lstatSync(at("to-out")).uid, fs.statSync(at("out")).uid], [56, 12]);
}
fs.closeSync(ownedFile);
for (const id of [-2, 1.5, 2 ** 32, NaN]) assert.throws(() => fs.chownSync(at("out"), id, -1), { code: "ERR_OUT_OF_RANGE" });
