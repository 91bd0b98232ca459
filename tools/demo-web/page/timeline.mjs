// Shows the last decision. Below it, lists the user's actions and the client's decisions, newest first.

const list = document.querySelector("#timeline");
const card = document.querySelector("#decision");
const format = new Intl.DateTimeFormat("en", {
  day: "numeric",
  month: "short",
  hour: "2-digit",
  minute: "2-digit",
  hourCycle: "h23",
});
const last = { decision: "", trouble: "" };
let now = Date.now;

/** Sets the clock that the list uses, and shows its time. */
export function showClock(clock) {
  now = clock;
  const time = document.querySelector("form time");
  const tick = () => (time.textContent = format.format(now()));
  tick();
  setInterval(tick, 200);
}

/** Adds an entry for an action, or for another event that is not a decision. */
export function logAction(text) {
  add("action", [["p", text]]);
  card.querySelector("small").textContent = text;
}

/**
 * Adds an entry for a check that the user asked for. If the check finds a problem, the problem gets an entry even if it
 * was shown before.
 */
export function logCheck() {
  logAction("The app asks Polar.");
  last.trouble = "";
}

/**
 * Adds an entry for a decision, unless the last decision was the same apart from the dates. Also adds an entry for the
 * decision's problem, unless the last decision had the same problem.
 */
export function logDecision({ state, reason, allowed, message, nextStep, features, problem }) {
  const decision = JSON.stringify([state, reason, message, nextStep, features]);
  const trouble = problem?.message ?? "";
  if (decision !== last.decision) {
    const facts = [allowed ? "allowed" : "not allowed", reason && `reason: ${reason}`, `next step: ${nextStep}`];
    const item = add("decision", [["strong", state], ["p", message], ["small", facts.filter(Boolean).join(" · ")]]);
    item.dataset.state = state;
    card.dataset.state = state;
    card.querySelector("strong").textContent = state;
    card.querySelector("p").textContent = message;
    const lines = Object.entries(features).map(([feature, on]) => `${feature}: ${on ? "on" : "off"}`);
    card.querySelector("code").textContent = lines.join(" · ");
  }
  if (trouble && trouble !== last.trouble) logAction(trouble);
  Object.assign(last, { decision, trouble });
}

function add(kind, parts) {
  const item = document.createElement("li");
  item.className = kind;
  for (const [name, text] of [["time", format.format(now())], ...parts]) {
    const part = document.createElement(name);
    part.textContent = text;
    item.append(part);
  }
  list.prepend(item);
  return item;
}
