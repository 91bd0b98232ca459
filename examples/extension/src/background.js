// Tells content scripts whether a feature is on. A service worker may end at any time, so nothing is kept in memory
// between two messages.

import { openLicense } from "./license.js";

chrome.runtime.onMessage.addListener(({ feature }, _sender, answer) => {
  allows(feature).then(answer, () => answer(false));
  return true; // the reply is sent later
});

async function allows(feature) {
  const license = await openLicense();
  await license.refresh(); // asks Polar only if that is due
  const isOn = license.allows(feature);
  license.dispose();
  return isOn;
}
