// A page without a build step: the state of the license, a form for the key, and one paid feature.

import { createLicenseClient } from "polar-license";

const find = (name) => document.querySelector(name);
const [status, form, exporting, whyOff] = ["output", "form", "#export", "#why-off"].map(find);

const license = await createLicenseClient({
  organizationId: "de300000-0000-4000-8000-000000000001", // Polar: Settings, General
  appId: "com.acme.page",
  features: { export: ["de300000-0000-4000-8000-0000000000b1"] }, // Polar: the benefits that turn it on
  environment: "production", // or the address of a local Polar
}).catch((error) => {
  status.textContent = error.message; // WebAssembly cannot run here, for example
  throw error;
});

function show({ message }) {
  const why = license.explain("export");
  status.textContent = message;
  form.hidden = why.allowed; // visible until the export is allowed, so also for the key of an upgrade
  exporting.hidden = !why.allowed;
  whyOff.textContent = why.allowed ? "" : `Exporting is off: ${why.message}`;
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
