"""What an app may bring instead of the library's own storage, network stack and clock."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol


class Storage(Protocol):
    """Keeps one license. Called from any thread. What it raises counts as not read, or not written, and is logged."""

    def load(self) -> bytes | None:
        """What was last saved, if anything."""

    def save(self, record: bytes, *, durable: bool) -> None:
        """Replaces what was saved, atomically. `durable`: it must be on the disk before this returns."""

    def remove(self) -> None:
        """Removes what was saved, if anything."""


class Clock(Protocol):
    """Reads the time instead of the system's clocks, for tests of what an app does after a month offline. Called from
    any thread, with locks of the library held: it must return at once and must not use a license.
    """

    def now(self) -> datetime:
        """The time of day, with its time zone; a user may set it back."""

    def monotonic(self) -> timedelta:
        """The time since any origin, on a clock that only goes forward."""


@dataclass(frozen=True, kw_only=True)
class Request:
    """One POST to send, at most once, and without following a redirect."""

    url: str
    headers: Mapping[str, str]
    body: bytes = field(repr=False)
    """JSON, which contains the license key: do not log it."""
    timeout: timedelta
    """How long the whole exchange may take."""


@dataclass(frozen=True, kw_only=True)
class Response:
    """The reply, whatever its status."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = field(default=b"", repr=False)


Transport = Callable[[Request], Response]
"""Sends a request, waits for the reply, and raises `TransportError` if there is none. Called on a thread of the
library's.
"""
