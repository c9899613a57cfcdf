import { order } from "./order.mjs";
import "./order-tla.mjs";
order.push("last");
