"""The objects of the customer portal, with the same names as in Rust, C and JavaScript.

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
"""The event that an operation of the portal is waiting for."""


@dataclass(frozen=True, kw_only=True)
class CodeSent:
    """An e-mail is on its way if Polar knows the address. Polar does not say whether it does."""

    kind: Literal["sent"]

    email: str = field(repr=False)
    """The address for which the code was requested."""

    message: str = field(repr=False)
    """The sentence to show to the user, which contains the address."""


@dataclass(frozen=True, kw_only=True)
class CustomerChoice:
    """Several customers have this address. Let the user choose one of them, and request a code for that customer."""

    kind: Literal["choose"]

    email: str = field(repr=False)
    """The address for which the code was requested."""

    customers: Sequence[Customer]
    """The customers to choose from."""


CodeRequest = CodeSent | CustomerChoice
"""The outcome of requesting a code. Either the code was requested, or the user has to choose a customer first. Polar
mails a code only if it knows the address.
"""


@dataclass(frozen=True, kw_only=True)
class Customer(Held):
    """One of several customers with the same e-mail address. A customer may be a person or a team."""

    name: str | None = field(repr=False)
    """The customer's name; `None` if the customer has none."""


@dataclass(frozen=True, kw_only=True)
class Purchase(Held):
    """A purchase that is paid, and the outcome of requesting a code for the buyer."""

    code: CodeRequest
    """The result of the request for a code: an e-mail is on its way, or the user has to choose a customer."""


@dataclass(frozen=True, kw_only=True)
class LicenseKeys:
    """License keys of a customer. Usable keys come first, sorted by expiry with the latest first."""

    keys: Sequence[LicenseKey]
    """The keys."""


@dataclass(frozen=True, kw_only=True)
class LicenseKey(Held):
    """A license key of the customer for this app. Only the last six characters of the key itself are shown."""

    id: str
    """Polar's id of the key, which distinguishes the key from others in a list. The id is not the key itself, and is
    not secret.
    """

    display_key: str
    """`****-` and the last six characters of the key."""

    status: KeyStatus
    """The status, which says whether the key can be used. The status `expired` depends on this device's clock, which
    may be wrong.
    """

    benefit_id: str
    """The id of the benefit to which the key belongs."""

    limit_activations: int | None
    """The number of devices on which the key may be active at once; `None` if the key needs no activation."""

    limit_usage: int | None
    """The total number of uses that the key allows; `None` if there is no limit."""

    usage: int
    """The usage so far."""

    created_at: datetime
    """The time at which the key was issued."""

    expires_at: datetime | None
    """The time at which the key expires; `None` if it never expires."""

    is_here: bool
    """Whether the license on this device used this key when the list was read."""


@dataclass(frozen=True, kw_only=True)
class Licensed:
    """The license is active on this device; the current decision describes it."""

    kind: Literal["licensed"]

    decision: Decision
    """The current decision."""


@dataclass(frozen=True, kw_only=True)
class KeyChoice:
    """Several license keys are suitable. Let the user choose one of them, and activate that key."""

    kind: Literal["choose"]

    keys: Sequence[LicenseKey]
    """The keys to choose from. The best key comes first."""


@dataclass(frozen=True, kw_only=True)
class NoSeat:
    """The key is already active on as many devices as it allows. Let the user choose one of these devices. Then release
    the seat of that device, and activate the key here.
    """

    kind: Literal["no_seat"]

    key: LicenseKey
    """The license key, which has no free seat."""

    devices: Devices
    """The devices that occupy the key's seats."""

    error: LicenseError
    """The error of the activation. Its kind is `refused`, and its reason is `activation_limit`."""


Restored = Licensed | KeyChoice | NoSeat
"""The outcome of restoring a license. Only `licensed` means that this device is licensed now."""


@dataclass(frozen=True, kw_only=True)
class ListedDevices:
    """The devices are listed."""

    kind: Literal["listed"]

    devices: Sequence[Device]
    """The devices, the oldest first."""


@dataclass(frozen=True, kw_only=True)
class HiddenDevices:
    """No device is shown: the vendor hides devices from customers, or there are none."""

    kind: Literal["hidden"]

    is_certain: bool
    """Whether it is certain that devices have seats: either every seat is taken, or this device has a seat."""

    page: str | None
    """The page on which customers of this vendor manage their purchases; `None` if its address is unknown or if it is
    certain that no device has a seat.
    """

    message: str
    """The sentence to show to the user. The sentence does not contain the address of `page`; show `page` as a link
    beside the sentence.
    """


Devices = ListedDevices | HiddenDevices
"""The devices on which a license key is active: a list, or the reason why none can be shown."""


@dataclass(frozen=True, kw_only=True)
class Device(Held):
    """A device on which a license key is active."""

    id: str
    """Polar's id of the activation, which distinguishes the device from others in a list."""

    label: str = field(repr=False)
    """The label that the device had when it was activated."""

    since: datetime
    """The time at which the device was activated."""

    is_this: bool
    """Whether this is the device on which this app runs."""


@dataclass(frozen=True, kw_only=True)
class Released:
    """The outcome of releasing the seat of a device."""

    deactivated: Deactivated
    """Whether Polar released the seat, or the reason why it did not."""


@dataclass(frozen=True, kw_only=True)
class Progress:
    """The progress of an operation that waits for something outside of the app, such as a payment."""

    stage: Stage
    """What the operation waits for at present."""

    waited: timedelta
    """The time for which the operation has waited so far."""

    next_in: timedelta
    """The time until Polar is asked again."""
