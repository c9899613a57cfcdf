export const shared = { name: "shared" };
