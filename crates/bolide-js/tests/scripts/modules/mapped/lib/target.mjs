export default "target";
