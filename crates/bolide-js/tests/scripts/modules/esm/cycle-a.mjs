import { b } from "./cycle-b.mjs";
export function a() {
  return "a";
}
export const fromB = () => b();
export const main = import.meta.main;
export const importer = (specifier) => import(specifier);
