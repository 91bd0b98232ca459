// The app, as a developer would write it. Only its clock, its disk and its network are provided by the page around it.

import "polar-license/dialog";
import { portalPages } from "polar-license/dialog-portal";
import { createLicenseClient } from "polar-license/portal";

const { computer, polar, connect } = parent.demo;
const FEATURES = { export: "Export to PDF", audit: "Audit trail" };

const license = await createLicenseClient({
  organizationId: polar.organization,
  appId: "com.acme.studio",
  environment: polar.url,
  features: { export: [polar.benefits.pro], audit: ["de300000-0000-4000-8000-0000000000bf"] },
  purchaseUrl: "https://acme.example/buy",
  portalUrl: "https://acme.example/portal",
  supportUrl: "https://acme.example/help",
  ...computer,
});

const dialog = document.querySelector("polar-license-dialog");
Object.assign(dialog, { license, features: FEATURES, portal: portalPages(license.portal()) });
document.querySelector("#license").addEventListener("click", () => dialog.show());

const features = Object.entries(FEATURES).map(([feature, name]) => {
  const button = document.createElement("button");
  const why = document.createElement("small");
  button.textContent = name;
  button.addEventListener("click", () => (why.textContent = "Done."));
  document.querySelector(".features").append(button, why);
  return { feature, button, why };
});

function show(decision) {
  const status = document.querySelector("[role=status]");
  status.textContent = decision.notice ? decision.message : "";
  status.className = decision.allowed ? "soon" : "off";
  for (const { feature, button, why } of features) {
    const { allowed, message } = license.explain(feature);
    button.disabled = !allowed;
    const reason = allowed ? "Included in your license." : message;
    // if access is denied, the status line already gives the reason
    why.textContent = decision.allowed ? reason : "";
  }
}

license.onChange(show);
show(license.current());
connect({ license, dialog, window });
