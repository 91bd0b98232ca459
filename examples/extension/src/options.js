// The page on which the user enters the key. It stores a record, which the service worker reads.

import { openLicense } from "./license.js";

const [status, form, whyOff] = ["output", "form", "#why-off"].map((name) => document.querySelector(name));
const license = await openLicense().catch((error) => {
  status.textContent = error.message; // WebAssembly cannot run here, for example
  throw error;
});

function show({ message }) {
  const why = license.explain("export");
  status.textContent = message;
  form.hidden = why.allowed; // visible until the export is allowed, so also for the key of an upgrade
  whyOff.textContent = why.allowed ? "" : `Exporting is off: ${why.message}`;
}

license.onChange(show);
show(license.current()); // before Polar is asked, because the network may be slow

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  try {
    await license.activate(new FormData(form).get("key"));
  } catch (error) {
    status.textContent = error.message; // says what to do
  }
});

await license.refresh();
