// Links such as `acme://activate?key=…`, from an e-mail or a page. Anybody can make such a link, so the app only shows
// its key in the form. The key is activated when the user presses the button.

import { app } from "electron";

const SCHEME = "acme";

/** Calls `show` with the key of each link. If the app was started again without a link, calls `show` without a key. */
export function followLinks(show: (key?: string) => void): void {
  app.setAsDefaultProtocolClient(SCHEME);
  // macOS also sends this event for the link that started the app.
  app.on("open-url", (event, link) => {
    event.preventDefault();
    show(keyOf(link));
  });
  // On Windows and Linux, opening a link starts a second instance, which passes its arguments to this one and quits.
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
