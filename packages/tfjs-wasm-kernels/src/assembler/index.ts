/** @millrace/tfjs-wasm-kernels/assembler: WebAssembly written by a program, for code made while it runs. */
export {
  Assembler,
  bits,
  call,
  copy,
  f32,
  f32x4,
  i32,
  increase,
  type Local,
  loopWhile,
  repeat,
  when,
} from "./assembler.js";
export { type Code, encodeModule, type FunctionCode, type Type } from "./encoding.js";
export { type Memory, webAssembly } from "./web-assembly.js";
