// All of tests/scenarios, through the public API.

import { readCommon, readFile } from "./scenarios/read.mjs";
import { spoiltOnes } from "./scenarios/spoil.mjs";
import { run } from "./scenarios/world.mjs";

/** `texts` are the files of tests/scenarios by name. */
export function tests({ texts }) {
  const { "common.json": shared, "members.json": members, ...files } = texts;
  const common = readCommon(shared, members);
  const all = Object.entries(files).flatMap(([file, text]) =>
    readFile(common, text).map((scenario) => ({ file, scenario })),
  );
  return all.flatMap(({ file, scenario }) => [
    { name: `${file}: ${scenario.name}`, kind: "scenarios", run: () => goesAsItSays(common, file, scenario) },
    {
      name: `${file}: ${scenario.name}: spoilt`,
      kind: "scenarios spoilt",
      run: () => isNoticed(common, file, scenario),
    },
  ]);
}

async function goesAsItSays(common, file, scenario) {
  const failures = await run(common, file, scenario);
  if (scenario.broken && failures.length === 0)
    throw new Error(`it works although it says \`broken\` (${scenario.broken})`);
  if (!scenario.broken && failures.length > 0) throw new Error(failures.join("\n"));
}

/** Each expectation is made wrong in turn; none may pass. */
async function isNoticed(common, file, scenario) {
  if (scenario.broken) return;
  for (const [what, wrong] of spoiltOnes(scenario)) {
    const failures = await run(common, file, wrong);
    if (failures.length === 0) throw new Error(`the runner did not notice: ${what}`);
  }
}
