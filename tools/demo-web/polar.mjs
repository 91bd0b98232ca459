// Controls the local Polar through the endpoint `/_mock` of tools/mock-polar. Acts for both the vendor and the network.

const { url } = await (await fetch("polar.json")).json();

const FAULTS = {
  offline: { fault: "drop_connection" },
  portal: { fault: "captive_portal", status: 200 },
  error: { fault: "server_error", status: 503 },
};

async function ask(method, path, body) {
  const response = await fetch(`${url}/_mock${path}`, { method, body: body && JSON.stringify(body) });
  if (!response.ok) throw new Error(`${method} ${path}: ${await response.text()}`);
  return response.status === 204 ? undefined : response.json();
}

// each visit to the page starts with a fresh local Polar
await ask("POST", "/reset");
const { organization, benefits } = await ask("GET", "");

/** The values that an app's settings need. */
export const polar = { url, organization, benefits };

export const addKey = (key) => ask("POST", "/keys", key);
export const change = (key, to) => ask("PATCH", `/keys/${key}`, to);
export const rotate = async (key) => (await ask("POST", `/keys/${key}/rotate`)).key;
export const pass = (hours) => ask("POST", "/clock", { advance_seconds: hours * 3600 });

export async function expire(key) {
  const { now } = await ask("GET", "/clock");
  await change(key, { expires_at: now });
}

export async function removeSeats(key) {
  const { activations } = await ask("GET", `/keys/${key}`);
  await Promise.all(activations.map(({ id }) => ask("DELETE", `/activations/${id}`)));
}

/** Sets how the network between the app and Polar behaves. */
export async function connectBy(network) {
  await ask("DELETE", "/faults");
  const fault = FAULTS[network];
  if (fault) await ask("POST", "/faults", fault);
}

/** Calls `show` with each mail as soon as it is sent. */
export async function watchMails(show) {
  for (let known = 0; ; ) {
    const mails = await ask("GET", `/mails?wait=${known + 1}&timeout_ms=20000`);
    for (const mail of mails.slice(known)) show(mail);
    known = mails.length;
  }
}
