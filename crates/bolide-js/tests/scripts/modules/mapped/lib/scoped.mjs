export default "scoped";
