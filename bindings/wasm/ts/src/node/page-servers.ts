/**
 * Detects servers that draw pages. A license of the user's device must not be opened on them; their apps create the
 * client in the browser.
 *
 * No such server identifies itself. Next sets an environment variable. The others are recognized by globals that their
 * own scripts leave on `globalThis`: Nuxt's exist wherever pages are drawn. Those of the others exist only while an app
 * is developed, which is when the mistake is made. These names are not documented: a server that no longer has its own
 * counts as any other program.
 */

interface PageServer {
  framework: string;
  isHere: () => boolean;
  /** The place in which an app creates its client. */
  place: string;
}

const SERVERS: readonly PageServer[] = [
  {
    framework: "Next",
    isHere: () => !!process.env["NEXT_RUNTIME"],
    place:
      'in a file that begins with "use client", by `<LicenseProvider license={() => createLicenseClient(…)}>` or in an effect',
  },
  {
    framework: "SvelteKit",
    isHere: hasGlobal("__sveltekit_dev"),
    place: "in `onMount`, or behind `if (browser)` with `browser` of `$app/environment`",
  },
  {
    framework: "Nuxt",
    isHere: hasGlobal("__publicAssetsURL"),
    place: "in a plugin whose name ends in `.client.ts`, or in `onMounted`",
  },
  {
    framework: "React Router",
    isHere: hasGlobal("__reactRouterDevServerHooks"),
    place: "by `<LicenseProvider license={() => createLicenseClient(…)}>` or in an effect",
  },
  {
    framework: "Remix",
    isHere: hasGlobal("__remix_devServerHooks"),
    place: "by `<LicenseProvider license={() => createLicenseClient(…)}>` or in an effect",
  },
];

/** Returns why no client may be created here and what to do instead, or `undefined` if one may be created. */
export function refusalOnPageServer(): string | undefined {
  const server = SERVERS.find(({ isHere }) => isHere());
  return (
    server &&
    `the client would be created on ${server.framework}'s server, but a license belongs to the user's device: create it in the ` +
      `browser, ${server.place}; for a license of the server itself import \`polar-license/node\`, or give the client a ` +
      "`storage`"
  );
}

function hasGlobal(name: string): () => boolean {
  return () => name in globalThis;
}
