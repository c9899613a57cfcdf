const a = require("./a");
module.exports = { name: "b", partial: Object.keys(a).slice(0, 1) };
