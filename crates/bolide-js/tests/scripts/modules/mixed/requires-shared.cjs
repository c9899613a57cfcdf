exports.fromShared = require("./shared.mjs").shared;
exports.later = () => require("./needs-shared.mjs");
