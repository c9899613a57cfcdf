// What src/lib.rs imports. `bolide build` copies this file into the package.
export function hello_from_js(name) {
  return `Hello ${name}, this is JavaScript.`;
}
