/**
 * Pages of the dialog for computers that are never online. On such a computer, they show the request and import the
 * answer. On a computer with a network, they make the answer. They call the methods of the license, and make no
 * decision.
 */

import type { OfflineService } from "../license.js";
import type { Decision } from "../types.js";
import { OfflinePages, OTHER } from "./offline-pages.js";
import type { DialogPlace, OfflineDialogPages, OfflinePagesFor } from "./pages.js";

/**
 * Creates pages for the dialog, for computers that are never online. The license needs the setting `airGapDays`. If
 * `service` is passed, the dialog also offers to license other computers. In a window of Electron, `service` is
 * `window.license`. A web page has no such service.
 *
 * ```ts
 * showLicenseDialog(license, { offline: offlinePages() });
 * ```
 */
export function offlinePages(service?: OfflineService): OfflineDialogPages {
  return {
    canAnswer: service !== undefined,
    open(what: OfflinePagesFor, place: DialogPlace): Promise<Decision | undefined> {
      const pages = new OfflinePages(place);
      switch (what) {
        case "request":
          return licenseThis(pages, place);
        case "answer":
          return service ? licenseOther(pages, service) : Promise.resolve(undefined);
        case "return":
          return giveBack(pages, place);
      }
    },
  };
}

/** Gets a license onto this computer, or gives it back. Resolves to the decision after an import. */
async function licenseThis(pages: OfflinePages, place: DialogPlace): Promise<Decision | undefined> {
  const { license } = place;
  const request = await pages.wait((signal) => license.offlineRequest({ signal }));
  const result = await pages.exchange(request, (answer, signal) => license.offlineImport(answer, { signal }));
  return result === OTHER ? giveBack(pages, place) : result;
}

/** Gives back this computer's license, and shows the text that releases its seat on another computer. */
async function giveBack(pages: OfflinePages, place: DialogPlace): Promise<undefined> {
  const { decision, text } = await pages.confirmReturn((signal) => place.license.offlineReturn({ signal }));
  place.returned(decision);
  if (text === null) return pages.say(place.text("dialog.deactivated"));
  return pages.carry("return", text, pages.text("not_online.return_message"));
}

/** Makes an answer for another computer, or releases the seat that another computer has given up. */
async function licenseOther(pages: OfflinePages, service: OfflineService): Promise<undefined> {
  const answer = await pages.askRequest((request, key, signal) => service.offlineAnswer(request, key, { signal }));
  if (answer !== OTHER) return pages.carry("answer", answer.text, pages.text("not_online.answer_message"));
  await pages.askReturn((text, signal) => service.offlineRelease(text, { signal }));
  return pages.say(pages.text("not_online.taken_back"));
}
