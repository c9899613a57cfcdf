// Splits text into tokens and puts it together again.
import { get_encoding } from "tiktoken";

const encoding = get_encoding("cl100k_base");
const tokens = encoding.encode('Hello, WebAssembly world! 你好 🦀 fn main() { println!("{}", 42); }');
console.log(JSON.stringify([...tokens]));
console.log(new TextDecoder().decode(encoding.decode(tokens)));
encoding.free();
