// A window: what the license says, a form for a key, and one feature that is sold.

import type { LicenseFailure } from "polar-license/electron-preload";

const find = <Found extends HTMLElement>(name: string) => document.querySelector(name) as Found;
const [status, form, exporting] = [find("output"), find<HTMLFormElement>("form"), find("#export")];
const { license, acme } = window;

function show({ message, allowed }: ReturnType<typeof license.current>): void {
  status.textContent = message;
  form.hidden = allowed;
  exporting.hidden = !license.allows("export");
}

license.onChange(show);
show(license.current());

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  try {
    await license.activate(String(new FormData(form).get("key")));
  } catch (error) {
    status.textContent = (error as LicenseFailure).message; // says what to do
  }
});

// of a link; the user decides
acme.onKey((key) => {
  form.hidden = false;
  (form.elements.namedItem("key") as HTMLInputElement).value = key;
});
find("#another").addEventListener("click", acme.openWindow);
