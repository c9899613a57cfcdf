// Lays out two graphs with Graphviz, compiled by Emscripten.
import { createHash } from "node:crypto";
import { Graphviz } from "@hpcc-js/wasm-graphviz";

const graphviz = await Graphviz.load();
const svg = graphviz.layout("digraph{a->b->c;a->c[label=x];subgraph cluster_0{c d}}", "svg", "dot");
console.log(graphviz.version(), svg.length, createHash("sha256").update(svg).digest("hex"));
console.log(graphviz.layout("graph{a--b--c--a}", "plain", "neato").split("\n")[0]);
