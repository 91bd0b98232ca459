"""The parts of the library that an app may replace: the storage, the network stack and the clock."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol


class Storage(Protocol):
    """A store for one license. Its methods may be called from any thread. If a method raises an exception, the
    exception is logged, and the library treats the record as if it could not be read or written.
    """

    def load(self) -> bytes | None:
        """Returns the record that was saved last. Returns `None` if there is none."""

    def save(self, record: bytes, *, durable: bool) -> None:
        """Replaces the record atomically. If `durable` is true, the record must be on the disk before this method
        returns.
        """

    def remove(self) -> None:
        """Removes the record if there is one."""


class Clock(Protocol):
    """A source of time that replaces the system's clocks. A test can use it to see how an app behaves after a month
    offline. The library may call its methods from any thread, even while locks of the library are held. Therefore the
    methods must return at once and must not use a license.
    """

    def now(self) -> datetime:
        """Returns the date and time with the time zone. This clock may go backwards, because a user can set it."""

    def monotonic(self) -> timedelta:
        """Returns the time that has passed since a fixed point, on a clock that only goes forward. Any fixed point will
        do.
        """


@dataclass(frozen=True, kw_only=True)
class Request:
    """A request. Send it at most once, and do not follow a redirect. Do not log it, because the body contains the
    license key. Requests of the customer portal have secrets in the address, the headers and the body.
    """

    method: str
    """The method: `POST`, or `GET` for some requests of the customer portal. A `GET` has no body."""
    url: str = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    """The body: JSON, or empty. For a `POST` with an empty body, send `Content-Length: 0`."""
    timeout: timedelta
    """The time limit for the whole exchange."""


@dataclass(frozen=True, kw_only=True)
class Response:
    """The reply to a request, whatever the reply's HTTP status is."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes = field(default=b"", repr=False)


Transport = Callable[[Request], Response]
"""Sends a request, waits for the reply, and returns it. Raises `TransportError` if no complete reply arrives. Called on
a thread of the library.
"""
