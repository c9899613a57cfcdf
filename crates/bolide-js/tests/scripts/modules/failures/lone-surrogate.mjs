import { good } from "./good.mjs";
import "./\uD800.mjs";
