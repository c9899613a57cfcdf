// Makes a source map and looks positions up in it.
import { createRequire } from "node:module";

const { SourceMapConsumer, SourceMapGenerator } = createRequire(import.meta.url)("source-map");

const generator = new SourceMapGenerator({ file: "o.js" });
for (let i = 1; i < 200; i++) {
  generator.addMapping({
    generated: { line: i, column: i % 13 },
    original: { line: i * 2, column: i % 7 },
    source: `a${i % 3}.js`,
    name: `n${i}`,
  });
}

await SourceMapConsumer.with(generator.toString(), null, (consumer) => {
  const original = consumer.originalPositionFor({ line: 42, column: 4 });
  const generated = consumer.generatedPositionFor({ source: "a1.js", line: 14, column: 0 });
  console.log(JSON.stringify(original), JSON.stringify(generated));
  let [count, sum] = [0, 0];
  consumer.eachMapping(({ originalLine, generatedColumn }) => {
    count++;
    sum += originalLine * generatedColumn;
  });
  console.log(count, sum);
});
