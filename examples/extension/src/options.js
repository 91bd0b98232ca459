// The page for the key. The service worker reads the record that it stores.

import { openLicense } from "./license.js";

const [status, form, whyOff] = ["output", "form", "#why-off"].map((name) => document.querySelector(name));
const license = await openLicense().catch((error) => {
  status.textContent = error.message; // where WebAssembly cannot run
  throw error;
});

function show({ message }) {
  const why = license.explain("export");
  status.textContent = message;
  form.hidden = why.allowed; // it stays visible for the key of an upgrade
  whyOff.textContent = why.allowed ? "" : `Exporting is off: ${why.message}`;
}

license.onChange(show);
show(license.current()); // before Polar is asked: a network may be slow

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  try {
    await license.activate(new FormData(form).get("key"));
  } catch (error) {
    status.textContent = error.message; // says what to do
  }
});

await license.refresh();
