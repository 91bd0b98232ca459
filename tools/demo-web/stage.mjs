// The page around the app: each control changes the local Polar, the network or the computer. Decides nothing about
// licenses: the app's client does.

import * as machine from "./computer.mjs";
import * as vendor from "./polar.mjs";
import { asked, clock, decided, done } from "./timeline.mjs";

const frame = document.querySelector("iframe");
const form = document.querySelector("form");
let key = "ACME-PRO-7F3A-19C4";
let app;

const LEARNS = "The app learns it when it next asks.";
const CONTROLS = {
  enter: () => app.dialog.show(key),
  async revoke() {
    await vendor.change(key, { status: "revoked" });
    done(`The key was revoked. ${LEARNS}`);
  },
  async grant() {
    await vendor.change(key, { status: "granted", expires_at: null });
    done(`The key was granted. ${LEARNS}`);
  },
  async expire() {
    await vendor.expire(key);
    done(`The key has expired. ${LEARNS}`);
  },
  async remove() {
    await vendor.removeSeats(key);
    done(`The seat was removed. ${LEARNS}`);
  },
  async rotate() {
    key = await vendor.rotate(key);
    showKey();
    done(`The key was replaced by a new one. ${LEARNS}`);
  },
  async pass(words, hours) {
    await vendor.pass(hours);
    machine.pass(hours);
    done(`Time passes: ${words}`);
    wake();
  },
  turn(words, hours) {
    machine.turn(hours);
    done(`The user’s clock is moved: ${words}`);
    wake();
  },
  right() {
    machine.setRight();
    done("The user’s clock is right");
    wake();
  },
  async check() {
    asked();
    const before = app.license.current();
    const after = await app.license.validate();
    decided(after);
    if (!after.problem && after.message === before.message) done("Polar’s answer changes nothing");
  },
  restart() {
    done("The app is started again");
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
  done(`Network: ${target.labels[0].textContent.trim()}`);
  // as a browser does
  app.window.dispatchEvent(new Event(target.value === "offline" ? "offline" : "online"));
});

/** The app is shown again, as after a night in which its computer slept. */
function wake() {
  app.window.document.dispatchEvent(new Event("visibilitychange"));
}

function showKey() {
  document.querySelector("#key").textContent = key;
}

/** The app has started. */
function connect(started) {
  app = started;
  app.license.onChange(decided);
  decided(app.license.current());
  app.dialog.addEventListener("link", (event) => {
    event.preventDefault();
    done(`The app opens ${event.detail}`);
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
