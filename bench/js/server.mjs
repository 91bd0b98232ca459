// The server of the alternatives that do not use Polar. It answers each of them in its own protocol, and every answer
// says that the license is valid. The answers are fixed, because only the clients are measured. Prints the server's
// address as JSON.

import { createServer } from "node:http";

const KEY = "DEMO-TWO-DEVICES";
const SINCE = "2026-01-01T00:00:00Z";

const licenseSeat = {
  object: "license", key: KEY, status: "active", mode: "hardware_locked", plan_key: "pro", active_seats: 1,
  active_entitlements: [{ key: "export" }], product: { slug: "demo", name: "Demo" },
};
const installation = {
  object: "activation", id: "1", device_id: "benchmark-installation", license_key: KEY, activated_at: SINCE,
};
/** A lease, signed once by a key that exists for this benchmark only. */
const lease = {
  kid: "demo", licenseKeyHash: "0".repeat(64), instanceId: "instance", issuedAt: 1_700_000_000,
  expiresAt: 4_000_000_000, status: "active", entitlements: ["export"],
  signature: "gc6bumeJxTt/gPHRLVTb3Tf7oTHrwW1WvMFx6dmzPs1Ul1WYs6LwAutexA2eXw7wSKK8WnTTEV3qMbQJPt7qAA==",
};
const keygen = {
  data: { id: "1", type: "licenses", attributes: { key: KEY, name: "Demo", status: "ACTIVE" }, relationships: {} },
  meta: { ts: SINCE, valid: true, detail: "is valid", code: "VALID", scope: {} },
};

/** The answers, by the end of the path. */
const ANSWERS = {
  "/licenses/activate": { ...installation, license: licenseSeat },
  "/demo/licenses/validate": {
    object: "validation_result", valid: true, license: licenseSeat, activation: installation,
  },
  "/demo/demo/validate": { valid: true, lease, license_expires_at: null },
  "/actions/validate-key": keygen,
  "/v1/licenses/validate": { valid: true, error: null, license_key: { id: 1, status: "active", key: KEY }, meta: {} },
  // the same answer as Polar's, for the baseline
  "/license-keys/validate": { id: "1", key: KEY, status: "granted", usage: 0, expires_at: null },
};

const requests = [];

const server = createServer((request, response) => {
  if (request.url === "/_mock/requests") return response.end(JSON.stringify(requests));
  requests.push(request.url);
  const path = Object.keys(ANSWERS).find((end) => request.url.endsWith(end));
  request.resume().on("end", () => {
    response.writeHead(path ? 200 : 404, { "content-type": "application/json" });
    response.end(JSON.stringify(ANSWERS[path] ?? {}));
  });
});
server.listen(0, "127.0.0.1", () => {
  console.log(JSON.stringify({ url: `http://127.0.0.1:${server.address().port}` }));
});
