/**
 * Pages of the dialog on which customers help themselves. A customer enters a code from an e-mail. Then the pages get
 * the license onto this device, or list the devices that use it. They show the customer portal's answers, and make no
 * decision. The session and the typed text are kept only while the pages are open.
 */

import type {
  CodeRequest,
  Customer,
  Device,
  Devices,
  KeyStatus,
  LicenseKey,
  Restored,
} from "../portal/types.js";
import type { Portal, PortalSession } from "../portal/methods.js";
import type { Decision } from "../types.js";
import type { DialogPages, DialogPlace, PagesFor } from "./pages.js";
import { Pages } from "./portal-pages.js";
import type { PortalTextCode } from "./portal-texts.js";
import { dateOf, labelOf } from "./words.js";

/** Further options of `portalPages`. */
export interface PortalPagesOptions {
  /**
   * The names of your products by the ids of their benefits, such as `{ "de30…": "Acme Pro" }`. The names are shown to
   * customers who have several keys.
   */
  products?: Readonly<Record<string, string>>;
}

/**
 * Creates pages for the dialog on which customers find their key and manage devices. The pages use the customer portal
 * of the client.
 *
 * ```ts
 * showLicenseDialog(license, { portal: portalPages(license.portal()) });
 * ```
 */
export function portalPages(portal: Portal, { products = {} }: PortalPagesOptions = {}): DialogPages {
  return {
    async open(what: PagesFor, place: DialogPlace): Promise<Decision | undefined> {
      const pages = new Pages(place, products);
      for (;;) {
        const session = await startSession(pages, portal);
        const decision = await (what === "restore" ? restoreLicense(pages, session) : manageDevices(pages, session));
        if (decision) return decision;
      }
    },
  };
}

/** Starts a session: asks the customer for an e-mail address, and then for the code that was sent to this address. */
async function startSession(pages: Pages, portal: Portal): Promise<PortalSession> {
  for (;;) {
    let request = await pages.ask(
      { message: pages.text("portal.address_question"), label: "portal.address", button: "portal.send", type: "email" },
      (address, signal) => portal.requestCode(address, { signal }),
    );
    while (request?.kind === "choose") {
      const choices = request.customers.map((customer, at) => ({
        name: customer.name ?? pages.text("portal.unnamed", { number: String(at + 1) }),
        value: customer,
      }));
      const send = (customer: Customer, signal: AbortSignal): Promise<CodeRequest> =>
        portal.requestCodeFor(customer, { signal });
      request = await pages.choose(pages.text("portal.customer_question"), choices, "portal.choose", send);
    }
    if (!request) continue;
    const session = await pages.ask(
      {
        message: request.message,
        label: "portal.code",
        button: "portal.continue",
        type: "one-time-code",
        other: "portal.other_address",
      },
      (code, signal) => portal.authenticate(code, { signal }),
    );
    if (session) return session;
  }
}

/**
 * Gets the license onto this device. If necessary, the customer first chooses a key or releases a seat. Resolves to
 * `undefined` if the license cannot be used here and the customer wants to use another e-mail address.
 */
async function restoreLicense(pages: Pages, session: PortalSession): Promise<Decision | undefined> {
  let result = await pages.wait((signal) => session.restore({ signal }), "portal.other_address");
  while (result) {
    if (result.kind === "licensed") return result.decision;
    const { kind } = result;
    if (kind === "choose") {
      const activate = (key: LicenseKey, signal: AbortSignal): Promise<Restored> => session.activate(key, { signal });
      result = await chooseKey(pages, "portal.key_question", result.keys, activate);
    } else {
      const { key, devices, error } = result;
      const release = async (device: Device, signal: AbortSignal): Promise<Restored> => {
        await session.release(device, { signal });
        return session.activate(key, { signal });
      };
      result = await releaseDevice(pages, error.message, devices, error.nextUrl, release);
    }
  }
  return undefined;
}

/**
 * Lists the devices that use a key. Whenever the customer releases a device, shows the list again. Ends when the
 * customer leaves the list. Resolves to `undefined` if the customer has no key, or asks to use another e-mail address.
 */
async function manageDevices(pages: Pages, session: PortalSession): Promise<undefined> {
  const keys = await pages.wait((signal) => session.licenseKeys({ signal }), "portal.other_address");
  if (!keys) return undefined;
  if (keys.length === 0) return pages.say(pages.text("portal.no_license"), "portal.other_address");
  const devicesOf = (key: LicenseKey, signal: AbortSignal): Promise<{ key: LicenseKey; devices: Devices }> =>
    session.devices(key, { signal }).then((devices) => ({ key, devices }));
  let shown = await chooseKey(pages, "portal.devices_question", keys, devicesOf);
  for (;;) {
    const { key, devices } = shown;
    shown = await releaseDevice(pages, pages.text("portal.devices"), devices, null, async (device, signal) => {
      await session.release(device, { signal });
      return devicesOf(key, signal);
    });
  }
}

/**
 * Lets the customer release a device. If the vendor hides the devices from customers, shows a message and a link
 * instead of the list. The link leads to `devices.page` or, if this is `null`, to `page`.
 */
function releaseDevice<Result>(
  pages: Pages,
  message: string,
  devices: Devices,
  page: string | null,
  release: (device: Device, signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  if (devices.kind === "hidden") return pages.leadsTo(devices.message, devices.page ?? page);
  const { locale } = pages.place;
  const choices = devices.devices.map((device) => {
    const since = pages.text("portal.since", { date: dateOf(device.since, locale) });
    const note = device.isThis ? `${pages.text("portal.this_device")}, ${since}` : since;
    return { name: labelOf(device.label, locale), note, value: device };
  });
  return pages.choose(message, choices, "portal.release", release);
}

/**
 * Chooses one of the keys, and resolves to the result of `work` for that key. Does not ask the customer if there is
 * only one key, or if the customer has typed a key and it matches only one of the granted keys.
 */
function chooseKey<Result>(
  pages: Pages,
  question: PortalTextCode,
  keys: readonly LicenseKey[],
  work: (key: LicenseKey, signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const known = keys.filter(({ displayKey, status }) => displayKey === pages.place.displayKey && status === "granted");
  const [only, ...others] = known.length > 0 ? known : keys;
  if (only && others.length === 0) return pages.wait((signal) => work(only, signal));
  const choices = keys.map((key) => ({ name: nameOf(key, pages), note: noteOn(key, pages), value: key }));
  return pages.choose(pages.text(question), choices, "portal.choose", work);
}

/** Returns a label for the key: the product's name, if the app has passed one, and the end of the key. */
function nameOf({ benefitId, displayKey }: LicenseKey, { products }: Pages): string {
  const product = products[benefitId];
  return product === undefined ? displayKey : `${product}, ${displayKey}`;
}

const ENDED: Partial<Record<KeyStatus, PortalTextCode>> = {
  expired: "portal.key_expired",
  revoked: "portal.key_revoked",
  disabled: "portal.key_disabled",
};

/**
 * Describes a key: whether it is used on this device, until when and on how many devices it can be used, and when it
 * was bought. With this text, customers can tell their keys apart.
 */
function noteOn(key: LicenseKey, pages: Pages): string {
  const { locale } = pages.place;
  const { createdAt, expiresAt, limitActivations: limit, status } = key;
  const date = expiresAt === null ? "" : dateOf(expiresAt, locale);
  const seats = limit === 1 ? "portal.key_device" : "portal.key_devices";
  return [
    key.isHere ? pages.text("portal.key_here") : "",
    pages.text(ENDED[status] ?? (date ? "portal.key_until" : "portal.key_no_end"), { date }),
    limit === null ? "" : pages.text(seats, { count: String(limit) }),
    pages.text("portal.key_since", { date: dateOf(createdAt, locale) }),
  ]
    .filter(Boolean)
    .join(", ");
}
