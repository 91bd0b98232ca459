/** The operations with which a computer acts for computers that are never online. In web pages, they always reject. */

import { LicenseError, type Texts, worded } from "./error.js";
import type { OfflineService } from "./license.js";

/**
 * Returns operations that always reject, because they would need the app secret. A page must not have the secret,
 * because everybody can read a page. The types of a page's client do not have these operations, so only code without
 * types can call them.
 */
export function notInPages(texts: Texts): OfflineService {
  const refuse = async (): Promise<never> => {
    const detail = "a web page cannot act for another computer, because it would publish the app secret; use `polar-license/node`";
    throw worded(new LicenseError("invalid_config", detail), texts);
  };
  return { offlineAnswer: refuse, offlineRelease: refuse };
}
