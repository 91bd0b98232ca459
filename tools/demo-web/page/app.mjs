// A real app does not need the lines marked *. They give this
// app the clock, disk and network of the page.

import { createLicenseClient } from "polar-license/portal";
import { portalPages } from "polar-license/dialog-portal";
import "polar-license/dialog";
import { computer, connect } from "./frame.mjs"; // *

const PRO = "de300000-0000-4000-8000-0000000000b1";
const BASIC = "de300000-0000-4000-8000-0000000000b2";

const license = await createLicenseClient({
  organizationId: "de300000-0000-4000-8000-000000000001",
  appId: "com.acme.studio",
  features: { export: [PRO], share: [PRO, BASIC] },
  purchaseUrl: "https://acme.example/buy",
  supportUrl: "https://acme.example/help",
  ...computer, // *
});

// The dialog shows the license, and what to do next.
const dialog = document.querySelector("polar-license-dialog");
dialog.license = license;
dialog.portal = portalPages(license.portal());
const button = document.querySelector("#license");
button.onclick = () => dialog.show();

// The gate: turns the button of each feature on or off.
function show(decision) {
  const line = document.querySelector("[role=status]");
  line.textContent = decision.notice ? decision.message : "";
  for (const gated of document.querySelectorAll("[data-feature]")) {
    const feature = license.explain(gated.dataset.feature);
    gated.disabled = !feature.allowed;
    gated.nextElementSibling.textContent = feature.message;
  }
}
license.onChange(show);
show(license.current());

connect({ license, dialog, window }); // *
