// Lets a test make the engine trap: replaces the exports of every engine that is instantiated after this file was
// imported.

/** A module that traps: `(module (func (export "trap") unreachable))`. */
const TRAP = Buffer.from("0061736d0100000001040160000003020100070801047472617000000a05010300000b", "hex");
const { trap } = new WebAssembly.Instance(new WebAssembly.Module(TRAP)).exports;

/** Whether engines trap at present, and the number of instances so far. */
export const traps = { armed: false, instances: 0 };

const { instantiate } = WebAssembly;
WebAssembly.instantiate = async (module, imports) => {
  const instance = await instantiate(module, imports);
  const { exports } = instance;
  // leaves Node's own WebAssembly alone, which its `fetch` uses for HTTP
  if (!("engine_new" in exports)) return instance;
  traps.instances += 1;
  const mined = (member) => (typeof member !== "function" ? member : (...given) => {
    const returned = member(...given);
    if (traps.armed) trap();
    return returned;
  });
  return { exports: Object.fromEntries(Object.entries(exports).map(([name, member]) => [name, mined(member)])) };
};
