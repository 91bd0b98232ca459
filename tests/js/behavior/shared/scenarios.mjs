// Runs all of tests/scenarios through the public API.

import { needsFiles, readCommon, readFile } from "./scenarios/read.mjs";
import { spoiltOnes } from "./scenarios/spoil.mjs";
import { inWindow } from "./scenarios/window.mjs";
import { run } from "./scenarios/world.mjs";

/**
 * Returns the tests. `texts` are the files of tests/scenarios by their names, and `polar` is the local Polar's address.
 * If there is a stand-in for `Electron`, the scenarios of the portal also run in a window. Without a `Folder`, which a
 * page does not have, the scenarios with a second computer are left out.
 */
export function tests({ texts, polar, platform, Electron, Folder }) {
  const { "common.json": shared, "portal/common.json": ofPortal, "members.json": members, ...files } = texts;
  const commons = { license: { ...readCommon(shared, members), Folder }, portal: { ...readCommon(ofPortal, members), polar } };
  const all = Object.entries(files).flatMap(([file, text]) => {
    const common = file.startsWith("portal/") ? commons.portal : commons.license;
    return readFile(common, text).map((scenario) => ({ common, file, scenario }));
  });
  const possible = all.filter(
    ({ common, scenario }) => platform === "Node" || !(needsNode(scenario) || needsFiles(common, scenario)),
  );
  return possible.flatMap(({ common, file, scenario }) => {
    const sound = { name: `${file}: ${scenario.name}`, kind: "scenarios", run: () => goesAsItSays(common, file, scenario) };
    const spoilt = {
      name: `${file}: ${scenario.name}: spoilt`,
      kind: "scenarios spoilt",
      run: () => isNoticed(common, file, scenario),
    };
    if (!common.polar) return [sound, spoilt];
    const window = {
      name: `${file}: ${scenario.name}: in a window of Electron`,
      kind: "scenarios in Electron",
      run: () => goesAsItSays({ ...common, window: (client) => inWindow(Electron, client) }, file, scenario),
    };
    // tests of the runner take long with the local Polar, and a page uses the same runner, so these tests run only in
    // Node
    if (platform !== "Node") return [sound];
    return hasHiddenDetail(scenario) ? [sound, spoilt] : [sound, spoilt, window];
  });
}

/**
 * Whether a scenario needs what browsers hide from pages: a redirect's target, or the wait that a reply's headers ask
 * for.
 */
function needsNode({ steps }) {
  return steps.some(({ call }) => call === "checkout") || JSON.stringify(steps).includes('"retry_after"');
}

/** Whether a scenario expects the detail of a storage's error, which the main process does not send to windows. */
function hasHiddenDetail({ steps }) {
  return steps.some(({ expect }) => expect?.error?.kind === "storage" && expect.error.detail !== undefined);
}

async function goesAsItSays(common, file, scenario) {
  const failures = await run(common, file, scenario);
  if (scenario.broken && failures.length === 0)
    throw new Error(`it works although it says \`broken\` (${scenario.broken})`);
  if (!scenario.broken && failures.length > 0) throw new Error(failures.join("\n"));
}

/** Makes the expectations wrong, one at a time. The runner must notice each. */
async function isNoticed(common, file, scenario) {
  if (scenario.broken) return;
  for (const [what, wrong] of spoiltOnes(scenario)) {
    const failures = await run(common, file, wrong);
    if (failures.length === 0) throw new Error(`the runner did not notice: ${what}`);
  }
}
