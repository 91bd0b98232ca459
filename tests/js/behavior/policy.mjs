// Tests pages with a Content-Security-Policy, and frames that may not use storage.

import { equal, holds } from "./shared/demand.mjs";

const ALLOWED = "script-src 'self' 'unsafe-inline' 'wasm-unsafe-eval'";
const FORBIDDEN = "script-src 'self' 'unsafe-inline'";

export function policyTests(browser, site) {
  const all = {
    "the error names a policy without 'wasm-unsafe-eval'": () => forbidden(browser, site),
    "a policy with 'wasm-unsafe-eval' is enough": () => allowed(browser, site),
    "a frame without an origin of its own opens without its storage": () => sandboxed(browser, site),
  };
  return Object.entries(all).map(([name, run]) => ({ name, kind: "policies", run }));
}

async function forbidden(browser, site) {
  const opened = await openedUnder(browser, site, `?csp=${encodeURIComponent(FORBIDDEN)}`);
  equal([opened.error, opened.kind, opened.unhandled], ["LicenseError", "unsupported", []], "the page");
  equal(opened.message, "This app cannot check its license in this browser. Contact the vendor.", "what the user reads");
  holds(opened.detail.includes("'wasm-unsafe-eval'"), opened.detail);
}

async function allowed(browser, site) {
  const opened = await openedUnder(browser, site, `?csp=${encodeURIComponent(ALLOWED)}`);
  equal([opened.state, opened.reason, opened.unhandled], ["unlicensed", "no_license", []], "the page");
}

/** Opens a client in a frame in which reading `localStorage` and some other properties throws. */
async function sandboxed(browser, site) {
  const policy = "sandbox allow-scripts";
  const opened = await openedUnder(browser, site, `?csp=${encodeURIComponent(policy)}`);
  equal([opened.state, opened.reason, opened.unhandled], ["unlicensed", "storage", []], "the page");
  equal(opened.activation, "storage", "a key that needs a seat");
}

/** Opens a client with the platform's own storage, on a page with this query. Returns the outcome. */
async function openedUnder(browser, site, query) {
  const page = await browser.newPage();
  const unhandled = [];
  page.on("pageerror", (error) => unhandled.push(String(error)));
  try {
    await page.goto(`${site.url}/app.html${query}`);
    await page.waitForFunction(() => globalThis.isReady);
    const opened = await page.evaluate(async () => {
      const { createLicenseClient, LicenseError } = globalThis.polarLicense;
      const organizationId = "de300000-0000-4000-8000-000000000001";
      const license = { status: "granted", limit_activations: 1, usage: 0, limit_usage: null, expires_at: null };
      const fetch = async (_, { body }) => {
        const { key, organization_id } = JSON.parse(body);
        const id = "1c010000-0000-4000-8000-000000000001";
        const last_validated_at = new Date().toISOString();
        const more = { id, key, organization_id, benefit_id: id, customer_id: id, last_validated_at, activation: null };
        return new Response(JSON.stringify({ ...license, ...more, display_key: "****", validations: 1 }));
      };
      try {
        const client = await createLicenseClient({ organizationId, appId: "com.example.app", fetch });
        const { state, reason } = client.current();
        const activation = await client.activate("SEAT-KEY-0002").catch((error) => error.kind);
        client.dispose();
        return { state, reason, activation };
      } catch (error) {
        return {
          error: error instanceof LicenseError ? error.name : "another",
          kind: error.kind,
          message: error.message,
          detail: error.detail,
        };
      }
    });
    return { ...opened, unhandled };
  } finally {
    await page.close();
  }
}
