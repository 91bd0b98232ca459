/** The elements that every example with a page has: a form for a key, the license's message, and a paid feature. */

const KEY = "DEMO-PLAIN";

/** A key for a plan without the feature, and the sentence that explains why the feature is off. */
const BASIC = { key: "DEMO-BASIC", why: "Your license does not include this feature. Upgrade to use it." };

/** Returns the element of the feature. */
export const feature = (page) => page.getByRole("button", { name: "Export" });

/** Whether the feature is offered. */
export const isOffered = (page) => feature(page).isVisible();

/**
 * Enters three keys: one that Polar does not know, one for another plan, and one that turns the feature on. `look`
 * returns whether the feature is offered.
 */
export async function enterKeys(page, look) {
  const field = page.getByLabel("License key");
  const enter = async (key) => {
    await field.fill(key);
    await page.getByRole("button", { name: "Activate", exact: true }).click();
  };
  await field.waitFor();
  const saw = [{ step: "start", isOffered: await look() }];
  const before = await page.locator("output").textContent();
  await enter("NO-SUCH-KEY");
  await page.locator("output").filter({ hasNotText: before }).waitFor();
  saw.push({ step: "typo", isOffered: await look() });
  await enter(BASIC.key);
  await page.getByText(BASIC.why).waitFor();
  saw.push({ step: "another plan", isOffered: await look() });
  await enter(KEY);
  await field.waitFor({ state: "hidden" });
  saw.push({ step: "activate", isOffered: await look() });
  return saw;
}
