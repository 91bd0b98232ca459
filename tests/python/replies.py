"""Polar's replies, in the same form as in `tools/mock-polar`, which has recordings of the real server. The replies
include personal data, as real replies do."""

import json
from datetime import datetime

from polar_license import Response
from reading import Object, moment


def answer(common: Object, scenario: Object, endpoint: str, asked: Object, reply: Object, now: datetime) -> Response:
    """Returns the reply to this request when Polar's clock shows `now`. The body ends in the middle if the scenario
    says `half`."""
    status, text = parts(common, scenario, endpoint, asked, reply, now)
    body = text.encode()
    headers = {"Retry-After": str(reply["retryAfter"])} if "retryAfter" in reply else {}
    return Response(status=status, headers=headers, body=body[: len(body) // 2] if reply.get("half") else body)


def parts(
    common: Object, scenario: Object, endpoint: str, asked: Object, reply: Object, now: datetime
) -> tuple[int, str]:
    if "confirmed" in reply:
        return confirmation(common, scenario, endpoint, asked, reply["confirmed"], now)
    if "denied" in reply:
        return denial(endpoint, reply["denied"])
    if "malformed" in reply:
        complaint = {"type": "value_error", "loc": reply["malformed"], "msg": "Value error", "input": asked["key"]}
        return 422, json.dumps({"error": "RequestValidationError", "detail": [complaint]})
    body = reply.get("body", "")
    return reply["status"], body if isinstance(body, str) else json.dumps(body)


def denial(endpoint: str, detail: str) -> tuple[int, str]:
    if detail.startswith("License key only has"):
        status, error = 400, "BadRequest"
    elif endpoint == "activate" and detail != "Not found":
        status, error = 403, "NotPermitted"
    else:
        status, error = 404, "ResourceNotFound"
    return status, json.dumps({"error": error, "detail": detail})


def confirmation(
    common: Object, scenario: Object, endpoint: str, asked: Object, given: Object, now: datetime
) -> tuple[int, str]:
    if endpoint == "deactivate":
        return 204, ""
    key = asked["key"]
    sold = scenario.get("sold", {}).get(key) or common["sold"].get(key, {})
    own = {"key": key, "display_key": f"****-{key[-6:]}", "organization_id": asked["organization_id"]}
    license = common["licenseKey"] | own | sold | given
    at, seat = license.pop("at", None), license.pop("activation", asked.get("activation_id"))
    if license["expires_at"] is not None:
        license["expires_at"] = written(moment(license["expires_at"]))
    answered = written(moment(at) if at else now) if at is not None or "at" not in given else None

    def activation(created_at: str | None) -> Object:
        noted = {"label": asked.get("label", "a label"), "meta": asked.get("meta", {})}
        return {"id": seat, "license_key_id": license["id"], "created_at": created_at, "modified_at": None} | noted

    if endpoint == "activate":
        if "activation" not in given:
            raise ValueError("a confirmation of `activate` needs `activation`")
        return 200, json.dumps(activation(answered) | {"license_key": license | {"last_validated_at": None}})
    license["activation"] = activation("2026-01-02T03:04:05.678901Z") if seat is not None else None
    license["last_validated_at"] = answered
    return 200, json.dumps(license)


def written(at: datetime) -> str:
    """Formats a time as Polar does: with microseconds, or no fraction at all."""
    return at.isoformat().replace("+00:00", "Z")
