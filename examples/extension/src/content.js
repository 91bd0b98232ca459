// Runs in other sites' pages, so it has no license: it asks whether the feature is on, and if so adds a button.

chrome.runtime.sendMessage({ feature: "export" }).then((isOn) => {
  document.documentElement.dataset.acme = isOn ? "licensed" : "unlicensed";
  if (!isOn) return;
  const button = document.createElement("button");
  button.textContent = "Export";
  document.body.append(button);
});
