/**
 * Detects servers that render pages. Such a server must not open the license of a user's device; its app creates the
 * client in the browser instead.
 *
 * None of these servers identifies itself. Next sets an environment variable. The scripts of the other frameworks set
 * globals on `globalThis`: Nuxt's server always, and the other servers only in development. It is enough to detect a
 * server in development, because a developer who creates a client on the server by mistake sees the error there. The
 * names of the variable and of the globals are not documented. If a framework drops its global, its server is treated
 * like any other program.
 */

interface PageServer {
  framework: string;
  isHere: () => boolean;
  /** The place in the app's code where the client should be created, for apps that use this framework. */
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

/**
 * Returns `undefined` if this process may create a client. Otherwise, returns a message for the developer: why the
 * process must not create a client, and what to do instead.
 */
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
