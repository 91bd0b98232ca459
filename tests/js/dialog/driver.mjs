// A user of the dialog. The user has only a keyboard, and after each step waits until its result is visible.

import assert from "node:assert/strict";
import { join } from "node:path";
import { PATIENCE_MS } from "../patience.mjs";

/** The settings for pictures: the page's size, direction and colours, and the rules of axe-core. */
const LOOKS = {
  light: { width: 640, height: 720, judged: {} },
  phone: { width: 375, height: 740 },
  rtl: { width: 640, height: 720, direction: "rtl" },
  dark: { width: 640, height: 720, scheme: "dark", judged: { runOnly: ["color-contrast"] } },
};

export class Driver {
  /** Creates a user of a page. `looks` are the settings for the pictures. */
  constructor(page, folder, looks) {
    this.page = page;
    this.folder = folder;
    this.looks = Object.entries(LOOKS).filter(([look]) => looks.includes(look));
  }

  press(key) {
    return this.page.keyboard.press(key);
  }

  /** Replaces the text in the focused input field. */
  async types(text) {
    await this.page.keyboard.down("Control");
    await this.press("a");
    await this.page.keyboard.up("Control");
    await this.page.keyboard.type(text);
  }

  /** Moves the focus to a button or a link with the Tab key, and presses it. */
  async chooses(name) {
    await this.goesTo(name);
    await this.press("Enter");
  }

  /** Moves the focus to a control with the Tab key. */
  async goesTo(name) {
    const seen = [];
    for (let at = await this.focused(); at !== name; at = await this.focused()) {
      seen.push(at);
      assert.ok(seen.length < 30, `the tabulator does not lead to \`${name}\`, but to: ${seen.join(", ")}`);
      await this.press("Tab");
    }
  }

  /** Returns the name of the focused element. */
  focused() {
    return this.page.evaluate(() => {
      const at = app.dialog.shadowRoot?.activeElement;
      return at?.labels?.[0]?.textContent ?? at?.getAttribute("aria-label") ?? at?.textContent ?? "nothing";
    });
  }

  async isAt(name) {
    await this.until(async () => (await this.focused()) === name, () => `the focus on \`${name}\``);
  }

  /** Waits until a text appears in the polite live region. */
  sees(text) {
    return this.#shows("[role=status]", text);
  }

  /** Waits until a text appears in the assertive live region. */
  reads(text) {
    return this.#shows("[role=alert]", text);
  }

  async #shows(selector, text) {
    const shown = () =>
      this.page.evaluate((selector) => {
        const all = [...app.dialog.shadowRoot.querySelectorAll(selector)];
        return all.filter((element) => !element.closest("[hidden]")).map(({ textContent }) => textContent).join(" ");
      }, selector);
    await this.until(async () => (await shown()).includes(text), () => `\`${text}\``);
  }

  text() {
    return this.page.evaluate(() => app.dialog.shadowRoot.querySelector("dialog").innerText);
  }

  takeEvents() {
    return this.page.evaluate(() => app.takeEvents());
  }

  /** Lets time pass on this device. */
  async turns(ms) {
    await this.page.evaluate((ms) => {
      app.turn(ms);
      // makes the dialog draw again, because no timer has fired
      app.dialog.texts = app.dialog.texts;
    }, ms);
  }

  async isClosed() {
    const isClosed = () => !app.dialog.open && !app.dialog.shadowRoot.querySelector("dialog").open;
    await this.until(() => this.page.evaluate(isClosed), () => "end");
  }

  /**
   * Takes pictures, and lets axe-core check the page. `controls` are the names of all controls that must be there, in
   * any order.
   */
  async captured(name, controls) {
    const shown = await this.page.evaluate(() =>
      [...app.dialog.shadowRoot.querySelectorAll("button, a")]
        .filter((control) => control.checkVisibility() && control.getAttribute("aria-disabled") !== "true")
        .map((control) => control.getAttribute("aria-label") ?? control.textContent),
    );
    assert.deepEqual(await this.page.evaluate(low), [], `controls of ${name} that a finger misses`);
    if (controls) assert.deepEqual(shown.sort(), [...controls].sort(), `what can be chosen in ${name}`);
    for (const [look, { width, height, direction = "ltr", scheme = "light", judged }] of this.looks) {
      await this.page.setViewport({ width, height });
      await this.page.evaluate(
        async (direction, scheme) => {
          document.documentElement.dir = direction;
          for (const { style } of [document.documentElement, app.dialog]) style.colorScheme = scheme;
          await new Promise((resolve) => requestAnimationFrame(resolve));
        },
        direction,
        scheme,
      );
      await this.page.screenshot({ path: join(this.folder, `${name}-${look}.png`) });
      if (judged) await this.#isAccessible(`${name}, ${look}`, judged);
    }
  }

  async #isAccessible(what, judged) {
    const violations = await this.page.evaluate(async (judged) => {
      const { passes, violations } = await axe.run(app.dialog, { resultTypes: ["violations"], ...judged });
      if (!passes.some(({ id }) => id === "color-contrast")) return ["the contrast of nothing was judged"];
      const words = (id) => ({ failureSummary, target }) => `${id} ${target}: ${failureSummary}`;
      return violations.flatMap(({ id, nodes }) => nodes.map(words(id)));
    }, judged);
    assert.deepEqual(violations, [], what);
  }

  async until(condition, what) {
    const end = Date.now() + PATIENCE_MS;
    while (!(await condition())) {
      if (Date.now() > end) {
        assert.fail(`there is no ${what()}, but the focus on \`${await this.focused()}\` in:\n${await this.text()}`);
      }
      await this.page.evaluate(() => new Promise((resolve) => setTimeout(resolve)));
    }
  }
}

/** Returns the controls of the page that are less than 44 pixels high, except links within text. */
function low() {
  return [...app.dialog.shadowRoot.querySelectorAll("button, a.link, input")]
    .filter((control) => control.checkVisibility() && control.getBoundingClientRect().height < 44)
    .map((control) => control.getAttribute("aria-label") ?? control.textContent);
}
