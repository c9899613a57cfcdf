// The example without a page: `bolide run run.mjs`, or `node run.mjs`.
import { drive } from "./main.mjs";

await drive(console.log);
