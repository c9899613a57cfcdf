export { default } from "exact";
