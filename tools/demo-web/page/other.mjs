// Another computer of the same customer, with a client of its own. The app on this computer has no window, so the page
// shows the last message that the app has for its user.

import { createLicenseClient } from "polar-license/portal";
import { Computer } from "./computer.mjs";

const license = await createLicenseClient({
  organizationId: "de300000-0000-4000-8000-000000000001",
  appId: "com.acme.studio",
  ...new Computer().options,
});

/** Each function returns a promise of the sentence that the app shows to the user of the other computer. */
export const activate = (key) => sentenceOf(license.activate(key));
export const deactivate = () => sentenceOf(license.deactivate());

const sentenceOf = (operation) => operation.then(({ message }) => message).catch(({ message }) => message);
