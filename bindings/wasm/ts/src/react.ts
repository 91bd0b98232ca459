"use client";
/**
 * For React 18 and 19: `<LicenseProvider>`, `useLicense()` and `<Gate>`. They render a license that another entry point
 * of the package creates. This entry point contains no engine, so it adds little to a page. The decision is `null` on a
 * server, and until the license has been created.
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
 * The interface in which an app declares the type of its license, once. `<Gate>` and `useLicense` then accept only the
 * features that are listed in the app's settings, and the `license` that `useLicense` returns has all methods of the
 * app's client:
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

/** The features that are listed in the settings, if the app has declared its license. Otherwise any string. */
export type RegisteredFeature = Register extends { license: infer Source } ? FeatureOf<Source> : string;

/**
 * The type of the license that the app has declared, such as the client of `polar-license/portal`. This is the type
 * `License` if the app has declared none.
 */
export type RegisteredLicense<Feature extends string> = Register extends { license: infer Source }
  ? LicenseOf<Source>
  : License<Feature>;

/**
 * The type of license that the provider accepts. This is the type that the app has declared, or any license if the app
 * has declared none.
 */
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
   * The license, or a function that creates it, such as `() => createLicenseClient(…)`. The provider calls the function
   * once, and in the browser only, so a function also suits apps that are rendered on a server. The provider disposes
   * of a license that the function has created. Pass `null` while there is no license yet. If the app has declared its
   * license through `Register`, it must pass a license of that type.
   */
  license: ProvidedLicense | null | undefined | (() => PromiseLike<ProvidedLicense>);
  children?: ReactNode;
}

/** Provides a license to each `useLicense` and `<Gate>` in its children. */
export function LicenseProvider({ license, children }: LicenseProviderProps): ReactElement {
  const make = typeof license === "function" ? license : undefined;
  const given = typeof license === "function" ? undefined : license;
  const isMade = make !== undefined;
  const store = useMemo(() => new Store(given ?? undefined), [given, isMade]);
  // apps pass a new function at each render, but only the first one is called
  useEffect(() => (make ? store.open(make) : store.refresh()), [store]);
  return createElement(Context.Provider, { value: store }, children);
}

/**
 * Returns the present license. Makes the component render again when the decision changes, and when a call begins or
 * ends.
 */
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
  /** The feature to check. By default, the gate checks whether the app may run at all. */
  feature?: RegisteredFeature;
  /**
   * The content to show if the feature is off, or if the license could not be created. If `fallback` is a function, it
   * receives the reason, whose `message` is a sentence for the user.
   */
  fallback?: ReactNode | ((why: Decision | Explanation) => ReactNode);
  /** The content to show until there is a license. */
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
  // Uses `decision` rather than the license, because the license may have another decision by now, and all components
  // must show the same one in a render. If `decision` has no entry for the feature, the feature is not configured. In
  // this case, `allows` logs a warning and returns `false`.
  const known = feature === undefined ? decision.allowed : decision.features[feature];
  const isOn = typeof known === "boolean" ? known : allows(String(feature));
  return isOn ? (children ?? null) : renderFallback(fallback, feature === undefined ? decision : explain(feature));
}

function renderFallback(fallback: GateProps["fallback"], why: Decision | Explanation): ReactNode {
  return (typeof fallback === "function" ? fallback(why) : fallback) ?? null;
}

/**
 * The props of `<polar-license-dialog>` in JSX. React 19 sets them as properties of the element. React 18 does not, so
 * an app with React 18 must set them through a `ref`.
 */
export type LicenseDialogProps = DetailedHTMLProps<
  HTMLAttributes<LicenseDialogElement> &
    Partial<Pick<LicenseDialogElement, "open" | "features" | "startTrial" | "texts" | "portal" | "offline">> & {
      license?: LicenseSource | null | undefined;
    } & {
      [Name in "activated" | "deactivated" | "returned" | "link" | "close" as `on${Name}`]?: (event: LicenseDialogEventMap[Name]) => unknown;
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
