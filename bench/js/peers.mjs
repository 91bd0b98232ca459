// The npm packages that are compared. Each entry is the name in the report, the module in `peers` that validates with
// the package, and the name of the package, if there is one.

export const PEERS = [
  { name: "fetch", module: "fetch" },
  { name: "@polar-sh/sdk 1.0", module: "polar-sdk-1", package: "@polar-sh/sdk" },
  { name: "@polar-sh/sdk 0.49", module: "polar-sdk-0", package: "polar-sdk-0" },
  { name: "lemonsqueezy.js", module: "lemonsqueezy", package: "@lemonsqueezy/lemonsqueezy.js" },
];
