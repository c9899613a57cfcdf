globalThis.spaced = import.meta.url.endsWith("/folder%20with%20space/%C3%A9.mjs");
