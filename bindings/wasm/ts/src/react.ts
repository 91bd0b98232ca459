"use client";
/**
 * For React, 18 and 19: `<LicenseProvider>`, `useLicense()` and `<Gate>`. Draws what the license says; holds no license
 * and no engine itself, so it adds little to a page. On a server, and until the license is there, the decision is `null`.
 */

import { createContext, createElement, useContext, useEffect, useMemo, useSyncExternalStore } from "react";
import type { DetailedHTMLProps, HTMLAttributes, ReactElement, ReactNode } from "react";
import type { LicenseDialogElement, LicenseDialogEventMap, LicenseSource } from "./dialog.js";
import type { License } from "./license.js";
import { type LicenseState, Store } from "./react/store.js";
import type { Decision, Explanation } from "./types.js";

export type { LicenseState } from "./react/store.js";

const Context = createContext<Store | undefined>(undefined);

/**
 * What the app declares once, so that `<Gate>` and `useLicense` take the features of its settings and no other names, and
 * the `license` of `useLicense` has all methods of its client:
 *
 * ```ts
 * declare module "polar-license/react" {
 *   interface Register {
 *     license: typeof open; // what <LicenseProvider> is given
 *   }
 * }
 * ```
 */
export interface Register {}

/** The features of the settings; any name until the app has declared its license. */
export type RegisteredFeature = Register extends { license: infer Source } ? FeatureOf<Source> : string;

/** The license that the app has declared, such as the client of `polar-license/portal`; until then, any. */
export type RegisteredLicense<Feature extends string> = Register extends { license: infer Source }
  ? LicenseOf<Source>
  : License<Feature>;

/** What the provider is given: the license that the app has declared, or any. */
type ProvidedLicense = Register extends { license: infer Source } ? LicenseOf<Source> : License;

type FeatureOf<Source> = LicenseOf<Source> extends License<infer Feature> ? Feature : string;

type LicenseOf<Source> = Source extends (...given: never[]) => PromiseLike<infer Made>
  ? LicenseOf<Made>
  : Source extends License<never>
    ? Source
    : License;

/** What `<LicenseProvider>` takes. */
export interface LicenseProviderProps {
  /**
   * The license, or a function that makes it: `() => createLicenseClient(…)`. The function is called once, in the browser
   * only, so it is right for apps that are rendered on a server too; what it has made is disposed of with the provider.
   * `null` while there is none yet. An app that has declared its license by `Register` gives that one, and no other.
   */
  license: ProvidedLicense | null | undefined | (() => PromiseLike<ProvidedLicense>);
  children?: ReactNode;
}

/** Gives a license to `useLicense` and `<Gate>` below it. */
export function LicenseProvider({ license, children }: LicenseProviderProps): ReactElement {
  const make = typeof license === "function" ? license : undefined;
  const given = typeof license === "function" ? undefined : license;
  const isMade = make !== undefined;
  const store = useMemo(() => new Store(given ?? undefined), [given, isMade]);
  // the function is another one at each draw, and called once
  useEffect(() => (make ? store.open(make) : store.refresh()), [store]);
  return createElement(Context.Provider, { value: store }, children);
}

/** The license as it is now: draws again when the decision changes, and while a call is under way. */
export function useLicense<Feature extends string = RegisteredFeature>(): LicenseState<
  Feature,
  RegisteredLicense<Feature>
> {
  const store = useContext(Context);
  if (!store) throw new Error("useLicense and <Gate> need a <LicenseProvider license={…}> above them");
  return useSyncExternalStore(store.subscribe, store.state, store.initial) as LicenseState<Feature, RegisteredLicense<Feature>>;
}

/** What `<Gate>` takes. */
export interface GateProps {
  /** The feature; without, whether the app may run at all. */
  feature?: RegisteredFeature;
  /**
   * What to draw if it is off, or if the license could not be made; a function is given why, with a sentence for the user as
   * `message`.
   */
  fallback?: ReactNode | ((why: Decision | Explanation) => ReactNode);
  /** What to draw until that is known. */
  pending?: ReactNode;
  children?: ReactNode;
}

/** Draws its children if a feature is on. */
export function Gate({ feature, fallback, pending, children }: GateProps): ReactNode {
  const { decision, explain, allows } = useLicense<string>();
  if (!decision) {
    const why = explain(String(feature));
    return why.message === "" ? (pending ?? null) : drawn(fallback, why);
  }
  // of the same decision as all that is drawn with it; a feature that is not configured is logged
  const known = feature === undefined ? decision.allowed : decision.features[feature];
  const isOn = typeof known === "boolean" ? known : allows(String(feature));
  return isOn ? (children ?? null) : drawn(fallback, feature === undefined ? decision : explain(feature));
}

function drawn(fallback: GateProps["fallback"], why: Decision | Explanation): ReactNode {
  return (typeof fallback === "function" ? fallback(why) : fallback) ?? null;
}

/** `<polar-license-dialog>` in JSX: React 19 sets these as properties; React 18 needs a `ref` that does. */
export type LicenseDialogProps = DetailedHTMLProps<
  HTMLAttributes<LicenseDialogElement> &
    Partial<Pick<LicenseDialogElement, "open" | "features" | "texts" | "portal">> & {
      license?: LicenseSource | null | undefined;
    } & {
      [Name in "activated" | "deactivated" | "link" | "close" as `on${Name}`]?: (event: LicenseDialogEventMap[Name]) => unknown;
    },
  LicenseDialogElement
>;

declare module "react" {
  namespace JSX {
    interface IntrinsicElements {
      "polar-license-dialog": LicenseDialogProps;
    }
  }
}
