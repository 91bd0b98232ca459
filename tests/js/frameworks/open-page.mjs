// `node open-page.mjs SCRIPTS POLAR`: an app's license on a page in jsdom. The page has everything that a browser's
// page has: localStorage, messages between tabs, and the automatic refresh. Nothing is disposed of, and the process
// must still end.

import { JSDOM } from "jsdom";

const [scripts, polar] = process.argv.slice(2);
const { url, organization } = JSON.parse(polar);
const { window } = new JSDOM("<!doctype html><body></body>", { url: "http://localhost/" });
const { document, localStorage } = window;
for (const [name, value] of Object.entries({ window, document, localStorage })) {
  Object.defineProperty(globalThis, name, { value, configurable: true });
}
const { createLicenseClient } = await import(`${scripts}/index.node.js`);
const license = await createLicenseClient({ organizationId: organization, appId: "com.acme.app", environment: url });
license.onChange(() => undefined);
const { state } = await license.activate("DEMO-PLAIN");
// the license must be stored by the page, and not in a file of the developer
if (localStorage.length === 0) throw new Error("nothing is stored on the page");
console.log(state);
