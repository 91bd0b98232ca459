// A window: the state of the license, a form for the key, and one paid feature.

import type { LicenseFailure } from "polar-license/electron-preload";

const find = <Found extends HTMLElement>(name: string) => document.querySelector(name) as Found;
const [status, form] = [find("output"), find<HTMLFormElement>("form")];
const [exporting, whyOff] = [find("#export"), find("#why-off")];
const { license, acme } = window;

function show({ message }: ReturnType<typeof license.current>): void {
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
    await license.activate(String(new FormData(form).get("key")));
  } catch (error) {
    status.textContent = (error as LicenseFailure).message; // says what to do
  }
});

// A link has brought this key. The user decides whether to activate it.
acme.onKey((key) => {
  form.hidden = false;
  (form.elements.namedItem("key") as HTMLInputElement).value = key;
});
find("#another").addEventListener("click", acme.openWindow);
