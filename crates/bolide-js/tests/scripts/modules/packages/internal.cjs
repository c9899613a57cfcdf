module.exports = "internal for require";
