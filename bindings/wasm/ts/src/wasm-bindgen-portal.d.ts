/* tslint:disable */
/* eslint-disable */
/**
 * The reason why there is no complete reply.
 */

export type NoReply = "network" | "timeout" | "cancelled";
/**
 * The origin of a refresh: an app that waits for it, a timer, the start of the automatic refresh, or a sign that the network
 * may be back.
 */

export type Patience = "short" | "full" | "started" | "woken";
/**
 * The outcome of waiting for other tabs: none is asking Polar, or one still is.
 */

export type Turn = "taken" | "late";
/**
 * The action of the automatic refresh at this instant.
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
 * The next step for a driver of the portal, and the number with which it is resumed.
 */
export type PortalStep = { do: "run"; number: number } | { do: "exchange"; number: number; method: "GET" | "POST"; url: string; headers: [string, string][]; body: string | null; timeoutMs: number; replyLimit: number } | { do: "wait"; number: number; until: number; progress: Progress } | { do: "done"; number: number; reply: string; address: string | null } | { do: "failed"; error: Failure };

/**
 * The next step for a driver, and the number with which it is resumed.
 */
export type Step = { do: "turn"; number: number; until: number } | { do: "store"; number: number; notBefore: number; until: number; timeoutMs: number } | { do: "send"; number: number; notBefore: number; url: string; headers: [[string, string]]; body: string; timeoutMs: number; replyLimit: number } | { do: "join"; number: number; until: number } | { do: "done"; decision: Decision; error: Failure | null; deactivated: Deactivated | null };

/**
 * The reason why a feature is on or off.
 */
export type Explained = Explanation;

import type { Deactivated, Decision, Explanation, Failure } from "./types.js";

import type { Progress } from "./portal/types.js";


/**
 * The licensing of one app on one device. In every method `wall` is the wall clock in ms since 1970, and `mono` the
 * monotonic clock in ms since any moment. An operation ends with the step `done`. Every other step has a number, with
 * which it is resumed once. Any exception other than `{ error }` is a defect, after which the instance must not be
 * used.
 */
export class Engine {
    free(): void;
    [Symbol.dispose](): void;
    /**
     * Activates `key`, or the stored one.
     */
    activate(key: string | null | undefined, replacePrevious: boolean, wall: number, mono: number): Step;
    /**
     * Starts the operation of the portal that `request` describes in JSON.
     */
    callPortal(request: string, wall: number, mono: number): PortalStep;
    /**
     * Cancels an operation in a step `turn` or `join`, before it has done anything.
     */
    cancel(number: number, wall: number, mono: number): Step;
    /**
     * Counts usage.
     */
    consume(count: number, wall: number, mono: number): Step;
    /**
     * Returns the decision at this instant, from memory.
     */
    current(wall: number, mono: number): Current;
    /**
     * Releases the seat, and removes the license from this device.
     */
    deactivate(wall: number, mono: number): Step;
    /**
     * Returns the reason why a feature is on or off at this instant, from memory.
     */
    explain(feature: string, wall: number, mono: number): Explained;
    /**
     * Removes the license from this device without releasing the seat.
     */
    forget(wall: number, mono: number): Step;
    /**
     * Ends an operation of the portal in this step, and drops its values.
     */
    giveUp(number: number): void;
    /**
     * Returns `true` if the decision that `current` returned last still holds. Called at every check of a feature, so
     * its type costs the glue nothing.
     */
    isCurrent(wall: number, mono: number): boolean;
    /**
     * Returns what the automatic refresh does at this instant: refresh, or wait, at most until the decision that was
     * last read ends. Call it when the wait is over, after every operation, and with `woken` if the network may be
     * back.
     */
    look(woken: boolean, wall: number, mono: number): Look;
    /**
     * Returns the change to make to the record in a step `store`. `stored` is the record that the store holds, if any;
     * with `unreadable` it could not be read. Returns `keep` if the operation does not wait for the store any more.
     */
    merge(number: number, stored: Uint8Array | number[] | null | undefined, unreadable: boolean, wall: number, mono: number): Change;
    /**
     * Creates an engine without a record; `open` must be its first operation. `settings` is the JSON of the app's
     * settings. `device` identifies this device if the settings do not. `system` is a name such as `Windows 11`.
     * `seed` is 16 random bytes. With `own_pace` its requests do not wait for those of other engines; it is meant for
     * an engine with a clock of its own.
     */
    constructor(settings: string, device: string, system: string, seed: Uint8Array | number[], own_pace: boolean);
    /**
     * Reads the stored record.
     */
    open(wall: number, mono: number): Step;
    /**
     * Asks Polar if it is due.
     */
    refresh(patience: Patience, wall: number, mono: number): Step;
    /**
     * Drops the reply of a step `done`. Its handles are no longer valid, and their values are wiped.
     */
    releaseReply(number: number): void;
    /**
     * Continues after a step `send` without a complete reply. `sent` means that the request may have reached Polar.
     */
    resumeFailure(number: number, failure: NoReply, sent: boolean, message: string, wall: number, mono: number): Step;
    /**
     * Continues after a step `join`. Returns another such step if the other operation has not ended and there is time
     * left.
     */
    resumeJoin(number: number, wall: number, mono: number): Step;
    /**
     * Continues after a step `exchange` without a complete reply. `sent` means that the request may have reached
     * Polar.
     */
    resumePortalFailure(number: number, failure: NoReply, sent: boolean, message: string, wall: number, mono: number): PortalStep;
    /**
     * Continues after a step `exchange` with a complete reply. `location` is its header of that name.
     */
    resumePortalReply(number: number, status: number, retryAfter: number | null | undefined, location: string | null | undefined, body: Uint8Array | number[], wall: number, mono: number): PortalStep;
    /**
     * Continues after a step `send` with a complete reply. `retry_after` is the result of the method of that name.
     */
    resumeReply(number: number, status: number, retryAfter: number | null | undefined, body: Uint8Array | number[], wall: number, mono: number): Step;
    /**
     * Continues after a step `run`. An operation that was never started counts as cancelled.
     */
    resumeRun(number: number, wall: number, mono: number): PortalStep;
    /**
     * Continues after a step `store`. `problem` is the reason why the store could not be locked, read or written.
     */
    resumeStore(number: number, problem: string | null | undefined, wall: number, mono: number): Step;
    /**
     * Continues after a step `turn`.
     */
    resumeTurn(number: number, turn: Turn, wall: number, mono: number): Step;
    /**
     * Continues after a step `wait`: its time has come, or the caller no longer wants to wait.
     */
    resumeWait(number: number, givenUp: boolean, wall: number, mono: number): PortalStep;
    /**
     * Returns the seconds to wait, as stated by the reply's headers of these names.
     */
    retryAfter(retryAfter?: string | null, ratelimitReset?: string | null, date?: string | null): number | undefined;
    /**
     * Starts the engine's operation of a step `run`. Call `resumeRun` when that operation is done.
     */
    run(number: number, wall: number, mono: number): Step;
    /**
     * Starts the automatic refresh: an earlier plan does not delay the next look.
     */
    startWatch(wall: number, mono: number): void;
    /**
     * Asks Polar.
     */
    validate(wall: number, mono: number): Step;
    /**
     * The tag of the device: 16 hexadecimal digits.
     */
    readonly device: string;
    /**
     * The tag of the organization, environment and app: 16 hexadecimal digits.
     */
    readonly product: string;
}
