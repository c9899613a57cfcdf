// The imports of a module with their types, which `WebAssembly.Module.imports` does not tell, as descriptors of the
// WebAssembly JavaScript Interface. The bytes are those of a valid module.

const SECTION = { type: 1, import: 2 };
const KINDS = ["function", "table", "memory", "global", "tag"];
const VALUE_TYPES = { 0x7f: "i32", 0x7e: "i64", 0x7d: "f32", 0x7c: "f64", 0x7b: "v128", 0x70: "anyfunc", 0x6f: "externref" };

class Reader {
    constructor(bytes, at = 0) {
        this.bytes = bytes;
        this.at = at;
    }

    byte() {
        return this.bytes[this.at++];
    }

    // LEB128, unsigned. What is counted here is below 2^53.
    number() {
        let result = 0n;
        for (let shift = 0n; ; shift += 7n) {
            const byte = this.byte();
            result |= BigInt(byte & 0x7f) << shift;
            if (byte < 0x80) return Number(result);
        }
    }

    name() {
        const length = this.number();
        const name = this.bytes.toString("utf8", this.at, this.at + length);
        this.at += length;
        return name;
    }

    valueType() {
        const code = this.byte();
        const type = VALUE_TYPES[code];
        if (type === undefined) throw new Error(`an import has a type with the code 0x${code.toString(16)}`);
        return type;
    }

    limits() {
        const flags = this.byte();
        const is64 = (flags & 4) !== 0;
        const size = () => (is64 ? BigInt(this.number()) : this.number());
        const limits = { initial: size() };
        if ((flags & 1) !== 0) limits.maximum = size();
        if ((flags & 2) !== 0) limits.shared = true;
        if (is64) limits.address = "i64";
        return limits;
    }

    list(item) {
        return Array.from({ length: this.number() }, () => item());
    }
}

// `[{ module, name, kind, type }]` in the order of the module; functions have no type.
export function parseImports(bytes) {
    const reader = new Reader(bytes, 8);
    let types;
    while (reader.at < bytes.length) {
        const id = reader.byte();
        const length = reader.number();
        const end = reader.at + length;
        if (id === SECTION.type) types = new Reader(bytes, reader.at);
        if (id === SECTION.import) return reader.list(() => parseImport(reader, types));
        if (id > SECTION.import) break;
        reader.at = end;
    }
    return [];
}

function parseImport(reader, types) {
    const module = reader.name();
    const name = reader.name();
    const kind = KINDS[reader.byte()];
    return { module, name, kind, type: parseType(reader, kind, types) };
}

function parseType(reader, kind, types) {
    switch (kind) {
        case "function":
            reader.number();
            return undefined;
        case "table":
            return { element: reader.valueType(), ...reader.limits() };
        case "memory":
            return reader.limits();
        case "global":
            return { value: reader.valueType(), mutable: reader.byte() === 1 };
        case "tag":
            reader.byte();
            return { parameters: parameters(new Reader(types.bytes, types.at), reader.number()) };
        default:
            throw new Error("an import has a kind that is newer than this adapter");
    }
}

// The parameters of the function type with this index.
function parameters(reader, index) {
    const types = reader.list(() => {
        if (reader.byte() !== 0x60) throw new Error("a tag is imported by a module with types that are no functions");
        const parameters = reader.list(() => reader.valueType());
        reader.list(() => reader.valueType());
        return parameters;
    });
    return types[index];
}
