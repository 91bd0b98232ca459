/** Refuses, in web pages, the operations with which a computer acts for others that are never online. */

import { LicenseError, type Texts, worded } from "./error.js";
import type { OfflineService } from "./license.js";

/**
 * Returns operations that reject. The types of a page's client do not have them, so only a call without types reaches
 * them. A page must not have the app secret, because everybody can read a page.
 */
export function notInPages(texts: Texts): OfflineService {
  const refuse = async (): Promise<never> => {
    const detail = "a web page cannot act for another computer, because it would publish the app secret; use `polar-license/node`";
    throw worded(new LicenseError("invalid_config", detail), texts);
  };
  return { offlineAnswer: refuse, offlineRelease: refuse };
}
