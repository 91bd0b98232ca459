// A page without any build step: what the license says, a form for a key, and one feature that is sold.

import { createLicenseClient } from "polar-license";

const [status, form, exporting] = ["output", "form", "#export"].map((name) => document.querySelector(name));

const license = await createLicenseClient({
  organizationId: "de300000-0000-4000-8000-000000000001", // Polar: Settings, General
  appId: "com.acme.page",
  features: { export: ["de300000-0000-4000-8000-0000000000b1"] }, // Polar: the benefits that turn it on
  environment: "production", // or the address of a local Polar
});

function show({ message, allowed }) {
  status.textContent = message;
  form.hidden = allowed;
  exporting.hidden = !license.allows("export");
}

license.onChange(show);
show(license.current());

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  try {
    await license.activate(new FormData(form).get("key"));
  } catch (error) {
    status.textContent = error.message; // says what to do
  }
});
