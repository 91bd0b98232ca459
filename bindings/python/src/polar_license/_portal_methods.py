"""The methods of the customer portal, with the same names as in Rust, C and JavaScript.

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
    """A purchase in progress. Open its `address` in a browser. Close the checkout when you no longer follow the
    purchase, or use the checkout in a `with` statement.
    """

    @property
    def address(self) -> str:
        """The address to open in a browser. It contains a secret that gives access to the buyer's data, so pass it
        to the browser only.
        """
        return self._address

    def follow(
        self, *, within: timedelta | None = None, on_progress: Callable[[Progress], object] | None = None
    ) -> Purchase:
        """Waits until the purchase is paid, and then makes Polar e-mail a code to the buyer. Waits for at most
        `within`, or for at most half an hour if `within` is absent. The buyer may close the page during the wait.
        After any error, this operation may be called again for the same checkout.

        Fails with `timeout` if the purchase was not paid in time. Fails with `refused` if the payment failed, or if
        the checkout is older than a day. Fails like `request_code` if the purchase is paid, but no code can be
        requested.

        Calls `on_progress` before each wait. An exception of `on_progress` ends the operation and is raised.
        """
        reply: Purchase = self._call("follow", Purchase, {"checkout": self, "withinMs": within}, on_progress)
        return reply


class PortalSession(HeldCaller):
    """A customer's session. Its methods find license keys, restore a license, and manage devices. A session lasts an
    hour, and Polar cannot end it early. So close it together with the dialog that it belongs to, or use it in a
    `with` statement.
    """

    def license_keys(self) -> Sequence[LicenseKey]:
        """Returns the customer's license keys that belong to this organization and to a benefit that the configuration
        accepts. Usable keys come first, sorted by expiry with the latest first.

        Fails with `refused` if the session has ended.
        """
        reply: LicenseKeys = self._call("licenseKeys", LicenseKeys, {"session": self})
        return reply.keys

    def usable_keys(self) -> Sequence[LicenseKey]:
        """Returns the keys of `license_keys` that can be used, in the same order. If no key can be used, the result
        contains the expired key with the latest expiry, because this device's clock may be wrong. Polar decides
        during the activation whether that key is valid. The result always has at least one key.

        Fails with `refused` and a reason if the customer has neither a usable nor an expired key for this app. Fails
        with `refused` and no reason if the session has ended.
        """
        reply: LicenseKeys = self._call("usableKeys", LicenseKeys, {"session": self})
        return reply.keys

    def restore(self) -> Restored:
        """Activates one of the customer's license keys on this device. If the key of the license on this device can be
        used, activates that key. Otherwise activates the only key that can be used. If several keys can be used,
        returns them instead, so that the user can choose one. If the key has no free seat, returns the key and its
        devices.

        If no key can be used, but some have expired by this device's clock, asks Polar to activate the expired key
        with the latest expiry, because the clock may be wrong. If this key has really expired, Polar refuses it and
        no seat is taken.

        Fails with `refused` and a reason if the customer has no key for this app, or no key that can be used. Fails
        with `refused` and no reason if the session has ended. The other failures are those of the license's
        `activate`.
        """
        reply: Restored = self._call("restore", Restored, {"session": self})
        return reply

    def restore_when_granted(self, *, on_progress: Callable[[Progress], object] | None = None) -> Restored:
        """Restores the license like `restore`, but waits up to five minutes if the customer has no usable key yet. Use
        this operation after `claim_seat`, because Polar creates the key a moment after an invitation is accepted.

        Fails with `timeout` if the customer still has no key after this wait. The other failures are those of
        `restore`.

        Calls `on_progress` before each wait. An exception of `on_progress` ends the operation and is raised.
        """
        reply: Restored = self._call("restoreWhenGranted", Restored, {"session": self}, on_progress)
        return reply

    def restore_purchase(
        self, purchase: Purchase, *, on_progress: Callable[[Progress], object] | None = None
    ) -> Restored:
        """Activates the key of a purchase, and waits up to five minutes for the key if it does not exist yet. Fails
        like `restore_when_granted`.

        Calls `on_progress` before each wait. An exception of `on_progress` ends the operation and is raised.
        """
        reply: Restored = self._call("restorePurchase", Restored, {"session": self, "purchase": purchase}, on_progress)
        return reply

    def activate(self, key: LicenseKey) -> Restored:
        """Activates `key`, which the user has chosen from several license keys. Fails like `restore`."""
        reply: Restored = self._call("activate", Restored, {"session": self, "key": key})
        return reply

    def devices(self, key: LicenseKey) -> Devices:
        """Returns the devices on which a key is active. If Polar shows none, either the vendor hides devices from
        customers, or there are none. The result says which of the two is the case, if that can be determined.

        Fails with `refused` if the session has ended, or if the key no longer belongs to the customer.
        """
        reply: Devices = self._call("devices", Devices, {"session": self, "key": key})
        return reply

    def release(self, device: Device) -> Deactivated:
        """Releases the seat of a device. Does not send the session's token. If the device is this one, does the same as
        the license's `deactivate`. Returns `unknown` if Polar does not know the seat, for example because the seat
        was released before.

        Fails with `network`, `timeout` or `server` if no valid answer arrives, and with `rate_limited` if Polar
        accepts no request at the moment. If the error says that the request may have been applied, the seat may have
        been released: list the devices again.
        """
        reply: Released = self._call("release", Released, {"session": self, "device": device})
        return reply.deactivated

    def rotate(self, key: LicenseKey, *, confirmed_by_user: Literal[True]) -> LicenseKey:
        """Replaces a license key with a new one. The old key stops working at once on all devices of the customer. The
        devices keep their seats, but need the new key. Ask the user before you call this operation.

        If the license on this device belongs to this key, the license continues with the new key, even if the key
        has been replaced before and this device did not know that. The new key is stored before this operation
        returns.

        Fails with `storage` if nothing can be stored on this device. If an error says that the request may have been
        applied, the key may have been replaced: list the keys again.
        """
        reply: LicenseKey = self._call(
            "rotate", LicenseKey, {"session": self, "key": key, "confirmedByUser": confirmed_by_user}
        )
        return reply


class Portal(Caller):
    """The customer portal of a license, for customers who have no session. A method that fails raises `LicenseError`;
    the method's documentation names the possible values of `kind`. Methods wait for Polar as the methods of
    `License` do.
    """

    def request_code(self, email: str) -> CodeRequest:
        """Asks Polar to mail a code to `email`, the address that was used for the purchase. Polar does not say whether
        it knows the address. So show the user the `message` of the result, which contains the address.

        Fails with `invalid_argument` if `email` is not an e-mail address. Fails with `rate_limited` and the time to
        wait if too many codes were requested or tried. Fails with `storage` if the number of requests cannot be
        stored; in this case nothing was sent.
        """
        reply: CodeRequest = self._call("requestCode", CodeRequest, {"email": email})
        return reply

    def request_code_for(self, customer: Customer) -> CodeRequest:
        """Asks Polar to mail a code for the customer whom the user has chosen from several customers with the same
        address. Fails like `request_code`.
        """
        reply: CodeRequest = self._call("requestCodeFor", CodeRequest, {"customer": customer})
        return reply

    def authenticate(self, code: str) -> PortalSession:
        """Starts a session with a code from an e-mail. The code is trimmed and converted to capital letters. A text
        that cannot be a code is refused without asking Polar.

        Fails with `invalid_argument` if the code is wrong, was used before, or has expired. Otherwise, fails for the
        same reasons as `request_code`. If no answer arrives, the code may have been used up. In this case, request
        another code.
        """
        reply: PortalSession = self._call("authenticate", PortalSession, {"code": code})
        return reply

    def claim_seat(self, invitation: str) -> PortalSession:
        """Starts a session by accepting an invitation to a team. `invitation` is the link from the e-mail, or the token
        in this link. An invitation works once. Polar creates the license key a moment later, so continue with
        `restore_when_granted`, which waits for the key.

        Fails with `refused` if the invitation was used or has expired. If no answer arrives, Polar may have accepted
        the invitation. In this case, start a session with a code by e-mail instead.
        """
        reply: PortalSession = self._call("claimSeat", PortalSession, {"invitation": invitation})
        return reply

    def session_from_token(self, token: str) -> PortalSession:
        """Starts a session with a token from a success page or the vendor's backend. Sends nothing. Use a token from a
        success page only if the page was opened with a secret that the app created for this purchase, such as a
        random number in the success URL. Otherwise anybody could open the success page with a token of their own.

        Fails with `invalid_argument` if `token` cannot be a token.
        """
        reply: PortalSession = self._call("sessionFromToken", PortalSession, {"token": token})
        return reply

    def checkout(self, link: str) -> Checkout:
        """Creates a checkout from the vendor's checkout link, `https://buy.polar.sh/polar_cl_…`. Open the checkout's
        `address` in a browser. The parameters of the link are kept, except for parameters that identify the buyer.

        Fails with `invalid_argument` if `link` is not a checkout link. Fails with `invalid_argument` in every web
        page, because a web page cannot see where a link leads; use `checkout_from_secret` there. Fails with
        `refused` if Polar does not know the link.
        """
        reply: Checkout = self._call("checkout", Checkout, {"link": link})
        return reply

    def checkout_from_secret(self, client_secret: str) -> Checkout:
        """Returns the checkout that the vendor's backend has created and that `client_secret` identifies. Sends
        nothing.

        Fails with `invalid_argument` if `client_secret` cannot be a client secret.
        """
        reply: Checkout = self._call("checkoutFromSecret", Checkout, {"clientSecret": client_secret})
        return reply
