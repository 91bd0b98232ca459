// Tests the dialog of the built package in Chromium and in Firefox, with the keyboard alone and against a local Polar
// over real HTTP. In each state, axe-core must find no fault, in light and in dark colours. Writes pictures to
// target/dialog for people to look at.
//
// POLAR_LICENSE_JS is the folder of the built package. POLAR_LICENSE_CLI is the command line tool.

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { browsers } from "./browsers.mjs";
import { run } from "./stage.mjs";

const DAY_MS = 24 * 60 * 60 * 1000;

describe("the dialog", { concurrency: true }, () => {
  for (const browser of browsers) {
    it(`in ${browser.name}`, { skip: browser.missing }, (context) => run(browser, context, story));
    it(`with the customer portal, in ${browser.name}`, { skip: browser.missing }, (context) =>
      run(browser, context, portalStory),
    );
    it(`without WebAssembly, in ${browser.name}`, { skip: browser.missing }, (context) =>
      run(browser, context, lockedStory),
    );
    it(`with a subscription, in ${browser.name}`, { skip: browser.missing }, (context) =>
      run(browser, context, subscriptionStory),
    );
    it(`with a trial, in ${browser.name}`, { skip: browser.missing }, (context) => run(browser, context, trialStory));
    it(`on small pages, in ${browser.name}`, { skip: browser.missing }, (context) => run(browser, context, smallStory));
  }
});

/** Activates a key on another device. Returns the id of the seat. */
async function activateElsewhere({ url, organization }, key) {
  const response = await fetch(`${url}/v1/customer-portal/license-keys/activate`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ key, organization_id: organization, label: "Jane's old laptop" }),
  });
  assert.ok(response.ok, `activate: ${response.status}`);
  return response.json();
}

async function story(user, polar, mock) {
  await entersKeys(user, polar, mock);
  await switchesLanguages(user);
  await cancelsCheck(user, mock);
  await losesNetwork(user, mock);
  await losesLicense(user, mock);
  await movesLicense(user, polar);
  await deactivates(user);
  await closes(user);
}

/** Enters an unknown key, then a key without a free seat, then a key that can be activated. */
async function entersKeys(user, polar, mock) {
  await mock.createKey("ACME-PRO-7F3A-19C4", { limit_activations: 1, limit_usage: 500 });
  const seat = await activateElsewhere(polar, "ACME-PRO-7F3A-19C4");
  await user.page.evaluate(async (polar) => (app.dialog.license = app.license = await app.make(polar)), polar);

  await user.page.focus("#opener");
  await user.press("Enter");
  await user.sees("No license is active on this device. Enter a license key.");
  await user.isAt("License key");
  // whether the dialog is dark depends on the page and not on the system's preference
  assert.equal(await user.page.evaluate(() => getComputedStyle(app.dialog).colorScheme), "normal");
  await user.captured("enter-key", ["Activate", "Buy a license", "Find my key", "Close"]);

  await user.chooses("Find my key");
  assert.deepEqual(await user.takeEvents(), [["link", "https://polar.sh/acme/portal"]]);
  await user.page.evaluate(() => app.dialog.shadowRoot.querySelector("input").focus());
  await user.types("ACME-PRO-7F3A-19C");
  await user.press("Enter");
  await user.reads("This license key is not known. Check it for typos.");
  await user.isAt("License key");
  await user.captured("unknown-key", ["Activate", "Buy a license", "Find my key", "Close"]);

  await user.types("ACME-PRO-7F3A-19C4");
  await user.press("Enter");
  await user.reads("This license key is in use on as many devices as it allows. Deactivate one of them first.");
  await user.isAt("Manage devices");
  await user.captured("full-key", ["Activate", "Manage devices", "Find my key", "Close"]);
  await user.press("Enter");
  assert.deepEqual(await user.takeEvents(), [["link", "https://polar.sh/acme/portal"]]);

  await mock.freeSeat(seat.id);
  await user.chooses("Activate");
  await user.sees("The license is active.");
  await user.isAt("Done");
  await user.captured("active", ["Done", "Check again", "Enter another key", "Deactivate", "Manage devices", "See plans", "Close"]);
  assert.deepEqual(await user.takeEvents(), [["activated", "active"]]);
  assert.match(await user.text(), /Uses\s*0 of 500.*Export to PDF\s*Included.*Audit trail\s*Your license does not include/s);
}

/** Switches the language of the dialog's texts, and the language of the page. */
async function switchesLanguages(user) {
  // sets German texts; the dialog follows the language of its texts, and not the language of the page
  const german = { "dialog.language": "de", "dialog.done": "Fertig" };
  await user.page.evaluate((german) => {
    document.documentElement.lang = "fr";
    app.dialog.texts = german;
  }, german);
  const day = new Intl.DateTimeFormat("de", { dateStyle: "long", timeZone: "UTC" }).format(new Date());
  assert.match(await user.text(), new RegExp(`Last confirmed\\s*\\d+\\. \\p{L}+ \\d{4}.* · ${day} · `, "su"));
  await user.page.evaluate(() => {
    document.documentElement.lang = "en-GB";
    app.dialog.texts = {};
  });
  assert.match(await user.text(), /Last confirmed\s*\d+ \p{L}+ \d{4}/u, "as they are written in Britain");
  await user.page.evaluate(() => (document.documentElement.lang = "en"));
}

/** Cancels a check that gets no answer, once by Escape and once by the button. */
async function cancelsCheck(user, mock) {
  await mock.fault({ fault: "stall" });
  await user.chooses("Check again");
  await user.sees("Waiting for the license server.");
  await user.isAt("Check again");
  await user.captured("busy", ["Cancel", "See plans", "Close"]);
  await user.press("Escape");
  await user.sees("The license is active.");
  await user.chooses("Check again");
  await user.sees("Waiting for the license server.");
  await user.chooses("Cancel");
  await user.sees("The license is active.");
  await user.isAt("Done");
  await mock.clearFaults();
}

/** Goes offline until the license has lapsed, and back online. */
async function losesNetwork(user, mock) {
  await mock.fault({ fault: "drop_connection" });
  await user.chooses("Check again");
  await user.sees("The license server could not be reached.");
  await user.captured("offline", ["Done", "Check again", "Enter another key", "Deactivate", "Manage devices", "See plans", "Close"]);

  await user.turns(2 * DAY_MS);
  await user.sees("The license is active. It will be confirmed when you are next online.");
  await user.captured("grace");
  await user.turns(10 * DAY_MS);
  await user.sees("Go online soon to keep it working.");
  await user.captured("grace-ending", ["Check again", "Done", "Enter another key", "Deactivate", "Manage devices", "See plans", "Close"]);
  await user.turns(3 * DAY_MS);
  await user.sees("The license has not been confirmed for too long. Go online once to continue.");
  await user.captured("lapsed", ["Check again", "Enter another key", "Deactivate", "Manage devices", "Close"]);
  await user.turns(-15 * DAY_MS);
  await mock.clearFaults();
  await user.chooses("Check again");
  await user.sees("The license is active.");
}

/** Lets the vendor revoke the license, then lets it expire, then renews it. */
async function losesLicense(user, mock) {
  await mock.change("/keys/ACME-PRO-7F3A-19C4", { status: "revoked" });
  await user.chooses("Check again");
  await user.sees("The license is no longer active. Contact the vendor.");
  await user.isAt("Contact the vendor");
  await user.captured("denied", ["Contact the vendor", "Check again", "Enter another key", "Deactivate", "Manage devices", "Close"]);
  await mock.change("/keys/ACME-PRO-7F3A-19C4", { status: "granted", expires_at: "2026-01-01T00:00:00Z" });
  await user.chooses("Check again");
  await user.sees("The license has expired. Renew it to continue.");
  await user.captured("expired", ["Renew the license", "Check again", "Enter another key", "Deactivate", "Manage devices", "Close"]);
  await mock.change("/keys/ACME-PRO-7F3A-19C4", { expires_at: "2099-01-01T12:00:00Z" });
  await user.chooses("Check again");
  await user.sees("The license is active.");
}

/** Goes to the page for entering another key and back, and moves the license to a computer that was bought later. */
async function movesLicense(user, polar) {
  await user.chooses("Enter another key");
  await user.isAt("License key");
  await user.captured("other-key", ["Activate", "Back", "Find my key", "Close"]);
  await user.press("Escape");
  await user.isAt("Done");

  await user.page.evaluate(async (polar) => {
    app.dialog.license = await app.make(polar, { deviceId: "a computer that was bought later" });
  }, polar);
  await user.sees("The stored license belongs to another device. Activate it here to move it.");
  await user.captured("move", ["Move the license here", "Check again", "Enter another key", "Close"]);
  await user.chooses("Move the license here");
  await user.sees("The license is active.");
}

/** Answers the question about deactivating first with no, and then with yes. */
async function deactivates(user) {
  await user.chooses("Deactivate");
  await user.sees("Deactivate the license on this device?");
  await user.isAt("Keep it");
  await user.captured("deactivate", ["Deactivate", "Keep it", "Close"]);
  await user.press("Escape");
  await user.sees("The license is active.");
  await user.takeEvents();
  await user.chooses("Deactivate");
  await user.chooses("Deactivate");
  await user.sees("The license was removed from this device.");
  await user.isAt("License key");
  await user.captured("deactivated", ["Activate", "Buy a license", "Find my key", "Close"]);
  assert.deepEqual(await user.takeEvents(), [["deactivated", "unlicensed"]]);
}

/** Closes the dialog, and follows a deep link. */
async function closes(user) {
  await user.press("Escape");
  await user.isClosed();
  assert.deepEqual(await user.takeEvents(), [["close"]]);
  assert.equal(await user.page.evaluate(() => document.activeElement.id), "opener");

  // a deep link only fills in the key, and the user decides whether to activate it
  await user.page.evaluate(() => app.dialog.show("DEMO-PLAIN"));
  await user.isAt("License key");
  await user.press("Enter");
  await user.sees("The license is active.");
}

/**
 * Runs in a browser that its user has locked down. The dialog opens without a client, and links to the vendor's page.
 */
async function lockedStory(user, polar) {
  await user.page.evaluate((polar) => {
    delete globalThis.WebAssembly;
    app.dialog.license = () => app.make(polar);
  }, polar);
  await user.page.focus("#opener");
  await user.press("Enter");
  await user.sees("This app cannot check its license in this browser. Contact the vendor.");
  await user.captured("unsupported", ["Contact the vendor", "Close"]);
  await user.chooses("Contact the vendor");
  assert.deepEqual(await user.takeEvents(), [["link", "mailto:help@acme.example"]]);
  await user.press("Escape");
  await user.isClosed();
  // passes an error, as a framework does in place of the license
  await user.page.evaluate(async (polar) => {
    const error = await app.make(polar).catch((error) => error);
    app.shown = app.showLicenseDialog(error);
  }, polar);
  const last = () => [...document.querySelectorAll("polar-license-dialog")].at(-1).shadowRoot.textContent;
  assert.match(await user.page.evaluate(last), /This app cannot check its license in this browser/);
  await user.press("Escape");
  await user.page.evaluate(() => app.shown);
}

/**
 * Runs with version 2027-01 of Polar's API, whose answers describe the subscription. The dialog shows the subscription.
 * If a payment has failed, it also links to the page on which customers update their payment.
 */
async function subscriptionStory(user, polar, mock) {
  const key = "ACME-PRO-SUBSCRIBED";
  const current_period_end = "2027-03-02T12:00:00Z";
  const subscription = { status: "active", current_period_end };
  await mock.switchVersion("2027-01");
  await mock.createKey(key);
  await mock.change(`/keys/${key}`, { subscription: { ...subscription, status: "trialing" } });
  await user.page.evaluate(async (polar) => (app.dialog.license = app.license = await app.make(polar)), polar);
  await user.page.evaluate((key) => app.dialog.show(key), key);
  await user.chooses("Activate");
  await user.sees("The license is active.");
  const saysOfIt = (words) =>
    user.until(async () => new RegExp(`Subscription\\s*${words}`).test(await user.text()), () => `line \`${words}\``);
  await saysOfIt("Trial until March 2, 2027");
  for (const [more, words] of [
    [{}, "Renews on March 2, 2027"],
    [{ cancel_at_period_end: true }, "Ends on March 2, 2027"],
    [{ cancel_at_period_end: true, ends_at: "2027-04-01T12:00:00Z" }, "Ends on April 1, 2027"],
    [{ status: "past_due" }, "Payment failed\\s*Update payment method"],
  ]) {
    await mock.change(`/keys/${key}`, { subscription: { ...subscription, ...more } });
    await user.chooses("Check again");
    await saysOfIt(words);
  }
  await user.takeEvents();
  const offered = ["Done", "Check again", "Enter another key", "Deactivate", "Update payment method", "See plans", "Manage devices", "Close"];
  await user.captured("payment-failed", offered);
  await user.chooses("Update payment method");
  assert.deepEqual(await user.takeEvents(), [["link", "https://polar.sh/acme/portal"]]);
  await mock.change(`/keys/${key}`, { subscription: { ...subscription, status: "hibernating" } });
  await user.chooses("Check again");
  await user.sees("The license is active.");
}

/** Tries the app for 14 days. In all that time, the user can enter a key, buy a license, and create a request. */
async function trialStory(user, polar) {
  const settings = { trialDays: 14, appSecret: "the secret of the app", airGapDays: 365 };
  await user.page.evaluate(async (polar, settings) => {
    app.dialog.license = await app.make(polar, settings);
    app.dialog.startTrial = true;
  }, polar, settings);
  await user.page.focus("#opener");
  await user.press("Enter");
  await user.isAt("License key");
  await user.captured("trial-offer", ["Activate", "Buy a license", "Start the trial", "Find my key", "Close"]);
  await user.chooses("Start the trial");
  await user.sees("This is a trial.");
  await user.isAt("Buy a license");
  await user.captured("trial", ["Buy a license", "Done", "Enter a key", "Close"]);
  await user.takeEvents();
  await user.press("Enter");
  assert.deepEqual(await user.takeEvents(), [["link", "https://acme.example/buy"]]);
  await user.chooses("Enter a key");
  await user.isAt("License key");
  await user.press("Escape");

  await user.page.evaluate(() => app.withOffline(app.dialog.license));
  await user.captured("trial-offline", ["Buy a license", "Done", "Enter a key", "This computer is not online", "Close"]);
  await user.chooses("This computer is not online");
  await user.sees("import the answer here");
  await user.press("Escape");
  await user.turns(12 * DAY_MS);
  await user.sees("The trial ends on");
  const ending = ["Activate", "Buy a license", "Done", "Find my key", "This computer is not online", "Close"];
  await user.captured("trial-ending", ending);
  await user.turns(2 * DAY_MS);
  await user.sees("The trial has ended. Buy a license to continue.");
  await user.captured("trial-ended", ending.filter((name) => name !== "Done"));
  await user.press("Escape");
  await user.isClosed();

  // without the setting `trialDays`, the button shows the client's error
  await user.page.evaluate(async (polar) => {
    app.showLicenseDialog(await app.make(polar, { appId: "com.acme.other" }), { startTrial: true });
    const { shadowRoot } = [...document.querySelectorAll("polar-license-dialog")].at(-1);
    app.alert = shadowRoot.querySelector("#error");
    [...shadowRoot.querySelectorAll("button")].find(({ textContent }) => textContent === "Start the trial").click();
  }, polar);
  const failure = () => user.page.evaluate(() => app.alert.textContent);
  await user.until(async () => /not set up correctly/.test(await failure()), () => "error");
}

/** Runs on a narrow phone, on a phone that is held sideways, and on a page in a right-to-left language. */
async function smallStory(user, polar) {
  await user.page.evaluate(async (polar) => {
    const license = await app.make(polar);
    await license.activate("DEMO-TWO-DEVICES");
    const features = { export: "Export of all projects to PDF, to SVG and to DXF", audit: "Audit" };
    Object.assign(app.dialog, { license, features });
  }, polar);
  await user.page.setViewport({ width: 320, height: 640 });
  await user.page.focus("#opener");
  await user.press("Enter");
  await user.sees("The license is active.");
  const widths = () =>
    user.page.evaluate(() => [...app.dialog.shadowRoot.querySelectorAll("dd")].map((value) => value.clientWidth));
  for (const width of await widths()) assert.ok(width >= 110, `a value is ${width} pixels wide`);
  await user.press("Escape");
  await user.isClosed();

  await user.page.setViewport({ width: 640, height: 320 });
  await user.page.focus("#opener");
  await user.press("Enter");
  await user.isAt("Done");
  const isInSight = (selector) => {
    const { top, bottom } = app.dialog.shadowRoot.querySelector(selector).getBoundingClientRect();
    return top >= 0 && bottom <= innerHeight;
  };
  for (const selector of ["h2", "#message"]) {
    assert.ok(await user.page.evaluate(isInSight, selector), `${selector} is out of sight`);
  }
  await user.press("Escape");
  await user.isClosed();

  // shows English texts on a page in a right-to-left language
  const places = await user.page.evaluate(() => {
    document.documentElement.dir = "rtl";
    app.dialog.show("A-KEY");
    const sentence = app.dialog.shadowRoot.querySelector("#hint");
    const range = document.createRange();
    const leftOf = (at) => {
      range.setStart(sentence.firstChild, at);
      range.setEnd(sentence.firstChild, at + 1);
      return range.getBoundingClientRect().left;
    };
    const { length } = sentence.textContent;
    return [leftOf(0), leftOf(length - 2), leftOf(length - 1), sentence.getBoundingClientRect().left];
  });
  const [first, last, stop, start] = places;
  assert.ok(first < last && last < stop, `the full stop is on the wrong side: ${places}`);
  assert.ok(first > start + 20, `the sentence is not on the page's side: ${places}`);
}

/** Lets customers help themselves, each on a device without a license. */
async function portalStory(user, polar, mock) {
  const customer = customerOf(user, polar, mock);
  await findsLostKey(customer, user, mock);
  await managesDevices(customer, user);
  await replacesDeadMachine(customer, user, polar, mock);
  await choosesKey(customer, user);
  await managesUnusableKeys(customer, user, mock);
  await usesTypedKey(customer, user, polar, mock);
  await seesNoDevices(customer, user, polar, mock);
}

/** Returns functions for what a customer does. */
function customerOf(user, polar, mock) {
  /**
   * Opens the dialog on a device without a license, and requests a code in order to find a key. Returns the code from
   * the mail.
   */
  const finds = async (email) => {
    await user.page.evaluate((polar) => app.withPortal(polar), polar);
    await user.page.focus("#opener");
    await user.press("Enter");
    await user.isAt("License key");
    await user.chooses("Find my key");
    return proves(email);
  };
  /** Requests a code for an address. Returns the code from the mail. */
  const proves = async (email) => {
    await user.isAt("E-mail address");
    // an hour later, because this test requests more codes than the hourly limit allows
    await mock.advance(3600);
    await user.turns(3600 * 1000);
    await user.types(email);
    await user.press("Enter");
    await user.isAt("Code from the e-mail");
    return mock.nextCode();
  };
  const enters = async (code) => {
    await user.types(code);
    await user.press("Enter");
  };
  const leaves = async () => {
    await user.press("Escape");
    await user.press("Escape");
    await user.isClosed();
  };
  return { finds, proves, enters, leaves };
}

/** Finds a lost key. Before that, tries an address without a key, and a wrong code. */
async function findsLostKey({ finds, proves, enters }, user, mock) {
  await mock.createKey("LOST-KEY-1", { limit_activations: 1, email: "jane@wobbling.example.com" });
  await mock.createKey("FORMER-KEY-1", { email: "iris@wobbling.example.com" });
  await mock.remove("FORMER-KEY-1");
  await enters(await finds("iris@wobbling.example.com"));
  await user.reads("No license for this app was bought with this address. Try another address.");
  await user.isAt("Try again");
  await user.captured("portal-no-key", ["Try again", "Use another address", "Back", "Close"]);
  await user.chooses("Use another address");
  const code = await proves("jane@wobbling.example.com");
  await user.captured("portal-code", ["Continue", "Use another address", "Back", "Close"]);
  await enters("ZZZZZZ");
  await user.reads("This code is wrong or has expired.");
  await user.isAt("Code from the e-mail");
  await enters(code);
  await user.sees("The license is active.");
  await user.isAt("Done");
  assert.deepEqual(await user.takeEvents(), [["activated", "active"]]);
}

/** Shows the devices that use the license, and releases this device. */
async function managesDevices({ proves, enters }, user) {
  await user.chooses("Manage devices");
  await user.isAt("E-mail address");
  await user.captured("portal-address", ["Send the code", "Back", "Close"]);
  await enters(await proves("iris@wobbling.example.com"));
  await user.sees("No license for this app was bought with this address.");
  await user.isAt("Use another address");
  await user.captured("portal-no-license", ["Use another address", "Back", "Close"]);
  await user.press("Enter");
  await enters(await proves("jane@wobbling.example.com"));
  await user.sees("These devices use the license.");
  await user.captured("portal-devices");
  assert.match(await user.text(), /this device, since/);
  // if the user hits Enter once too often, nothing is released
  await user.isAt("These devices use the license.");
  await user.press("Enter");
  await user.isAt("These devices use the license.");
  await user.press("Tab");
  await user.press("Enter");
  await user.sees("This license shows no devices to its customers.");
  await user.press("Escape");
  await user.sees("No license is active on this device.");
  await user.press("Escape");
  await user.isClosed();
}

/** Releases the seat of a dead machine. */
async function replacesDeadMachine({ finds, enters, leaves }, user, polar, mock) {
  await mock.createKey("DEAD-MACHINE-1", { limit_activations: 1, email: "otto@wobbling.example.com" });
  await activateElsewhere(polar, "DEAD-MACHINE-1");
  await enters(await finds("otto@wobbling.example.com"));
  await user.isAt("This license key is in use on as many devices as it allows. Deactivate one of them first.");
  await user.captured("portal-no-seat", ["Release: Jane's old laptop", "Back", "Close"]);
  await user.chooses("Release: Jane's old laptop");
  await user.sees("The license is active.");
  await leaves();
}

/** Chooses one of several keys, once to use it on this device, and once to list its devices. */
async function choosesKey({ finds, proves, enters, leaves }, user) {
  await enters(await finds("ottilie.quillfeather@example.com"));
  await user.sees("Which license do you want to use on this device?");
  await user.captured("portal-choose");
  await user.press("Tab");
  await user.press("Enter");
  await user.sees("The license is active.");
  await user.chooses("Manage devices");
  await enters(await proves("ottilie.quillfeather@example.com"));
  await user.sees("Which license do you want to manage devices for?");
  await leaves();
}

/** Shows and releases devices of keys that can no longer be used. */
async function managesUnusableKeys({ finds, proves, enters, leaves }, user, mock) {
  // a key that cannot be used may still be active on devices
  await mock.createKey("IVOS-EXPIRED", { limit_activations: 1, email: "ivo@wobbling.example.com" });
  await enters(await finds("ivo@wobbling.example.com"));
  await user.sees("The license is active.");
  await mock.change("/keys/IVOS-EXPIRED", { expires_at: "2026-01-01T00:00:00Z" });
  await mock.createKey("IVOS-DISABLED", { limit_activations: 1, email: "ivo@wobbling.example.com" });
  await mock.change("/keys/IVOS-DISABLED", { status: "disabled" });
  await user.chooses("Check again");
  await user.sees("The license has expired. Renew it to continue.");
  await user.chooses("Manage devices");
  await enters(await proves("ivo@wobbling.example.com"));
  await user.sees("Which license do you want to manage devices for?");
  assert.match(await user.text(), /used on this device, expired on January 1, 2026/);
  assert.match(await user.text(), /disabled by the vendor/);
  await user.captured("portal-manage");
  await user.chooses("Choose: Acme Pro, ****-XPIRED");
  await user.sees("These devices use the license.");
  await leaves();
}

/** Uses the typed key without asking which key is meant. If no key is typed, shows how several keys differ. */
async function usesTypedKey({ finds, proves, enters, leaves }, user, polar, mock) {
  // the customer has several keys that differ; a typed key is used without a question
  await mock.createKey("TYPED-KEY-FULL", { limit_activations: 1, email: "una@wobbling.example.com" });
  await activateElsewhere(polar, "TYPED-KEY-FULL");
  await mock.createKey("OTHER-KEY-BASIC", { benefit: "basic", limit_activations: 3, email: "una@wobbling.example.com" });
  await user.page.evaluate((polar) => app.withPortal(polar), polar);
  await user.page.focus("#opener");
  await user.press("Enter");
  await user.types("TYPED-KEY-FULL");
  await user.press("Enter");
  await user.isAt("Manage devices");
  await user.press("Enter");
  await enters(await proves("una@wobbling.example.com"));
  await user.isAt("This license key is in use on as many devices as it allows. Deactivate one of them first.");
  await leaves();
  await enters(await finds("una@wobbling.example.com"));
  await user.sees("Which license do you want to use on this device?");
  assert.match(await user.text(), /Acme Basic, \*{4}-\S{6}\s*no end date, 3 devices, bought on/);
  assert.match(await user.text(), /Acme Pro, \*{4}-\S{6}\s*no end date, 1 device, bought on/);
  await user.captured("portal-several");
  await leaves();
}

/** Links to the vendor's page, because the vendor hides devices from customers. */
async function seesNoDevices({ finds, enters, leaves }, user, polar, mock) {
  await mock.createKey("DEAD-MACHINE-2", { limit_activations: 1, email: "zoe@wobbling.example.com" });
  await activateElsewhere(polar, "DEAD-MACHINE-2");
  await mock.change("/benefits/pro", { show_activations: false });
  await enters(await finds("zoe@wobbling.example.com"));
  await user.isAt("Manage devices");
  await user.captured("portal-hidden", ["Manage devices", "Back", "Close"]);
  await leaves();
}
