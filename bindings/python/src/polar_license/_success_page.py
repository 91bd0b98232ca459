"""The page on this computer to which a browser returns after a purchase, and the portal method that waits for the
browser.
"""

import json
from datetime import timedelta
from typing import Any

from polar_license import _convert as convert
from polar_license import _portal_methods as methods
from polar_license._closable import Closable
from polar_license._native import ffi, lib


class SuccessPage(Closable):
    """A page on this computer that a browser opens after a purchase. The browser passes the customer's token to the
    page. Use a success page for a checkout that your backend creates with `address` as the success URL. A checkout that
    the app creates from a link needs no success page: follow that checkout instead. Offer another way to restore the
    license too, because a token may never arrive: Polar gives one to new buyers only, and the buyer may close the
    browser's page.

        with SuccessPage() as page:
            webbrowser.open(checkout_of_your_backend(page.address))
            session = license.portal().session_from_page(page, within=timedelta(minutes=30))
        restored = session.restore_when_granted()

    The page listens on 127.0.0.1 only, and takes a token only from somebody who knows its address.
    """

    def __init__(self, port: int = 0) -> None:
        """Listens on the port, or on any free port if `port` is 0.

        Raises `LicenseError` of kind `internal` if the port is taken.
        """
        page, error = ffi.new("polar_license_success_page **"), ffi.new("polar_license_error **")
        if lib.polar_license_success_page_listen(port, page, error):
            raise convert.taken_error(error[0])
        # freed as soon as neither this object nor a running wait refers to it
        self._pointer: Any = ffi.gc(page[0], lib.polar_license_success_page_free)

    @property
    def address(self) -> str:
        """The success URL for the checkout. Only your backend should know it, because anybody who knows it can send a
        token to this page."""
        return convert.string(lib.polar_license_success_page_address(self._used()))

    def close(self) -> None:
        """Stops listening as soon as no wait is running. Another call of `close` does nothing. After `close`, every
        other use of the page raises `ValueError`.
        """
        self._pointer = None

    def _used(self) -> Any:
        pointer = self._pointer
        if pointer is None:
            raise ValueError("the success page is closed")
        return pointer

    def __repr__(self) -> str:
        return "<SuccessPage>"


class Portal(methods.Portal):
    """The customer portal of a license, for customers who have no session. A method that fails raises `LicenseError`;
    the method's documentation names the possible values of `kind`. Methods wait for Polar as the methods of
    `License` do.
    """

    def session_from_page(self, page: SuccessPage, *, within: timedelta) -> methods.PortalSession:
        """Waits at most `within` for the browser to open the page, and starts a session with the token that the
        browser sends. Continue with `restore_when_granted`. `License.cancel` ends the wait.

        Fails with `timeout` if no token arrives in time, for example because the buyer has closed the browser's page or
        already was a customer. Fails with `cancelled` if the app cancelled.
        """
        reply, text = self._runner._wait_for_page(page._used(), convert.milliseconds(within))
        return methods.PortalSession(self._runner, reply, json.loads(text)["handle"])
