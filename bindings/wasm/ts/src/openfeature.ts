/**
 * For OpenFeature in web pages: a provider whose flags are the features of a license. Decides nothing: the value of a
 * flag is the value of the feature in `current()`.
 */

import { ErrorCode, OpenFeatureEventEmitter, ProviderEvents, StandardResolutionReasons } from "@openfeature/web-sdk";
import type { JsonValue, Provider, ResolutionDetails } from "@openfeature/web-sdk";
import type { License } from "./license.js";
import type { Decision } from "./types.js";

/**
 * A provider whose boolean flags are the features of a license. A flag that is not a feature of the license is reported
 * as not found. In the state `grace`, the provider reports its flags as stale, because the license has not been
 * confirmed for a while. When the license changes, the provider emits an OpenFeature event.
 *
 * ```ts
 * await OpenFeature.setProviderAndWait(new LicenseProvider(license));
 * OpenFeature.getClient().getBooleanValue("export", false);
 * ```
 */
export class LicenseProvider implements Provider {
  readonly metadata = { name: "polar-license" } as const;
  readonly runsOn = "client";
  readonly events = new OpenFeatureEventEmitter();
  readonly #license: License;
  #before: Decision | undefined;
  #stop: (() => void) | undefined;

  constructor(license: License) {
    this.#license = license;
  }

  async initialize(): Promise<void> {
    this.#before = this.#license.current();
    this.#stop = this.#license.onChange((decision) => this.#changed(decision));
    // The event sets the provider's status to stale. It is emitted later, because OpenFeature sets the status to ready
    // after this function has returned.
    if (isStale(this.#before)) queueMicrotask(() => queueMicrotask(() => this.events.emit(ProviderEvents.Stale)));
  }

  async onClose(): Promise<void> {
    this.#stop?.();
    this.#stop = undefined;
  }

  resolveBooleanEvaluation(flag: string, otherwise: boolean): ResolutionDetails<boolean> {
    const decision = this.#license.current();
    const value = decision.features[flag];
    if (typeof value !== "boolean") return notFound(flag, otherwise);
    const reason = isStale(decision) ? StandardResolutionReasons.STALE : StandardResolutionReasons.TARGETING_MATCH;
    return { value, reason, variant: value ? "on" : "off" };
  }

  resolveStringEvaluation(flag: string, otherwise: string): ResolutionDetails<string> {
    return this.#mismatch(flag, otherwise);
  }

  resolveNumberEvaluation(flag: string, otherwise: number): ResolutionDetails<number> {
    return this.#mismatch(flag, otherwise);
  }

  resolveObjectEvaluation<Value extends JsonValue>(flag: string, otherwise: Value): ResolutionDetails<Value> {
    return this.#mismatch(flag, otherwise);
  }

  #mismatch<Value>(flag: string, otherwise: Value): ResolutionDetails<Value> {
    if (typeof this.#license.current().features[flag] !== "boolean") return notFound(flag, otherwise);
    return wrong(otherwise, ErrorCode.TYPE_MISMATCH, `the feature \`${flag}\` is a boolean flag`);
  }

  #changed(decision: Decision): void {
    const before = this.#before;
    this.#before = decision;
    const flagsChanged = Object.keys(decision.features).filter(
      (feature) => decision.features[feature] !== before?.features[feature],
    );
    this.events.emit(ProviderEvents.ConfigurationChanged, { flagsChanged });
    if (before && isStale(before) === isStale(decision)) return;
    this.events.emit(isStale(decision) ? ProviderEvents.Stale : ProviderEvents.Ready);
  }
}

function isStale({ state }: Decision): boolean {
  return state === "grace";
}

function notFound<Value>(flag: string, value: Value): ResolutionDetails<Value> {
  return wrong(value, ErrorCode.FLAG_NOT_FOUND, `the settings of the license name no feature \`${flag}\``);
}

function wrong<Value>(value: Value, errorCode: ErrorCode, errorMessage: string): ResolutionDetails<Value> {
  return { value, reason: StandardResolutionReasons.ERROR, errorCode, errorMessage };
}
