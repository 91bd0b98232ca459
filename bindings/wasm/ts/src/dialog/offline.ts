/**
 * Pages of the dialog for computers that are never online. On a computer without a network they show the request and
 * import the answer, and on a computer with a network they make the answer. They call the methods of the license, and
 * make no decision.
 */

import type { OfflineService } from "../license.js";
import type { Decision } from "../types.js";
import { OfflinePages, OTHER } from "./offline-pages.js";
import type { DialogPages, DialogPlace, OfflinePagesFor } from "./pages.js";

/**
 * Creates pages for the dialog, for computers that are never online. The license needs the setting `airGapDays`. If the
 * license can also act for other computers, as in a desktop app, the dialog offers to license them.
 *
 * ```ts
 * showLicenseDialog(license, { offline: offlinePages() });
 * ```
 */
export function offlinePages(): DialogPages<OfflinePagesFor> {
  return {
    open(what: OfflinePagesFor, place: DialogPlace): Promise<Decision | undefined> {
      const pages = new OfflinePages(place);
      switch (what) {
        case "request":
          return licenseThis(pages, place);
        case "answer":
          return licenseOther(pages, place.license);
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

/** Gives the license of this computer back, and shows the text with which another computer takes it. */
async function giveBack(pages: OfflinePages, place: DialogPlace): Promise<undefined> {
  const { decision, text } = await pages.confirmReturn((signal) => place.license.offlineReturn({ signal }));
  place.returned(decision);
  if (text === null) return pages.say(place.text("dialog.deactivated"));
  const buttons = { button: place.text("dialog.other_computer"), then: pages.text("not_online.take_back") };
  return pages.carry("return", text, pages.text("not_online.return_message", buttons));
}

/**
 * Makes an answer for another computer, or takes the license of another computer back. The dialog offers these pages
 * only if the license has the methods for that.
 */
async function licenseOther(pages: OfflinePages, service: Partial<OfflineService>): Promise<undefined> {
  const { offlineAnswer, offlineRelease } = service as OfflineService;
  const answer = await pages.askRequest((request, key, signal) => offlineAnswer(request, key, { signal }));
  if (answer !== OTHER) return pages.carry("answer", answer.text, pages.text("not_online.answer_message"));
  await pages.askReturn((text, signal) => offlineRelease(text, { signal }));
  return pages.say(pages.text("not_online.taken_back"));
}
