await new Promise((resolve) => setTimeout(resolve, 1));
export default 1;
