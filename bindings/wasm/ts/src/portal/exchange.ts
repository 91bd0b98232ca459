/**
 * One request of the portal, and its outcome as plain data. Nothing of the request is in a message: its address and headers can
 * hold secrets, and what `fetch` throws can hold them too.
 */

import type { Fetch } from "../fetch.js";
import { post, type Reply, type Unanswered } from "../transport.js";
import type * as compiled from "../wasm-bindgen-portal.js";

export type StepTo<What extends compiled.PortalStep["do"]> = Extract<compiled.PortalStep, { do: What }>;

/** A complete reply, and where it leads to. */
export type PortalReply = Reply & { location: string | undefined };

export async function exchange(
  fetch: Fetch,
  step: StepTo<"exchange">,
  signal: AbortSignal,
): Promise<PortalReply | Unanswered> {
  const { method, body, ...request } = step;
  let location: string | undefined;
  const send: Fetch = async (url, { body: _, ...init }) => {
    const response = await fetch(url, { ...init, method, ...(body === null ? {} : { body }) });
    location = response.headers.get("Location") ?? undefined;
    return response;
  };
  const answer = await post(send, { ...request, body: body ?? "" }, signal);
  if (!("failure" in answer)) return { ...answer, location };
  const { failure, sent } = answer;
  return failure === "network" ? { failure, sent, message: "Polar could not be reached" } : answer;
}
