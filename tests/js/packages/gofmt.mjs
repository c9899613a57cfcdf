// Formats Go with the real gofmt, compiled by TinyGo.
import { format } from "@wasm-fmt/gofmt";

const source = `package main
import "fmt"
func  main( ){ for i:=0;i<3;i++{fmt.Println( i ,"x")}; var m=map[string]int{"a":1,"bbb":2} }`;
console.log(format(source, "a.go"));

try {
  format("package {");
} catch (error) {
  console.log("threw", String(error.message || error));
}
