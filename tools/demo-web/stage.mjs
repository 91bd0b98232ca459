// The page around the app. Each control changes the local Polar, the network or the computer. The page decides nothing
// about licenses; the app's client does.

import * as machine from "./computer.mjs";
import * as vendor from "./polar.mjs";
import { clock, logAction, logCheck, logDecision } from "./timeline.mjs";

const frame = document.querySelector("iframe");
const form = document.querySelector("form");
let key = "ACME-PRO-7F3A-19C4";
let app;

const LATER = "The app learns of it when it next asks.";
const CONTROLS = {
  enter: () => app.dialog.show(key),
  async revoke() {
    await vendor.change(key, { status: "revoked" });
    logAction(`The key was revoked. ${LATER}`);
  },
  async grant() {
    await vendor.change(key, { status: "granted", expires_at: null });
    logAction(`The key was granted. ${LATER}`);
  },
  async expire() {
    await vendor.expire(key);
    logAction(`The key has expired. ${LATER}`);
  },
  async remove() {
    await vendor.removeSeats(key);
    logAction(`The seat was removed. ${LATER}`);
  },
  async rotate() {
    key = await vendor.rotate(key);
    showKey();
    logAction(`The key was replaced by a new one. ${LATER}`);
  },
  async pass(words, hours) {
    await vendor.pass(hours);
    machine.pass(hours);
    logAction(`Time passes: ${words}`);
    wake();
  },
  turn(words, hours) {
    machine.turn(hours);
    logAction(`The user’s clock is changed: ${words}`);
    wake();
  },
  right() {
    machine.setRight();
    logAction("The user’s clock is right");
    wake();
  },
  async check() {
    logCheck();
    const before = app.license.current();
    const after = await app.license.validate();
    logDecision(after);
    if (!after.problem && after.message === before.message) logAction("Polar’s answer changes nothing");
  },
  restart() {
    logAction("The app restarts");
    frame.contentWindow.location.reload();
  },
};

form.addEventListener("submit", (event) => {
  event.preventDefault();
  const { value, textContent, dataset } = event.submitter;
  void CONTROLS[value](textContent, Number(dataset.hours));
});

form.addEventListener("change", async ({ target }) => {
  await vendor.connectBy(target.value);
  logAction(`Network: ${target.labels[0].textContent.trim()}`);
  // a browser sends one of these events when the network changes
  app.window.dispatchEvent(new Event(target.value === "offline" ? "offline" : "online"));
});

/** Tells the app that it is visible again, as after a night during which the computer slept. */
function wake() {
  app.window.document.dispatchEvent(new Event("visibilitychange"));
}

function showKey() {
  document.querySelector("#key").textContent = key;
}

/** Connects the page to the app. The app calls this when it has started. */
function connect(started) {
  app = started;
  app.license.onChange(logDecision);
  logDecision(app.license.current());
  app.dialog.addEventListener("link", (event) => {
    event.preventDefault();
    logAction(`The app opens ${event.detail}`);
  });
}

form.reset();
showKey();
await vendor.addKey({ benefit: "pro", key, limit_activations: 1, email: "jane@acme.example.com" });
void vendor.watchMails(({ to, code, subject }) => {
  document.querySelector("#mail").textContent = `To ${to}: ${code ? `the code is ${code}` : subject}`;
});
setInterval(() => (document.querySelector("form time").textContent = clock()), 200);
globalThis.demo = { computer: machine.computer, polar: vendor.polar, connect };
frame.src = "app.html";
