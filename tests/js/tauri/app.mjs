// Runs the app of examples/tauri in a real window with tauri-driver. The app has its own home directory, and a clock
// that a test can set.

import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { Builder, By } from "selenium-webdriver";
import { PATIENCE_MS } from "../patience.mjs";

const example = fileURLToPath(new URL("../../../examples/tauri", import.meta.url));
const application = process.env.POLAR_LICENSE_TAURI_APP;
const tauriDriver = process.env.POLAR_LICENSE_TAURI_DRIVER;

/** A script that adds another bundle to the app's page. It sets `window.connect` to `connectLicense`. */
const SECOND_BUNDLE = `
  import { connectLicense, LicenseError } from "polar-license/tauri";
  Object.assign(window, { connect: connectLicense, LicenseError });
`;

/** Waits until `holds` returns true. */
export async function until(holds, what) {
  const end = Date.now() + PATIENCE_MS;
  for (;;) {
    const result = await holds();
    if (result) return result;
    if (Date.now() > end) throw new Error(`${what} has not come true`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** The program of examples/tauri for computers that are never online. */
export const AIR_GAPPED = join(dirname(application), "air-gapped");

/** Creates a computer with the app's files and a clock. `start` opens the app's window. */
export function computer(after, polar, program = application) {
  const home = mkdtempSync(join(tmpdir(), "polar-license-tauri-"));
  const clock = join(home, "clock");
  const stops = [];
  after(async () => {
    for (const stop of stops) await stop();
    // WebKit's processes end after the app, and write files until then
    await until(() => !isHomeOfAny(home), "the end of WebKit's processes");
    rmSync(home, { recursive: true });
  });
  const setClock = (days) => writeFileSync(clock, `+${days}d\n`);
  setClock(0);
  // sets the clock for the whole program, and also for WebKit's processes, which read the wall clock too
  const preload = execFileSync("faketime", ["-f", "+0", "printenv", "LD_PRELOAD"], { encoding: "utf8" }).trim();
  const env = {
    ...process.env,
    HOME: home,
    XDG_DATA_HOME: join(home, "data"),
    XDG_CACHE_HOME: join(home, "cache"),
    XDG_RUNTIME_DIR: home,
    POLAR: polar.url,
    LD_PRELOAD: preload,
    FAKETIME_TIMESTAMP_FILE: clock,
    FAKETIME_NO_CACHE: "1",
    FAKETIME_DONT_FAKE_MONOTONIC: "1",
  };
  return { home, setClock, start: () => open(program, env, stops) };
}

async function open(program, env, stops) {
  const [port, nativePort] = [await freePort(), await freePort()];
  const server = spawn(tauriDriver, ["--port", port, "--native-port", nativePort], { env, stdio: ["ignore", "ignore", "inherit"] });
  const ended = once(server, "exit");
  let driver;
  const stop = async () => {
    await driver?.quit().catch(() => undefined);
    driver = undefined;
    server.kill("SIGTERM");
    await ended;
  };
  stops.push(stop);
  const capabilities = { browserName: "wry", "tauri:options": { application: program } };
  const address = `http://127.0.0.1:${port}/`;
  // tauri-driver answers as soon as the driver of WebKit, which runs behind it, answers
  await until(() => fetch(`${address}status`).then(({ ok }) => ok, () => false), "a ready driver");
  driver = await new Builder().usingServer(address).withCapabilities(capabilities).build();
  await driver.manage().setTimeouts({ script: PATIENCE_MS });
  const page = new Page(driver, program, env.HOME, stop);
  await page.isDrawn();
  return page;
}

/** The page in the app's window. */
class Page {
  #driver;
  #program;
  #home;

  constructor(driver, program, home, stop) {
    this.#driver = driver;
    this.#program = program;
    this.#home = home;
    /** Ends the driver, and the app if it runs. */
    this.stop = stop;
  }

  /** Waits until the module of the page has run. */
  isDrawn() {
    return until(() => this.text("status").catch(() => ""), "a drawn page");
  }

  text(id) {
    return this.#driver.findElement(By.id(id)).getText();
  }

  isEnabled(id) {
    return this.#driver.findElement(By.id(id)).isEnabled();
  }

  click(id) {
    return this.#driver.findElement(By.id(id)).click();
  }

  /** Types a key and presses the button, as a user does. */
  async activate(key) {
    const field = await this.#driver.findElement(By.id("key"));
    await field.clear();
    await field.sendKeys(key);
    await this.#driver.findElement(By.css("#activation button")).click();
  }

  /** Waits until an element shows `text`. */
  shows(id, text) {
    return until(async () => (await this.text(id)) === text, `"${text}"`);
  }

  async reload() {
    await this.#driver.navigate().refresh();
    await this.isDrawn();
  }

  /** Runs the body of a function in the page. */
  run(body) {
    return this.#driver.executeScript(body);
  }

  /** Runs the body of an async function in the page. Resolves to the function's result, or to its exception. */
  settle(body) {
    return this.#driver.executeAsyncScript(`
      const done = arguments[0];
      const described = (error) => ({
        ...error, message: String(error?.message ?? error), isLicenseError: error instanceof window.LicenseError,
      });
      (async () => { ${body} })().then((result) => done({ result: result ?? null }), (error) => done({ error: described(error) }));
    `);
  }

  /** Connects another bundle in the page. Its license is `window.license`. */
  async connect() {
    await this.#driver.executeScript(await bundle());
    const { error } = await this.settle("window.license = await window.connect()");
    if (error) throw new Error(error.message);
  }

  /** Closes the window by its button, and waits until the app has ended. */
  async quit() {
    // the window may be gone before the driver can answer
    await this.click("quit").catch(() => undefined);
    await until(() => !isRunning(this.#program, this.#home), "the end of the app");
    await this.stop();
  }
}

let bundled;

async function bundle() {
  const { build } = createRequire(join(example, "package.json"))("esbuild");
  bundled ??= build({
    stdin: { contents: SECOND_BUNDLE, resolveDir: example },
    bundle: true,
    format: "iife",
    write: false,
  });
  return (await bundled).outputFiles[0].text;
}

/** Whether a process of the program exists that has this home directory. Another test run may have such processes. */
function isRunning(program, home) {
  return isAnyProcess((folder) => readlinkSync(join(folder, "exe")) === program && hasHome(folder, home));
}

/** Whether any process has this home directory: the app, a process of WebKit, or a driver. */
function isHomeOfAny(home) {
  return isAnyProcess((folder) => hasHome(folder, home));
}

function hasHome(folder, home) {
  return readFileSync(join(folder, "environ"), "utf8").split("\0").includes(`HOME=${home}`);
}

/** Whether any process exists whose folder in /proc meets a condition. */
function isAnyProcess(isLikeThis) {
  const isIt = (pid) => {
    try {
      return isLikeThis(join("/proc", pid));
    } catch {
      return false; // it has ended meanwhile
    }
  };
  return readdirSync("/proc").some((name) => /^\d+$/.test(name) && isIt(name));
}

async function freePort() {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  server.close();
  await once(server, "close");
  return String(port);
}
