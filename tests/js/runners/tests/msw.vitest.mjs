// Tests the package's replies with Mock Service Worker, which intercepts the platform's own `fetch`.

import { HttpResponse, http } from "msw";
import { setupServer } from "msw/node";
import { createLicenseClient } from "polar-license";
import { replies, responseOf } from "polar-license/testing";
import { afterAll, beforeAll, expect, test } from "vitest";
import { KEY, SETTINGS } from "../app/settings.mjs";

const BASE = "https://api.polar.sh/v1/customer-portal/license-keys";
const server = setupServer(
  http.post(`${BASE}/validate`, async ({ request }) => {
    const { key, activation_id } = await request.json();
    return responseOf(replies.validated({ key, at: Date.now() }, activation_id));
  }),
  http.post(`${BASE}/activate`, async ({ request }) => {
    const { key } = await request.json();
    return responseOf(replies.activated({ key, at: Date.now() }));
  }),
  http.post(`${BASE}/deactivate`, () => new HttpResponse(null, { status: replies.deactivated().status })),
);
beforeAll(() => server.listen({ onUnhandledRequest: "error" }));
afterAll(() => server.close());

test("a license works with replies from MSW", async () => {
  const license = await createLicenseClient({ ...SETTINGS, appId: "com.acme.msw", autoRefresh: false });
  expect((await license.activate(KEY)).state).toBe("active");
  server.use(http.post(`${BASE}/validate`, () => responseOf(replies.denied("inactive"))));
  expect((await license.validate()).reason).toBe("inactive");
  expect((await license.deactivate()).deactivated).toBe("released");
});
