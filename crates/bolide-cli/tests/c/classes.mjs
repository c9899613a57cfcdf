import init, { Case, add, of, words_add, words_delete, words_longest, words_new, _Z6scaledd, _Z6scaledf } from "./pkg/classes.js";

await init();

const words = words_new();
console.log("none", words_longest(words));
for (const word of ["one", "three", "two"]) words_add(words, word);
console.log("longest", words_longest(words));
words_delete(words);
console.log("add", add(1, 2));
console.log("scaled", _Z6scaledd(1.5), _Z6scaledf(1.5));
console.log("case", of("ABC") === Case.Upper, of("AbC") === Case.Lower);
