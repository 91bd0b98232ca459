// What an app does with a license: one feature that is gated.

export function exportButton(license) {
  const button = document.createElement("button");
  button.disabled = !license.allows("export");
  button.textContent = license.current().allowed ? "Export" : license.current().message;
  return button;
}
