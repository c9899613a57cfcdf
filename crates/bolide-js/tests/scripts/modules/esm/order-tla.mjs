import { order } from "./order.mjs";
for (let i = 0; i < 5; i++) await null;
order.push("tla");
