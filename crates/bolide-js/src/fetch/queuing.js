// CountQueuingStrategy and ByteLengthQueuingStrategy (Streams standard, 7).

const { dictionary, finish, illegalInvocation, requireArguments } = load("fetch/support");

/** The member that both constructors require. */
function requiredMark(init, where) {
  const { highWaterMark } = dictionary(init, where);
  if (highWaterMark === undefined) throw new TypeError(`${where}: highWaterMark is required`);
  return Number(highWaterMark);
}

// One function for all strategies, as the standard has it.
const { size: countSize } = { size: () => 1 };
const { size: byteLengthSize } = { size: (chunk) => chunk.byteLength };

class CountQueuingStrategy {
  #highWaterMark;

  constructor(init) {
    requireArguments(1, arguments, "CountQueuingStrategy");
    this.#highWaterMark = requiredMark(init, "CountQueuingStrategy");
  }

  get highWaterMark() {
    if (!(#highWaterMark in this)) throw illegalInvocation("CountQueuingStrategy");
    return this.#highWaterMark;
  }

  get size() {
    if (!(#highWaterMark in this)) throw illegalInvocation("CountQueuingStrategy");
    return countSize;
  }
}

class ByteLengthQueuingStrategy {
  #highWaterMark;

  constructor(init) {
    requireArguments(1, arguments, "ByteLengthQueuingStrategy");
    this.#highWaterMark = requiredMark(init, "ByteLengthQueuingStrategy");
  }

  get highWaterMark() {
    if (!(#highWaterMark in this)) throw illegalInvocation("ByteLengthQueuingStrategy");
    return this.#highWaterMark;
  }

  get size() {
    if (!(#highWaterMark in this)) throw illegalInvocation("ByteLengthQueuingStrategy");
    return byteLengthSize;
  }
}

finish(CountQueuingStrategy, ByteLengthQueuingStrategy);

Object.assign(exports, { ByteLengthQueuingStrategy, CountQueuingStrategy });
