// Tests the content of requests as the local Polar received them.

import { Device } from "./client.mjs";
import { equal, holds } from "./expect.mjs";
import { LocalPolar } from "./local-polar.mjs";

/** The headers that a browser or Node itself adds. None of them identifies the user. */
const PLATFORM = [
  ...["host", "connection", "content-length", "accept", "accept-encoding", "accept-language", "user-agent", "origin"],
  ...["cache-control", "pragma", "sec-ch-ua", "sec-ch-ua-mobile", "sec-ch-ua-platform"],
  ...["sec-fetch-dest", "sec-fetch-mode", "sec-fetch-site", "priority"],
];

export function tests({ polar: url }) {
  const polar = new LocalPolar(url);
  return [
    { name: "requests have one header, no version and no identity", kind: "requests", run: () => carryLittle(polar) },
  ];
}

async function carryLittle(polar) {
  await polar.reset();
  const given = [];
  const fetch = (url, init) => {
    given.push({ url, init });
    return globalThis.fetch(url, init);
  };
  const license = await new Device(polar.url).open({ fetch });
  await license.activate("DEMO-ONE-DEVICE");
  await license.validate();
  await license.deactivate();
  const requests = await polar.requests();
  equal(requests.length, 4, "requests");
  for (const { method, path, headers } of requests) {
    const all = new Map(Object.entries(headers));
    equal([method, all.get("content-type")], ["POST", "application/json"], path);
    const others = [...all.keys()].filter((name) => !["content-type", ...PLATFORM].includes(name));
    equal(others, [], `further headers of ${path}`);
    equal(/[?#]/.test(path), false, `a key may be in ${path}`);
  }
  for (const { init } of given) {
    equal(Object.keys(init.headers).sort(), ["Content-Type"], "headers of the library's own");
    const { method, credentials, redirect, referrerPolicy, cache } = init;
    const wanted = ["POST", "omit", "manual", "no-referrer", "no-store"];
    equal([method, credentials, redirect, referrerPolicy, cache], wanted, "how it is sent");
    holds(typeof init.body === "string", "the body is no text");
  }
}
