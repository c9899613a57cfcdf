import assert from "node:assert";
import path, { posix, win32 } from "node:path";

assert.strictEqual(path.posix, posix);
assert.strictEqual(path.sep, "/");
const cases = [
  ["normalize", "/a/./b//../c/", "/a/c/"], ["normalize", "../../a", "../../a"], ["normalize", "", "."], ["normalize", "/../x", "/x"],
  ["dirname", "/a/b/", "/a"], ["dirname", "a", "."], ["dirname", "//a", "//"], ["dirname", "/", "/"],
  ["basename", "/a/b.html/", "b.html"], ["extname", "a.b.c", ".c"], ["extname", ".bashrc", ""], ["extname", "a.", "."], ["extname", "..", ""],
];
for (const [name, input, expected] of cases) assert.strictEqual(posix[name](input), expected, `${name} ${input}`);
assert.strictEqual(posix.basename("/a/b.html", ".html"), "b");
assert.strictEqual(posix.join("/a", "..", "b", "", "c"), "/b/c");
assert.strictEqual(posix.join(""), ".");
assert.strictEqual(posix.resolve("/a", "b", "../c"), "/a/c");
assert.strictEqual(posix.resolve("x"), `${process.cwd()}/x`);
assert.strictEqual(posix.relative("/a/b/c", "/a/d"), "../../d");
assert.deepStrictEqual(posix.parse("/home/u/f.tar.gz"), { root: "/", dir: "/home/u", base: "f.tar.gz", ext: ".gz", name: "f.tar" });
assert.strictEqual(posix.format({ dir: "/a", name: "b", ext: "c" }), "/a/b.c");
assert.throws(() => path.join(5), { code: "ERR_INVALID_ARG_TYPE", message: 'The "path" argument must be of type string. Received type number (5)' });

const windows = [
  ["normalize", "C:\\a\\..\\b/c\\", "C:\\b\\c\\"], ["normalize", "//server/share/./x", "\\\\server\\share\\x"], ["normalize", "C:a", "C:a"],
  ["dirname", "C:\\a\\b", "C:\\a"], ["dirname", "C:\\", "C:\\"], ["dirname", "a\\b", "a"], ["basename", "C:\\a\\b.txt", "b.txt"],
  ["extname", "C:\\a.b\\c", ""], ["isAbsolute", "C:/", true], ["isAbsolute", "C:x", false], ["isAbsolute", "\\\\s", true],
];
for (const [name, input, expected] of windows) assert.strictEqual(win32[name](input), expected, `${name} ${input}`);
assert.strictEqual(win32.join("C:\\a", "..", "b"), "C:\\b");
assert.strictEqual(win32.resolve("C:\\a", "..\\b"), "C:\\b");
assert.strictEqual(win32.relative("C:\\a\\b", "c:\\A\\d"), "..\\d");
assert.deepStrictEqual(win32.parse("C:\\p\\f.t"), { root: "C:\\", dir: "C:\\p", base: "f.t", ext: ".t", name: "f" });
