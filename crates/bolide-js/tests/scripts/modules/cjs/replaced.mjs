const value = "replaced";
export { value as "module.exports" };
