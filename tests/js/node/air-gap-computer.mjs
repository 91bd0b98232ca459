// Plays a computer for tools/cli/tests/it/namespaces.rs, which says what the arguments and the variables mean.
//
//   node air-gap-computer.mjs PACKAGE request | answer REQUEST KEY | import ANSWER | allows FEATURE | return [TEXT]

const [scripts, operation, ...given] = process.argv.slice(2);
const { createLicenseClient, fileStorage } = await import(`${scripts}/node.js`);
const setting = (name) => process.env[`POLAR_LICENSE_${name}`];

const [feature, benefit] = setting("FEATURES").split("=");
const license = await createLicenseClient({
  organizationId: setting("ORGANIZATION"),
  appId: setting("APP"),
  environment: setting("ENVIRONMENT"),
  appSecret: setting("APP_SECRET"),
  airGapDays: Number(setting("AIR_GAP_DAYS")),
  deviceId: setting("DEVICE_ID"),
  features: { [feature]: [benefit] },
  storage: fileStorage({ directory: setting("DATA_DIR") }),
  autoRefresh: false,
});

const operations = {
  request: () => license.offlineRequest(),
  answer: async (request, key) => (await license.offlineAnswer(request, key)).text,
  import: async (answer) => (await license.offlineImport(answer)).message,
  allows: async (feature) => {
    if (!license.allows(feature)) throw new Error(license.explain(feature).message);
    return "yes";
  },
  return: async (text) => {
    if (text === undefined) return (await license.offlineReturn()).text;
    return (await license.offlineRelease(text)).deactivated;
  },
};
console.log(await operations[operation](...given));
