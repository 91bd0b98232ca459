// The app on the page. It has a button that opens the dialog for a license, and the test sets the license's clock.

import { createLicenseClient } from "polar-license";
import { showLicenseDialog } from "polar-license/dialog";

const texts = new Map();
const storage = {
  get: (name) => texts.get(name),
  set: (name, text) => texts.set(name, text),
  remove: (name) => texts.delete(name),
};
const turned = { ahead: 0 };
const events = [];
const dialog = document.createElement("polar-license-dialog");
dialog.features = { export: "Export to PDF", audit: "Audit trail" };
for (const name of ["activated", "deactivated", "returned", "close"]) {
  dialog.addEventListener(name, ({ detail }) => events.push(detail ? [name, detail.state] : [name]));
}
// listens on the document, as an app with `showLicenseDialog` does, because it does not have the element itself
document.addEventListener("link", (event) => {
  events.push(["link", event.detail]);
  event.preventDefault();
});
document.body.append(dialog);
document.querySelector("#opener").addEventListener("click", () => dialog.show());

globalThis.app = {
  dialog,
  showLicenseDialog,
  /** Returns the events that have occurred since the last call. */
  takeEvents: () => events.splice(0),
  turn: (ms) => (turned.ahead += ms),
  make: (polar, more) => createLicenseClient(settings(polar, more)),
  /** Shows a license with the pages for computers that are never online. `service` acts for other computers. */
  async withOffline(license, service) {
    const { offlinePages } = await import("polar-license/dialog-offline");
    Object.assign(dialog, { license, offline: offlinePages(service) });
  },
  /** Opens a license that has the customer portal, on a device that has no license yet. */
  async withPortal(polar) {
    const { createLicenseClient } = await import("polar-license/portal");
    const { portalPages } = await import("polar-license/dialog-portal");
    texts.clear();
    const license = await createLicenseClient(settings(polar));
    const products = { [polar.benefits.pro]: "Acme Pro", [polar.benefits.basic]: "Acme Basic" };
    Object.assign(dialog, { license, portal: portalPages(license.portal(), { products }) });
  },
};

function settings(polar, more) {
  return {
    organizationId: polar.organization,
    appId: "com.acme.app",
    environment: polar.url,
    features: { export: [polar.benefits.pro], audit: ["de300000-0000-4000-8000-0000000000bf"] },
    purchaseUrl: "https://acme.example/buy",
    portalUrl: "https://polar.sh/acme/portal",
    supportUrl: "mailto:help@acme.example",
    storage,
    autoRefresh: false,
    clock: { now: () => Date.now() + turned.ahead, monotonic: () => performance.now() + turned.ahead },
    ...more,
  };
}
