export const order = [];
order.push("first");
