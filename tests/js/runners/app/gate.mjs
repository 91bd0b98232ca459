// An app with one feature that a license gates.

export function exportButton(license) {
  const button = document.createElement("button");
  button.disabled = !license.allows("export");
  button.textContent = license.current().allowed ? "Export" : license.current().message;
  return button;
}
