"""The parts that an app may replace: the library's own storage, network stack and clock."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol


class Storage(Protocol):
    """A store for one license. Called from any thread. If a method raises an exception, the record counts as not read
    or not written, and the exception is logged."""

    def load(self) -> bytes | None:
        """Returns the record that was saved last, if any."""

    def save(self, record: bytes, *, durable: bool) -> None:
        """Replaces the record, atomically. With `durable`, it must be on the disk before this returns."""

    def remove(self) -> None:
        """Removes the record, if any."""


class Clock(Protocol):
    """A source of time in place of the system's clocks, for tests of an app after a month offline. Called from any
    thread, with locks of the library held: it must return at once and must not use a license.
    """

    def now(self) -> datetime:
        """Returns the time of day, with its time zone; a user may set it back."""

    def monotonic(self) -> timedelta:
        """Returns the time since any origin, on a clock that only goes forward."""


@dataclass(frozen=True, kw_only=True)
class Request:
    """A request to be sent at most once, and without following a redirect. Do not log it: the body contains the license
    key, and requests of the customer portal have secrets in the address, the headers and the body.
    """

    method: str
    """`POST` or, for the customer portal, `GET`, which has no body."""
    url: str = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    """JSON, or nothing. Send `Content-Length: 0` with a `POST` without a body."""
    timeout: timedelta
    """The time limit of the whole exchange."""


@dataclass(frozen=True, kw_only=True)
class Response:
    """The reply, whatever its status."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes = field(default=b"", repr=False)


Transport = Callable[[Request], Response]
"""Sends a request, waits for the reply, and raises `TransportError` if there is none. Called on a thread of the
library's.
"""
