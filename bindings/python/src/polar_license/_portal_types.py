"""The objects of the customer portal: the same names as in Rust, C and JavaScript.

Written by bindings/wasm/tests/types from the core's types: change them there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

from polar_license._error import LicenseError
from polar_license._held import Held
from polar_license._types import Deactivated, Decision

KeyStatus = Literal[
    # A status that this version does not know.
    "unknown",
    # The key can be used.
    "granted",
    # The key has expired, by the clock of this device.
    "expired",
    # The purchase was refunded, the subscription has ended, or the seat was taken back.
    "revoked",
    # The vendor has disabled the key.
    "disabled",
]
"""Whether a license key can be used."""

Stage = Literal[
    # The buyer completes the purchase.
    "open",
    # The payment succeeds.
    "paying",
    # The license key is created.
    "granting",
]
"""The event that an operation of the portal waits for."""


@dataclass(frozen=True, kw_only=True)
class CodeSent:
    """An e-mail may be on its way. Polar does not tell whether the address is known."""

    kind: Literal["sent"]

    email: str = field(repr=False)
    """The address that the code was requested for."""

    message: str = field(repr=False)
    """The sentence to show to the user, which contains the address."""


@dataclass(frozen=True, kw_only=True)
class CustomerChoice:
    """Several customers have this address: let the user choose one, and request a code for that one."""

    kind: Literal["choose"]

    email: str = field(repr=False)
    """The address that the code was requested for."""

    customers: Sequence[Customer]
    """The customers to choose from."""


CodeRequest = CodeSent | CustomerChoice
"""The outcome of a request for a code: an e-mail is on its way if the address is known, or the user has to choose."""


@dataclass(frozen=True, kw_only=True)
class Customer(Held):
    """One of several customers with the same address, such as a team."""

    name: str | None = field(repr=False)
    """The customer's name, if it has one."""


@dataclass(frozen=True, kw_only=True)
class Purchase(Held):
    """A purchase that is paid, and the outcome of the request for a code for its buyer."""

    code: CodeRequest
    """The outcome of that request: an e-mail is on its way, or the user has to choose a customer."""


@dataclass(frozen=True, kw_only=True)
class LicenseKeys:
    """License keys of a customer, the best first."""

    keys: Sequence[LicenseKey]
    """The keys."""


@dataclass(frozen=True, kw_only=True)
class LicenseKey(Held):
    """A license key of the customer's, for this app. Of the key itself only the last six characters can be seen."""

    id: str
    """Polar's id of the key, which distinguishes it from others in a list. It is not the key, and not secret."""

    display_key: str
    """`****-` and the last six characters."""

    status: KeyStatus
    """Whether the key can be used. Its expiry is judged by this device's clock, which may be wrong."""

    benefit_id: str
    """The id of the benefit that the key was sold as."""

    limit_activations: int | None
    """The number of devices that may be active at once; `None` if the key needs no activation."""

    limit_usage: int | None
    """The most usage that may be consumed; `None` for no limit."""

    usage: int
    """The usage that was consumed."""

    created_at: datetime
    """The time at which the key was issued."""

    expires_at: datetime | None
    """The time at which the key expires; `None` for never."""

    is_here: bool
    """Whether it was the key of the license on this device when it was read."""


@dataclass(frozen=True, kw_only=True)
class Licensed:
    """The license is active on this device; the current decision describes it."""

    kind: Literal["licensed"]

    decision: Decision
    """The current decision."""


@dataclass(frozen=True, kw_only=True)
class KeyChoice:
    """Several license keys are suitable: let the user choose one, and activate it."""

    kind: Literal["choose"]

    keys: Sequence[LicenseKey]
    """The keys to choose from, the best first."""


@dataclass(frozen=True, kw_only=True)
class NoSeat:
    """The key is in use on as many devices as it allows: let the user choose one to release, and then activate the
    key.
    """

    kind: Literal["no_seat"]

    key: LicenseKey
    """The license key without a free seat."""

    devices: Devices
    """The devices that have its seats."""

    error: LicenseError
    """The error of the activation: `refused`, for `activation_limit`."""


Restored = Licensed | KeyChoice | NoSeat
"""The outcome of restoring a license. Only `licensed` means that the license is here."""


@dataclass(frozen=True, kw_only=True)
class ListedDevices:
    """The devices are listed."""

    kind: Literal["listed"]

    devices: Sequence[Device]
    """The devices, the oldest first."""


@dataclass(frozen=True, kw_only=True)
class HiddenDevices:
    """No device is shown: the vendor does not show them to customers, or there is none."""

    kind: Literal["hidden"]

    is_certain: bool
    """Whether there are devices for certain: every seat is taken, or this device has one."""

    page: str | None
    """The page where customers of this vendor manage their purchases; `None` if it is unknown."""

    message: str
    """The sentence to show to the user. It does not contain the page, which is a link beside it."""


Devices = ListedDevices | HiddenDevices
"""The devices of a license key, or that none are shown."""


@dataclass(frozen=True, kw_only=True)
class Device(Held):
    """A device on which a license key is active."""

    id: str
    """Polar's id of the activation, which distinguishes it from others in a list."""

    label: str = field(repr=False)
    """The name of the device when it was activated."""

    since: datetime
    """The time at which it was activated."""

    is_this: bool
    """Whether it is the device that this app runs on."""


@dataclass(frozen=True, kw_only=True)
class Released:
    """The outcome for the seat of a device that was released."""

    deactivated: Deactivated
    """Whether Polar released the seat, or did not know it."""


@dataclass(frozen=True, kw_only=True)
class Progress:
    """The progress of an operation that waits for somebody else."""

    stage: Stage
    """The event that the operation waits for."""

    waited: timedelta
    """The time that the operation has waited."""

    next_in: timedelta
    """The time until Polar is asked again."""
