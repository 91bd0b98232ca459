// Tests a trap of the WebAssembly while the portal is in use: no call hangs, the values that the engine kept are gone,
// and the next operation uses a new instance. Runs in a separate process, because it replaces the engine's exports
// before anything is instantiated.

import assert from "node:assert/strict";
import test, { after } from "node:test";

import { LocalPolar } from "../behavior/shared/local-polar.mjs";
import { scripts, startPolar } from "../electron/polar.mjs";
import { traps } from "./trapping.mjs";

const EMAIL = "ottilie.quillfeather@example.com";

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
