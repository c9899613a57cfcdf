exports.fromA = 1;
