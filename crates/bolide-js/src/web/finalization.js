// QuickJS keeps the token of a registration alive as long as the registration. A token that is the target itself, as
// in wasm-bindgen's glue, would keep the target alive forever; so another object, found through the token, stands for it.

const { prototype } = FinalizationRegistry;
const { register, unregister } = prototype;
const { apply } = Reflect;
const { get, set } = WeakMap.prototype;
const keys = new WeakMap();

// What is no valid token is left for the engine to refuse.
function keyOf(token) {
  const type = typeof token;
  if ((type !== "object" || token === null) && type !== "function" && type !== "symbol") return token;
  let key = apply(get, keys, [token]);
  if (key === undefined) {
    key = {};
    try {
      apply(set, keys, [token, key]);
    } catch {
      return token;
    }
  }
  return key;
}

const methods = {
  register(target, heldValue, unregisterToken = undefined) {
    return apply(register, this, [target, heldValue, keyOf(unregisterToken)]);
  },
  unregister(unregisterToken) {
    return apply(unregister, this, [keyOf(unregisterToken)]);
  },
};

for (const name of ["register", "unregister"]) {
  Object.defineProperty(prototype, name, { value: methods[name], writable: true, enumerable: false, configurable: true });
}
