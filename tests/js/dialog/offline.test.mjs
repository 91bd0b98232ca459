// Tests the dialog's pages for computers that are never online, in Chromium and in Firefox, with the keyboard alone. The
// texts go between a page and a client in Node, which alone reaches the local Polar over HTTP. An independent library
// reads the QR codes from pictures of the page. Writes pictures of each page to target/dialog for people to look at.
//
// POLAR_LICENSE_JS is the folder of the built package. POLAR_LICENSE_CLI is the command line tool.

import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import jsqr from "jsqr";
import { PNG } from "pngjs";
import { scripts } from "../electron/polar.mjs";
import { PATIENCE_MS } from "../patience.mjs";
import { browsers } from "./browsers.mjs";
import { run } from "./stage.mjs";

const { createLicenseClient, fileStorage } = await import(`${scripts}/node.js`);

const KEY = "ACME-PRO-7F3A-19C4";
const DAY_MS = 24 * 60 * 60 * 1000;
const AIR_GAP = { appSecret: "the secret of the app", airGapDays: 365 };

/** The controls with which a text can be carried away. */
const CARRY = ["Copy", "Save as file", "QR code"];

describe("the dialog without a network", { concurrency: true }, () => {
  for (const browser of browsers) {
    const tells = (story) => (context) => run(browser, context, (...parts) => story(...parts, { browser, context }));
    it(`gets a license, renews it and gives it back, in ${browser.name}`, { skip: browser.missing }, tells(story));
    it(`licenses another computer, in ${browser.name}`, { skip: browser.missing }, tells(otherStory));
  }
});

/** The computer whose page this is has no network. Its texts go to a client in Node and back. */
async function story(user, polar, mock, { browser, context }) {
  await mock.createKey(KEY, { limit_activations: 1 });
  const online = await clientOf(polar, context);
  await failsWithoutSetting(user, polar);
  await user.page.evaluate(async (polar, more) => app.withOffline(await app.make(polar, more)), polar, AIR_GAP);
  const sent = await losesNetwork(user, browser);
  const request = await asksForRequest(user);
  await hasNothingToReturn(user);
  await carriesText(user, request, browser);
  await importsAnswers(user, online, request);
  await renews(user, online, mock);
  await givesBack(user, online, mock);
  await findsLostReturn(user);
  await fitsOnPhone(user);
  assert.deepEqual(sent, []);
  assert.equal(online.current().state, "unlicensed");
}

/** Cuts the network. Returns the list of the requests that the page makes from then on. */
async function losesNetwork(user, browser) {
  if (browser.name === "Chromium") await user.page.setOfflineMode(true);
  const sent = [];
  // saving a file is a request too, but for the text itself
  user.page.on("request", (request) => request.url().startsWith("data:") || sent.push(request.url()));
  return sent;
}

/** Shows the error if the app has added the pages, but has not permitted such licenses. */
async function failsWithoutSetting(user, polar) {
  await user.page.evaluate(async (polar) => app.withOffline(await app.make(polar)), polar);
  await user.page.focus("#opener");
  await user.press("Enter");
  await user.chooses("This computer is not online");
  await user.reads("This app is not set up correctly");
  await user.isAt("License key");
  await user.press("Escape");
  await user.isClosed();
}

/** Opens the page from the form for the key. Returns the request. */
async function asksForRequest(user) {
  await user.page.focus("#opener");
  await user.press("Enter");
  await user.isAt("License key");
  const controls = ["Activate", "Buy a license", "Find my key", "This computer is not online", "Close"];
  await user.captured("offline-enter-key", controls);
  await user.chooses("This computer is not online");
  await user.isAt(
    "Take this request to a computer that is online and can answer it with your license key. Then import the answer here.",
  );
  await user.captured("offline-request", [...CARRY, "Import", "Open a file", "Give the license back", "Back", "Close"]);
  const request = await carried(user);
  assert.match(request, /^REQUEST1-[0-9A-Z]+$/);
  return request;
}

/** Wants to give a license back before there was one. The page says so, and asks no question. */
async function hasNothingToReturn(user) {
  await user.chooses("Give the license back");
  await user.reads("There is no license to remove.");
  await user.isAt("Give the license back");
  await user.sees("Take this request to a computer that is online");
  await user.captured("offline-nothing-to-return");
}

/** Takes the request away in each way, and tries to import the request itself. */
async function carriesText(user, request, browser) {
  await readsQrCode(user, request, "offline-request-qr");
  await user.page.evaluate(() => Object.defineProperty(navigator, "clipboard", { value: undefined, configurable: true }));
  await user.chooses("Copy");
  await user.sees("The text is selected. Copy it with the keyboard.");
  await user.isAt("Request");
  await holding(user, "Shift", "Tab");
  await user.isAt("Close");
  await user.press("Tab");
  await user.isAt("Request");
  await holding(user, "Control", "c");
  await user.goesTo("Answer");
  await holding(user, "Control", "v");
  assert.equal(await entered(user, "answer"), request);
  await user.chooses("Import");
  await user.reads("This text is a request. Take it to a computer with a network to get its answer.");
  await user.isAt("Answer");
  await user.captured("offline-request-wrong");
  await seesError(user);
  await user.page.evaluate(() => delete navigator.clipboard);
  if (browser.name !== "Chromium") return;

  await user.types("-");
  await user.chooses("Copy");
  await user.sees("The text was copied.");
  await user.goesTo("Answer");
  await holding(user, "Control", "a");
  await holding(user, "Control", "v");
  assert.equal(await entered(user, "answer"), request);
  await savesFile(user, request);
}

/**
 * Imports a wrong text while the QR code is shown, so that the page is higher than the window. Presses the button
 * without scrolling to it, as assistive technology does. The page scrolls to the error.
 */
async function seesError(user) {
  await user.page.setViewport({ width: 640, height: 900 });
  await user.chooses("QR code");
  await user.goesTo("Answer");
  await user.types("a text");
  await user.page.evaluate(() => {
    const root = app.dialog.shadowRoot;
    root.querySelector("dialog").scrollTop = 0;
    [...root.querySelectorAll("button")].find(({ textContent }) => textContent === "Import").click();
  });
  await user.reads("This text is incomplete or has a mistake. Copy the whole text again.");
  await user.isAt("Answer");
  const hidden = await user.page.evaluate(() => {
    const root = app.dialog.shadowRoot;
    const seen = root.querySelector("dialog").getBoundingClientRect();
    return ["answer", "page-error"].filter((id) => {
      const { top, bottom } = root.getElementById(id).getBoundingClientRect();
      return top < seen.top || bottom > seen.bottom;
    });
  });
  await user.page.screenshot({ path: join(user.folder, "offline-error-below-qr-code.png") });
  assert.deepEqual(hidden, [], "what is out of sight");
  await user.chooses("QR code");
  await user.goesTo("Answer");
  await user.page.setViewport({ width: 640, height: 720 });
}

/** Saves the request as a file, and opens the file in the field for the answer. */
async function savesFile(user, request) {
  const folder = mkdtempSync(join(tmpdir(), "polar-license-dialog-"));
  try {
    const devtools = await user.page.createCDPSession();
    await devtools.send("Browser.setDownloadBehavior", { behavior: "allow", downloadPath: folder, eventsEnabled: true });
    const saved = new Promise((resolve) => {
      devtools.on("Browser.downloadProgress", ({ state }) => state === "completed" && resolve());
    });
    await user.chooses("Save as file");
    await saved;
    const file = join(folder, "license-request.txt");
    assert.equal(readFileSync(file, "utf8"), `${request}\n`);
    writeFileSync(file, "  a text of two\n  lines\n");
    // the user first closes the window in which the browser asks for a file
    for (const answer of [(chooser) => chooser.cancel(), (chooser) => chooser.accept([file])]) {
      const asked = user.page.waitForFileChooser({ timeout: PATIENCE_MS });
      await user.chooses("Open a file");
      await answer(await asked);
    }
    await user.until(async () => (await entered(user, "answer")) === "a text of two\n  lines", () => "content of the file");
    assert.ok(existsSync(file));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Imports a damaged answer, and then the right one. */
async function importsAnswers(user, online, request) {
  const { text } = await online.offlineAnswer(request, KEY);
  await user.goesTo("Answer");
  await user.types(`${text.slice(0, -1)}${text.endsWith("A") ? "B" : "A"}`);
  await user.chooses("Import");
  await user.reads("This text is incomplete or has a mistake. Copy the whole text again.");
  await user.isAt("Answer");
  await user.types(text);
  await user.takeEvents();
  await user.chooses("Import");
  await user.sees("The license is active.");
  await user.isAt("Done");
  assert.deepEqual(await user.takeEvents(), [["activated", "active"]]);
  await user.captured("offline-active", [
    "Done", "Check again", "Give the license back", "This computer is not online", "Manage devices", "See plans", "Close",
  ]);
}

/** Gets a new answer. The dialog asks for it in the last two weeks, and after the end. */
async function renews(user, online, mock) {
  await user.turns(355 * DAY_MS);
  await mock.advance(355 * 24 * 60 * 60);
  await user.sees("Create a new request, and import its answer.");
  await user.captured("offline-ending", [
    "Create a request", "Done", "Check again", "Give the license back", "Manage devices", "See plans", "Close",
  ]);
  await user.turns(20 * DAY_MS);
  await mock.advance(20 * 24 * 60 * 60);
  await user.sees("The license of this computer has ended. Create a new request, and import its answer.");
  await user.isAt("Create a request");
  const controls = ["Create a request", "Check again", "Give the license back", "Manage devices", "Close"];
  await user.captured("offline-ended", controls);
  await withoutPages(user);
  await user.chooses("Create a request");
  await user.sees("import the answer here");
  const { text } = await online.offlineAnswer(await carried(user), KEY);
  await user.goesTo("Answer");
  await user.types(text);
  await user.chooses("Import");
  await user.sees("The license is active.");
  await user.isAt("Done");
  assert.equal(await mock.seats(KEY), 1);
}

/** If the app has no pages for such computers, the dialog does not offer to create a request. */
async function withoutPages(user) {
  await user.page.evaluate(() => (app.dialog.offline = undefined));
  const controls = ["Check again", "Enter another key", "Deactivate", "Manage devices", "Close"];
  await user.captured("offline-ended-without-pages", controls);
  await user.page.evaluate(() => app.withOffline(app.dialog.license));
}

/** Gives the license back, after the first thought. */
async function givesBack(user, online, mock) {
  await user.chooses("Give the license back");
  await user.sees("Give the license of this computer back?");
  await user.isAt("Keep it");
  await user.captured("offline-return-question", ["Give the license back", "Keep it", "Close"]);
  await user.press("Escape");
  await user.sees("The license is active.");
  await user.takeEvents();
  await user.chooses("Give the license back");
  await user.isAt("Keep it");
  await user.chooses("Give the license back");
  await user.sees("Take this text to a computer that is online and can take the license back.");
  assert.deepEqual(await user.takeEvents(), [["returned", "unlicensed"]]);
  await user.captured("offline-return", [...CARRY, "Done", "Close"]);
  const text = await carried(user);
  assert.match(text, /^RETURN1-/);
  await readsQrCode(user, text, "offline-return-qr");
  assert.equal(await mock.seats(KEY), 1);
  await online.offlineRelease(text);
  assert.equal(await mock.seats(KEY), 0);
  await user.chooses("Done");
  await user.isAt("License key");
}

/** Shows the return once more, because its text may have been lost. */
async function findsLostReturn(user) {
  await user.chooses("This computer is not online");
  await user.sees("import the answer here");
  await user.chooses("Give the license back");
  await user.sees("The license was removed from this computer.");
  assert.match(await carried(user), /^RETURN1-/);
  await user.press("Escape");
  await user.isAt("License key");
}

/** Nothing on the page is wider than a narrow phone, and the whole QR code can be read there. */
async function fitsOnPhone(user) {
  await user.page.setViewport({ width: 320, height: 640 });
  await user.chooses("This computer is not online");
  await user.sees("import the answer here");
  await readsQrCode(user, await carried(user), "offline-narrow-qr");
  const wide = await user.page.evaluate(() => {
    const dialog = app.dialog.shadowRoot.querySelector("dialog");
    return dialog.scrollWidth - dialog.clientWidth;
  });
  assert.equal(wide, 0, "the page is wider than the phone");
  await user.press("Escape");
  await user.press("Escape");
  await user.isClosed();
}

/**
 * The page belongs to a desktop app, whose main process can act for other computers. The other computer is a client in
 * Node that cannot reach Polar.
 */
async function otherStory(user, polar, mock, { context }) {
  await mock.createKey(KEY, { limit_activations: 1 });
  const main = await clientOf(polar, context);
  const lonely = await clientOf(polar, context, {
    deviceId: "a machine without a network",
    fetch: () => Promise.reject(new Error("there is no network")),
  });
  await connects(user, main);
  await user.page.evaluate(async (polar, more) => app.withOffline(await app.make(polar, more), app.service), polar, AIR_GAP);
  await user.page.focus("#opener");
  await user.press("Enter");
  await user.isAt("License key");
  await user.chooses("License another computer");
  await user.isAt("Request");
  const controls = ["Create the answer", "Open a file", "Take a license back", "Back", "Close"];
  await user.captured("offline-other", controls);

  await user.types(await lonely.offlineRequest());
  await user.press("Tab");
  await user.isAt("License key");
  await user.types("ACME-PRO-7F3A-19C");
  await user.press("Enter");
  await user.reads("This license key is not known. Check it for typos.");
  await user.isAt("License key");
  await user.captured("offline-other-unknown", controls);
  await user.types(KEY);
  await user.press("Enter");
  await user.sees("Take this answer to the other computer, and import it there.");
  await user.captured("offline-answer", [...CARRY, "Done", "Close"]);
  const answer = await carried(user);
  await readsQrCode(user, answer, "offline-answer-qr");
  await user.page.setViewport({ width: 320, height: 640 });
  await readsQrCode(user, answer, "offline-answer-narrow-qr");
  await user.page.setViewport({ width: 640, height: 720 });
  const { state, airGapped } = await lonely.offlineImport(answer);
  assert.deepEqual([state, airGapped], ["active", true]);
  await user.chooses("Done");
  await user.isAt("License key");
  assert.deepEqual(await user.takeEvents(), [], "the license of this computer has not changed");
  assert.equal(await mock.seats(KEY), 1);

  const { text } = await lonely.offlineReturn();
  await user.chooses("License another computer");
  await user.chooses("Take a license back");
  await user.sees("Enter the return of the computer that has given its license back.");
  await user.isAt("Return");
  await user.captured("offline-take-back", ["Take a license back", "Open a file", "Back", "Close"]);
  await user.types(answer);
  await user.chooses("Take a license back");
  await user.reads("This text is an answer. Import it on the computer that made the request.");
  await user.types(text);
  await user.chooses("Take a license back");
  await user.sees("The other computer no longer uses the license.");
  await user.isAt("Done");
  await user.captured("offline-taken-back", ["Done", "Close"]);
  assert.equal(await mock.seats(KEY), 0);
}

/** Opens a client in Node, with its records in a folder of its own. */
async function clientOf(polar, context, more) {
  const directory = mkdtempSync(join(tmpdir(), "polar-license-dialog-"));
  const client = await createLicenseClient({
    organizationId: polar.organization,
    appId: "com.acme.app",
    environment: polar.url,
    features: { export: [polar.benefits.pro], audit: ["de300000-0000-4000-8000-0000000000bf"] },
    storage: fileStorage({ directory }),
    autoRefresh: false,
    ...AIR_GAP,
    ...more,
  });
  context.after(() => {
    client.dispose();
    rmSync(directory, { recursive: true });
  });
  return client;
}

/** Lets the page call the client in Node, as the bridge of a desktop app does. */
async function connects({ page }, client) {
  const outcome = (promise) =>
    promise.then(
      ({ text }) => ({ text }),
      ({ message }) => ({ message }),
    );
  await page.exposeFunction("answerInNode", (request, key) => outcome(client.offlineAnswer(request, key)));
  await page.exposeFunction("releaseInNode", (text) => outcome(client.offlineRelease(text)));
  await page.evaluate(() => {
    const settled = async (outcome) => {
      const { text, message } = await outcome;
      if (message) throw new Error(message);
      return { text };
    };
    app.service = {
      offlineAnswer: (request, key) => settled(answerInNode(request, key)),
      offlineRelease: (text) => settled(releaseInNode(text)),
    };
  });
}

/** Shows the QR code, takes a picture of the page, reads the code from the picture, and hides it again. */
async function readsQrCode(user, text, name) {
  await user.chooses("QR code");
  const rest = await user.page.evaluate(() => {
    const code = app.dialog.shadowRoot.querySelector("[role=img] svg");
    return code.clientWidth % code.viewBox.baseVal.width;
  });
  assert.equal(rest, 0, "the modules of the QR code are not equally wide");
  for (const colorScheme of ["light", "dark"]) {
    await user.page.evaluate((colorScheme) => {
      for (const { style } of [document.documentElement, app.dialog]) style.colorScheme = colorScheme;
    }, colorScheme);
    const picture = PNG.sync.read(Buffer.from(await user.page.screenshot({ path: join(user.folder, `${name}-${colorScheme}.png`) })));
    const found = jsqr(new Uint8ClampedArray(picture.data), picture.width, picture.height);
    assert.equal(found?.data, text, `the QR code in ${name}-${colorScheme}.png`);
  }
  await user.page.evaluate(() => {
    for (const { style } of [document.documentElement, app.dialog]) style.colorScheme = "light";
  });
  await user.press("Enter");
  assert.equal(await user.page.evaluate(() => app.dialog.shadowRoot.querySelector("[role=img]").checkVisibility()), false);
}

async function holding(user, key, other) {
  await user.page.keyboard.down(key);
  await user.press(other);
  await user.page.keyboard.up(key);
}

/** Returns the text that the page shows for another computer. */
function carried(user) {
  return entered(user, "carried");
}

function entered(user, id) {
  return user.page.evaluate((id) => app.dialog.shadowRoot.getElementById(id).value, id);
}
