exports.early = true;
exports.name = "a";
exports.b = require("./b");
