// CompileError, LinkError and RuntimeError: as the NativeErrors of ECMA-262 are.

const { construct } = Reflect;
const { defineProperty, setPrototypeOf, getOwnPropertyDescriptor, create } = Object;
const capture = Error.captureStackTrace;
const stackOf = getOwnPropertyDescriptor(Error.prototype, "stack");

function makeError(name) {
  const make = (message, options, newTarget) => {
    const error = construct(Error, options === undefined ? [message] : [message, options], newTarget);
    if (stackOf) capture(error, newTarget);
    return error;
  };
  const constructor = {
    [name]: function (message, options = undefined) {
      return make(message, options, new.target ?? constructor);
    },
  }[name];
  const prototype = create(Error.prototype, {
    constructor: { value: constructor, writable: true, configurable: true },
    name: { value: name, writable: true, configurable: true },
    message: { value: "", writable: true, configurable: true },
  });
  setPrototypeOf(constructor, Error);
  defineProperty(constructor, "prototype", { value: prototype, writable: false, enumerable: false });
  return constructor;
}

exports.CompileError = makeError("CompileError");
exports.LinkError = makeError("LinkError");
exports.RuntimeError = makeError("RuntimeError");
