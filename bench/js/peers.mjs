// The npm packages that are compared. Each entry has a name for the report, the name of a module in `peers` that
// validates with the package, and the name under which npm installs the package, if there is one.

export const PEERS = [
  { name: "fetch", module: "fetch" },
  { name: "@polar-sh/sdk 1.0", module: "polar-sdk-1", package: "@polar-sh/sdk" },
  { name: "@polar-sh/sdk 0.49", module: "polar-sdk-0", package: "polar-sdk-0" },
  { name: "lemonsqueezy.js", module: "lemonsqueezy", package: "@lemonsqueezy/lemonsqueezy.js" },
];
