// The page for the key. What it stores, the service worker reads.

import { openLicense } from "./license.js";

const [status, form] = ["output", "form"].map((name) => document.querySelector(name));
const license = await openLicense();

function show({ message, allowed }) {
  status.textContent = message;
  form.hidden = allowed;
}

license.onChange(show);
show(await license.refresh());

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  try {
    await license.activate(new FormData(form).get("key"));
  } catch (error) {
    status.textContent = error.message; // says what to do
  }
});
