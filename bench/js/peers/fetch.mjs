// The baseline: the validate that an app would write by hand.

export const validate = async (url, key, organization) => {
  const response = await fetch(`${url}/v1/customer-portal/license-keys/validate`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ key, organization_id: organization }),
  });
  return (await response.json()).status === "granted";
};
