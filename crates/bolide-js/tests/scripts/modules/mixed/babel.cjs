"use strict";
Object.defineProperty(exports, "__esModule", { value: true });
exports.named = exports.default = void 0;
var _default = exports.default = "babel default";
const named = exports.named = "babel named";
