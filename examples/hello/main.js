// What the page runs.
import init, { hello_from_rust } from "./pkg/hello.js";

const name = document.querySelector("#name");
const greeting = document.querySelector("#greeting");

function greet() {
  greeting.textContent = hello_from_rust(name.value);
}

await init();
name.addEventListener("input", greet);
greet();
