// The gate of examples/c in Node, with koffi: for a desktop app that shares its record with programs in C. An app that
// is written only in JavaScript uses the npm package instead.
// Usage: npm install koffi; POLAR=... LD_LIBRARY_PATH=.../lib node gate.js [KEY | --deactivate]
const koffi = require("koffi");

const c = koffi.load(process.env.POLAR_LICENSE_LIBRARY ?? "libpolar_license.so.0.1");
for (const name of ["polar_license", "polar_license_options", "polar_license_decision", "polar_license_error"]) {
  koffi.opaque(name);
}
const polar = Object.fromEntries(
  [
    "polar_license_options *polar_license_options_new(const char *organization_id, const char *app_id)",
    "int32_t polar_license_options_set_environment(polar_license_options *options, const char *environment)",
    "int32_t polar_license_options_add_feature(polar_license_options *options, const char *feature, const char *benefit)",
    "void polar_license_options_free(polar_license_options *options)",
    "int32_t polar_license_open(polar_license_options *o, _Out_ polar_license **license, _Out_ polar_license_error **error)",
    "void polar_license_free(polar_license *license)",
    "int32_t polar_license_activate(polar_license *license, const char *key, _Out_ polar_license_error **error)",
    "int32_t polar_license_refresh(polar_license *license, polar_license_decision **decision)",
    "int32_t polar_license_current(polar_license *license, _Out_ polar_license_decision **decision)",
    "int32_t polar_license_allows(polar_license *license, const char *feature)",
    "int32_t polar_license_deactivate(polar_license *license, _Out_ int32_t *outcome, _Out_ polar_license_error **error)",
    "const char *polar_license_decision_explain(polar_license_decision *decision, const char *feature)",
    "void polar_license_decision_free(polar_license_decision *decision)",
    "const char *polar_license_error_message(polar_license_error *error)",
    "void polar_license_error_free(polar_license_error *error)",
  ].map((prototype) => {
    const f = c.func(prototype);
    return [f.info.name.replace("polar_license_", ""), f];
  }),
);

const ORGANIZATION = "de300000-0000-4000-8000-000000000001"; // Polar: Settings, General
const PRO = "de300000-0000-4000-8000-0000000000b1"; // Polar: the id of the license key benefit
const RELEASED = 0; // POLAR_LICENSE_DEACTIVATED_RELEASED

/** A license on this device. Its functions block until Polar answers, so an app with a window calls them in a worker.
 * */
class License {
  #handle;

  constructor(environment) {
    const options = polar.options_new(ORGANIZATION, "com.acme.app");
    polar.options_set_environment(options, environment);
    polar.options_add_feature(options, "export", PRO);
    const opened = [null];
    try {
      attempt((error) => polar.open(options, opened, error));
    } finally {
      polar.options_free(options);
    }
    this.#handle = opened[0];
  }

  activate(key) {
    attempt((error) => polar.activate(this.#handle, key, error));
  }

  /** Asks Polar if a request is due. */
  refresh() {
    polar.refresh(this.#handle, null);
  }

  allows(feature) {
    return polar.allows(this.#handle, feature) !== 0;
  }

  /** Returns why the feature is on or off, in one sentence for the user. */
  explain(feature) {
    const decision = [null];
    polar.current(this.#handle, decision);
    const message = polar.decision_explain(decision[0], feature);
    polar.decision_free(decision[0]);
    return message;
  }

  deactivate() {
    const outcome = [0];
    attempt((error) => polar.deactivate(this.#handle, outcome, error));
    return outcome[0] === RELEASED;
  }

  close() {
    polar.free(this.#handle);
  }
}

/** Calls `call` with a pointer for an error, and throws that error if `call` reports one. */
function attempt(call) {
  const error = [null];
  if (call(error) === 0) return;
  const message = polar.error_message(error[0]);
  polar.error_free(error[0]);
  throw new Error(message);
}

try {
  const license = new License(process.env.POLAR ?? "production"); // for tests, never in a release
  const [argument] = process.argv.slice(2);
  if (argument === "--deactivate") {
    console.log(license.deactivate() ? "the seat is free" : "there was no seat");
  } else {
    license.refresh(); // returns at once if the last confirmation is fresh
    // Activates only if the feature is off. With a license, the program works while Polar is down.
    if (argument && !license.allows("export")) license.activate(argument);
    if (license.allows("export")) console.log("exporting");
    else console.error(license.explain("export")); // no license, or one for another plan
  }
  license.close();
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}
