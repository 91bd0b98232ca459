import { validateLicense } from "@lemonsqueezy/lemonsqueezy.js";

export const validate = async (_, key) => (await validateLicense(key)).data.valid;
