// Tests a trap of the WebAssembly while the portal is in use: no call hangs, the values that the engine kept are gone,
// and the next operation uses a new instance. Runs in a separate process, because it replaces the engine's exports
// before anything is instantiated.

import assert from "node:assert/strict";
import test, { after } from "node:test";

import { LocalPolar } from "../behavior/shared/local-polar.mjs";
import { scripts, startPolar } from "../electron/polar.mjs";

const EMAIL = "ottilie.quillfeather@example.com";

/** A module that traps: `(module (func (export "trap") unreachable))`. */
const TRAP = Buffer.from("0061736d0100000001040160000003020100070801047472617000000a05010300000b", "hex");
const { trap } = new WebAssembly.Instance(new WebAssembly.Module(TRAP)).exports;

const traps = { armed: false, instances: 0 };
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

const { createLicenseClient, LicenseError, memoryStorage } = await import(`${scripts}/portal.node.js`);

test("a trap ends running operations and earlier sessions", async () => {
  const polar = await startPolar(after);
  const license = await createLicenseClient({
    organizationId: polar.organization,
    appId: "com.acme.app",
    environment: polar.url,
    storage: memoryStorage(),
    autoRefresh: false,
  });
  after(() => license.dispose());
  const portal = license.portal();
  const token = await new LocalPolar(polar.url).customerToken(EMAIL);
  const session = await portal.sessionFromToken(token);
  const [key] = await session.licenseKeys();
  const ended = session.devices(key);
  traps.armed = true;
  const trapped = await ended.catch((error) => error);
  traps.armed = false;
  assert.ok(trapped instanceof LicenseError, String(trapped));
  assert.deepEqual([trapped.kind, trapped.decision.state], ["internal", "unlicensed"]);
  const old = await session.restore().catch((error) => error);
  assert.deepEqual([old.kind, traps.instances], ["invalid_argument", 2]);
  assert.equal((await portal.requestCode(EMAIL)).kind, "sent");
  assert.ok((await (await portal.sessionFromToken(token)).licenseKeys()).length > 1);
});
