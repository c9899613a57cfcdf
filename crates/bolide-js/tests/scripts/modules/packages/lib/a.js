export default "lib a";
