/** The file of `polar-license/wasm`, under a name with its type. */
export { default } from "./wasm.js";
