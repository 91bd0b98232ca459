// What was decided, the newest first, between what was done.

import { computer } from "./computer.mjs";

const list = document.querySelector("#timeline");
const format = new Intl.DateTimeFormat("en", {
  day: "numeric",
  month: "short",
  hour: "2-digit",
  minute: "2-digit",
  hourCycle: "h23",
});
const last = { decision: "", trouble: "" };

/** The time on the user's clock. */
export const clock = () => format.format(computer.clock.now());

export function done(what) {
  add("action", [["p", what]]);
}

/** Somebody waits for the answer: what goes wrong is shown even if it went wrong before. */
export function asked() {
  done("The app asks Polar");
  last.trouble = "";
}

/** Adds a decision, if it differs from the last one in more than its dates; and what went wrong meanwhile. */
export function decided({ state, reason, allowed, message, nextStep, problem }) {
  const decision = JSON.stringify([state, reason, message, nextStep]);
  const trouble = problem?.message ?? "";
  if (decision !== last.decision) {
    const facts = [allowed ? "allowed" : "not allowed", reason && `reason: ${reason}`, `next step: ${nextStep}`];
    const item = add("decision", [["strong", state], ["p", message], ["small", facts.filter(Boolean).join(" · ")]]);
    item.dataset.state = state;
  }
  if (trouble && trouble !== last.trouble) done(trouble);
  Object.assign(last, { decision, trouble });
}

function add(kind, parts) {
  const item = document.createElement("li");
  item.className = kind;
  for (const [name, text] of [["time", clock()], ...parts]) {
    const part = document.createElement(name);
    part.textContent = text;
    item.append(part);
  }
  list.prepend(item);
  return item;
}
