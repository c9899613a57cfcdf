export default "below";
