// The wall clock, in milliseconds, when the script starts.
const now = performance.timeOrigin + performance.now();
console.log(now);
