"""Tests the customer portal of the installed package over real HTTP, with the local Polar at `POLAR_LICENSE_POLAR`."""

import copy
import gc
import json
import logging
import pickle
import tempfile
import threading
import urllib.request
from datetime import UTC, datetime, timedelta
from typing import Any

import local_polar as polar
from polar_license import License, LicenseError, Request, Response
from polar_license.portal import (
    Checkout,
    KeyChoice,
    Licensed,
    ListedDevices,
    NoSeat,
    PortalSession,
    Progress,
    SuccessPage,
)
from test_http import DEADLINE, OverHttp

EMAIL = "iona.larkspur@example.com"
LINK = "polar_cl_DEMO"
PRODUCT = "de300000-0000-4000-8000-0000000000f1"
INVITATION = "DEMO-INVITATION"


class TestClock:
    """A clock that a test sets. Polar's clock is set together with it."""

    def __init__(self) -> None:
        self.passed = timedelta()
        self.start = datetime.now(UTC)

    def now(self) -> datetime:
        return self.start + self.passed

    def monotonic(self) -> timedelta:
        return self.passed

    def advance(self, time: timedelta) -> None:
        self.passed += time
        polar.ask("/clock", {"advance_seconds": time.total_seconds()})


class Story(OverHttp):
    def bought(self, **limits: int) -> str:
        key: str = polar.ask("/keys", {"benefit": "pro", "email": EMAIL, **limits})["key"]
        return key

    def active_elsewhere(self, key: str, label: str) -> None:
        folder = self.enterContext(tempfile.TemporaryDirectory())
        self.open(directory=folder, device_id=label, label=label).activate(key)

    def code(self) -> str:
        """Returns the code in the last mail."""
        code: str = polar.ask("/mails")[-1]["code"]
        return code

    def session(self, license: License) -> PortalSession:
        self.assertEqual(license.portal().request_code(EMAIL).kind, "sent")
        return license.portal().authenticate(self.code())


class LostKey(Story):
    def test_an_address_and_a_code_bring_the_license_back(self) -> None:
        key = self.bought(limit_activations=2)
        license = self.open()
        sent = license.portal().request_code(f" {EMAIL}\n")
        assert sent.kind == "sent"
        self.assertIn(EMAIL, sent.message)
        with license.portal().authenticate(f" {self.code().lower()} ") as session:
            restored = session.restore()
            assert isinstance(restored, Licensed), restored
            [found] = session.license_keys()
        self.assertEqual((restored.decision, restored.decision.state), (license.current(), "active"))
        self.assertEqual((found.display_key, found.status, found.is_here), (f"****-{key[-6:]}", "granted", True))
        self.assertEqual((found.limit_activations, found.limit_usage, found.expires_at), (2, None, None))
        self.assertLess(abs(datetime.now(UTC) - found.created_at), timedelta(hours=1))
        self.assertEqual(len(polar.ask(f"/keys/{key}")["activations"]), 1)

    def test_several_keys_are_offered_to_choose_from(self) -> None:
        self.bought(expires_in_seconds=86400)
        best = self.bought()
        license = self.open()
        session = self.session(license)
        offered = session.restore()
        assert isinstance(offered, KeyChoice), offered
        self.assertEqual([key.expires_at is None for key in offered.keys], [True, False])
        self.assertEqual(offered.keys[0].display_key, f"****-{best[-6:]}")
        self.assertEqual(session.activate(offered.keys[1]).kind, "licensed")
        self.assertEqual(license.current().display_key, offered.keys[1].display_key)
        self.assertEqual([key.id for key in session.usable_keys()], [key.id for key in offered.keys])

    def test_a_wrong_code_says_so(self) -> None:
        license = self.open()
        error = self.fails("invalid_argument", lambda: license.portal().authenticate("AAAAAA"))
        self.assertEqual(error.message, "This code is wrong or has expired. Check it, or ask for another one.")
        self.assertEqual(error.decision, license.current())


class DeadMachine(Story):
    def test_a_device_is_released_and_the_license_moves_here(self) -> None:
        key = self.bought(limit_activations=1)
        self.active_elsewhere(key, "The laptop that fell into the lake")
        license = self.open()
        session = self.session(license)
        full = session.restore()
        assert isinstance(full, NoSeat) and isinstance(full.devices, ListedDevices), full
        self.assertEqual((full.error.reason, full.error.decision), ("activation_limit", license.current()))
        [laptop] = full.devices.devices
        self.assertEqual((laptop.label, laptop.is_this), ("The laptop that fell into the lake", False))
        self.assertEqual(laptop.since.tzinfo, UTC)
        self.assertEqual(session.release(laptop), "released")
        self.assertEqual(session.release(laptop), "unknown")
        self.assertEqual(session.activate(full.key).kind, "licensed")
        here = session.devices(full.key)
        assert here.kind == "listed"
        self.assertEqual([device.is_this for device in here.devices], [True])

    def test_hidden_devices_come_with_a_sentence(self) -> None:
        polar.ask("/benefits/pro", {"show_activations": False}, method="PATCH")
        key = self.bought(limit_activations=1)
        self.active_elsewhere(key, "laptop")
        full = self.session(self.open()).restore()
        assert isinstance(full, NoSeat) and full.devices.kind == "hidden", full
        self.assertTrue(full.devices.is_certain)
        self.assertIn("Ask the vendor to remove one.", full.devices.message)


class Rotated(Story):
    def test_a_key_is_replaced_and_the_license_goes_on(self) -> None:
        old = self.bought(limit_activations=1)
        license = self.open()
        session = self.session(license)
        session.restore()
        [key] = session.license_keys()
        unasked: Any = False
        self.fails("invalid_argument", lambda: session.rotate(key, confirmed_by_user=unasked))
        replaced = session.rotate(key, confirmed_by_user=True)
        self.assertNotEqual(replaced.display_key, f"****-{old[-6:]}")
        self.assertEqual((license.current().display_key, license.validate().state), (replaced.display_key, "active"))


class Team(Story):
    def test_an_invitation_starts_a_session(self) -> None:
        clock = TestClock()
        license = self.open(clock=clock)
        session = license.portal().claim_seat(f"{polar.URL}/demo/portal/claim?token={INVITATION}")
        restored = session.restore_when_granted(on_progress=lambda progress: clock.advance(progress.next_in))
        self.assertEqual(restored.kind, "licensed")
        error = self.fails("refused", lambda: license.portal().claim_seat(INVITATION))
        self.assertEqual(error.maybe_applied, False)


class Bought(Story):
    def pay(self, checkout: Checkout) -> None:
        secret = checkout.address.rpartition("/")[2]
        polar.ask(f"/checkouts/{secret}/pay", {"customer_email": EMAIL})

    def test_a_purchase_is_followed_and_licensed_with_a_code(self) -> None:
        clock = TestClock()
        license = self.open(clock=clock)
        checkout = license.portal().checkout(f"https://buy.polar.sh/{LINK}?locale=de")
        self.assertTrue(checkout.address.startswith(f"{polar.URL}/checkout/polar_c_"), checkout.address)
        seen: list[Progress] = []

        def report(progress: Progress) -> None:
            seen.append(progress)
            if len(seen) == 2:
                self.pay(checkout)
            clock.advance(progress.next_in)

        purchase = checkout.follow(within=timedelta(minutes=10), on_progress=report)
        self.assertEqual([(one.stage, one.waited > timedelta()) for one in seen], [("open", False), ("open", True)])
        assert purchase.code.kind == "sent"
        session = license.portal().authenticate(self.code())
        restored = session.restore_purchase(purchase, on_progress=lambda progress: clock.advance(progress.next_in))
        self.assertEqual(restored.kind, "licensed")
        self.assertTrue(license.allows("export"))

    def test_a_wait_ends_in_time_and_when_the_app_wants(self) -> None:
        clock = TestClock()
        license = self.open(clock=clock)
        checkout = license.portal().checkout(LINK)
        self.fails("timeout", lambda: checkout.follow(within=timedelta(0)))

        def mistaken(_: Progress) -> None:
            raise RuntimeError("a mistake in the app")

        self.assertRaisesRegex(RuntimeError, "a mistake in the app", lambda: checkout.follow(on_progress=mistaken))
        self.fails("cancelled", lambda: checkout.follow(on_progress=lambda _: license.cancel()))

    def test_a_checkout_of_the_backend_has_the_same_address(self) -> None:
        license = self.open()
        checkout = license.portal().checkout(LINK)
        again = license.portal().checkout_from_secret(checkout.address.rpartition("/")[2])
        self.assertEqual(again.address, checkout.address)
        self.fails("invalid_argument", lambda: license.portal().checkout("no link"))


class SuccessPages(Story):
    def browser_after_purchase_from(self, page: SuccessPage) -> None:
        """Pays for a checkout whose success URL is the page's address. Opens the URL as the buyer's browser does."""
        request = {"products": [PRODUCT], "success_url": page.address}
        made = polar.ask("/v1/checkouts/", request, headers=polar.VENDOR)
        url = polar.ask(f"/checkouts/{made['client_secret']}/pay", {"customer_email": EMAIL})["success_url"]
        browser = threading.Thread(target=lambda: urllib.request.urlopen(url, timeout=DEADLINE).close())
        browser.start()
        self.addCleanup(browser.join, DEADLINE)

    def test_the_browser_brings_the_session_back_from_a_purchase(self) -> None:
        clock = TestClock()
        license = self.open(clock=clock)
        with SuccessPage() as page:
            self.assertRegex(page.address, r"^http://127\.0\.0\.1:\d+/polar\?state=[0-9a-f]{32}$")
            self.browser_after_purchase_from(page)
            session = license.portal().session_from_page(page, within=timedelta(minutes=30))
            self.assertNotIn("polar_cst", f"{page!r} {session!r} {vars(session)}")
        restored = session.restore_when_granted(on_progress=lambda progress: clock.advance(progress.next_in))
        self.assertEqual((restored.kind, license.allows("export")), ("licensed", True))

    def test_a_wait_without_a_browser_ends_in_time_and_when_the_app_wants(self) -> None:
        license = self.open()
        page = SuccessPage()
        wait = license.portal().session_from_page
        error = self.fails("timeout", lambda: wait(page, within=timedelta(0)))
        self.assertEqual(error.decision, license.current())
        ended = threading.Event()

        def cancelled() -> None:
            self.fails("cancelled", lambda: wait(page, within=timedelta(minutes=30)))
            ended.set()

        waiting = threading.Thread(target=cancelled)
        waiting.start()
        # cancels repeatedly, because a cancel has no effect before the wait has begun
        while waiting.is_alive():
            license.cancel()
        self.assertTrue(ended.is_set())

    def test_a_closed_page_listens_no_longer(self) -> None:
        license = self.open()
        page = SuccessPage()
        port = int(page.address.split(":")[2].split("/")[0])
        error = self.fails("internal", lambda: SuccessPage(port))
        self.assertIn(f"cannot listen on port {port} of 127.0.0.1", error.detail)
        self.assertIsNone(error.decision)
        page.close()
        page.close()
        SuccessPage(port).close()
        for use in (lambda: page.address, lambda: license.portal().session_from_page(page, within=timedelta(0))):
            self.assertRaises(ValueError, use)


class Handles(Story):
    def test_secrets_are_in_no_object_and_no_log_line(self) -> None:
        key = self.bought(limit_activations=1)
        license = self.open()
        with self.assertLogs("polar_license", logging.DEBUG) as logged:
            sent = license.portal().request_code(EMAIL)
            session = license.portal().authenticate(self.code())
            shown = [sent, session, session.restore(), session.license_keys(), license.portal().checkout(LINK)]
        self.assertEqual(repr(session), "<PortalSession>")
        text = f"{shown} {[vars(one) for one in session.license_keys()]} {logged.output}"
        tokens = [request["headers"].get("authorization") for request in polar.ask("/requests")]
        secrets = [token.removeprefix("Bearer ") for token in tokens if token]
        self.assertTrue(secrets)
        for secret in [key, EMAIL, self.code(), "polar_c_", *secrets]:
            self.assertNotIn(secret, text)

    def test_the_secrets_of_objects_that_are_gone_are_wiped(self) -> None:
        self.bought()
        license = self.open()
        session = self.session(license)
        [key] = session.license_keys()
        # the list that contained the key is gone, but the reply of that list is still in memory
        gc.collect()
        self.assertEqual(session.activate(key).kind, "licensed")
        session.close()
        session.close()
        error = self.fails("invalid_argument", session.restore)
        self.assertEqual(error.detail, "`session` must be the handle of a session")

    def test_a_copy_or_an_object_of_another_license_is_refused(self) -> None:
        self.bought()
        license = self.open()
        session = self.session(license)
        [key] = session.license_keys()
        folder = self.enterContext(tempfile.TemporaryDirectory())
        other = self.session(self.open(directory=folder))
        # in the library, the keys of both licenses have the same number
        [same] = other.license_keys()
        polar.ask("/requests", method="DELETE")
        for wrong in (pickle.loads(pickle.dumps(key)), copy.replace(key) if hasattr(copy, "replace") else None):
            error = self.fails("invalid_argument", lambda wrong=wrong: session.activate(wrong))  # type: ignore[misc]
            self.assertEqual(error.detail, "`key` must be the handle of a license key")
        self.fails("invalid_argument", lambda: other.activate(key))
        self.assertEqual(polar.ask("/requests"), [])
        self.assertEqual((same.id, other.activate(same).kind), (key.id, "licensed"))

    def test_a_closed_license_raises_an_error(self) -> None:
        license = self.open()
        portal, session = license.portal(), license.portal().session_from_token("polar_cst_abc")
        license.close()
        for use in (license.portal, lambda: portal.request_code(EMAIL), session.restore):
            self.assertRaises(ValueError, use)
        session.close()

    def test_another_thread_ends_an_operation(self) -> None:
        license = self.open()
        polar.ask("/faults", {"fault": "stall"})
        errors: list[LicenseError] = []
        waiting = threading.Thread(
            target=lambda: errors.append(self.fails("cancelled", lambda: license.portal().request_code(EMAIL)))
        )
        waiting.start()
        polar.wait_for_requests(1)
        license.cancel()
        waiting.join(DEADLINE)
        self.assertEqual(len(errors), 1)


class OwnTransport(Story):
    def test_requests_of_the_portal_go_over_the_apps_own_network_stack(self) -> None:
        sent: list[str] = []

        class NoRedirect(urllib.request.HTTPRedirectHandler):
            def redirect_request(self, *_: Any) -> None:
                return None

        opener = urllib.request.build_opener(NoRedirect())

        def send(request: Request) -> Response:
            sent.append(request.method)
            body = request.body if request.method == "POST" else None
            out = urllib.request.Request(request.url, body, dict(request.headers), method=request.method)
            try:
                with opener.open(out, timeout=DEADLINE) as reply:
                    return Response(status=reply.status, headers=dict(reply.headers), body=reply.read())
            except urllib.error.HTTPError as error:
                return Response(status=error.code, headers=dict(error.headers), body=error.read())

        self.bought()
        license = self.open(transport=send)
        self.assertEqual(self.session(license).restore().kind, "licensed")
        self.assertTrue(license.portal().checkout(LINK).address)
        self.assertEqual(set(sent), {"POST", "GET"})
        self.assertNotIn("polar_cst", json.dumps(sent))
