// Node resolves as the specification of its modules says; packages for bundlers (rapier) need what bundlers add:
// the entry named `module` in package.json, and extensions that imports leave out. Loaded before a script in Node.
import { registerHooks } from "node:module";

const completions = ["/rapier.js", ".js", "/index.js"];

registerHooks({
  resolve(specifier, context, next) {
    try {
      return next(specifier, context);
    } catch (error) {
      for (const completion of completions) {
        try {
          return next(specifier + completion, context);
        } catch {
          // The next completion may lead to a file.
        }
      }
      throw error;
    }
  },
});
