// Creates scenarios that are wrong in one place each, to test that the runner notices every mistake.

/**
 * Yields the scenario with every way in which one expectation or exchange of its own steps can be wrong. Each result
 * has a name.
 */
export function* spoiltOnes(scenario) {
  const changed = (what, at, change) => {
    const wrong = structuredClone(scenario);
    change(wrong.steps[at]);
    return [`${what} of step ${at + 1}`, wrong];
  };
  for (const [at, step] of scenario.steps.entries()) {
    for (const [name, value] of Object.entries(step.expect ?? {})) {
      yield changed(`\`${name}\``, at, (step) => (step.expect[name] = spoilt(name, value)));
    }
    for (const [number, { expect }] of (step.control ?? []).entries()) {
      if (expect === undefined) continue;
      const what = `reply ${number + 1} of the local Polar`;
      yield changed(what, at, (step) => (step.control[number].expect = spoilt("", expect)));
    }
    for (const [number, exchange] of (step.polar ?? []).entries()) {
      // if other events happen during an exchange, the operation may do without the exchange, so it is not left out
      if (!exchange.during?.length) {
        yield changed(`exchange ${number + 1} left out`, at, (step) => step.polar.splice(number, 1));
      }
      for (const [name, value] of Object.entries(exchange.body ?? {})) {
        const change = (step) => (step.polar[number].body[name] = spoilt(name, value));
        yield changed(`\`${name}\` of exchange ${number + 1}`, at, change);
      }
    }
  }
}

function spoilt(name, value) {
  if (name === "store" && typeof value === "string") {
    return { present: "absent", absent: "present", changed: "unchanged", unchanged: "changed" }[value];
  }
  if (Array.isArray(value) && value.length > 0) return value.map((item) => spoilt("", item));
  if (typeof value === "object" && value !== null && !Array.isArray(value)) {
    if (Object.keys(value).length === 0) return "wrong";
    if ("contains" in value || "not" in value) return { contains: "nobody says this" };
    if ("atLeast" in value) return { atLeast: Number.MAX_SAFE_INTEGER };
    if ("oneOf" in value) return { oneOf: ["none of these"] };
    if ("from" in value) return { from: "2000-01-01T00:00:00Z", to: "2000-01-02T00:00:00Z" };
    const last = Object.keys(value).sort().at(-1);
    return { ...value, [last]: spoilt(last, value[last]) };
  }
  if (typeof value === "boolean") return !value;
  if (typeof value === "number") return -1;
  return typeof value === "string" && name.endsWith("At") ? "2000-01-01T00:00:00Z" : "wrong";
}
