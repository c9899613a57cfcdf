throw new Error("from esm");
