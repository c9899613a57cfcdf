export default "internal for import";
