import "./good.mjs";
import "./throws.mjs";
