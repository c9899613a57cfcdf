export const double = (value) => value * 2;
export const log = [];
export const start = () => log.push("start");
export const ninetyNine = 99;
export default (value) => value + 1;
