// Runs JavaScript in QuickJS, compiled by Emscripten.
import { getQuickJS } from "quickjs-emscripten";

const quickjs = await getQuickJS();
const vm = quickjs.newContext();
const source = `
function fib(n) { return n < 2 ? n : fib(n - 1) + fib(n - 2) }
const message = (() => { try { null.x } catch (e) { return e.message } })();
JSON.stringify([fib(20), [3, 1, 2].sort(), 'ab'.replace(/(?<x>a)/, '$<x>$<x>'), (2n ** 100n).toString(), message])`;
const result = vm.unwrapResult(vm.evalCode(source));
console.log(vm.getString(result));
result.dispose();
vm.dispose();
