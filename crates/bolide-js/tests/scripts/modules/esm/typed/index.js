export const typed = "module by package.json";
