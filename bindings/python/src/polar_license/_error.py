"""The exceptions of this package."""

from dataclasses import dataclass, fields
from functools import partial
from typing import Any, Literal

from polar_license._types import Decision, Failure


@dataclass(eq=False, kw_only=True)
class LicenseError(Failure, Exception):
    """The error of an operation. Show its `message` to the user; the text of `str()` is meant for logs. Neither text
    contains the license key."""

    decision: Decision | None
    """The decision after the failure. `None` if no license could be opened, or if a success page could not listen."""

    def __str__(self) -> str:
        return f"{self.kind}: {self.detail}"

    def __reduce__(self) -> tuple[Any, ...]:
        # needed because, by default, pickling would lose the members of an exception
        return partial(LicenseError, **{field.name: getattr(self, field.name) for field in fields(self)}), ()


class TransportError(Exception):
    """The exception that an app's transport raises if it has received no complete reply. Its text is meant for logs.

    Set `maybe_sent` to false only if the request failed before its first byte was sent. In every other case, Polar may
    have received the request.
    """

    def __init__(self, kind: Literal["network", "timeout", "cancelled"], detail: str = "", *, maybe_sent: bool) -> None:
        super().__init__(detail)
        self.kind = kind
        self.maybe_sent = maybe_sent
