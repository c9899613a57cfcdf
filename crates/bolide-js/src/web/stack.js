// What V8 puts before the frames of `error.stack` and the engine leaves out: the name and the message. Libraries
// print the stack and nothing else.

const { get, set } = Object.getOwnPropertyDescriptor(Error.prototype, "stack");
const { captureStackTrace } = Error;
const { toString } = Error.prototype;

function withHead(error, frames) {
  let head = "Error";
  try {
    head = toString.call(error);
  } catch {
    // The script's own getters fail; the frames are still worth something.
  }
  return frames === "" ? head : `${head}\n${frames.trimEnd()}`;
}

function isFrames(stack) {
  return typeof stack === "string" && (stack === "" || stack.startsWith("    at "));
}

function define(target, value) {
  Object.defineProperty(target, "stack", { value, writable: true, enumerable: false, configurable: true });
}

const accessor = Object.getOwnPropertyDescriptor({
  get stack() {
    const stack = get.call(this);
    return isFrames(stack) ? withHead(this, stack) : stack;
  },
  set stack(value) {
    if (this === Error.prototype || typeof this !== "object" || this === null) set.call(this, value);
    else define(this, value);
  },
}, "stack");

Object.defineProperty(Error.prototype, "stack", { ...accessor, enumerable: false });

const replacement = {
  captureStackTrace(target, above) {
    captureStackTrace(target, typeof above === "function" ? above : replacement);
    const { stack } = target;
    if (isFrames(stack)) define(target, withHead(target, stack));
  },
}.captureStackTrace;

Object.defineProperty(Error, "captureStackTrace", { value: replacement, writable: true, configurable: true });

/** The stack of an error whose prototype does not lead to the accessor. */
exports.stackOf = (error) => accessor.get.call(error);

// Call sites give away the functions that are running, those of the host among them, which scripts must not call:
// as in V8, nothing is known of the functions of strict code.
const { prepareStackTrace } = Error;
Error.prepareStackTrace = (_, [site]) => {
  for (const hidden of [function getFunction() {}, function getThis() {}]) {
    const property = { value: hidden, writable: true, configurable: true };
    Object.defineProperty(Object.getPrototypeOf(site), hidden.name, property);
  }
};
new Error();
Error.prepareStackTrace = prepareStackTrace;
