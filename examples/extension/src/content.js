// Runs in the pages of other sites, so it has no license. It asks the service worker whether the feature is on, and
// adds a button if it is.

chrome.runtime.sendMessage({ feature: "export" }).then((isOn) => {
  document.documentElement.dataset.acme = isOn ? "licensed" : "unlicensed";
  if (!isOn) return;
  const button = document.createElement("button");
  button.textContent = "Export";
  document.body.append(button);
});
