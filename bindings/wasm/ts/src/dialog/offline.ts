/**
 * Pages of the dialog for computers that are never online. On such a computer, they show the request and import the
 * answer. On a computer with a network, they make the answer. They call the methods of the license, and make no
 * decision.
 */

import type { OfflineReturn, OfflineService } from "../license.js";
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
  const result = await pages.exchange<Decision | OfflineReturn | typeof OTHER>(
    request,
    (answer, signal) => license.offlineImport(answer, { signal }),
    // Without a license there is nothing to lose, so there is no question. The text of an earlier return is shown
    // again, or an error says that there is none.
    async (signal) => (license.current().displayKey === null ? license.offlineReturn({ signal }) : OTHER),
  );
  if (result === OTHER) return giveBack(pages, place);
  return "text" in result ? showReturn(pages, place, result) : result;
}

/** Gives back this computer's license, after a question. */
async function giveBack(pages: OfflinePages, place: DialogPlace): Promise<undefined> {
  return showReturn(pages, place, await pages.confirmReturn((signal) => place.license.offlineReturn({ signal })));
}

/** Shows the text with which another computer can release the seat of this one. */
function showReturn(pages: OfflinePages, place: DialogPlace, { decision, text }: OfflineReturn): Promise<undefined> {
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
