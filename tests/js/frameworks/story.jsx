// An app in React with a license on a page, as a list of tests with assertions. Runs with React 18 and 19, in jsdom and
// in Chromium, against a local Polar. `polar` is the local Polar's address and organization.

import { StrictMode, startTransition, useLayoutEffect, useState, useSyncExternalStore, version } from "react";
import { createRoot, hydrateRoot } from "react-dom/client";
import { renderToString } from "react-dom/server";
import { createLicenseClient, LicenseError, memoryStorage } from "polar-license";
import { showLicenseDialog } from "polar-license/dialog";
import { Gate, LicenseProvider, useLicense } from "polar-license/react";
import AppOfTheReadme from "readme:app";

const KEY = "DEMO-PLAIN";
const NOT_INCLUDED = "Your license does not include this feature. Upgrade to use it.";

const TESTS = [obviousHook, heavyList, oneForm, madeByTheProvider, withoutWebAssembly, disposedOf, withoutLicense, onAServer, withoutProvider,
  appOfTheReadme, element];

/** Runs the tests. Returns their names and, for each that failed, the failure in words. */
export async function run(polar) {
  const results = [];
  for (const test of TESTS) {
    const logged = [];
    const { error } = console;
    console.error = (...what) => logged.push(what.map(String).join(" "));
    const failure = await test(polar).then(
      () => undefined,
      (error) => String(error?.stack ?? error),
    );
    console.error = error;
    document.body.replaceChildren();
    // React logs its complaints, for example about a snapshot that differs each time; they count as failures
    results.push({ name: `React ${version.split(".")[0]}: ${test.name}`, failure: failure ?? logged[0] });
  }
  return results;
}

const clientOf = (polar, fetch) =>
  createLicenseClient({
    organizationId: polar.organization,
    appId: "com.acme.app",
    environment: polar.url,
    features: { export: [polar.benefits.pro], audit: ["de300000-0000-4000-8000-0000000000bf"] },
    storage: memoryStorage(),
    autoRefresh: false,
    ...(fetch && { fetch }),
  });

function holds(condition, what) {
  if (!condition) throw new Error(what);
}

/** Renders an element in StrictMode. `shows(text)` waits until the text appears, and `end()` removes the element. */
function render(element, root = document.body.appendChild(document.createElement("main"))) {
  const made = createRoot(root);
  made.render(<StrictMode>{element}</StrictMode>);
  const shows = (text) => until(() => root.textContent.includes(text), () => `\`${text}\` in \`${root.textContent}\``);
  return { root, shows, end: () => made.unmount() };
}

/** Waits until a condition is true. Checks the condition after each turn of the event loop. */
async function until(condition, what) {
  for (const end = Date.now() + 20_000; !condition(); ) {
    if (Date.now() > end) throw new Error(`there is no ${what()}`);
    await new Promise((resolve) => setTimeout(resolve));
  }
}

/** Checks the hook as a developer uses it without having read the documentation. */
async function obviousHook(polar) {
  const license = await clientOf(polar);
  let draws = 0;
  const Status = () => {
    const { state } = useSyncExternalStore(license.onChange, license.current);
    draws += 1;
    return <p>it is {state}</p>;
  };
  const { shows, end } = render(<Status />);
  await shows("it is unlicensed");
  await license.activate(KEY);
  await shows("it is active");
  await license.deactivate();
  await shows("it is unlicensed");
  holds(draws < 20, `drawn ${draws} times`);
  end();
}

/** Checks that all parts of a page show the same state if the license changes during a long transition. */
async function heavyList(polar) {
  const license = await clientOf(polar);
  const seen = [];
  let grow;
  const Row = () => {
    const end = performance.now() + 1;
    while (performance.now() < end);
    const { decision } = useLicense();
    return <i>{decision?.state};</i>;
  };
  const List = () => {
    const [count, setCount] = useState(2);
    grow = () => startTransition(() => setCount(100));
    useLayoutEffect(() => {
      const states = new Set(document.body.textContent.split(";").filter(Boolean));
      seen.push([...states]);
    });
    return Array.from({ length: count }, (_, number) => <Row key={number} />);
  };
  const { root, shows, end } = render(<LicenseProvider license={license}><List /></LicenseProvider>);
  await shows("unlicensed;");
  grow();
  await new Promise((resolve) => setTimeout(resolve));
  await license.activate(KEY);
  await until(() => root.querySelectorAll("i").length === 100, () => "whole list");
  await until(() => root.textContent === "active;".repeat(100), () => `list of the same state: ${root.textContent}`);
  holds(seen.every((states) => states.length === 1), `different states at once: ${JSON.stringify(seen)}`);
  end();
}

function Form({ seen }) {
  const { decision, busy, error, activate, deactivate } = useLicense();
  seen.push(busy);
  return (
    <>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          activate(event.target.elements.key.value);
        }}
      >
        <input name="key" />
      </form>
      <button onClick={() => deactivate()}>Deactivate</button>
      <p>{busy ? "busy" : "idle"} {decision?.state} {error && `failed: ${error.message}`}</p>
      <Gate feature="export" fallback={({ message }) => <b>no export: {message}</b>}>exporting</Gate>
      <Gate feature="audit" fallback={<b>no audit</b>}>auditing</Gate>
      <Gate fallback={<b>no access</b>}>the app</Gate>
    </>
  );
}

async function oneForm(polar) {
  // each request waits until the page shows that it is busy
  const license = await clientOf(polar, async (...request) => {
    await shows("busy ");
    return fetch(...request);
  });
  const seen = [];
  const { root, shows, end } = render(<LicenseProvider license={license}><Form seen={seen} /></LicenseProvider>);
  const enter = (key) => {
    holds(!seen.includes(true), "busy although nothing is under way");
    root.querySelector("input").value = key;
    root.querySelector("form").requestSubmit();
  };
  await shows("idle unlicensed no export: No license is active");
  await shows("no access");
  enter("NO-SUCH-KEY-1");
  await shows("idle unlicensed failed: This license key is not known.");
  seen.length = 0;
  enter(KEY);
  await shows("idle active exporting");
  await shows("no auditthe app");
  root.querySelector("button").click();
  await shows("idle unlicensed no export");
  end();
}

/**
 * Checks that the license is created only once and only in the browser, although StrictMode renders and mounts
 * everything twice.
 */
async function madeByTheProvider(polar) {
  let made = 0;
  let release;
  const held = new Promise((resolve) => (release = resolve));
  const make = async () => {
    made += 1;
    await held;
    return clientOf(polar);
  };
  const App = () => {
    const [count, setCount] = useState(0);
    return (
      <LicenseProvider license={() => make()}>
        <button onClick={() => setCount(count + 1)}>{count}</button>
        <Gate pending="pending" fallback="no access">the app</Gate>
      </LicenseProvider>
    );
  };
  const { root, shows, end } = render(<App />);
  await shows("0pending");
  release();
  await shows("0no access");
  root.querySelector("button").click();
  await shows("1no access");
  holds(made === 1, `made ${made} times`);
  end();
  const { error } = console;
  const logged = [];
  console.error = (...what) => logged.push(what.map(String).join(" "));
  const failing = render(
    <LicenseProvider license={() => Promise.reject(new Error("no WebAssembly"))}><Failure /></LicenseProvider>,
  );
  await failing.shows("no WebAssembly");
  failing.end();
  console.error = error;
  const expected = "polar-license: the license could not be created Error: no WebAssembly";
  holds(logged.join("\n") === expected, `the console says: ${logged}`);
}

function Failure() {
  const { error } = useLicense();
  return error?.message;
}

/**
 * Checks the provider if WebAssembly cannot run. Calls that are waiting, and all later calls, must fail with a sentence
 * for the user.
 */
async function withoutWebAssembly() {
  const message = "This app cannot check its license in this browser. Contact the vendor.";
  const make = () => Promise.reject(new LicenseError("unsupported", "there is no WebAssembly here", { message }));
  const { error } = console;
  console.error = () => {};
  const { root, shows, end } = render(
    <LicenseProvider license={make}>
      <Form seen={[]} />
      <Gate pending="pending" fallback={(why) => `off, ${why.reason}: ${why.message}`}>the app</Gate>
      <LicenseButton />
    </LicenseProvider>,
  );
  await shows(`no export: ${message}`);
  await shows(`off, not_licensed: ${message}`);
  root.querySelector("input").value = KEY;
  root.querySelector("form").requestSubmit();
  await shows(`idle  failed: ${message}`);
  await shows(`off, not_licensed: ${message}`);
  [...root.querySelectorAll("button")].at(-1).click();
  const { shadowRoot } = document.querySelector("polar-license-dialog");
  holds(shadowRoot.textContent.includes(message), `the dialog says ${shadowRoot.textContent}`);
  shadowRoot.querySelector("[part=close]").click();
  await until(() => !document.querySelector("polar-license-dialog"), () => "end of the dialog");
  end();
  console.error = error;
}

function LicenseButton() {
  const { error, license } = useLicense();
  return <button onClick={() => showLicenseDialog(license ?? error)}>License…</button>;
}

/**
 * Checks that the provider disposes of the license that it has created, even if that license arrives late. It must
 * never dispose of a license that the app has created.
 */
async function disposedOf(polar) {
  const made = [];
  let disposed = 0;
  const observed = async (isThere) => {
    await isThere;
    return { ...(await clientOf(polar)), dispose: () => void (disposed += 1) };
  };
  for (let time = 0; time < 15; time += 1) {
    let give;
    const isThere = time % 2 === 0 ? undefined : new Promise((resolve) => (give = resolve));
    const make = () => {
      made.push(observed(isThere));
      return made.at(-1);
    };
    const { shows, end } = render(<LicenseProvider license={make}><Gate pending="pending" fallback="no access" /></LicenseProvider>);
    await shows(isThere ? "pending" : "no access");
    holds(disposed === time, `${disposed} disposed of while the one after ${time} is used`);
    end();
    give?.();
    await until(() => disposed === time + 1, () => `end of ${time + 1}, but of ${disposed}`);
  }
  holds(made.length === 15, `${made.length} made`);
  const own = await observed();
  const given = render(<LicenseProvider license={own}><Gate fallback="no access" /></LicenseProvider>);
  await given.shows("no access");
  given.end();
  // a fake license or the license of a window may lack `dispose`
  const { dispose: _, ...plain } = await clientOf(polar);
  const fake = render(<LicenseProvider license={async () => plain}><Gate fallback="no access" /></LicenseProvider>);
  await fake.shows("no access");
  fake.end();
  await new Promise((resolve) => setTimeout(resolve, 10));
  holds(disposed === 15, "disposed of what the app has made");
}

/** Checks a license that arrives later, from an effect in the app. */
async function withoutLicense(polar) {
  const license = await clientOf(polar);
  let give;
  const App = () => {
    const [held, setHeld] = useState(null);
    give = () => setHeld(license);
    return (
      <LicenseProvider license={held}>
        <Gate pending="pending" fallback="no access">the app</Gate>
        <Why feature="audit" />
      </LicenseProvider>
    );
  };
  const { shows, end } = render(<App />);
  await shows("pending");
  give();
  await shows("no access");
  await license.activate(KEY);
  await shows(`the app${NOT_INCLUDED}`);
  end();
}

/** Shows why a feature is off. The code is that of a developer who does not check whether there is a license yet. */
function Why({ feature }) {
  const { explain } = useLicense();
  return <p>{explain(feature).message}</p>;
}

/** Checks that a page takes over HTML from a server without a warning, and continues from there. */
async function onAServer(polar) {
  let made = 0;
  const make = () => {
    made += 1;
    return clientOf(polar);
  };
  const license = await clientOf(polar);
  await license.activate(KEY);
  for (const given of [make, license]) {
    const app = (
      <LicenseProvider license={given}>
        <Gate pending="pending" fallback="no access">the app</Gate>
        <Why feature="audit" />
      </LicenseProvider>
    );
    const root = document.body.appendChild(document.createElement("main"));
    root.innerHTML = renderToString(app);
    holds(root.textContent === "pending" && made === 0, `a server draws ${root.textContent}, and made ${made}`);
    const taken = hydrateRoot(root, app);
    const then = given === make ? "no accessNo license is active on this device. Enter a license key." : `the app${NOT_INCLUDED}`;
    await until(() => root.textContent === then, () => `\`${then}\`, but ${root.textContent}`);
    taken.unmount();
    made = 0;
  }
}

async function withoutProvider() {
  let message;
  try {
    renderToString(<Gate>the app</Gate>);
  } catch (error) {
    ({ message } = error);
  }
  holds(message?.includes("<LicenseProvider license={…}>"), `the message is ${message}`);
}

/** Checks the app of the README, with a local Polar in place of the real one. */
async function appOfTheReadme(polar) {
  const { fetch } = globalThis;
  globalThis.fetch = (url, init) => fetch(String(url).replace("https://api.polar.sh", polar.url), init);
  const { root, shows, end } = render(<AppOfTheReadme />);
  await shows("License…No license is active");
  root.querySelector("button").click();
  const { shadowRoot } = document.querySelector("polar-license-dialog");
  shadowRoot.querySelector("input").value = KEY;
  shadowRoot.querySelector("form").requestSubmit();
  await shows("License…Export");
  await until(() => shadowRoot.textContent.includes("The license is active."), () => "word of it in the dialog");
  shadowRoot.querySelector("[part=close]").click();
  await until(() => !document.querySelector("polar-license-dialog"), () => "end of the dialog");
  globalThis.fetch = fetch;
  end();
}

/** Checks an element that the app itself places. React 19 sets properties on it, and React 18 only attributes. */
async function element(polar) {
  const license = await clientOf(polar);
  const opened = [];
  const portal = { open: async (what) => void opened.push(what) };
  const features = { export: "Export to PDF" };
  const shown = async (draw, closes) => {
    const { root, end } = render(draw);
    const dialog = () => root.querySelector("polar-license-dialog");
    await until(() => dialog()?.shadowRoot?.textContent.includes("No license is active"), () => "dialog");
    holds(dialog().features === features, `the features are ${dialog().features}`);
    const buttons = [...dialog().shadowRoot.querySelectorAll("button")];
    const wanted = buttons.find((button) => !button.hidden && button.textContent === "Find my key");
    wanted?.click();
    holds(opened.splice(0).join() === "restore", "no pages for customers");
    dialog().close();
    holds(!dialog().open && closes(), "closed without a word");
    end();
  };
  const set = (dialog) => void Object.assign(dialog ?? {}, { license, features, portal, open: true });
  await shown(<polar-license-dialog ref={set} />, () => true);
  if (version.startsWith("18.")) return;
  let closed = 0;
  const onClose = () => {
    closed += 1;
  };
  const properties = { license, features, portal, onclose: onClose };
  await shown(<polar-license-dialog {...properties} open />, () => closed === 1);
}
