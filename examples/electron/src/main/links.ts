// Links such as `acme://activate?key=…`, from a mail or a page. Somebody else chose that key, so it is shown in the form,
// and never activated before the user has pressed the button.

import { app } from "electron";

const SCHEME = "acme";

/** Calls `show` with the key of each link; without a key if the app was started once more without a link. */
export function followLinks(show: (key?: string) => void): void {
  app.setAsDefaultProtocolClient(SCHEME);
  // macOS, also for the link that has started the app
  app.on("open-url", (event, link) => {
    event.preventDefault();
    show(keyOf(link));
  });
  // Windows and Linux start the app once more, which ends, and hands its arguments over
  app.on("second-instance", (_event, argv) => show(keyIn(argv)));
  const key = keyIn(process.argv);
  if (key !== undefined) show(key);
}

function keyIn(argv: string[]): string | undefined {
  return argv.map(keyOf).find((key) => key !== undefined);
}

function keyOf(link: string): string | undefined {
  if (!URL.canParse(link)) return undefined;
  const { protocol, host, searchParams } = new URL(link);
  return protocol === `${SCHEME}:` && host === "activate" ? (searchParams.get("key") ?? undefined) : undefined;
}
