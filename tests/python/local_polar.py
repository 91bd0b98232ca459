"""Controls the local Polar at `POLAR_LICENSE_POLAR`, and reads which requests and mails it has recorded."""

import json
import os
import urllib.request
from typing import Any

URL = os.environ["POLAR_LICENSE_POLAR"]
ORGANIZATION = "de300000-0000-4000-8000-000000000001"
PRO = "de300000-0000-4000-8000-0000000000b1"
BASIC = "de300000-0000-4000-8000-0000000000b2"

VENDOR = {"Authorization": "Bearer polar_oat_DEMO"}
"""The header with which the vendor's backend identifies itself."""


def ask(path: str, body: Any = None, method: str | None = None, headers: dict[str, str] | None = None) -> Any:
    """Sends a request to the control endpoint, or to Polar's interface if the path begins with `/v1/`."""
    data = None if body is None else json.dumps(body).encode()
    address = f"{URL}{path}" if path.startswith("/v1/") else f"{URL}/_mock{path}"
    headers = {"Content-Type": "application/json", **(headers or {})}
    request = urllib.request.Request(address, data, headers, method=method)
    with urllib.request.urlopen(request, timeout=600) as reply:
        text = reply.read()
    return json.loads(text) if text else None


def new_key(benefit: str = "pro", **limits: int) -> str:
    key: str = ask("/keys", {"benefit": benefit, **limits})["key"]
    return key


def wait_for_requests(count: int) -> None:
    ask(f"/requests?wait={count}&timeout_ms=300000")


def reset() -> None:
    ask("/reset", method="POST")
