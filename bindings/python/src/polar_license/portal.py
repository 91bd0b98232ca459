"""The customer portal, which `License.portal` returns. It helps customers who have lost the key, whose device
no longer works, or who have just bought a license.

    portal = license.portal()
    print(portal.request_code(input("Address of the purchase: ")).message)
    with portal.authenticate(input("Code from the mail: ")) as session:
        restored = session.restore()
"""

from polar_license._portal_methods import Checkout, PortalSession
from polar_license._portal_types import (
    CodeRequest,
    CodeSent,
    Customer,
    CustomerChoice,
    Device,
    Devices,
    HiddenDevices,
    KeyChoice,
    KeyStatus,
    Licensed,
    LicenseKey,
    ListedDevices,
    NoSeat,
    Progress,
    Purchase,
    Restored,
    Stage,
)
from polar_license._success_page import Portal, SuccessPage

__all__ = [
    "Checkout",
    "CodeRequest",
    "CodeSent",
    "Customer",
    "CustomerChoice",
    "Device",
    "Devices",
    "HiddenDevices",
    "KeyChoice",
    "KeyStatus",
    "LicenseKey",
    "Licensed",
    "ListedDevices",
    "NoSeat",
    "Portal",
    "PortalSession",
    "Progress",
    "Purchase",
    "Restored",
    "Stage",
    "SuccessPage",
]
