// Polar's replies, in the same form as in `tools/mock-polar`, which has recordings of the real server. The replies
// include personal data, as real replies do.

import { moment } from "./read.mjs";

/**
 * Returns the reply to this request when Polar's clock shows `now`. The body ends in the middle if the scenario says
 * `half`.
 */
export function answer(common, scenario, endpoint, asked, reply, now) {
  const [status, text] = parts(common, scenario, endpoint, asked, reply, now);
  const body = new TextEncoder().encode(text);
  const headers = reply.retryAfter === undefined ? {} : { "Retry-After": String(reply.retryAfter) };
  const sent = reply.half ? body.slice(0, body.length / 2) : body;
  return new Response(status === 204 ? null : sent, { status, headers });
}

function parts(common, scenario, endpoint, asked, reply, now) {
  if (reply.confirmed) return confirmation(common, scenario, endpoint, asked, reply.confirmed, now);
  if (reply.denied) return denial(endpoint, reply.denied);
  if (reply.malformed) {
    const complaint = { type: "value_error", loc: reply.malformed, msg: "Value error", input: asked.key };
    return [422, JSON.stringify({ error: "RequestValidationError", detail: [complaint] })];
  }
  if (reply.status === undefined) {
    throw new Error("a reply needs one of `confirmed`, `denied`, `malformed`, `status`, `fail`");
  }
  return [reply.status, typeof reply.body === "string" ? reply.body : (JSON.stringify(reply.body) ?? "")];
}

function denial(endpoint, detail) {
  const [status, error] = detail.startsWith("License key only has")
    ? [400, "BadRequest"]
    : endpoint === "activate" && detail !== "Not found"
      ? [403, "NotPermitted"]
      : [404, "ResourceNotFound"];
  return [status, JSON.stringify({ error, detail })];
}

function confirmation(common, scenario, endpoint, asked, given, now) {
  if (endpoint === "deactivate") return [204, ""];
  const { key, organization_id } = asked;
  const sold = scenario.sold?.[key] ?? common.sold[key];
  const display_key = `****-${key.slice(-6)}`;
  const {
    at,
    activation: seat,
    ...license
  } = { ...common.licenseKey, key, display_key, organization_id, ...sold, ...given };
  if (license.expires_at !== null) license.expires_at = written(moment(license.expires_at));
  const answered = written(at === undefined ? now : moment(at));
  const activation = (id, created_at) => {
    const { label = "a label", meta = {} } = asked;
    return { id, license_key_id: license.id, label, meta, created_at, modified_at: null };
  };
  if (endpoint === "activate") {
    if (seat === undefined) throw new Error("a confirmation of `activate` needs `activation`");
    return [
      200,
      JSON.stringify({ ...activation(seat, answered), license_key: { ...license, last_validated_at: null } }),
    ];
  }
  const id = seat === undefined ? (asked.activation_id ?? null) : seat;
  license.activation = id === null ? null : activation(id, "2026-01-02T03:04:05.678901Z");
  license.last_validated_at = answered;
  return [200, JSON.stringify(license)];
}

/** Formats a time as Polar does: with microseconds, or with no fraction at all. */
function written(ms) {
  return new Date(ms)
    .toISOString()
    .replace(/\.000Z$/, "Z")
    .replace(/(\.\d{3})Z$/, "$1000Z");
}
