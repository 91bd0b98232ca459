"""The results of the operations for computers that are never online."""

from dataclasses import dataclass, field

from polar_license._types import Deactivated, Decision


@dataclass(frozen=True, kw_only=True)
class OfflineAnswer:
    """The answer to the request of a computer that is never online. Its `repr` does not show the text."""

    decision: Decision
    """The decision for the other computer."""
    text: str = field(repr=False)
    """The text to import there. It contains the license key: do not log it, and keep it as safe as the key."""


@dataclass(frozen=True, kw_only=True)
class OfflineReturn:
    """The return of a license from a computer that is never online. Its `repr` does not show the text."""

    decision: Decision
    """The decision after the license was removed from this computer."""
    text: str | None = field(repr=False)
    """The text that releases the seat, on a computer with a network. It contains the license key: do not log it, and
    keep it as safe as the key. `None` if the license took no seat, so there is nothing to release."""


@dataclass(frozen=True, kw_only=True)
class OfflineRelease:
    """The result of `offline_release`: whether Polar has released the seats that another computer
    has given up."""

    decision: Decision
    """The decision of the other computer."""
    deactivated: Deactivated
    """What happened to the seats: whether Polar has released them."""
