/**
 * The content of the dialog as data, derived from the license. Assigns an action to each next step, but makes no
 * licensing decision. Does not access the DOM.
 */

import type { LicenseFailure } from "../electron/protocol.js";
import type { LicenseError } from "../error.js";
import type { Decision, Explanation, NextStep, State } from "../types.js";
import type { OfflinePagesFor, PagesFor } from "./pages.js";
import { type DialogTextCode, type DialogTexts, textOf } from "./texts.js";
import { dateOf, labelOf } from "./words.js";

/**
 * The action of a button. `link` opens a page of the vendor: the one that the decision or the error names for its next
 * step, or during a trial the page on which customers buy a license.
 */
export type Action =
  | "submit"
  | "move"
  | "activate"
  | "start_trial"
  | "check"
  | "deactivate"
  | "keep"
  | "link"
  | "back"
  | "done"
  | "cancel"
  | "enter_key"
  | "other_key"
  | "ask_deactivate"
  | "find_key"
  | "devices"
  | OfflinePagesFor;

/**
 * The page that is shown: `status` shows the license, `key` asks for another key, `confirm` asks before deactivating,
 * and `other` is a page from another module.
 */
export type Page = "status" | "key" | "confirm" | "other";

/** The kind of state that the dialog shows. The icon and the colour depend on this kind. */
export type Tone = "good" | "waiting" | "bad" | "none" | "busy";

/** The values from which the dialog's content is derived. */
export interface Situation {
  /** The decision, or `undefined` until there is a license. */
  readonly decision: Decision | undefined;
  /** The error of the user's last action. */
  readonly failure: LicenseError | LicenseFailure | undefined;
  readonly page: Page;
  readonly isBusy: boolean;
  /** Whether the user has just deactivated the license. */
  readonly isRemoved: boolean;
  /** Whether the app has added pages on which customers find their key and manage devices. */
  readonly hasPages: boolean;
  /** Whether the app lets the dialog start the trial. */
  readonly startsTrial: boolean;
  /** Whether the app has added pages for computers that are never online. */
  readonly hasOffline: boolean;
  /** Whether those pages can license other computers. */
  readonly canAnswer: boolean;
  /** The vendor's page on which customers find their key, if it is known. */
  readonly portalUrl: string | undefined;
  /** The vendor's page on which customers buy a license, if it is known. */
  readonly purchaseUrl: string | undefined;
  /** The features to show. Each comes with the name that the user sees, and an explanation of why it is on or off. */
  readonly features: readonly (readonly [string, Explanation])[];
  readonly texts: DialogTexts;
  /** The locale in which dates are written. */
  readonly locale: string;
}

/** A link to one of the vendor's pages. */
export interface Link {
  readonly text: string;
  readonly url: string;
}

/** A row of the details. */
export interface Detail {
  readonly name: string;
  readonly value: string;
  readonly link?: Link | undefined;
}

/** The content of the dialog. */
export interface View {
  readonly tone: Tone;
  readonly message: string;
  readonly note: string;
  readonly error: string;
  readonly details: readonly Detail[];
  readonly hasForm: boolean;
  /** Whether a page of the portal or of the offline exchange is shown in place of this content. */
  readonly hasPage: boolean;
  /** The vendor's page for the next step, or during a trial the page on which customers buy a license. */
  readonly link: Link | undefined;
  /** The vendor's page on which customers find their key or manage devices. */
  readonly portalLink: Link | undefined;
  /** The action that the user most likely wants. */
  readonly main: Action | undefined;
  /** All actions that the dialog offers. */
  readonly actions: ReadonlySet<Action>;
  /** The kind of page that the action `devices` opens. */
  readonly devices: PagesFor;
}

const TONES: Record<State, Tone> = {
  unlicensed: "none",
  denied: "bad",
  clock_suspect: "bad",
  expired: "bad",
  active: "good",
  grace: "waiting",
  lapsed: "bad",
  trial: "waiting",
};

/**
 * The action and the page for each next step. The dialog offers the action. `page` is the label of the link to the
 * vendor's page. Either may be absent.
 */
const STEPS: Record<NextStep, { action?: Action; page?: DialogTextCode }> = {
  none: {},
  connect: { action: "check" },
  enter_key: { action: "submit", page: "dialog.buy" },
  activate: { action: "activate" },
  move: { action: "move" },
  renew: { page: "dialog.renew" },
  contact_vendor: { page: "dialog.contact_vendor" },
  manage_devices: { page: "dialog.manage_devices" },
  buy: { action: "submit", page: "dialog.buy" },
  offline_request: { action: "request" },
};

const NOTHING: Omit<View, "tone" | "message" | "error"> = {
  note: "",
  details: [],
  hasForm: false,
  hasPage: false,
  link: undefined,
  portalLink: undefined,
  main: undefined,
  actions: new Set(),
  devices: "devices",
};

/** Returns the content of the dialog. */
export function viewOf(situation: Situation): View {
  const { decision, failure, page, isBusy, texts } = situation;
  const error = failure?.message ?? "";
  if (!decision) return failure ? errorView(texts, failure) : openingView(texts);
  if (page === "other") return { ...NOTHING, tone: "none", message: "", error, hasPage: true };
  const view = page === "confirm" ? confirmationView(texts, error) : licenseView(situation, decision, error);
  if (!isBusy) return view;
  return { ...view, tone: "busy", message: textOf(texts, "dialog.busy"), actions: new Set([...view.actions, "cancel"]) };
}

function openingView(texts: DialogTexts): View {
  return { ...NOTHING, tone: "busy", message: textOf(texts, "dialog.opening"), error: "" };
}

/** Returns the content that shows an error in place of a license, with a link to the vendor's page for that error. */
function errorView(texts: DialogTexts, { message, nextStep, nextUrl }: LicenseError | LicenseFailure): View {
  const link = linkTo(texts, STEPS[nextStep].page, nextUrl);
  return { ...NOTHING, tone: "bad", message, error: "", link, main: link && "link" };
}

/** Returns a link to `url`, one of the vendor's pages. Returns `undefined` if the label or the address is missing. */
function linkTo(texts: DialogTexts, page: DialogTextCode | undefined, url: string | null | undefined): Link | undefined {
  return page && url ? { text: textOf(texts, page), url } : undefined;
}

function confirmationView(texts: DialogTexts, error: string): View {
  const message = textOf(texts, "dialog.deactivate_question");
  const note = textOf(texts, "dialog.deactivate_hint");
  return { ...NOTHING, tone: "none", message, note, error, main: "deactivate", actions: new Set(["deactivate", "keep"]) };
}

function licenseView(situation: Situation, decision: Decision, error: string): View {
  const { failure, page, hasPages, startsTrial, hasOffline, canAnswer, portalUrl, purchaseUrl, texts } = situation;
  const isImported = hasOffline && decision.airGapped;
  const isTrial = decision.state === "trial";
  const isStatus = page === "status";
  // If the failure names no next step, or only that the user must go online, the dialog offers the next step of the
  // decision instead.
  const answer = failure && failure.nextStep !== "none" && failure.nextStep !== "connect" ? failure : undefined;
  const { nextStep, nextUrl } = answer ?? decision;
  const hasForm = !isStatus || [nextStep, decision.nextStep].some((step) => STEPS[step].action === "submit");
  // while the user enters another key, the decision's next step does not apply, because it is about the old key
  const step = isStatus || answer ? STEPS[nextStep] : {};
  const isMissing = step.action === "request" && !hasOffline;
  const action = hasPages && step.page === "dialog.manage_devices" ? "devices" : isMissing ? undefined : step.action;
  const url = action === "devices" ? null : nextUrl;
  // during a trial, customers can buy a license at any time, not only when that is the next step
  const shop = isTrial && isStatus ? linkTo(texts, "dialog.buy", purchaseUrl) : undefined;
  const link = linkTo(texts, step.page, url) ?? shop;
  const isStored = isStatus && decision.displayKey !== null;
  const help = hasForm ? "dialog.find_key" : isStored && link?.url !== portalUrl ? "dialog.manage_devices" : undefined;
  const portalLink = hasPages ? undefined : linkTo(texts, help, portalUrl);
  const main = hasForm
    ? (action === "move" || action === "devices" ? action : link && action !== "submit" ? "link" : "submit")
    : (action ?? (link ? "link" : decision.allowed ? "done" : undefined));
  const actions: Record<Action, boolean> = {
    submit: hasForm,
    move: false,
    activate: false,
    start_trial: startsTrial && isStatus && decision.reason === "no_license",
    deactivate: false,
    keep: false,
    link: link !== undefined,
    back: !isStatus,
    done: isStatus && decision.allowed,
    cancel: false,
    // in a trial there is neither a license to check nor a key
    check: isStatus && !hasForm && !isTrial,
    enter_key: isStatus && !hasForm && isTrial,
    // on a computer that is never online, a new key is part of the answer to a new request
    other_key: isStatus && !hasForm && !isTrial && !isImported,
    find_key: hasPages && hasForm,
    devices: hasPages && isStored,
    ask_deactivate: isStored && !isImported,
    request: hasOffline && (hasForm || isImported || isTrial || nextStep === "connect"),
    answer: canAnswer,
    return: isStored && isImported,
  };
  return {
    tone: TONES[decision.state],
    message: decision.message,
    note: noteOf(situation, decision),
    error,
    details: isStatus ? detailsOf(situation, decision) : [],
    hasForm,
    hasPage: false,
    link,
    portalLink,
    main,
    actions: new Set((Object.keys(actions) as Action[]).filter((name) => actions[name] || name === main)),
    // a user without a key on this device needs to restore the license, and has no use for a list of devices
    devices: decision.displayKey === null ? "restore" : "devices",
  };
}

/**
 * Returns the row about the subscription. It says when the subscription renews or ends, or that a payment has failed.
 * After a failed payment, the row also links to the page on which customers can change the payment method.
 */
function subscriptionOf({ texts, locale, portalUrl }: Situation, { purchase }: Decision): Detail | undefined {
  if (purchase?.kind !== "subscription") return undefined;
  const name = textOf(texts, "dialog.subscription");
  const { status, currentPeriodEnd, endsAt, cancelsAtPeriodEnd } = purchase;
  if (status === "past_due" || status === "unpaid") {
    const link = portalUrl ? { text: textOf(texts, "dialog.update_payment"), url: portalUrl } : undefined;
    return { name, value: textOf(texts, "dialog.payment_failed"), link };
  }
  const on = (code: DialogTextCode, time: string): Detail => ({
    name,
    value: textOf(texts, code, { date: dateOf(time, locale) }),
  });
  const end = endsAt ?? (cancelsAtPeriodEnd ? currentPeriodEnd : null);
  if (end) return on("dialog.ends_on", end);
  if (status === "trialing" && currentPeriodEnd) return on("dialog.trial_until", currentPeriodEnd);
  return status === "active" && currentPeriodEnd ? on("dialog.renews_on", currentPeriodEnd) : undefined;
}

function noteOf({ failure, isRemoved, texts }: Situation, { problem }: Decision): string {
  if (isRemoved) return textOf(texts, "dialog.deactivated");
  return problem && problem.message !== failure?.message ? problem.message : "";
}

function detailsOf(situation: Situation, decision: Decision): Detail[] {
  const { texts, locale, features } = situation;
  const rows: Detail[] = [];
  const add = (name: DialogTextCode, value: string | null | undefined): void => {
    if (value != null) rows.push({ name: textOf(texts, name), value });
  };
  const date = (time: string | null): string | null => time && dateOf(time, locale);
  const { allowed, usage, limitUsage } = decision;
  add("dialog.key", decision.displayKey);
  add("dialog.valid_until", date(decision.expiresAt ?? decision.trialEndsAt) ?? (allowed ? textOf(texts, "dialog.no_end") : null));
  add("dialog.confirmed_at", date(decision.confirmedAt));
  add("dialog.offline_until", allowed ? date(decision.graceEndsAt) : null);
  if (limitUsage !== null) {
    add("dialog.uses", textOf(texts, "dialog.uses_of", { usage: String(usage), limit: String(limitUsage) }));
  }
  add("dialog.device", decision.activationLabel && labelOf(decision.activationLabel, locale));
  if (!allowed) return rows;
  const subscription = subscriptionOf(situation, decision);
  if (subscription) rows.push(subscription);
  for (const [name, { allowed: isOn, message, nextUrl }] of features) {
    const link = !isOn && nextUrl ? { text: textOf(texts, "dialog.upgrade"), url: nextUrl } : undefined;
    rows.push({ name, value: isOn ? textOf(texts, "dialog.included") : message, link });
  }
  return rows;
}
