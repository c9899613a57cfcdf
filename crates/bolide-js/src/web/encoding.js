// Text encoding. https://encoding.spec.whatwg.org/

const { decodeUtf8, encode, encodeInto, encodingName, decode, newDecoder } = native("encoding");
const {
  coded, typeError, defineInterface, illegalInvocation, requireArguments, dictionary, isBufferSource, bufferSource,
} = load("web/webidl");
const { custom } = load("web/symbols");

class TextEncoder {
  #brand;

  get encoding() {
    if (!(#brand in this)) throw illegalInvocation("TextEncoder");
    return "utf-8";
  }

  encode(input = "") {
    if (!(#brand in this)) throw illegalInvocation("TextEncoder");
    return encode(`${input}`);
  }

  encodeInto(source, destination) {
    if (!(#brand in this)) throw illegalInvocation("TextEncoder");
    if (typeof source !== "string") {
      requireArguments(arguments.length, 2, "TextEncoder.encodeInto");
      source = `${source}`;
    }
    if (!(destination instanceof Uint8Array)) throw typeError("TextEncoder.encodeInto: the destination is not a Uint8Array");
    const result = encodeInto(source, destination);
    if (typeof result === "number") return { read: source.length, written: result };
    return { read: result[0], written: result[1] };
  }

  [custom](depth, options, inspect) {
    return inspect(Object.assign(Object.create({ constructor: TextEncoder }), { encoding: this.encoding }), options);
  }
}

const decoderOptions = dictionary("TextDecoderOptions", {
  fatal: { convert: Boolean, default: () => false },
  ignoreBOM: { convert: Boolean, default: () => false },
});

const FATAL = 1;
const KEEP_BOM = 2;

function lookUp(label) {
  const name = encodingName(`${label}`);
  if (name === undefined) {
    throw coded(RangeError, "ERR_ENCODING_NOT_SUPPORTED", `The "${label}" encoding is not supported`);
  }
  return name;
}

class TextDecoder {
  #encoding;
  #flags;
  // What decodes the rest of a text whose beginning was given with `stream: true`.
  #stream = null;

  constructor(label = "utf-8", options = undefined) {
    this.#encoding = lookUp(label);
    const { fatal, ignoreBOM } = decoderOptions(options, "TextDecoder options");
    this.#flags = (fatal ? FATAL : 0) | (ignoreBOM ? KEEP_BOM : 0);
  }

  get encoding() { return TextDecoder.#of(this).#encoding; }

  get fatal() { return (TextDecoder.#of(this).#flags & FATAL) !== 0; }

  get ignoreBOM() { return (TextDecoder.#of(this).#flags & KEEP_BOM) !== 0; }

  decode(input = undefined, options = undefined) {
    if (options === undefined && this.#stream === null && this.#encoding === "utf-8" && input instanceof Uint8Array) {
      return decodeUtf8(input, this.#flags);
    }
    return this.#decode(input, options);
  }

  #decode(input, options) {
    const where = "TextDecoder.decode";
    const bytes = input === undefined ? new Uint8Array() : bufferSource(input, `${where}: the input`, { allowShared: true });
    const more = streamOption(options, `${where}: the options`).stream;
    const fatal = (this.#flags & FATAL) !== 0;
    const ignoreBOM = (this.#flags & KEEP_BOM) !== 0;
    if (!more && this.#stream === null) {
      if (this.#encoding === "utf-8") return decodeUtf8(bytes, this.#flags);
      return decode(this.#encoding, bytes, fatal, ignoreBOM);
    }
    const decoder = this.#stream ?? newDecoder(this.#encoding, fatal, ignoreBOM);
    this.#stream = null;
    const text = decoder.decode(bytes, !more);
    if (more) this.#stream = decoder;
    return text;
  }

  static #of(value) {
    if (!(#flags in value)) throw illegalInvocation("TextDecoder");
    return value;
  }

  [custom](depth, options, inspect) {
    const { encoding, fatal, ignoreBOM } = this;
    return inspect(Object.assign(Object.create({ constructor: TextDecoder }), { encoding, fatal, ignoreBOM }), options);
  }
}

const streamOption = dictionary("TextDecodeOptions", { stream: { convert: Boolean, default: () => false } });

/** Defines a class that is a pair of streams around `transformer`. */
function streamPair(transformer) {
  const { TransformStream } = load("fetch/streams");
  return new TransformStream(transformer);
}

class TextEncoderStream {
  #pair;
  #high = "";

  constructor() {
    const encodeChunk = (text, controller) => {
      if (text !== "") controller.enqueue(encode(text));
    };
    this.#pair = streamPair({
      transform: (chunk, controller) => {
        const text = this.#high + `${chunk}`;
        // The other half of a pair of surrogates may be in the next chunk.
        const split = /[\ud800-\udbff]$/.test(text);
        this.#high = split ? text.at(-1) : "";
        encodeChunk(split ? text.slice(0, -1) : text, controller);
      },
      flush: (controller) => encodeChunk(this.#high, controller),
    });
  }

  get encoding() {
    if (!(#pair in this)) throw illegalInvocation("TextEncoderStream");
    return "utf-8";
  }

  get readable() { return this.#pair.readable; }

  get writable() { return this.#pair.writable; }
}

class TextDecoderStream {
  #pair;
  #decoder;

  constructor(label = "utf-8", options = undefined) {
    this.#decoder = new TextDecoder(label, options);
    this.#pair = streamPair({
      transform: (chunk, controller) => {
        if (!isBufferSource(chunk, { allowShared: true })) throw typeError("TextDecoderStream: a chunk is no buffer source");
        const text = this.#decoder.decode(chunk, { stream: true });
        if (text !== "") controller.enqueue(text);
      },
      flush: (controller) => {
        const text = this.#decoder.decode();
        if (text !== "") controller.enqueue(text);
      },
    });
  }

  get encoding() { return this.#decoder.encoding; }

  get fatal() { return this.#decoder.fatal; }

  get ignoreBOM() { return this.#decoder.ignoreBOM; }

  get readable() { return this.#pair.readable; }

  get writable() { return this.#pair.writable; }
}

for (const Class of [TextEncoder, TextDecoder, TextEncoderStream, TextDecoderStream]) defineInterface(Class);
Object.assign(exports, { TextEncoder, TextDecoder, TextEncoderStream, TextDecoderStream });
