"""License keys sold through Polar (https://polar.sh), in your app: activate and validate keys, unlock features, keep
working offline, and release seats.

    from polar_license import License

    license = License(organization_id="…", app_id="com.acme.app", features={"export": ["the benefit's id"]})
    license.refresh()
    if not license.allows("export"):
        print(license.explain("export").message)
"""

from polar_license._error import LicenseError, TransportError
from polar_license._license import License
from polar_license._offline import OfflineAnswer, OfflineRelease, OfflineReturn
from polar_license._parts import Clock, Request, Response, Storage, Transport
from polar_license._types import (
    ActiveDecision,
    AnyDecision,
    ClockSuspectDecision,
    Deactivated,
    Decision,
    DeniedDecision,
    ErrorKind,
    ExpiredDecision,
    Explanation,
    Failure,
    GraceDecision,
    LapsedDecision,
    LicenseSettings,
    NextStep,
    OffReason,
    OrderPurchase,
    OrderStatus,
    Problem,
    Purchase,
    Reason,
    State,
    SubscriptionPurchase,
    SubscriptionStatus,
    TextCode,
    UnlicensedDecision,
    Updates,
)
from polar_license._version import __version__

__all__ = [
    "ActiveDecision",
    "AnyDecision",
    "Clock",
    "ClockSuspectDecision",
    "Deactivated",
    "Decision",
    "DeniedDecision",
    "ErrorKind",
    "ExpiredDecision",
    "Explanation",
    "Failure",
    "GraceDecision",
    "LapsedDecision",
    "License",
    "LicenseError",
    "LicenseSettings",
    "NextStep",
    "OffReason",
    "OfflineAnswer",
    "OfflineRelease",
    "OfflineReturn",
    "OrderPurchase",
    "OrderStatus",
    "Problem",
    "Purchase",
    "Reason",
    "Request",
    "Response",
    "State",
    "Storage",
    "SubscriptionPurchase",
    "SubscriptionStatus",
    "TextCode",
    "Transport",
    "TransportError",
    "UnlicensedDecision",
    "Updates",
    "__version__",
]
