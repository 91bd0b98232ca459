/* tslint:disable */
/* eslint-disable */
/**
 * The reason why there is no complete reply.
 */

export type NoReply = "network" | "timeout" | "cancelled";
/**
 * The event that starts a refresh. `short`: the app asks for a refresh and waits for the result. `full`: a timer has
 * fired. `started`: the automatic refresh has just begun. `woken`: there is a sign that the network may be back.
 */

export type Patience = "short" | "full" | "started" | "woken";
/**
 * The outcome of waiting for other tabs: `taken` if no other tab is asking Polar, `late` if another tab is still
 * asking.
 */

export type Turn = "taken" | "late";
/**
 * The action that the automatic refresh must take at this instant.
 */
export type Look = { do: "refresh"; patience: Patience } | { do: "wait"; ms: number };

/**
 * The change to make to the stored record.
 */
export type Change = { do: "keep" } | { do: "put"; record: Uint8Array<ArrayBuffer>; durable: boolean } | { do: "remove" };

/**
 * The decision at this instant.
 */
export type Current = Decision;

/**
 * The exception for invalid settings.
 */
export interface Thrown {
    error: Failure;
}

/**
 * The next step that a driver must execute. The driver passes the step's number when it resumes the operation.
 */
export type Step = { do: "turn"; number: number; until: number } | { do: "store"; number: number; notBefore: number; until: number; timeoutMs: number } | { do: "send"; number: number; notBefore: number; url: string; headers: [[string, string]]; body: string; timeoutMs: number; replyLimit: number } | { do: "join"; number: number; until: number } | { do: "done"; decision: Decision; error: Failure | null; deactivated: Deactivated | null; text: string | null };

/**
 * The reason why a feature is on or off.
 */
export type Explained = Explanation;

import type { Deactivated, Decision, Explanation, Failure } from "./types.js";


/**
 * The licensing of one app on one device.
 *
 * In every method, `wall` is the reading of the wall clock in ms since 1970, and `mono` is the reading of the
 * monotonic clock in ms since some fixed moment.
 *
 * The last step of an operation is `done`. Every other step has a number, and can be resumed once with this number. If
 * the settings are invalid, a method throws an object `{ error }`. Any other exception is a defect, after which the
 * instance must not be used.
 */
export class Engine {
    free(): void;
    [Symbol.dispose](): void;
    /**
     * Activates `key`, or the stored key if `key` is absent.
     */
    activate(key: string | null | undefined, replacePrevious: boolean, wall: number, mono: number): Step;
    /**
     * Cancels an operation that is at a `turn` or `join` step. At these steps, the operation has done nothing yet.
     */
    cancel(number: number, wall: number, mono: number): Step;
    /**
     * Adds `count` uses to the license key's usage.
     */
    consume(count: number, wall: number, mono: number): Step;
    /**
     * Returns the decision at this instant.
     */
    current(wall: number, mono: number): Current;
    /**
     * Releases the seat, and removes the license from this device.
     */
    deactivate(wall: number, mono: number): Step;
    /**
     * Returns the reason why a feature is on or off at this instant.
     */
    explain(feature: string, wall: number, mono: number): Explained;
    /**
     * Removes the license from this device without releasing the seat.
     */
    forget(wall: number, mono: number): Step;
    /**
     * Returns `true` if the decision that `current` returned last still holds. Every check of a feature calls this
     * method, so it returns a plain boolean, which needs no conversion.
     */
    isCurrent(wall: number, mono: number): boolean;
    /**
     * Returns what the automatic refresh has to do: refresh now, or wait for a while. The wait is never longer than
     * the time for which the result of `current` stays valid. Call this method when the wait is over, and after every
     * operation. Also call it, with `woken`, when the network may be back.
     */
    look(woken: boolean, wall: number, mono: number): Look;
    /**
     * Returns the change to the stored record that JavaScript must make in a `store` step. `stored` is the stored
     * record, and is absent if no record is stored. `unreadable` is true if the store failed to read the record.
     * Returns `keep` if the operation no longer waits for the store.
     */
    merge(number: number, stored: Uint8Array | number[] | null | undefined, unreadable: boolean, wall: number, mono: number): Change;
    /**
     * Creates an engine without a record; `open` must be its first operation. `settings` is the JSON of the app's
     * settings. `device` identifies this device if the settings do not. `system` is the name of the system, such as
     * `Windows 11`. `seed` is 16 random bytes. If `own_pace` is true, the engine's requests do not wait for the
     * requests of other engines. Pass true for an engine with a clock of its own.
     */
    constructor(settings: string, device: string, system: string, seed: Uint8Array | number[], own_pace: boolean);
    /**
     * Returns the earliest time, by the wall clock, at which the decision can change only because time passes. Returns
     * nothing if the passing of time does not change the decision.
     */
    nextChange(wall: number, mono: number): number | undefined;
    /**
     * Imports an answer, on a computer without a network.
     */
    offlineImport(text: string, wall: number, mono: number): Step;
    /**
     * Writes a request for a license, on a computer without a network. The last step has the text of the request.
     */
    offlineRequest(wall: number, mono: number): Step;
    /**
     * Removes the license from a computer without a network. The last step of the operation contains the text with
     * which another computer can release the seat.
     */
    offlineReturn(wall: number, mono: number): Step;
    /**
     * Reads the stored record.
     */
    open(wall: number, mono: number): Step;
    /**
     * Asks Polar about the license if a refresh is due.
     */
    refresh(patience: Patience, wall: number, mono: number): Step;
    /**
     * Continues after a `send` step that got no complete reply. `sent` is true if the request may have reached Polar.
     */
    resumeFailure(number: number, failure: NoReply, sent: boolean, message: string, wall: number, mono: number): Step;
    /**
     * Continues after a `join` step, which waits for another operation to end. If the other operation is still running
     * and there is time left to wait, returns another `join` step.
     */
    resumeJoin(number: number, wall: number, mono: number): Step;
    /**
     * Continues after a `send` step that got a complete reply. `retry_after` is the result of the method `retryAfter`.
     */
    resumeReply(number: number, status: number, retryAfter: number | null | undefined, body: Uint8Array | number[], wall: number, mono: number): Step;
    /**
     * Continues after a `store` step. `problem` says why the store could not be locked, read or written. It is absent
     * if there was no problem.
     */
    resumeStore(number: number, problem: string | null | undefined, wall: number, mono: number): Step;
    /**
     * Continues after a `turn` step.
     */
    resumeTurn(number: number, turn: Turn, wall: number, mono: number): Step;
    /**
     * Returns the wait in seconds that the headers `Retry-After`, `RateLimit-Reset` and `Date` of a reply ask for.
     * Returns nothing if they ask for none.
     */
    retryAfter(retryAfter?: string | null, ratelimitReset?: string | null, date?: string | null): number | undefined;
    /**
     * Starts the trial.
     */
    startTrial(wall: number, mono: number): Step;
    /**
     * Starts the automatic refresh. Discards the schedule of an earlier start, because it could delay the
     * next refresh.
     */
    startWatch(wall: number, mono: number): void;
    /**
     * Asks Polar about the license.
     */
    validate(wall: number, mono: number): Step;
    /**
     * The tag that identifies the device: 16 hexadecimal digits.
     */
    readonly device: string;
    /**
     * The tag that identifies the organization, environment and app: 16 hexadecimal digits.
     */
    readonly product: string;
}
