// The part of node:assert that these scripts use, so that they test nothing but modules.
const show = (value) => (typeof value === "object" ? JSON.stringify(value) : String(value));
const fail = (text = "failed") => {
  throw new Error(`assertion: ${text}`);
};
exports.fail = fail;
exports.ok = (value) => value || fail(`${show(value)} is falsy`);
exports.equal = (a, b) => Object.is(a, b) || fail(`${show(a)} is not ${show(b)}`);
exports.notEqual = (a, b) => Object.is(a, b) && fail(`${show(a)} twice`);
exports.deepEqual = (a, b) => exports.equal(JSON.stringify(a), JSON.stringify(b));
exports.throws = (run, expected) => {
  let error;
  try {
    run();
  } catch (thrown) {
    error = thrown;
  }
  exports.matches(error, expected);
};
exports.matches = (error, expected) => {
  if (!(error instanceof Error)) fail(`${show(error)} is no error`);
  if (expected instanceof RegExp) expected.test(error.message) || fail(`${error.message} does not match ${expected}`);
  else if (typeof expected === "function") error instanceof expected || fail(`${error.stack} is no ${expected.name}`);
  else for (const key of Object.keys(expected)) exports.equal(error[key], expected[key]);
};
