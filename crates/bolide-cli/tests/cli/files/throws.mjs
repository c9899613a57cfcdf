function fail() {
	throw new TypeError("no good", { cause: new Error("deeper") });
}
fail();
