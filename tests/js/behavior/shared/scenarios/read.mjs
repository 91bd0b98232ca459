// Reads the texts of tests/scenarios, as their README describes them. A member that the README does not describe is an
// error.

/** The moment at which every scenario starts, on all clocks. */
export const START = Date.parse("2026-11-21T12:00:00Z");

const MEMBERS = {
  common: ["names", "localPolar", "config", "device", "sold", "given", "licenseKey", "personal"],
  file: ["about", "scenarios"],
  scenario: ["name", "why", "shows", "broken", "config", "device", "sold", "given", "steps"],
  step: [
    ...["on", "as", "do", "key", "replacePrevious", "count", "restart", "clock", "store", "polar", "always", "expect"],
    ...["text", "copy", "control", "call", "with", "name", "waits", "during", "times"],
  ],
  copy: ["change", "skip", "double", "first", "lines"],
  control: ["get", "post", "patch", "delete", "vendor", "body", "times", "name", "expect"],
  waits: ["after", "control", "cancelAt", "stage", "atLeast", "atMost"],
  restart: ["config", "device"],
  clock: ["pass", "hold", "sleep", "wall"],
  store: ["flip", "set", "truncate", "text", "keep", "put", "remove", "fails", "writes"],
  exchange: ["request", "body", "reply", "during"],
  reply: [
    ...["confirmed", "half", "denied", "malformed", "status", "retryAfter", "body"],
    ...["fail", "sent", "killed", "cancelled"],
  ],
};

/** Reads the values that all scenarios share, from the texts of `common.json` and `members.json`. */
export function readCommon(text, members) {
  const { names } = JSON.parse(text);
  const common = JSON.parse(withNames(names, text));
  known("common", common);
  for (const steps of Object.values(common.given)) steps.forEach(checkStep);
  const { decision, states, withReason } = JSON.parse(members);
  return { ...common, names, members: decision, states, withReason };
}

/** Returns the scenarios of one file. */
export function readFile(common, text) {
  const file = JSON.parse(withNames(common.names, text));
  known("file", file);
  for (const scenario of file.scenarios) {
    known("scenario", scenario);
    scenario.steps.forEach(checkStep);
  }
  return file.scenarios;
}

/** Returns all steps of a scenario: first the steps that lead to its situation, then its own steps. */
export function allSteps(common, scenario) {
  const given = scenario.given === undefined ? [] : common.given[scenario.given];
  if (!given) throw new Error(`there is no given \`${scenario.given}\``);
  return [...given, ...scenario.steps];
}

/** Whether a scenario needs another computer than A, which keeps its records in files. */
export function needsFiles(common, scenario) {
  return allSteps(common, scenario).some(({ on }) => on !== undefined);
}

/** Returns the copy that a user makes of a text. */
export function copyOf(text, { change, skip, double, first, lines }) {
  const copied = [...text];
  const at = (position) => (position < 0 ? text.length + position : position);
  if (change !== undefined) copied[at(change)] = copied[at(change)] === "7" ? "9" : "7";
  if (skip !== undefined) copied.splice(at(skip), 1);
  if (double !== undefined) copied.splice(at(double), 0, copied[at(double)]);
  const whole = copied.slice(0, first).join("");
  if (lines === undefined) return whole;
  return whole.toLowerCase().match(new RegExp(`.{1,${lines}}`, "g")).join(" \r\n ");
}

/** Parses a duration such as `3d`, `-15d`, `+1h30m` or `23h59m59s999ms`. Returns milliseconds. */
export function duration(text) {
  if (!/^[+-]?(\d+(ms|s|m|h|d|y))+$/.test(text)) throw new Error(`\`${text}\` is no duration`);
  const units = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000, y: 365 * 86_400_000 };
  const parts = [...text.matchAll(/(\d+)(ms|s|m|h|d|y)/g)];
  const total = parts.reduce((sum, [, number, unit]) => sum + Number(number) * units[unit], 0);
  return text.startsWith("-") ? -total : total;
}

/** Parses a date and time. If the text is a duration, it counts from the start of the scenario. */
export function moment(text) {
  return time(text) ?? START + duration(text);
}

/** Parses a time in the format of RFC 3339. Returns `undefined` if the value is not such a time. */
export function time(value) {
  return typeof value === "string" && /^\d{4}-\d\d-\d\dT/.test(value) ? Date.parse(value) : undefined;
}

function checkStep(step) {
  known("step", step);
  for (const name of ["restart", "clock", "store", "waits", "copy"]) known(name, step[name] ?? {});
  for (const control of [...(step.control ?? []), ...(step.waits?.control ?? [])]) known("control", control);
  for (const steps of Object.values(step.during ?? {})) steps.forEach(checkStep);
  for (const exchange of step.polar ?? []) {
    known("exchange", exchange);
    known("reply", exchange.reply);
    exchange.during?.forEach(checkStep);
  }
}

function known(kind, members) {
  const unknown = Object.keys(members).find((name) => !MEMBERS[kind].includes(name));
  if (unknown !== undefined) throw new Error(`unknown member \`${unknown}\` of a ${kind}`);
}

/** Replaces each string that is exactly a name by the value for which the name stands. */
function withNames(names, text) {
  return Object.entries(names).reduce((text, [name, value]) => text.replaceAll(`"${name}"`, `"${value}"`), text);
}
