// Parses JavaScript; the grammar is a second module that is linked to the first while they run.
import { Language, Parser } from "web-tree-sitter";

await Parser.init();
const language = await Language.load("node_modules/tree-sitter-javascript/tree-sitter-javascript.wasm");
const parser = new Parser();
parser.setLanguage(language);
console.log(parser.parse("const f = (a, b) => { return a + `x${b}` }; class A extends B {}").rootNode.toString());
