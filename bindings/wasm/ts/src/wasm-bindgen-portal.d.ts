/* tslint:disable */
/* eslint-disable */
/**
 * Why there is no complete reply.
 */

export type NoReply = "network" | "timeout" | "cancelled";
/**
 * How a refresh was started: by an app that waits for it, by a timer, or because the network may just have come back.
 */

export type Patience = "short" | "full" | "woken";
/**
 * How the wait for other tabs has ended: none is asking Polar, or one still is.
 */

export type Turn = "taken" | "late";
/**
 * The decision at this instant.
 */
export type Current = Decision;

/**
 * What a driver does next, and the number to go on with.
 */
export type Step = { do: "turn"; number: number; until: number } | { do: "store"; number: number; notBefore: number; until: number; timeoutMs: number } | { do: "send"; number: number; notBefore: number; url: string; headers: [[string, string], [string, string]]; body: string; timeoutMs: number; replyLimit: number } | { do: "join"; number: number; until: number } | { do: "done"; decision: Decision; error: Failure | null; deactivated: Deactivated | null };

/**
 * What a driver of the portal does next, and the number to go on with.
 */
export type PortalStep = { do: "run"; number: number } | { do: "exchange"; number: number; method: "GET" | "POST"; url: string; headers: [string, string][]; body: string | null; timeoutMs: number; replyLimit: number } | { do: "wait"; number: number; until: number; progress: Progress } | { do: "done"; value: PortalValue | null; error: Failure | null };

/**
 * What an operation ends with, by the name of what it is.
 */
export type PortalValue = { codeRequest: CodeRequestValue } | { session: number } | { checkout: { held: number; address: string } } | { purchase: { held: number; code: CodeRequestValue } } | { keys: HeldKey[] } | { restored: RestoredValue } | { devices: DevicesValue } | { released: Deactivated } | { key: HeldKey };

/**
 * What is thrown if the settings are wrong.
 */
export interface Thrown {
    error: Failure;
}

/**
 * What the automatic refresh does at this instant.
 */
export type Look = { do: "refresh"; patience: Patience } | { do: "wait"; ms: number };

/**
 * What to do with the stored record.
 */
export type Change = { do: "keep" } | { do: "put"; record: Uint8Array<ArrayBuffer>; durable: boolean } | { do: "remove" };

/**
 * Why a feature is on or off.
 */
export type Explained = Explanation;

export interface HeldCustomer {
    held: number;
    shown: Customer;
}

export interface HeldDevice {
    held: number;
    shown: Device;
}

export interface HeldKey {
    held: number;
    shown: LicenseKey;
}

export type CodeRequestValue = { kind: "sent"; shown: CodeSent } | { kind: "choose"; email: string; customers: HeldCustomer[] };

export type DevicesValue = { kind: "listed"; devices: HeldDevice[] } | { kind: "hidden"; shown: HiddenDevices };

export type RestoredValue = { kind: "licensed" } | { kind: "choose"; keys: HeldKey[] } | { kind: "no_seat"; key: HeldKey; devices: DevicesValue; error: Failure };

import type { CodeSent, Customer, Device, HiddenDevices, LicenseKey, Progress } from "./portal/types.js";

import type { Deactivated, Decision, Explanation, Failure } from "./types.js";


/**
 * The licensing of one app on one device. In every method `wall` is the wall clock in ms since 1970, and `mono` the
 * monotonic clock in ms since any moment. An operation ends with the step `done`; every other step has a number, by which
 * it is resumed once. What a method throws besides `{ error }` is a defect, after which the instance must not be used.
 */
export class Engine {
    free(): void;
    [Symbol.dispose](): void;
    /**
     * Activates this key.
     */
    activateKey(session: number, key: number): PortalStep;
    /**
     * Activates `key`, or the stored one.
     */
    activate(key: string | null | undefined, replacePrevious: boolean, wall: number, mono: number): Step;
    /**
     * Begins a session with a code.
     */
    authenticate(code: string, wall: number, mono: number): PortalStep;
    /**
     * Gives up in a step `turn` or `join`, before the operation has done anything.
     */
    cancel(number: number, wall: number, mono: number): Step;
    /**
     * A checkout that was made elsewhere.
     */
    checkoutFromSecret(clientSecret: string): PortalStep;
    /**
     * Makes a checkout by a link.
     */
    checkout(link: string): PortalStep;
    /**
     * Begins a session with an invitation.
     */
    claimSeat(invitation: string): PortalStep;
    /**
     * Counts usage.
     */
    consume(count: number, wall: number, mono: number): Step;
    /**
     * The decision at this instant, from memory.
     */
    current(wall: number, mono: number): Current;
    /**
     * Releases the seat, and removes the license from this device.
     */
    deactivate(wall: number, mono: number): Step;
    /**
     * The devices of a key.
     */
    devices(session: number, key: number): PortalStep;
    /**
     * Why a feature is on or off at this instant, from memory.
     */
    explain(feature: string, wall: number, mono: number): Explained;
    /**
     * Follows a checkout.
     */
    follow(checkout: number, withinMs: number, wall: number, mono: number): PortalStep;
    /**
     * Removes the license from this device without releasing the seat.
     */
    forget(wall: number, mono: number): Step;
    /**
     * Ends an operation of the portal in this step, and forgets what it held.
     */
    giveUp(number: number): void;
    /**
     * Whether the decision that `current` returned last is still the one. Called at each look at a feature: it returns
     * what costs the glue nothing.
     */
    isCurrent(wall: number, mono: number): boolean;
    /**
     * Forgets what JavaScript has the number `held` for, and wipes what is secret of it.
     */
    letGo(held: number): void;
    /**
     * The customer's keys.
     */
    licenseKeys(session: number): PortalStep;
    /**
     * What the automatic refresh does at this instant, and when to look again, at the latest when the decision that was
     * last read ends; asked when its wait is over, after every operation, and with `woken` if the network may have come
     * back.
     */
    look(woken: boolean, wall: number, mono: number): Look;
    /**
     * What to do with the record, in a step `store`: `stored` is what the store holds, if anything, unless it is
     * `unreadable`. Nothing, if the operation does not wait for the store any more.
     */
    merge(number: number, stored: Uint8Array | number[] | null | undefined, unreadable: boolean, wall: number, mono: number): Change;
    /**
     * An engine that remembers nothing yet: `open` is its first operation. `settings` is the JSON of what an app
     * configures; `device` identifies this device if the settings do not; `system` is such as `Windows 11`; `seed` is 16
     * random bytes. With `own_pace` its requests do not wait for those of other engines, for a clock that is not theirs.
     */
    constructor(settings: string, device: string, system: string, seed: Uint8Array | number[], own_pace: boolean);
    /**
     * Reads what is stored.
     */
    open(wall: number, mono: number): Step;
    /**
     * Asks Polar if it is due.
     */
    refresh(patience: Patience, wall: number, mono: number): Step;
    /**
     * Releases the seat of a device.
     */
    release(device: number): PortalStep;
    /**
     * Has a code mailed for one of several customers.
     */
    requestCodeFor(customer: number, wall: number, mono: number): PortalStep;
    /**
     * Has a code mailed.
     */
    requestCode(email: string, wall: number, mono: number): PortalStep;
    /**
     * Activates the key of a purchase.
     */
    restorePurchase(session: number, purchase: number, wall: number, mono: number): PortalStep;
    /**
     * The same, but waits for a key that is on its way.
     */
    restoreWhenGranted(session: number, wall: number, mono: number): PortalStep;
    /**
     * Activates the key that fits.
     */
    restore(session: number, wall: number, mono: number): PortalStep;
    /**
     * Goes on after a step `send` without a complete reply; `sent` if the request may have reached Polar.
     */
    resumeFailure(number: number, failure: NoReply, sent: boolean, message: string, wall: number, mono: number): Step;
    /**
     * Goes on after a step `join`: with another such step if there is still something to wait for, and time.
     */
    resumeJoin(number: number, wall: number, mono: number): Step;
    /**
     * Goes on after a step `exchange` without a complete reply; `sent` if the request may have reached Polar.
     */
    resumePortalFailure(number: number, failure: NoReply, sent: boolean, message: string, wall: number, mono: number): PortalStep;
    /**
     * Goes on after a step `exchange` with a complete reply; `location` is its header of that name.
     */
    resumePortalReply(number: number, status: number, retryAfter: number | null | undefined, location: string | null | undefined, body: Uint8Array | number[], wall: number, mono: number): PortalStep;
    /**
     * Goes on after a step `send` with a complete reply; `retry_after` is what the method of that name returns.
     */
    resumeReply(number: number, status: number, retryAfter: number | null | undefined, body: Uint8Array | number[], wall: number, mono: number): Step;
    /**
     * Goes on after a step `run`. If its operation was never begun, it was cancelled.
     */
    resumeRun(number: number, wall: number, mono: number): PortalStep;
    /**
     * Goes on after a step `store`; `problem` is why the store could not be locked, read or written.
     */
    resumeStore(number: number, problem: string | null | undefined, wall: number, mono: number): Step;
    /**
     * Goes on after a step `turn`.
     */
    resumeTurn(number: number, turn: Turn, wall: number, mono: number): Step;
    /**
     * Goes on after a step `wait`: its time has come, or the caller no longer wants to wait.
     */
    resumeWait(number: number, givenUp: boolean, wall: number, mono: number): PortalStep;
    /**
     * How many seconds to wait, by a reply's headers of these names.
     */
    retryAfter(retryAfter?: string | null, ratelimitReset?: string | null, date?: string | null): number | undefined;
    /**
     * Replaces a key, which the user has confirmed.
     */
    rotate(session: number, key: number): PortalStep;
    /**
     * Begins the engine's operation of a step `run`. When that is done, `resumeRun` goes on.
     */
    run(number: number, wall: number, mono: number): Step;
    /**
     * Begins a session with a token.
     */
    sessionFromToken(token: string): PortalStep;
    /**
     * Those that can be used.
     */
    usableKeys(session: number, wall: number, mono: number): PortalStep;
    /**
     * Asks Polar.
     */
    validate(wall: number, mono: number): Step;
    /**
     * Tag of the device: 16 hexadecimal digits.
     */
    readonly device: string;
    /**
     * Tag of the organization, environment and app: 16 hexadecimal digits.
     */
    readonly product: string;
}
