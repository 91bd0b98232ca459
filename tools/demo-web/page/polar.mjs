// The local Polar in this page: the Rust crate mock-polar as WebAssembly, with a function like `fetch` in place of a
// server. With the endpoint `/_mock`, the page plays the vendor and breaks the network. The page's requests to this
// Polar use no network.

import init, { Polar } from "./mock_polar.js";

const SERVER = "https://api.polar.sh";
/** The faults that imitate a broken network. `offline` needs no fault, because no request is sent then. */
const FAULTS = {
  portal: { fault: "captive_portal", status: 200 },
  error: { fault: "server_error", status: 503 },
};
/** The interval at which Polar's worker runs, and at which a waiting request is polled. */
const LOOK_MS = 50;

await init();
const polar = new Polar(undefined, false, undefined, false);
setInterval(() => polar.work(), LOOK_MS);

/** Sends a request of an app to Polar, over a network that may be broken. */
export async function send(url, init, network) {
  if (network === "offline") throw unreachable();
  // This call is not awaited, because `exchange` passes a request to Polar before it waits for anything. So the fault
  // already applies to the app's request, which the next line sends.
  if (FAULTS[network]) void ask("POST", "/faults", { ...FAULTS[network], times: 1 });
  const response = await exchange(url, init);
  // a browser hides replies that do not allow the page's origin, such as the replies of captive portals
  if (!response.headers.has("access-control-allow-origin")) throw unreachable();
  return response;
}

async function exchange(url, { method, headers, body, signal }) {
  const { host, pathname, search } = new URL(url);
  const bytes = new TextEncoder().encode(body ?? "");
  // the headers that a browser adds
  const added = { host, origin: location.origin, "content-length": String(bytes.length) };
  const sent = Object.entries({ ...headers, ...added }).flat();
  const request = polar.receive(method, pathname + search, sent, bytes, "127.0.0.1");
  try {
    for (;;) {
      const next = request.poll();
      if (next.do === "send") return responseOf(next);
      if (next.do === "disconnect") throw unreachable();
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
      signal?.throwIfAborted();
    }
  } finally {
    request.free();
  }
}

function responseOf({ status, headers, body }) {
  const response = new Response(status === 204 ? null : body, { status });
  for (let index = 0; index < headers.length; index += 2) response.headers.append(headers[index], headers[index + 1]);
  return response;
}

const unreachable = () => new TypeError("Failed to fetch");

async function ask(method, path, body) {
  const response = await exchange(`${SERVER}/_mock${path}`, { method, body: body && JSON.stringify(body) });
  if (!response.ok) throw new Error(`${method} ${path}: ${await response.text()}`);
  return response.status === 204 ? undefined : response.json();
}

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

/** Calls `show` with each mail as soon as it is sent. */
export async function watchMails(show) {
  for (let known = 0; ; ) {
    const mails = await ask("GET", `/mails?wait=${known + 1}&timeout_ms=20000`);
    for (const mail of mails.slice(known)) show(mail);
    known = mails.length;
  }
}
