// An app with one feature that needs a license.

export function exportButton(license) {
  const button = document.createElement("button");
  button.disabled = !license.allows("export");
  button.textContent = license.current().allowed ? "Export" : license.current().message;
  return button;
}
