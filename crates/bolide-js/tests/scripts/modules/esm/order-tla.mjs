import { order } from "./order.mjs";
await null;
await new Promise((resolve) => setTimeout(resolve, 5));
order.push("tla");
