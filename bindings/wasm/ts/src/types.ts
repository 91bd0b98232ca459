/**
 * The data of a license, with the same names as in Rust, in C and on the command line.
 *
 * Written by bindings/wasm/tests/types from the core's types: change them there.
 */

/** The state of the license. Access is allowed in `active` and `grace` only. */
export type State =
  /** No license is stored, or the stored one cannot be trusted or read. */
  | "unlicensed"
  /** The license is denied, either by Polar's last answer or by the app's configuration. */
  | "denied"
  /**
   * The clock was moved so far back that no time can be trusted. To restore access, the app must validate the license
   * once while it is online.
   */
  | "clock_suspect"
  /** `expiresAt` has passed. */
  | "expired"
  /** Confirmed by Polar less than `refreshIntervalMs` ago. */
  | "active"
  /** Confirmed by Polar less than `offlineGraceMs` ago, but more than `refreshIntervalMs` ago. */
  | "grace"
  /** The last confirmation is too old. Access returns as soon as Polar confirms the license again. */
  | "lapsed"
  /** No license is stored, and the trial on this device has not ended. */
  | "trial";

/** The reason why a license is in its state, or why an operation was refused. */
export type Reason =
  /** No license key has been activated on this device. */
  | "no_license"
  /** The stored record was changed by something other than this library. */
  | "tampered"
  /** The stored record belongs to another device. */
  | "other_device"
  /** The stored record belongs to another organization, environment or app. */
  | "other_product"
  /** The stored record was written by a newer version of this library. */
  | "newer_format"
  /** The stored record could not be read. */
  | "storage"
  /**
   * Polar does not know this key, or does not know this activation of the key. The key was mistyped, deleted or
   * rotated, or the activation was removed. Polar does not distinguish these cases.
   */
  | "not_found"
  /** The key was revoked or disabled. */
  | "inactive"
  /** The key has expired. */
  | "expired"
  /** The activation was made under other conditions: on another device, or before the app's `conditions` changed. */
  | "conditions"
  /** Polar denied the key for a reason that this version of the library does not know. */
  | "refused"
  /** The key has an activation limit, and there is no activation on this device. */
  | "activation_required"
  /** Every activation that the key allows is in use. */
  | "activation_limit"
  /** The key is for a benefit that this app does not accept. */
  | "benefit"
  /** This version of the app was built after the license's updates ended. Earlier versions continue to work. */
  | "updates_ended"
  /** No license key has been activated on this device, and the trial has ended. */
  | "trial_ended";

/** The next step that the user can take. */
export type NextStep =
  /** Nothing to do. */
  | "none"
  /** Go online once. */
  | "connect"
  /** Enter a license key. */
  | "enter_key"
  /** Activate this device, again or for the first time. */
  | "activate"
  /** Activate with `replacePrevious`, to move the license here from another device. */
  | "move"
  /** Renew the subscription or buy a new key. */
  | "renew"
  /** Ask the vendor. */
  | "contact_vendor"
  /** Deactivate another device, either on that device or in Polar's customer portal. */
  | "manage_devices"
  /** Buy a license, or enter its key. */
  | "buy"
  /** Make an offline request on this computer, and import its answer. */
  | "offline_request";

/** The reason why a feature is off. */
export type OffReason =
  /** Access is not allowed: the state and the reason of the decision say why. */
  | "not_licensed"
  /** The license is valid, but its benefit does not turn the feature on: the user needs another plan. */
  | "not_included"
  /** The configuration has no feature with this name. This is a bug in the app. */
  | "unknown";

/** The kind of an error. A kind never changes its meaning. */
export type ErrorKind =
  /** The caller passed an invalid argument, such as an empty license key. */
  | "invalid_argument"
  /** The configuration is invalid. Nothing was sent. */
  | "invalid_config"
  /** Polar could not be reached: there was no connection, or another server answered. */
  | "network"
  /** No complete answer came in time. */
  | "timeout"
  /** Polar asks the app to wait; see `retryAfterMs`. */
  | "rate_limited"
  /** Polar was reached, but its server failed. */
  | "server"
  /** Polar, or the app's own configuration, denied the request; see `reason`. */
  | "refused"
  /** The key has fewer uses left than requested. */
  | "usage_exhausted"
  /** The record could not be read or written. */
  | "storage"
  /** The caller cancelled the operation. */
  | "cancelled"
  /** The operation needs a license, and there is none on this device. */
  | "not_activated"
  /** An earlier activation may have taken a seat, but this device does not know whether it did. */
  | "seat_uncertain"
  /** A bug in this library. */
  | "internal"
  /** The browser has no WebAssembly, or does not allow it, so the library cannot run. Occurs in JavaScript only. */
  | "unsupported";

/** The outcome for the seat after a deactivation. */
export type Deactivated =
  /** Polar confirmed that the seat is free. */
  | "released"
  /** Polar does not know the seat, for example because it was removed in the portal. */
  | "unknown"
  /** The license took no seat. */
  | "not_needed"
  /**
   * Polar does not know the seat, but the seat may still be taken. Either the key was rotated or deleted, or Polar did
   * not say whether it knows the key. If a new key has replaced the old one, an activation of the new key on this
   * device uses or releases the seat.
   */
  | "key_unknown";

/** The codes of the sentences that a user may read, each with its English sentence. */
export type TextCode =
  /** The license is active. */
  | "state.active"
  /** The license is active. It will be confirmed when you are next online. */
  | "state.grace"
  /** The license has not been confirmed for some time. Go online soon to keep it working. */
  | "state.grace_ending"
  /** The license has not been confirmed for too long. Go online once to continue. */
  | "state.lapsed"
  /** The license has expired. Renew it to continue. */
  | "state.expired"
  /**
   * The clock of this device does not fit the last confirmation of the license. Check the date, then go online once to
   * continue.
   */
  | "state.clock_suspect"
  /** This is a trial. It ends on {day}. */
  | "state.trial"
  /** The trial ends on {day}. Buy a license to keep using the app. */
  | "state.trial_ending"
  /** The trial has ended. Buy a license to continue. */
  | "reason.trial_ended"
  /**
   * The trial cannot continue, because the date of this device is earlier than before. Correct the date if it is wrong,
   * or buy a license.
   */
  | "trial.clock"
  /** The trial cannot start, because the date of this device is wrong. Correct the date, and try again. */
  | "trial.clock_behind"
  /**
   * The trial could not be started, because it could not be stored on this device. Make sure that there is space and
   * that this app may write its data.
   */
  | "trial.not_stored"
  /** The trial does not include this feature. Buy a license to use it. */
  | "feature.not_in_trial"
  /** The trial includes this feature. */
  | "feature.in_trial"
  /** The license of this computer ends on {day}. Create a new request, and import its answer. */
  | "offline.ending"
  /** The license of this computer has ended. Create a new request, and import its answer. */
  | "offline.lapsed"
  /**
   * The clock of this computer does not fit its license. Correct the date, or create a new request and import its
   * answer.
   */
  | "offline.clock_suspect"
  /** This text is incomplete or has a mistake. Copy the whole text again. */
  | "offline.damaged"
  /** This text is a request. Take it to a computer with a network to get its answer. */
  | "offline.request_here"
  /** This text is an answer. Import it on the computer that made the request. */
  | "offline.answer_here"
  /** This text returns a license. Use it to return the license, on a computer with a network. */
  | "offline.return_here"
  /** This text was made by a newer version of this app. Update the app, and try again. */
  | "offline.newer"
  /** This text belongs to another product. Use the same app on both computers. */
  | "offline.other_product"
  /** This answer was made for another computer. Create a request on this computer, and import its answer. */
  | "offline.other_device"
  /**
   * The other computer has a version of this app that does not fit this one. Use the same version on both computers.
   */
  | "offline.other_secret"
  /**
   * This answer does not belong to the latest request of this computer. Create a new request, and import its answer.
   */
  | "offline.other_request"
  /** This answer is too old. Create a new request, and import its answer. */
  | "offline.late"
  /**
   * The license could not be returned without a network. Create a return on this computer, and use it on a computer
   * with a network.
   */
  | "offline.not_deactivated"
  /** No license is active on this device. Enter a license key. */
  | "reason.no_license"
  /** The stored license was changed or damaged. Go online once to confirm it, or enter the license key again. */
  | "reason.tampered"
  /** The stored license was changed or damaged. Enter the license key again. */
  | "reason.tampered_key"
  /** The stored license belongs to another device. Activate it here to move it. */
  | "reason.other_device"
  /** The stored license belongs to another product. Enter the license key for this one. */
  | "reason.other_product"
  /** The stored license was written by a newer version of this app. Go online once, or update the app. */
  | "reason.newer_format"
  /** The stored license could not be read. Make sure that this app may read its data on this device. */
  | "reason.storage"
  /** The license is no longer valid on this device. Activate it again, or enter the new license key. */
  | "reason.not_found"
  /** The license is no longer active. Contact the vendor. */
  | "reason.inactive"
  /** The license was activated for another device or version. Activate it again. */
  | "reason.conditions"
  /** The license was refused. Contact the vendor. */
  | "reason.refused"
  /** The license must be activated on this device. Activate it to continue. */
  | "reason.activation_required"
  /** The license is for another product or plan. Contact the vendor. */
  | "reason.benefit"
  /**
   * The license includes versions of this app that were built until {day}. They go on working. Renew the license to use
   * this version.
   */
  | "reason.updates_ended"
  /** This license key is not known. Check it for typos. */
  | "refused.not_found"
  /** The license key of this device is no longer valid. Enter the new license key. */
  | "refused.replaced"
  /** This license key is no longer active. Contact the vendor. */
  | "refused.inactive"
  /** This license key has expired. Renew it to continue. */
  | "refused.expired"
  /** This license key is in use on as many devices as it allows. Deactivate one of them first. */
  | "refused.activation_limit"
  /** This license key is in use on as many devices as it allows. Deactivate one of them, or move the license here. */
  | "refused.activation_limit_move"
  /** This license key is for another product or plan. Enter the key for this one. */
  | "refused.benefit"
  /**
   * This license key includes versions of this app that were built until {day}. Use one of them, or renew the license
   * to use this version.
   */
  | "refused.updates_ended"
  /** The stored license was written by a newer version of this app. Update the app. */
  | "refused.newer_format"
  /** This license key was refused. Contact the vendor. */
  | "refused.other"
  /** The license key is empty. Enter the key from the purchase e-mail. */
  | "key.empty"
  /** The license key has an invisible character in it. Copy it again. */
  | "key.unreadable"
  /** This is too long for a license key. Copy only the key. */
  | "key.too_long"
  /** This app made a mistake: {detail}. */
  | "error.invalid_argument"
  /** This app is not set up correctly: {detail}. */
  | "error.invalid_config"
  /** The license server could not read what this app sent. Contact the vendor. */
  | "error.request"
  /** The license server could not be reached. Check the network connection or sign in to the network, and try again. */
  | "error.network"
  /** The license server did not answer in time. Try again. */
  | "error.timeout"
  /** The license server is busy. Try again later. */
  | "error.rate_limited"
  /** The license server is busy. Try again in a second. */
  | "error.busy_second"
  /** The license server is busy. Try again in {seconds} seconds. */
  | "error.busy_seconds"
  /** The license server is busy. Try again in {minutes} minutes. */
  | "error.busy_minutes"
  /** The license server has a problem. Try again later. */
  | "error.server"
  /** The license has fewer uses left than this needs. Renew it, or buy another one. */
  | "error.usage_exhausted"
  /**
   * The license could not be stored on this device. Make sure that there is space and that this app may write its data.
   */
  | "error.storage"
  /** Too many earlier activations of this device are unresolved. Contact the vendor. */
  | "error.too_many_unsettled"
  /** There is no license to remove. */
  | "error.nothing_to_remove"
  /** The license could not be removed from this device. Make sure that this app may write its data. */
  | "error.not_removed"
  /**
   * The license was released, but could not be removed from this device. Make sure that this app may write its data,
   * and deactivate the license again.
   */
  | "error.released_not_removed"
  /** The operation was cancelled. */
  | "error.cancelled"
  /**
   * An activation of the license key {key} was interrupted, and may count as one of its devices. If a device is
   * missing, remove "{label}" on the page where you manage your purchase, or ask the vendor to remove it.
   */
  | "error.seat_uncertain"
  /**
   * The activation was not confirmed, but it may have succeeded. Check the devices of the license before you try again.
   */
  | "error.maybe_activated"
  /** The uses were not confirmed, but they may have been counted. Check the usage before you try again. */
  | "error.maybe_counted"
  /** Something went wrong in this app. Restart it and try again. */
  | "error.internal"
  /** This app cannot check its license in this browser. Contact the vendor. */
  | "error.unsupported"
  /** The license works until this app ends. */
  | "also.until_exit"
  /** Your license includes this feature. */
  | "feature.included"
  /** Your license does not include this feature. Upgrade to use it. */
  | "feature.not_included"
  /** This feature is not available. Contact the vendor. */
  | "feature.unknown";

/** The codes of the sentences of the customer portal, each with its English sentence. */
export type PortalTextCode =
  /** This is not an e-mail address. Check it for typos. */
  | "portal.not_an_address"
  /** No mail can be sent to this address. Check it for typos. */
  | "portal.wrong_address"
  /** If {email} bought it, a code is on its way to that address. Check the address for typos. */
  | "portal.code_sent"
  /** The mail with the code may be on its way all the same. Look for it before you ask for another one. */
  | "portal.maybe_mailed"
  /** This address belongs to several customers. Choose one of them. */
  | "portal.several_customers"
  /** A code has six letters and digits. Copy it from the mail. */
  | "portal.not_a_code"
  /** This code is wrong or has expired. Check it, or ask for another one. */
  | "portal.wrong_code"
  /** Too many codes were requested or tried. Try again in a second. */
  | "portal.too_many_codes_second"
  /** Too many codes were requested or tried. Try again in {seconds} seconds. */
  | "portal.too_many_codes_seconds"
  /** Too many codes were requested or tried. Try again in {minutes} minutes. */
  | "portal.too_many_codes_minutes"
  /** The code from the last mail is still good then. */
  | "portal.code_still_good"
  /** The code from the last mail will have expired by then: ask for another one. */
  | "portal.code_over_by_then"
  /** This is not a link to a checkout. Copy the whole link. */
  | "portal.not_a_link"
  /** This is not an invitation. Copy the link from the mail. */
  | "portal.not_an_invitation"
  /**
   * This invitation has expired or was accepted before. Ask the person who invited you for another one, or ask for a
   * code by e-mail if you have accepted it.
   */
  | "portal.invitation_over"
  /** The invitation may have been accepted all the same: ask for a code by e-mail. */
  | "portal.maybe_claimed"
  /** The session has ended. Ask for another code. */
  | "portal.session_over"
  /** No license for this app was bought with this address. Try another address. */
  | "portal.no_key"
  /** The license key is not there yet. Try again in a few minutes. */
  | "portal.key_late"
  /** This was not found. It may have been deleted in the meantime. Ask for another code by e-mail, and try again. */
  | "portal.not_known"
  /** This is not possible for this license. Contact the vendor. */
  | "portal.not_possible"
  /** The license key may have been replaced all the same. */
  | "portal.maybe_rotated"
  /**
   * The license key was replaced, but could not be stored on this device. Make sure that there is space, and find the
   * new key with a code by e-mail.
   */
  | "portal.rotated_not_stored"
  /** The device may have been released all the same. */
  | "portal.maybe_released"
  /** The license is in use on other devices, which only the vendor can see. Ask the vendor to remove one. */
  | "portal.devices_hidden"
  /** This license key is active on no device. */
  | "portal.no_devices"
  /**
   * This license shows no devices to its customers. If it is in use on a device that you no longer have, ask the vendor
   * to remove it.
   */
  | "portal.devices_unknown"
  /** The purchase was not completed in time. If you have paid, ask for a code by e-mail in a few minutes. */
  | "portal.not_completed"
  /** The payment failed. Try again. */
  | "portal.payment_failed"
  /**
   * This purchase is more than a day old. If you have paid, ask for a code by e-mail to find your license key. If not,
   * start the purchase again.
   */
  | "portal.checkout_expired"
  /** The purchase is complete. Ask for a code with the address that you bought with. */
  | "portal.no_buyer"
  /** The purchase did not come back to this app. Ask for a code by e-mail instead. */
  | "portal.not_returned"
  /** Thank you. You can close this page and go back to the app. */
  | "portal.page_done"
  /** There is nothing here. */
  | "portal.page_empty";

/** The status of a subscription. Polar may add further values. */
export type SubscriptionStatus =
  /** The first payment has not gone through. */
  | "incomplete"
  /** The first payment has not gone through in time. */
  | "incomplete_expired"
  /** The subscription is in its trial, which ends with the current period. */
  | "trialing"
  /** The subscription is paid. */
  | "active"
  /** The latest payment has failed, and Polar will try it again. */
  | "past_due"
  /** The subscription has ended, or is about to end. */
  | "canceled"
  /** The latest payment has failed, and Polar will not try it again. */
  | "unpaid"
  /** The subscription is paused. */
  | "paused"
  | (string & {});

/** The status of an order. Polar may add further values. */
export type OrderStatus =
  /** The order is not complete. */
  | "draft"
  /** The order is waiting for payment. */
  | "pending"
  /** The order is paid. */
  | "paid"
  /** The whole payment was refunded. */
  | "refunded"
  /** A part of the payment was refunded. */
  | "partially_refunded"
  /** The order is no longer valid. */
  | "void"
  | (string & {});

/** The subscription to which a license key belongs. */
export interface SubscriptionPurchase {
  /** The kind of purchase. */
  readonly kind: "subscription";
  /** The status. Polar may later add statuses that this version does not know. */
  readonly status: SubscriptionStatus;
  /** The end of the current period. The subscription renews at this time, unless it ends. */
  readonly currentPeriodEnd: string | null;
  /** The time at which the subscription ends or has ended, if that is known. */
  readonly endsAt: string | null;
  /** Whether the subscription ends with the current period instead of renewing. */
  readonly cancelsAtPeriodEnd: boolean;
}

/** The one-time order to which a license key belongs. */
export interface OrderPurchase {
  /** The kind of purchase. */
  readonly kind: "order";
  /** The status. Polar may later add statuses that this version does not know. */
  readonly status: OrderStatus;
  /** Whether the order was paid. */
  readonly paid: boolean;
  /** The time at which the order was placed. */
  readonly createdAt: string;
}

/**
 * The purchase of a license key: a subscription or an order. An app can show the purchase to the user. Access never
 * depends on the purchase.
 */
export type Purchase = SubscriptionPurchase | OrderPurchase;

/** Whether the app may run, why, and what the user can do. Times are RFC 3339 in UTC, on Polar's clock. */
export interface AnyDecision {
  /** Whether the app may run. */
  readonly allowed: boolean;
  /** The state. */
  readonly state: State;
  /** The reason for the state; null for a state that needs no reason, such as `expired`. */
  readonly reason: Reason | null;
  /** `****-` and the last six characters of the key; null if no license is stored. */
  readonly displayKey: string | null;
  /** The id of the benefit to which the key belongs. */
  readonly benefitId: string | null;
  /** The seat taken by this device, if the key has an activation limit. */
  readonly activationId: string | null;
  /**
   * The label of this device's seat, as the customer sees it; null if the key needs no seat. It is also null if the
   * label was lost, for example because the record was edited.
   */
  readonly activationLabel: string | null;
  /**
   * The time at which the key expires. Null if it never expires. Also null if the vendor has moved the expiry to an
   * earlier time, and Polar reports only that the key has expired.
   */
  readonly expiresAt: string | null;
  /**
   * The last day of updates, in UTC, such as `2027-11-21`: the license includes the versions of the app that were built
   * on this day or earlier. Null if the settings do not limit updates, or if there is no license.
   */
  readonly updatesUntil: string | null;
  /** The time of Polar's last confirmation. */
  readonly confirmedAt: string | null;
  /** The time at which access ends unless Polar confirms the license before. */
  readonly refreshAt: string | null;
  /** The time until which access lasts if Polar is not reached. */
  readonly graceEndsAt: string | null;
  /**
   * Whether the license was imported on a computer without a network, and Polar has not confirmed it to this device
   * since the import.
   */
  readonly airGapped: boolean;
  /** The time at which an imported license ends; null unless `airGapped` is true. */
  readonly offlineEndsAt: string | null;
  /**
   * The time at which the trial of this device ends, or at which it has ended; null if no trial was started, or if a
   * license is stored.
   */
  readonly trialEndsAt: string | null;
  /** The usage at the time of Polar's last confirmation. */
  readonly usage: number | null;
  /** The total number of uses that the key allows; null if there is no limit. */
  readonly limitUsage: number | null;
  /** The number of devices that may be active at once; null if the key needs no activation. */
  readonly limitActivations: number | null;
  /**
   * The purchase of the key, as of the last confirmation: a subscription or an order. It is null if Polar did not
   * report the purchase. Access never depends on the purchase.
   */
  readonly purchase: Purchase | null;
  /** The configured features, and whether each is on. */
  readonly features: Readonly<Record<string, boolean>>;
  /** The next step that the user can take. */
  readonly nextStep: NextStep;
  /** The vendor's page for the next step, if the settings have one. */
  readonly nextUrl: string | null;
  /**
   * Whether the app should notify the user: a stored license does not allow access, access ends soon, or a problem
   * concerns the user. Show `message`, and also the message of the `problem` if there is one. The following alone needs
   * no notice: the device has no license, its trial has ended, or it is offline and grace does not end soon.
   */
  readonly notice: boolean;
  /**
   * The time from which the app should tell the user what to do before access ends: - some days before `graceEndsAt`:
   * go online; - if `airGapped` is true, two weeks before `offlineEndsAt`: make a new request; - in a trial, some days
   * before `trialEndsAt`: buy a license.
   */
  readonly noticeAt: string | null;
  /** One sentence for the user, in English unless the settings replace it. */
  readonly message: string;
  /**
   * The problem that the client has at present, such as a failure to reach Polar; null if it has none. A problem does
   * not change whether access is allowed.
   */
  readonly problem: Problem | null;
}

/** No license is stored, or the stored one cannot be trusted or read. */
export interface UnlicensedDecision extends AnyDecision {
  readonly state: "unlicensed";
  readonly allowed: false;
  readonly reason: "no_license" | "tampered" | "other_device" | "other_product" | "newer_format" | "storage" | "trial_ended";
  readonly displayKey: null;
  readonly benefitId: null;
  readonly activationId: null;
  readonly expiresAt: null;
  readonly updatesUntil: null;
  readonly confirmedAt: null;
  readonly graceEndsAt: null;
  readonly offlineEndsAt: null;
  readonly usage: null;
  readonly limitUsage: null;
  readonly limitActivations: null;
  readonly purchase: null;
}

/** The license is denied, either by Polar's last answer or by the app's configuration. */
export interface DeniedDecision extends AnyDecision {
  readonly state: "denied";
  readonly allowed: false;
  readonly notice: true;
  readonly reason: "not_found" | "inactive" | "conditions" | "refused" | "activation_required" | "benefit" | "updates_ended";
  readonly displayKey: string;
  readonly benefitId: string;
  readonly confirmedAt: string;
  readonly usage: number;
}

/**
 * The clock was moved so far back that no time can be trusted. To restore access, the app must validate the license
 * once while it is online.
 */
export interface ClockSuspectDecision extends AnyDecision {
  readonly state: "clock_suspect";
  readonly allowed: false;
  readonly notice: true;
  readonly reason: null;
  readonly displayKey: string;
  readonly benefitId: string;
  readonly confirmedAt: string;
  readonly usage: number;
  readonly graceEndsAt: string;
  readonly noticeAt: string;
}

/** `expiresAt` has passed. */
export interface ExpiredDecision extends AnyDecision {
  readonly state: "expired";
  readonly allowed: false;
  readonly notice: true;
  readonly reason: null;
  readonly displayKey: string;
  readonly benefitId: string;
  readonly confirmedAt: string;
  readonly usage: number;
}

/** Confirmed by Polar less than `refreshIntervalMs` ago. */
export interface ActiveDecision extends AnyDecision {
  readonly state: "active";
  readonly allowed: true;
  readonly reason: null;
  readonly displayKey: string;
  readonly benefitId: string;
  readonly confirmedAt: string;
  readonly usage: number;
  readonly graceEndsAt: string;
  readonly noticeAt: string;
}

/** Confirmed by Polar less than `offlineGraceMs` ago, but more than `refreshIntervalMs` ago. */
export interface GraceDecision extends AnyDecision {
  readonly state: "grace";
  readonly allowed: true;
  readonly reason: null;
  readonly displayKey: string;
  readonly benefitId: string;
  readonly confirmedAt: string;
  readonly usage: number;
  readonly graceEndsAt: string;
  readonly noticeAt: string;
}

/** The last confirmation is too old. Access returns as soon as Polar confirms the license again. */
export interface LapsedDecision extends AnyDecision {
  readonly state: "lapsed";
  readonly allowed: false;
  readonly notice: true;
  readonly reason: null;
  readonly displayKey: string;
  readonly benefitId: string;
  readonly confirmedAt: string;
  readonly usage: number;
  readonly graceEndsAt: string;
  readonly noticeAt: string;
}

/** No license is stored, and the trial on this device has not ended. */
export interface TrialDecision extends AnyDecision {
  readonly state: "trial";
  readonly allowed: true;
  readonly reason: null;
  readonly trialEndsAt: string;
  readonly noticeAt: string;
  readonly displayKey: null;
  readonly benefitId: null;
  readonly activationId: null;
  readonly expiresAt: null;
  readonly updatesUntil: null;
  readonly confirmedAt: null;
  readonly graceEndsAt: null;
  readonly offlineEndsAt: null;
  readonly usage: null;
  readonly limitUsage: null;
  readonly limitActivations: null;
  readonly purchase: null;
}

/** Whether the app may run, why, and what the user can do. The members of a decision depend on its `state`. */
export type Decision =
  | UnlicensedDecision
  | DeniedDecision
  | ClockSuspectDecision
  | ExpiredDecision
  | ActiveDecision
  | GraceDecision
  | LapsedDecision
  | TrialDecision;

/** A problem that did not prevent a decision, such as a failure to reach Polar. */
export interface Problem {
  /** The stable code. */
  readonly kind: ErrorKind;
  /** The sentence for the user, in English unless the configuration replaces it. */
  readonly message: string;
  /** One line for developers and logs. */
  readonly detail: string;
  /** The time to wait before trying again, if it is known. */
  readonly retryAfterMs: number | null;
  /** Whether Polar may have applied the request although no answer arrived. */
  readonly maybeApplied: boolean;
}

/** The error of an operation. */
export interface AnyFailure {
  /** The stable code. */
  readonly kind: ErrorKind;
  /** The reason why Polar or the configuration denied the request. Only an error of the kind `refused` has a reason. */
  readonly reason: Reason | null;
  /** One sentence for the user, in English unless the settings replace it. */
  readonly message: string;
  /** One line for developers and logs. */
  readonly detail: string;
  /** The time to wait before trying again, if it is known. */
  readonly retryAfterMs: number | null;
  /** Whether Polar may have applied the request although no answer arrived. */
  readonly maybeApplied: boolean;
  /** The next step that the user can take. */
  readonly nextStep: NextStep;
  /** The vendor's page for the next step, if the settings have one. */
  readonly nextUrl: string | null;
}

/** A failure because Polar or the configuration refused the operation. `reason` says why. */
export interface RefusedFailure extends AnyFailure {
  readonly kind: "refused";
  readonly reason: Reason;
}

/** A failure for any other cause, which `kind` names. */
export interface OtherFailure extends AnyFailure {
  readonly kind: Exclude<ErrorKind, "refused">;
  readonly reason: null;
}

/** The cause of an operation's failure. Whether there is a `reason` depends on its `kind`. */
export type Failure = RefusedFailure | OtherFailure;

/** The reason why a feature is on or off, for the user and for developers. */
export interface Explanation {
  /** Whether the feature is on. */
  readonly allowed: boolean;
  /** The reason why the feature is off, or null if it is on. */
  readonly reason: OffReason | null;
  /** The step that the user can take to get the feature. */
  readonly nextStep: NextStep;
  /** The vendor's page for the next step, if the settings have one. */
  readonly nextUrl: string | null;
  /**
   * The sentence for the user, in English unless the configuration replaces it. If access is not allowed, this sentence
   * is the decision's message. If the feature is on, the sentence says that the license includes it.
   */
  readonly message: string;
  /** One line for developers and logs. */
  readonly detail: string;
}

/** The settings of an app. */
export interface LicenseSettings<Feature extends string = string> {
  /** Polar's id of your organization (Settings, General). */
  organizationId: string;
  /** A name, such as `com.acme.app`, that distinguishes this program from your other programs. Never change it. */
  appId: string;
  /**
   * The Polar server: `production` (the default), `sandbox`, or the address of another server, which must be `https`
   * unless it is on this machine.
   */
  environment?: "production" | "sandbox" | (string & {});
  /**
   * The benefits whose keys are accepted. Each benefit is named by its id at Polar. Without this setting, every key of
   * the organization is accepted.
   */
  benefits?: readonly string[];
  /** The features of the app. Each feature has the ids of the benefits that turn it on. */
  features?: Readonly<Record<Feature, readonly string[]>>;
  /**
   * Whether a seat works only on the device that took it. If so, Polar denies a license that was copied from another
   * device. Default: true.
   */
  bindDevice?: boolean;
  /**
   * The time after which Polar is asked to confirm the license again. Default: 24 hours, or `offlineGraceMs` if that is
   * shorter. At least one second.
   */
  refreshIntervalMs?: number;
  /** The time for which access lasts without a confirmation. Default: 14 days. At most ten years. */
  offlineGraceMs?: number;
  /**
   * The number of days for which a license is valid on a computer that is never online. The days count from Polar's
   * confirmation. At least one day, at most ten years. Requires an app secret, because without one anybody could forge
   * such a license. Default: such licenses are not permitted.
   */
  airGapDays?: number;
  /**
   * The number of days for which people can try the app before they buy a license. At least one day, at most a year.
   * The app starts the trial. A trial exists only on the device, so people who delete the app's data can start it
   * again. Without this setting, there is no trial.
   */
  trialDays?: number;
  /** The features that the trial includes. Default: all features of the app. */
  trialFeatures?: readonly (Feature & {})[];
  /**
   * The longest time that `validate` waits. Default: 10 seconds. Operations that change something at Polar wait up to
   * 25 seconds longer, because Polar may take 30 seconds to answer and a lost answer can cost a seat.
   */
  timeoutMs?: number;
  /**
   * The label of an activation, which the vendor and the customer see. Default: the system, the day, and a word with
   * random digits. Polar shows the label in its portals, so put no personal data into it.
   */
  label?: string;
  /**
   * The conditions that Polar stores with an activation. Each request that asks Polar about the license sends the
   * conditions again. If they differ from the stored conditions, Polar denies the license, so any change ends existing
   * activations. Up to 49 conditions are allowed; the name `device` is reserved. To restrict a key to certain versions,
   * use `benefits`. Numbers must be whole and at most 9007199254740991.
   */
  conditions?: Readonly<Record<string, string | number | boolean>>;
  /**
   * The notes that Polar stores with an activation. Up to 49 are allowed; the name `seat` is reserved. Numbers must be
   * whole and at most 9007199254740991.
   */
  meta?: Readonly<Record<string, string | number | boolean>>;
  /**
   * An identifier for this device, which replaces the identifier that the library finds. Your identifier is hashed
   * before it is used.
   */
  deviceId?: string;
  /**
   * A secret that is compiled into the app and seals the record. It keeps others from forging a record, as long as
   * nobody reads the secret from the app's code.
   */
  appSecret?: string;
  /**
   * The secrets of earlier versions of the app. Records that were sealed with one of them can still be opened, and are
   * sealed again with the current secret. An empty string stands for versions without a secret.
   */
  previousAppSecrets?: readonly string[];
  /**
   * The versions of the app that a license includes: only versions that were built within `days` days after the
   * purchase. A version that was built later gets no access, and the reason is `updates_ended`. Default: a license
   * includes every version.
   */
  updates?: Updates;
  /**
   * The page for buying or renewing a license: an `https` address. It is the `nextUrl` of a decision or an error if the
   * next step is to buy or renew a license, or to enter a key.
   */
  purchaseUrl?: string;
  /**
   * The page on which customers see and remove their devices, such as your organization's customer portal at Polar: an
   * `https` address. It is the `nextUrl` of a decision or an error if the next step is to manage devices.
   */
  portalUrl?: string;
  /**
   * The way to contact the vendor: an `https` address, or an e-mail address with `mailto:`. It is the `nextUrl` of a
   * decision or an error if the next step is to contact the vendor.
   */
  supportUrl?: string;
  /**
   * The sentences that replace the English ones. Each sentence is named by its code. `texts/en.json` has all codes with
   * the English sentences, and `texts/de.json` has the German sentences. The sentences of the customer portal are in
   * `texts/portal.en.json` and `texts/portal.de.json`; only builds with the portal accept them. Placeholders in braces,
   * such as `{key}`, are filled in; a sentence may omit them.
   */
  texts?: Readonly<Partial<Record<TextCode | PortalTextCode, string>>>;
}

/** The versions of the app that a license includes. */
export interface Updates {
  /**
   * The number of days after the purchase, such as 365. The license includes versions that are built within this time.
   */
  days: number;
  /**
   * The day on which this version was built, such as `2026-11-21`. A date and time in the format of RFC 3339 is also
   * accepted; its day in UTC counts. Let the build set it.
   */
  built: string;
}
