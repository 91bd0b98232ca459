/** The same as `polar-license/wasm`, under a name that says what it is. */
export { default } from "./wasm.js";
