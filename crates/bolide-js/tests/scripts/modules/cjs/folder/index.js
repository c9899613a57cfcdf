#!/usr/bin/env node
exports.name = "folder";
