// The page around the app. Each control changes Polar, the network or a computer. The page decides nothing about
// licenses; the app's client does.

import { Computer, pass } from "./computer.mjs";
import * as other from "./other.mjs";
import * as vendor from "./polar.mjs";
import { logAction, logCheck, logDecision, showClock } from "./timeline.mjs";

const IN_TWO_WEEKS = 14 * 24 * 3600;
/** The sample keys, in the order of the page's radio buttons. */
const KEYS = [
  { key: "ACME-PRO-7F3A-19C4", benefit: "pro", limit_activations: 1 },
  { key: "ACME-BASIC-51D8-02B6", benefit: "basic", limit_activations: 2 },
  { key: "ACME-TRIAL-E07C-8A35", benefit: "pro", expires_in_seconds: IN_TWO_WEEKS },
  { key: "ACME-PRO-C2B9-64E1", benefit: "pro", limit_activations: 1, status: "revoked" },
];

const frame = document.querySelector("iframe");
const form = document.querySelector("form");
const computer = new Computer();
let app;

const chosen = () => form.elements.key.value;
const LATER = "The app learns of it when it next asks.";
const CONTROLS = {
  enter() {
    app.dialog.show(chosen());
    // The dialog opens in the frame. On a phone, the frame may be out of view.
    frame.scrollIntoView({ block: "nearest" });
  },
  async check() {
    logCheck();
    const before = app.license.current();
    const after = await app.license.validate();
    logDecision(after);
    if (!after.problem && after.message === before.message) logAction("Polar’s answer changes nothing.");
  },
  restart() {
    logAction("The app restarts.");
    frame.contentWindow.location.reload();
  },
  async pass(words, hours) {
    await vendor.pass(hours);
    pass(hours);
    logAction(`Time passes: ${words}`);
    wake();
  },
  turn(words, hours) {
    computer.turn(hours);
    logAction(`The user turns the clock: ${words}`);
    wake();
  },
  right() {
    computer.setRight();
    logAction("The clock is right again.");
    wake();
  },
  async revoke() {
    await vendor.change(chosen(), { status: "revoked" });
    logAction(`The key was revoked. ${LATER}`);
  },
  async grant() {
    await vendor.change(chosen(), { status: "granted", expires_at: null });
    logAction(`The key was granted. ${LATER}`);
  },
  async expire() {
    await vendor.expire(chosen());
    logAction(`The key has expired. ${LATER}`);
  },
  async remove() {
    await vendor.removeSeats(chosen());
    logAction(`The key’s devices were removed. ${LATER}`);
  },
  async rotate() {
    showKey(form.querySelector("[name=key]:checked"), await vendor.rotate(chosen()));
    logAction(`The key was replaced by a new one. ${LATER}`);
  },
  async take() {
    logAction(`The other computer activates the key: “${await other.activate(chosen())}”`);
  },
  async free() {
    logAction(`The other computer deactivates the key: “${await other.deactivate()}”`);
  },
};

form.addEventListener("submit", (event) => {
  event.preventDefault();
  const { value, textContent, dataset } = event.submitter;
  void CONTROLS[value](textContent, Number(dataset.hours));
});

form.addEventListener("change", ({ target }) => {
  if (target.name !== "network") return;
  computer.network = target.value;
  logAction(`Network: ${target.labels[0].textContent.trim()}`);
  // a browser sends one of these events when the network changes
  app.window.dispatchEvent(new Event(target.value === "offline" ? "offline" : "online"));
});

document.querySelector("#reset").addEventListener("click", () => location.reload());

/** Tells the app that it is visible again, as after a night during which the computer slept. */
function wake() {
  app.window.document.dispatchEvent(new Event("visibilitychange"));
}

function showKey(radio, key) {
  radio.value = key;
  radio.labels[0].querySelector("code").textContent = key;
}

async function sell({ status, ...key }, radio) {
  await vendor.addKey({ ...key, email: "jane@acme.example.com" });
  if (status) await vendor.change(key.key, { status });
  showKey(radio, key.key);
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
await Promise.all(KEYS.map((key, index) => sell(key, form.elements.key[index])));
void vendor.watchMails(({ to, code, subject }) => {
  document.querySelector("#mail").textContent = `To ${to}: ${code ? `the code is ${code}` : subject}`;
});
showClock(computer.now);
document.querySelector("#code").textContent = await (await fetch("app.mjs")).text();
globalThis.demo = { computer: computer.options, connect };
frame.src = "app.html";
