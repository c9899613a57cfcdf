console.log(module.exports, require("node:path").basename(__filename));
