// No package.json says what this is.
export default "esm by syntax";
