// A Worker that runs in a customer's own Cloudflare account. All its instances share one license, which is stored in
// KV.

import { createLicenseClient, type KeyValueStorage, LicenseError } from "polar-license/slim";
import wasm from "polar-license/polar_license.wasm";

const openLicense = (env: Env) =>
  createLicenseClient({
    organizationId: "de300000-0000-4000-8000-000000000001", // Polar: Settings, General
    appId: "com.acme.workers",
    features: { export: ["de300000-0000-4000-8000-0000000000b1"] }, // Polar: the benefits that turn it on
    environment: "production", // or the address of a local Polar
    deviceId: env.INSTALLATION,
    storage: inKv(env.LICENSE),
    autoRefresh: false,
    wasm,
  });

const inKv = (kv: KVNamespace): KeyValueStorage => ({
  get: (name) => kv.get(name),
  set: (name, text) => kv.put(name, text),
  remove: (name) => kv.delete(name),
});

export default {
  async fetch(request, env) {
    const license = await openLicense(env);
    try {
      if (new URL(request.url).pathname === "/license") return await administer(request, env, license);
      await license.refresh(); // asks Polar only if a request is due
      const { allowed, message } = license.explain("export");
      return allowed ? new Response("exported") : new Response(message, { status: 402 });
    } finally {
      license.dispose();
    }
  },
} satisfies ExportedHandler<Env>;

/** Handles the administrator's requests: `PUT` activates the key in the body, and `DELETE` releases its seat. */
async function administer(request: Request, env: Env, license: Awaited<ReturnType<typeof openLicense>>) {
  if (request.headers.get("Authorization") !== `Bearer ${env.ADMIN_TOKEN}`) return new Response(null, { status: 401 });
  try {
    if (request.method === "PUT") await license.activate((await request.text()).trim());
    if (request.method === "DELETE") await license.deactivate();
    return Response.json(license.current());
  } catch (error) {
    if (!(error instanceof LicenseError)) throw error;
    return new Response(error.message, { status: 400 }); // says what to do
  }
}
