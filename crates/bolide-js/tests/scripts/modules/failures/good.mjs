export const good = "good";
