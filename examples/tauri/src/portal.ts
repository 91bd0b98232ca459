// Lets customers who have no key at hand find their license with a code from a mail.

import { showLicenseDialog } from "polar-license/dialog";
import { portalPages } from "polar-license/dialog-portal";
import { connectLicense } from "polar-license/tauri";

const license = await connectLicense();
document.getElementById("find-key")?.addEventListener("click", () => {
  void showLicenseDialog(license, { portal: portalPages(license.portal()) });
});
