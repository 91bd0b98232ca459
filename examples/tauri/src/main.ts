// The page of an app: shows the license, accepts a key, and enables a button only with a license. The license itself is
// in src-tauri.

import "./portal";
import { getCurrentWindow } from "@tauri-apps/api/window";
import { invoke } from "@tauri-apps/api/core";
import { connectLicense, type Decision, LicenseError } from "polar-license/tauri";

const element = <Kind extends HTMLElement>(id: string) => document.getElementById(id) as Kind;
const license = await connectLicense<"export">();

function show({ message }: Decision): void {
  const exporting = license.explain("export");
  element("status").textContent = message;
  element<HTMLButtonElement>("export").disabled = !exporting.allowed;
  // Without a license, the status already says why the feature is off.
  element("why-off").textContent = exporting.reason === "not_included" ? exporting.message : "";
}
license.onChange(show);
show(license.current());

/** Runs the operation that the user started by a click, and shows the error if it fails. */
async function run(work: () => Promise<unknown>): Promise<void> {
  for (const id of ["error", "report"]) element(id).textContent = "";
  await work().catch((error: unknown) => {
    element("error").textContent = error instanceof LicenseError ? error.message : String(error);
  });
}

element("activation").addEventListener("submit", (event) => {
  event.preventDefault();
  void run(() => license.activate(element<HTMLInputElement>("key").value));
});
element("export").addEventListener("click", () => {
  void run(async () => {
    element("report").textContent = await invoke<string>("export");
  });
});
element("deactivate").addEventListener("click", () => void run(() => license.deactivate()));
element("quit").addEventListener("click", () => void getCurrentWindow().close());

await license.refresh();
