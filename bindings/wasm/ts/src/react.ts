"use client";
/**
 * For React 18 and 19: `<LicenseProvider>`, `useLicense()` and `<Gate>`. Draws the license; contains no license and no
 * engine itself, so it adds little to a page. On a server, and until there is a license, the decision is `null`.
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
 * A declaration that the app makes once. Then `<Gate>` and `useLicense` accept only the features of its settings, and
 * the `license` of `useLicense` has all methods of its client:
 *
 * ```ts
 * declare module "polar-license/react" {
 *   interface Register {
 *     license: typeof open; // the value that <LicenseProvider> gets
 *   }
 * }
 * ```
 */
export interface Register {}

/** The features of the settings; any name until the app has declared its license. */
export type RegisteredFeature = Register extends { license: infer Source } ? FeatureOf<Source> : string;

/** The license that the app has declared, such as the client of `polar-license/portal`; until then, any license. */
export type RegisteredLicense<Feature extends string> = Register extends { license: infer Source }
  ? LicenseOf<Source>
  : License<Feature>;

/** The value for the provider: the license that the app has declared, or any license. */
type ProvidedLicense = Register extends { license: infer Source } ? LicenseOf<Source> : License;

type FeatureOf<Source> = LicenseOf<Source> extends License<infer Feature> ? Feature : string;

type LicenseOf<Source> = Source extends (...given: never[]) => PromiseLike<infer Made>
  ? LicenseOf<Made>
  : Source extends License<never>
    ? Source
    : License;

/** The props of `<LicenseProvider>`. */
export interface LicenseProviderProps {
  /**
   * The license, or a function that creates it: `() => createLicenseClient(…)`. The function is called once, in the
   * browser only, so it suits apps that are rendered on a server too. The provider disposes of the license that it has
   * created. `null` if there is no license yet. An app that has declared its license by `Register` must pass that
   * license.
   */
  license: ProvidedLicense | null | undefined | (() => PromiseLike<ProvidedLicense>);
  children?: ReactNode;
}

/** Provides a license to `useLicense` and `<Gate>` below it. */
export function LicenseProvider({ license, children }: LicenseProviderProps): ReactElement {
  const make = typeof license === "function" ? license : undefined;
  const given = typeof license === "function" ? undefined : license;
  const isMade = make !== undefined;
  const store = useMemo(() => new Store(given ?? undefined), [given, isMade]);
  // the function differs at each render, and is called once
  useEffect(() => (make ? store.open(make) : store.refresh()), [store]);
  return createElement(Context.Provider, { value: store }, children);
}

/** Returns the present license. Renders again when the decision changes, and when a call begins or ends. */
export function useLicense<Feature extends string = RegisteredFeature>(): LicenseState<
  Feature,
  RegisteredLicense<Feature>
> {
  const store = useContext(Context);
  if (!store) throw new Error("useLicense and <Gate> need a <LicenseProvider license={…}> above them");
  return useSyncExternalStore(store.subscribe, store.state, store.initial) as LicenseState<Feature, RegisteredLicense<Feature>>;
}

/** The props of `<Gate>`. */
export interface GateProps {
  /** The feature. Default: whether the app may run at all. */
  feature?: RegisteredFeature;
  /**
   * The content if the feature is off, or if the license could not be created. A function receives the reason, with a
   * sentence for the user as `message`.
   */
  fallback?: ReactNode | ((why: Decision | Explanation) => ReactNode);
  /** The content until there is a license. */
  pending?: ReactNode;
  children?: ReactNode;
}

/** Renders its children if a feature is on. */
export function Gate({ feature, fallback, pending, children }: GateProps): ReactNode {
  const { decision, explain, allows } = useLicense<string>();
  if (!decision) {
    const why = explain(String(feature));
    return why.message === "" ? (pending ?? null) : renderFallback(fallback, why);
  }
  // from the decision that everything else is rendered with; an unconfigured feature is logged
  const known = feature === undefined ? decision.allowed : decision.features[feature];
  const isOn = typeof known === "boolean" ? known : allows(String(feature));
  return isOn ? (children ?? null) : renderFallback(fallback, feature === undefined ? decision : explain(feature));
}

function renderFallback(fallback: GateProps["fallback"], why: Decision | Explanation): ReactNode {
  return (typeof fallback === "function" ? fallback(why) : fallback) ?? null;
}

/** The props of `<polar-license-dialog>` in JSX. React 19 sets them as properties; React 18 needs a `ref` that does. */
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
