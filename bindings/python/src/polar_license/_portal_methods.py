"""The methods of the customer portal: the same names as in Rust, C and JavaScript.

Written by bindings/wasm/tests/types from the core's operations: change them there.
"""

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Literal

from polar_license._portal_call import Caller, HeldCaller
from polar_license._portal_types import (
    CodeRequest,
    Customer,
    Device,
    Devices,
    LicenseKey,
    LicenseKeys,
    Progress,
    Purchase,
    Released,
    Restored,
)
from polar_license._types import Deactivated


class Checkout(HeldCaller):
    """A purchase in progress. Open its `address` in a browser. Close it when it is no longer followed, or use it in a
    `with` statement.
    """

    @property
    def address(self) -> str:
        """The address to open in a browser. It contains a secret that shows the buyer's data: pass it to nothing but
        the browser.
        """
        return self._address

    def follow(
        self, *, within: timedelta | None = None, on_progress: Callable[[Progress], object] | None = None
    ) -> Purchase:
        """Waits until the purchase is paid, and then makes Polar e-mail a code to the buyer. Waits half an hour, or no
        longer than `within`. The buyer may close the page meanwhile. May be called again after any error.

        Fails with `timeout` if the purchase was not paid in time; with `refused` if the payment failed or the
        checkout is older than a day; once it is paid, like `request_code`.

        Calls `on_progress` before each wait. An exception of `on_progress` ends the operation and is raised.
        """
        reply: Purchase = self._call("follow", Purchase, {"checkout": self, "withinMs": within}, on_progress)
        return reply


class PortalSession(HeldCaller):
    """A customer's session, which lasts an hour: finds license keys, restores a license, manages devices. Polar cannot
    end it early, so close it together with the dialog that it belongs to, or use it in a `with` statement.
    """

    def license_keys(self) -> Sequence[LicenseKey]:
        """Returns the customer's license keys for this organization and the benefits that the configuration accepts.
        Usable keys come first, and among them those with the latest expiry.

        Fails with `refused` if the session has ended.
        """
        reply: LicenseKeys = self._call("licenseKeys", LicenseKeys, {"session": self})
        return reply.keys

    def usable_keys(self) -> Sequence[LicenseKey]:
        """Returns those license keys that can be used, in the order of `license_keys`; at least one. If all have
        expired by this device's clock, which may be wrong, returns the key with the latest expiry: Polar decides
        when it is activated.

        Fails with `refused` and a reason if the customer has no key for this app or none that can be used; with
        `refused` and no reason if the session has ended.
        """
        reply: LicenseKeys = self._call("usableKeys", LicenseKeys, {"session": self})
        return reply.keys

    def restore(self) -> Restored:
        """Activates the customer's license key on this device: the one that is active here, or the only one that can be
        used. Returns several usable keys to choose from, or the devices if no seat is free. If all keys have expired
        by this device's clock, which may be wrong, Polar is asked about the one with the latest expiry; an expired
        key takes no seat.

        Fails with `refused` and a reason if the customer has no key for this app or none that can be used; with
        `refused` and no reason if the session has ended; otherwise like the license's `activate`.
        """
        reply: Restored = self._call("restore", Restored, {"session": self})
        return reply

    def restore_when_granted(self, *, on_progress: Callable[[Progress], object] | None = None) -> Restored:
        """Restores the license like `restore`, and waits up to five minutes for a key that is still on its way, after
        an invitation was accepted.

        Fails with `timeout` if the key has not arrived; otherwise like `restore`.

        Calls `on_progress` before each wait. An exception of `on_progress` ends the operation and is raised.
        """
        reply: Restored = self._call("restoreWhenGranted", Restored, {"session": self}, on_progress)
        return reply

    def restore_purchase(
        self, purchase: Purchase, *, on_progress: Callable[[Progress], object] | None = None
    ) -> Restored:
        """Activates the key of a purchase, and waits up to five minutes for it. Fails like `restore_when_granted`.

        Calls `on_progress` before each wait. An exception of `on_progress` ends the operation and is raised.
        """
        reply: Restored = self._call("restorePurchase", Restored, {"session": self, "purchase": purchase}, on_progress)
        return reply

    def activate(self, key: LicenseKey) -> Restored:
        """Activates one of several suitable keys. Fails like `restore`."""
        reply: Restored = self._call("activate", Restored, {"session": self, "key": key})
        return reply

    def devices(self, key: LicenseKey) -> Devices:
        """Returns the devices on which a key is active, or that the vendor does not show them.

        Fails with `refused` if the session has ended, or the key does not belong to the customer any more.
        """
        reply: Devices = self._call("devices", Devices, {"session": self, "key": key})
        return reply

    def release(self, device: Device) -> Deactivated:
        """Releases the seat of a device. Does not send the session's token. For this device it does the same as the
        license's `deactivate`. Returns `unknown` if Polar does not know the seat, or not any more.

        Fails with `network`, `timeout`, `server` or `rate_limited` if Polar did not answer. Then the seat may have
        been released: list the devices again.
        """
        reply: Released = self._call("release", Released, {"session": self, "device": device})
        return reply.deactivated

    def rotate(self, key: LicenseKey, *, confirmed_by_user: Literal[True]) -> LicenseKey:
        """Replaces a license key with a new one. The old key stops working at once on all devices of the customer,
        which then need the new one. Seats are kept. Ask the user first. If the license here belongs to this key,
        even to an earlier text of it, it continues with the new key, which is stored before this returns.

        Fails with `storage` if nothing can be stored here. Any error that may have been applied means that the key
        may have been replaced: list the keys again.
        """
        reply: LicenseKey = self._call(
            "rotate", LicenseKey, {"session": self, "key": key, "confirmedByUser": confirmed_by_user}
        )
        return reply


class Portal(Caller):
    """The customer portal of a license, for customers who have no session. A method that fails raises `LicenseError`,
    of the `kind` that its documentation names. Methods wait for Polar like those of `License`.
    """

    def request_code(self, email: str) -> CodeRequest:
        """Makes Polar e-mail a code to the address of the purchase. Polar does not tell whether it knows the address:
        show `message`, which contains the address.

        Fails with `invalid_argument` if `email` is not an e-mail address; with `rate_limited` and the time to wait
        if too many codes were requested or tried; with `storage` if the try cannot be counted, in which case nothing
        was sent.
        """
        reply: CodeRequest = self._call("requestCode", CodeRequest, {"email": email})
        return reply

    def request_code_for(self, customer: Customer) -> CodeRequest:
        """Makes Polar e-mail a code to one of several customers with the same address. Fails like `request_code`."""
        reply: CodeRequest = self._call("requestCodeFor", CodeRequest, {"customer": customer})
        return reply

    def authenticate(self, code: str) -> PortalSession:
        """Starts a session with a code from an e-mail. The code is trimmed and converted to capital letters. A text
        that cannot be a code is refused without a request.

        Fails with `invalid_argument` if the code is wrong or has expired; otherwise like `request_code`. If no
        answer comes, the code may be used up: request another one.
        """
        reply: PortalSession = self._call("authenticate", PortalSession, {"code": code})
        return reply

    def claim_seat(self, invitation: str) -> PortalSession:
        """Starts a session by accepting an invitation to a team. `invitation` is its token, or the link in its e-mail,
        and works once. The key arrives a moment later: continue with `restore_when_granted`.

        Fails with `refused` if the invitation was used or has expired. If no answer comes, it may have been
        accepted; then a code by e-mail starts the session.
        """
        reply: PortalSession = self._call("claimSeat", PortalSession, {"invitation": invitation})
        return reply

    def session_from_token(self, token: str) -> PortalSession:
        """Starts a session with a token from a success page or the vendor's backend. Sends nothing. A page cannot know
        who sent it a token: compare a value that only the app and its own purchase know.

        Fails with `invalid_argument` if `token` cannot be a token.
        """
        reply: PortalSession = self._call("sessionFromToken", PortalSession, {"token": token})
        return reply

    def checkout(self, link: str) -> Checkout:
        """Creates a checkout with the vendor's link, `https://buy.polar.sh/polar_cl_…`. Open its `address` in a
        browser. Keeps the link's parameters, except those that name the buyer.

        Fails with `invalid_argument` if `link` is not such a link, and in web pages, which cannot see the target of
        a link: use `checkout_from_secret` there. Fails with `refused` if Polar does not know the link.
        """
        reply: Checkout = self._call("checkout", Checkout, {"link": link})
        return reply

    def checkout_from_secret(self, client_secret: str) -> Checkout:
        """Returns a checkout that the vendor's backend has created, by its client secret. Sends nothing.

        Fails with `invalid_argument` if `client_secret` cannot be a client secret.
        """
        reply: Checkout = self._call("checkoutFromSecret", Checkout, {"clientSecret": client_secret})
        return reply
