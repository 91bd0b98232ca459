// Runs in pages of others, so it sees no license: it asks whether the feature is on, and adds a button if so.

chrome.runtime.sendMessage({ feature: "export" }).then((isOn) => {
  document.documentElement.dataset.acme = isOn ? "licensed" : "unlicensed";
  if (!isOn) return;
  const button = document.createElement("button");
  button.textContent = "Export";
  document.body.append(button);
});
