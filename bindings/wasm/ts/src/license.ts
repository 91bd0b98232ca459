/// <reference lib="esnext.disposable" preserve="true" />
/**
 * The interface through which an app uses a license on this device. The license may be held by the same page, or by
 * another process. This file has only types, so that a page can import them without loading the client.
 */

import type { AbortSignal } from "./platform.js";
import type { Deactivated, Decision, Explanation } from "./types.js";

/** The options of every operation. */
export interface CallOptions {
  /**
   * Cancels the call. If the call has already sent a request, Polar may still carry it out. The license takes this into
   * account.
   */
  signal?: AbortSignal | undefined;
}

/** The options of `activate`. */
export interface ActivateOptions extends CallOptions {
  /**
   * Whether the activation may release an older seat of this key to make room. It does so only if no seat is free and
   * the stored record names an older seat. The license then moves to this device. Default: `false`.
   */
  replacePrevious?: boolean;
}

/** The decision after a deactivation, with a member that says whether Polar has freed the seat. */
export type Deactivation = Decision & { deactivated: Deactivated };

/** The answer to the request of a computer that is never online. */
export interface OfflineAnswer {
  /** The decision for the other computer, at this instant. */
  readonly decision: Decision;
  /**
   * The text to import on the other computer. The text contains the license key, so keep the text as safe as the key.
   * This member is not enumerable, so the text does not appear in logs, copies or JSON of this object.
   */
  readonly text: string;
}

/** The return of a license from a computer that is never online. */
export interface OfflineReturn {
  /** The decision after the license was removed from this computer. */
  readonly decision: Decision;
  /**
   * The text that releases the seat, on a computer with a network. `null` if the license took no seat, so there is
   * nothing to release. The text contains the license key, so keep the text as safe as the key. This member is not
   * enumerable, so the text does not appear in logs, copies or JSON of this object.
   */
  readonly text: string | null;
}

/**
 * A license on this device. Its methods activate and validate the license, and say which features are on. An app gets a
 * `License` from `createLicenseClient`. A window of an Electron app finds it in `window.license`, and a test can pass
 * an object of its own. Each method can also be called without its object.
 *
 * | method | asks Polar | waits at most |
 * |---|---|---|
 * | `current`, `allows`, `covers`, `explain`, `onChange` | never | not at all |
 * | `refresh` | if a request is due or access is not allowed; call it at start | 2 s if access is allowed, else 10 s |
 * | `validate` | always | 10 s |
 * | `activate`, `consume`, `deactivate` | always | 35 s |
 * | `offlineRequest`, `offlineReturn`, `startTrial` | never | 10 s, if another operation is running |
 * | `offlineImport` | never | 10 s, if another operation is running or the license cannot be stored at once |
 *
 * Operations that change something run one after the other; calls of `validate` that overlap share one request. The
 * times in the table include the wait for other tabs.
 */
export interface License<Feature extends string = string> {
  /**
   * The address of the vendor's page for customers: the setting `portalUrl`. Undefined if another process holds the
   * license and does not pass the address to this program.
   */
  readonly portalUrl?: string | undefined;

  /**
   * The address of the page on which customers buy a license: the setting `purchaseUrl`. Undefined in the same cases as
   * `portalUrl`.
   */
  readonly purchaseUrl?: string | undefined;

  /**
   * Returns the decision at this instant, and never asks Polar. Every call returns the same frozen object until the
   * decision changes. Together, `current` and `onChange` can serve as a store for a framework. In React:
   * `useSyncExternalStore(license.onChange, license.current)`.
   */
  current(this: void): Decision;

  /**
   * Calls `listener` after each change of the decision, with the new decision and the previous one. Each confirmation
   * by Polar is a change too, because the new decision has other dates. Does not call `listener` with the present
   * decision; `current()` returns the present decision. Returns a function that removes the listener.
   *
   * Some changes happen only because time passes, for example when grace ends. With the automatic refresh, `listener`
   * is called at that moment. Without the automatic refresh, it is called when the app next calls `current` or starts
   * an operation.
   *
   * ```ts
   * license.onChange((decision, before) => {
   *   if (decision.allowed && !before.allowed) alert("Welcome to Pro");
   * });
   * ```
   */
  onChange(this: void, listener: (decision: Decision, before: Decision) => void): () => void;

  /**
   * Returns `true` if a feature is on at this instant. Never asks Polar, and never waits. A feature that is not
   * configured is off.
   */
  allows(this: void, feature: Feature): boolean;

  /**
   * Returns `true` if the license includes a version of the app that was built on the day `built`. Never asks Polar. An
   * updater calls this method before it offers a version. `built` is a `Date`, or a text that `Date` can parse, such as
   * `2026-11-21`. Only the day of `built` in UTC counts. Returns `false` only if the version would have no access for
   * the reason `updates_ended`.
   *
   * Throws a `LicenseError` of the kind `invalid_argument` if the argument is not a date.
   */
  covers(this: void, built: Date | string): boolean;

  /**
   * Returns why a feature is on or off. The result has a sentence for the user, for example that they need a license or
   * another plan.
   */
  explain(this: void, feature: Feature): Explanation;

  /**
   * Activates a license key on this device, and stores it. Without a key, activates the stored key again. Takes a seat
   * only if the key has an activation limit and is not active here already. The key is validated first, so a mistyped
   * key or a key of another product takes no seat.
   *
   * Rejects with a `LicenseError` of the kind
   * - `refused` if Polar or the configuration denies the key; `reason` says why.
   * - `storage` if the license cannot be stored. If Polar had confirmed the license before storing failed, the license
   *   works until the app ends, and `maybeApplied` says whether the license has a seat. Otherwise no seat was taken.
   * - `network`, `timeout`, `server` or `rate_limited` if Polar did not answer, and `cancelled` if the app cancelled.
   *   If `maybeApplied` is true, a seat may have been taken, and the decision keeps reporting that.
   * - `invalid_argument` if `key` cannot be a license key.
   *
   * None of these errors changes a license that was stored on this device before.
   */
  activate(this: void, key?: string | null, options?: ActivateOptions): Promise<Decision>;

  /**
   * Validates the license with Polar now. If Polar cannot be reached, that is not an error: the decision stays as it
   * is, and its `problem` says why.
   */
  validate(this: void, options?: CallOptions): Promise<Decision>;

  /**
   * Asks Polar about the license if a refresh is due, or if access is not allowed and Polar was not asked within the
   * last five seconds. Call this method when the app starts, and when a user without access tries again. If Polar cannot
   * be reached, that is not an error: the decision stays as it is, and its `problem` says why.
   */
  refresh(this: void, options?: CallOptions): Promise<Decision>;

  /**
   * Adds `count` uses (1 to 2,147,483,647) to the usage of a key that has a usage limit. Default: 1.
   *
   * Rejects with a `LicenseError` of the kind
   * - `usage_exhausted` if fewer uses are left.
   * - `not_activated` if there is no license on this device.
   * - any kind with which `activate` rejects, in the same cases. If `maybeApplied` is true, Polar may have counted the
   *   uses; the client does not send them again.
   */
  consume(this: void, count?: number, options?: CallOptions): Promise<Decision>;

  /**
   * Releases the seat and removes the license from this device. The result's `deactivated` says whether Polar has freed
   * the seat.
   *
   * Rejects with a `LicenseError` of the kind
   * - `not_activated` if there is no license on this device.
   * - `network`, `timeout`, `server` or `rate_limited` if Polar did not answer, and `cancelled` if the app cancelled.
   *   In all these cases, nothing is removed.
   * - `storage` if the license cannot be removed from this device. If `maybeApplied` is true, the seat was released;
   *   deactivate again to remove the license.
   */
  deactivate(this: void, options?: CallOptions): Promise<Deactivation>;

  /**
   * Removes the license from this device without asking Polar. If the license has a seat, the seat stays taken until
   * the customer removes it in Polar's customer portal. To release the seat, call `deactivate` instead.
   *
   * Rejects with a `LicenseError` of the kind
   * - `storage` if the license cannot be removed from this device.
   * - `timeout` if another operation does not end in time, and `cancelled` if the app cancelled.
   */
  forget(this: void, options?: CallOptions): Promise<Decision>;

  /**
   * Starts the trial of this device. The app can be used until the decision's `trialEndsAt`, with the features that the
   * trial includes. Changes nothing if access is already allowed, by a license or by the trial. A device has one trial,
   * which `deactivate` and `forget` do not renew. Never asks Polar. Requires the setting `trialDays`.
   *
   * Rejects with a `LicenseError` of the kind
   * - `refused` if the trial has ended, if a stored license does not allow access, or if the clock of this device shows
   *   a day before this version of the app was built. `message` says which of these is the case.
   * - `invalid_config` if the settings have no `trialDays`.
   * - `storage` if the trial cannot be stored. In this case, the trial has not started.
   * - `timeout` if another operation does not end in time, and `cancelled` if the app cancelled.
   */
  startTrial(this: void, options?: CallOptions): Promise<Decision>;

  /**
   * Returns a request for a license, on a computer that is never online. The request is one line of text without the
   * key. Another computer, which has a network and runs the same app, turns the request and the key into an answer with
   * `offlineAnswer`. As long as no answer was imported, every call returns the same request. Requires the setting
   * `airGapDays`.
   *
   * Rejects with a `LicenseError` of the kind
   * - `invalid_config` if the settings have no `airGapDays`.
   * - `storage` if the request cannot be stored. Without it, the answer could not be imported.
   * - `timeout` if another operation does not end in time, and `cancelled` if the app cancelled.
   */
  offlineRequest(this: void, options?: CallOptions): Promise<string>;

  /**
   * Imports the answer to the latest request of this computer. The license is active at once, until `offlineEndsAt`. If
   * the same answer is imported again, nothing changes.
   *
   * Rejects with a `LicenseError` of the kind
   * - `invalid_argument` if the text is damaged, belongs to another device or product, or answers an older request; the
   *   message says which. The license on this device is unchanged.
   * - `refused` if this app does not accept the license; `reason` says why.
   * - `invalid_config` if the settings have no `airGapDays`.
   * - `storage` if the license cannot be stored. In this case, the license works until the app ends.
   * - `timeout` if another operation does not end in time, and `cancelled` if the app cancelled.
   */
  offlineImport(this: void, text: string, options?: CallOptions): Promise<Decision>;

  /**
   * Removes the license from this computer, which is never online, and returns a text that gives up the seat of the
   * license. The seat becomes free when a computer with a network calls `offlineRelease` with this text. If the text is
   * lost, call this method again, or remove the device in Polar's customer portal.
   *
   * Rejects with a `LicenseError` of the kind
   * - `not_activated` if there is no license on this device, and no seat to give up.
   * - `storage` if the license cannot be removed from this device. The license is then unchanged.
   * - `timeout` if another operation does not end in time, and `cancelled` if the app cancelled.
   */
  offlineReturn(this: void, options?: CallOptions): Promise<OfflineReturn>;
}

/**
 * The operations with which this computer acts for computers that are never online. These operations need a folder for
 * records, and the app secret, which a web page would publish. So only the client for Node can carry them out. In
 * windows of desktop apps, the operations ask another process.
 *
 * | method | asks Polar | waits at most |
 * |---|---|---|
 * | `offlineAnswer`, `offlineRelease` | always | 35 s |
 */
export interface OfflineService {
  /**
   * Answers the request of a computer that is never online: activates the key for that computer, and returns the text
   * to import there. If the other computer already has a seat, uses this seat again. The license of this computer does
   * not change. This computer remembers the other computer's seats in a second record beside its own. Both computers
   * need the same settings.
   *
   * Rejects with a `LicenseError` of the kind
   * - `invalid_argument` if the text is not a request that this app can answer, or if `key` cannot be a license key;
   *   the message says why. Nothing was sent.
   * - `invalid_config` if the settings have no `airGapDays`, or if the client has no folder for a second record.
   * - any kind with which `activate` rejects, in the same cases. If `maybeApplied` is true, a seat may have been taken.
   *   To use that seat, call this method again with the same request.
   */
  offlineAnswer(this: void, request: string, key: string, options?: CallOptions): Promise<OfflineAnswer>;

  /**
   * Releases the seats that a computer without a network has given up with `offlineReturn`. The license of this
   * computer does not change. The result contains the decision of the other computer.
   *
   * Rejects with a `LicenseError` of the kind
   * - `invalid_argument` if the text is not a return that this app can read; the message says why. Nothing was sent.
   * - `invalid_config` if the client has no folder for a second record.
   * - `network`, `timeout`, `server` or `rate_limited` if Polar did not answer, and `cancelled` if the app cancelled.
   *   Call this method again.
   * - `storage` if the record of the other computer cannot be written. Nothing was sent.
   */
  offlineRelease(this: void, text: string, options?: CallOptions): Promise<Deactivation>;
}

/** A license that this program itself holds. `createLicenseClient` creates it. */
export interface LicenseClient<Feature extends string = string> extends License<Feature>, Disposable {
  /**
   * Starts the automatic refresh. The license is refreshed whenever a refresh is due, when the network comes back, and
   * when the page is shown again. In Node, the automatic refresh also checks the stored license: if another process
   * changes it, the client notices within two seconds.
   */
  startAutoRefresh(this: void): void;

  /** Stops the automatic refresh. */
  stopAutoRefresh(this: void): void;

  /**
   * Stops the timers, removes all listeners, cancels the operations that are running, and frees the memory. The stored
   * license is not removed. `current` and `allows` keep returning their last results.
   */
  dispose(this: void): void;
}

/**
 * A license that a program in Node, Bun, Deno or Electron's main process holds. Such a program can also act for
 * computers that are never online. `createLicenseClient` of `polar-license/node` creates it.
 */
export interface NodeLicenseClient<Feature extends string = string> extends LicenseClient<Feature>, OfflineService {}
