import "./good.mjs";
import "./bad-syntax.mjs";
