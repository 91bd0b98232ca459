// A Polar inside the test. It answers at once, whatever the platform's network does.

import { answer } from "./scenarios/replies.mjs";
import { PRO } from "./client.mjs";

export const FREE_KEY = "FREE-KEY-0001";
export const SEAT_KEY = "SEAT-KEY-0002";

const SOLD = {
  [FREE_KEY]: { id: "1c010000-0000-4000-8000-000000000001", benefit_id: PRO },
  [SEAT_KEY]: { id: "1c010000-0000-4000-8000-000000000002", benefit_id: PRO, limit_activations: 2 },
};

const LICENSE = {
  status: "granted",
  limit_activations: null,
  usage: 0,
  limit_usage: null,
  validations: 1,
  expires_at: null,
};

/** Has the signature of `fetch`. Confirms every request. */
export async function confirm(url, init) {
  const endpoint = url.split("/").at(-1);
  const given = endpoint === "activate" ? { activation: "ac700000-0000-4000-8000-000000000001" } : {};
  const common = {
    sold: SOLD,
    licenseKey: { ...LICENSE, created_at: "2026-01-02T03:04:05Z", customer_id: SOLD[FREE_KEY].id },
  };
  return answer(common, {}, endpoint, JSON.parse(init.body), { confirmed: given }, Date.now());
}
