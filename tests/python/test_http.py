"""Tests the installed package over real HTTP, with the local Polar at `POLAR_LICENSE_POLAR`."""

import gc
import json
import logging
import pickle
import signal
import subprocess
import sys
import tempfile
import threading
import unittest
import weakref
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import local_polar as polar
from polar_license import Decision, License, LicenseError, Request, Response

DEADLINE = 600
"""The time limit in seconds. It is longer than anything takes, unless it hangs."""

GERMAN = Path(__file__).parent.parent.parent / "texts" / "de.json"


class OverHttp(unittest.TestCase):
    def setUp(self) -> None:
        polar.reset()
        self.folder = self.enterContext(tempfile.TemporaryDirectory())

    def open(self, **settings: Any) -> License:
        features = {"export": [polar.PRO], "sync": (polar.BASIC,)}
        common = {"organization_id": polar.ORGANIZATION, "app_id": "com.acme.app", "environment": polar.URL}
        license = License(**{"directory": self.folder, "features": features} | common | settings)
        self.addCleanup(license.close)
        return license

    def fails(self, kind: str, operation: Callable[[], object]) -> LicenseError:
        with self.assertRaises(LicenseError) as caught:
            operation()
        self.assertEqual(caught.exception.kind, kind)
        return caught.exception


class Life(OverHttp):
    def test_a_license_from_its_key_to_its_end(self) -> None:
        key = polar.new_key(limit_activations=1, limit_usage=10)
        license = self.open()
        self.assertEqual(license.refresh().next_step, "enter_key")
        decision = license.activate(f"  {key}\n")
        self.assertEqual((decision.state, decision.display_key), ("active", f"****-{key[-6:]}"))
        self.assertTrue(license.allows("export"))
        self.assertEqual(license.consume(7).usage, 7)
        self.assertEqual(self.fails("usage_exhausted", lambda: license.consume(4)).decision, license.current())
        assert decision.confirmed_at is not None and decision.grace_ends_at is not None
        self.assertLess(abs(datetime.now(UTC) - decision.confirmed_at), timedelta(hours=1))
        self.assertEqual(decision.grace_ends_at - decision.confirmed_at, timedelta(days=14))
        license.close()
        # opens the license again, as a restart of the app does
        license = self.open()
        self.assertTrue(license.allows("export"))
        self.assertEqual(license.deactivate(), "released")
        self.assertEqual(polar.ask(f"/keys/{key}")["activations"], [])
        self.fails("not_activated", license.deactivate)

    def test_an_explanation_says_why_a_feature_is_off(self) -> None:
        license = self.open(purchase_url="https://acme.example/buy")
        self.assertEqual(license.explain("sync").message, "No license is active on this device. Enter a license key.")
        license.activate(polar.new_key())
        explanation = license.explain("sync")
        self.assertEqual((explanation.allowed, explanation.reason), (False, "not_included"))
        self.assertEqual((explanation.next_step, explanation.next_url), ("renew", "https://acme.example/buy"))
        self.assertEqual(license.explain("export").reason, None)
        self.assertEqual(license.explain("no such feature").reason, "unknown")
        # C would end the string at the NUL, and a feature with the name before the NUL exists
        self.assertEqual((license.allows("export\0"), license.explain("export\0").reason), (False, "unknown"))

    def test_a_refusal_says_why_and_what_to_do(self) -> None:
        key = polar.new_key(limit_activations=1)
        other = tempfile.TemporaryDirectory()
        self.addCleanup(other.cleanup)
        self.open(directory=Path(other.name), device_id="another").activate(key)
        texts = json.loads(GERMAN.read_text("utf-8"))
        license = self.open(texts=texts, portal_url="https://acme.example/portal")
        error = self.fails("refused", lambda: license.activate(key))
        self.assertEqual((error.reason, error.next_step), ("activation_limit", "manage_devices"))
        self.assertEqual(error.next_url, "https://acme.example/portal")
        self.assertEqual(error.message, texts["refused.activation_limit"])
        self.assertIn(error.detail, str(error))
        self.assertNotIn(key, f"{error!r} {error}")
        copy = pickle.loads(pickle.dumps(error))
        self.assertEqual((str(copy), copy.decision), (str(error), license.current()))

    def test_settings_arrive_at_polar_and_wrong_ones_are_found_at_once(self) -> None:
        key = polar.new_key(limit_activations=1)
        license = self.open(
            label="a test",
            bind_device=False,
            conditions={"major": 3, "beta": False},
            meta={"from": "Python"},
            refresh_interval=timedelta(hours=1),
            offline_grace=timedelta(days=2),
            timeout=None,
        )
        decision = license.activate(key)
        assert decision.confirmed_at is not None and decision.grace_ends_at is not None
        self.assertEqual(decision.grace_ends_at - decision.confirmed_at, timedelta(days=2))
        [activation] = polar.ask(f"/keys/{key}")["activations"]
        self.assertEqual((activation["label"], activation["conditions"]), ("a test", {"major": 3, "beta": False}))
        self.assertEqual(activation["meta"]["from"], "Python")
        self.fails("invalid_config", lambda: self.open(organization_id="acme"))
        for wrong in ({"timeout": 10}, {"organisation_id": "x"}, {"features": 3}, {"label": object()}):
            with self.subTest(wrong=wrong), self.assertRaises((TypeError, LicenseError)):
                self.open(**wrong)

    def test_an_error_names_a_wrong_setting_as_python_does(self) -> None:
        missing = self.fails("invalid_config", lambda: License(app_id="com.acme.app"))  # type: ignore[call-arg]
        self.assertEqual(missing.detail, "the setting `organization_id` is missing")
        negative = self.fails("invalid_config", lambda: self.open(offline_grace=timedelta(days=-1)))
        self.assertIn("the setting `offline_grace` must be", negative.detail)

    def test_a_closed_license_raises_an_error(self) -> None:
        with self.open() as license:
            self.assertEqual(repr(license), "<License: unlicensed>")
            stop = license.on_change(print)
        license.close()
        stop()
        self.assertEqual(repr(license), "<License: closed>")
        for use in (license.current, license.refresh, license.cancel, lambda: license.allows("export")):
            self.assertRaises(ValueError, use)

    def test_a_dropped_license_is_freed_later(self) -> None:
        storage = Memory()
        gone = weakref.ref(storage)
        License(organization_id=polar.ORGANIZATION, app_id="com.acme.app", storage=storage)
        del storage
        gc.collect()
        self.open()
        self.assertIsNone(gone())


class Memory:
    """An app's own store."""

    def __init__(self) -> None:
        self.record: bytes | None = None

    def load(self) -> bytes | None:
        return self.record

    def save(self, record: bytes, *, durable: bool) -> None:
        self.record = record

    def remove(self) -> None:
        self.record = None


class Broken(Memory):
    def save(self, record: bytes, *, durable: bool) -> None:
        raise OSError("the disk is broken")


class Parts(OverHttp):
    def test_a_store_of_the_apps_own(self) -> None:
        storage = Memory()
        self.open(storage=storage).activate(polar.new_key())
        self.assertTrue(self.open(storage=storage).allows("export"))
        self.assertEqual(list(Path(self.folder).iterdir()), [])

    def test_an_exception_of_a_part_is_logged_and_reported(self) -> None:
        def send(request: Request) -> Response:
            raise RuntimeError("a mistake in the app")

        with self.assertLogs("polar_license", "ERROR") as logged:
            self.fails("storage", lambda: self.open(storage=Broken()).activate(polar.new_key()))
            error = self.fails("network", lambda: self.open(transport=send).activate(polar.new_key()))
        self.assertIn("the disk is broken", "".join(logged.output))
        self.assertIn("a mistake in the app", "".join(logged.output))
        self.assertFalse(error.decision and error.decision.allowed)

    def test_log_lines_reach_python_without_a_key(self) -> None:
        key = polar.new_key(limit_activations=1)
        with self.assertLogs("polar_license", logging.DEBUG) as logged:
            self.open().activate(key)
        self.assertTrue(any(line.startswith("DEBUG:polar_license.") for line in logged.output), logged.output)
        self.assertNotIn(key, "".join(logged.output))


class Threads(OverHttp):
    def test_other_threads_run_while_one_waits_and_can_cancel_it(self) -> None:
        license = self.open()
        license.activate(polar.new_key())
        polar.ask("/requests", method="DELETE")
        polar.ask("/faults", {"fault": "stall"})
        results: list[Decision] = []
        waiting = threading.Thread(target=lambda: results.append(license.validate()))
        waiting.start()
        polar.wait_for_requests(1)
        # this could not run if the waiting thread held the interpreter's lock
        self.assertTrue(license.allows("export") and license.current().allowed and waiting.is_alive())
        license.cancel()
        waiting.join(DEADLINE)
        [decision] = results
        assert decision.problem is not None
        self.assertEqual((decision.problem.kind, decision.allowed), ("cancelled", True))

    def test_closing_ends_an_operation_of_another_thread(self) -> None:
        license = self.open()
        polar.ask("/faults", {"fault": "stall"})
        errors: list[LicenseError] = []
        waiting = threading.Thread(
            target=lambda: errors.append(self.fails("cancelled", lambda: license.activate("A-KEY")))
        )
        waiting.start()
        polar.wait_for_requests(1)
        license.close()
        waiting.join(DEADLINE)
        self.assertEqual(len(errors), 1)

    def test_listeners_are_called_until_they_are_stopped(self) -> None:
        license = self.open()
        seen: list[str] = []

        def mistaken(_: Decision, __: Decision) -> None:
            raise RuntimeError("a mistake in the app")

        stops = [
            license.on_change(mistaken),
            license.on_change(lambda now, old: seen.append(f"{old.state} {now.state} {license.allows('export')}")),
        ]
        with self.assertLogs("polar_license", "ERROR") as logged:
            license.activate(polar.new_key())
        self.assertIn("a mistake in the app", logged.output[0])
        for stop in stops:
            stop()
        license.forget()
        self.assertEqual(seen, ["unlicensed active True"])

    def test_the_automatic_refresh_asks_polar(self) -> None:
        key = polar.new_key()
        license = self.open(refresh_interval=timedelta(seconds=1))
        license.activate(key)
        denied = threading.Event()
        license.on_change(lambda decision, _: denied.set() if decision.state == "denied" else None)
        polar.ask(f"/keys/{key}", {"status": "revoked"}, method="PATCH")
        license.start_auto_refresh()
        self.assertTrue(denied.wait(DEADLINE))
        license.stop_auto_refresh()

    def test_many_threads_use_one_license(self) -> None:
        license = self.open()
        license.activate(polar.new_key())

        def use() -> None:
            for _ in range(200):
                self.assertTrue(license.allows("export"))
                self.assertTrue(license.current().allowed)
                self.assertTrue(license.explain("export").allowed)

        with ThreadPoolExecutor(4) as threads:
            for used in [threads.submit(use) for _ in range(4)]:
                used.result(DEADLINE)

    def test_closing_while_others_read(self) -> None:
        wrong: list[object] = []

        def read(license: License) -> None:
            try:
                while True:
                    for use in (license.current, lambda: license.allows("export"), lambda: license.explain("export")):
                        use()
            except ValueError:
                return
            except BaseException as error:
                wrong.append(error)
                raise

        for _ in range(50):
            license = self.open(storage=Memory())
            threads = [threading.Thread(target=read, args=(license,)) for _ in range(4)]
            for thread in threads:
                thread.start()
            license.close()
            for thread in threads:
                thread.join(DEADLINE)
                self.assertFalse(thread.is_alive())
        self.assertEqual(wrong, [])


# registered before the import of the package, so that it runs at the end after the package's own functions
PROGRAM = f"""
import atexit, sys
atexit.register(lambda: print(license))
from polar_license import License
license = License(
    organization_id="{polar.ORGANIZATION}", app_id="com.acme.app", environment="{polar.URL}", directory=sys.argv[1]
)
license.on_change(lambda decision, before: None)
license.start_auto_refresh()
"""


class Processes(OverHttp):
    def start(self, text: str) -> "subprocess.Popen[str]":
        command = [sys.executable, "-c", PROGRAM + text, self.folder]
        return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def test_control_c_ends_the_wait(self) -> None:
        polar.ask("/faults", {"fault": "stall"})
        # a test that a shell starts in the background inherits that the signal is ignored
        program = self.start(
            """
import signal
signal.signal(signal.SIGINT, signal.default_int_handler)
license.activate('A-KEY')
"""
        )
        polar.wait_for_requests(1)
        program.send_signal(signal.SIGINT)
        _, errors = program.communicate(timeout=DEADLINE)
        self.assertEqual(program.returncode, -signal.SIGINT, errors)
        self.assertTrue(errors.rstrip().endswith("KeyboardInterrupt"), errors)

    def test_a_running_app_sees_the_change_of_another_process(self) -> None:
        license = self.open()
        active = threading.Event()
        license.on_change(lambda decision, _: active.set() if decision.allowed else None)
        license.start_auto_refresh()
        program = self.start(f"license.activate('{polar.new_key()}')")
        _, errors = program.communicate(timeout=DEADLINE)
        self.assertEqual((program.returncode, errors), (0, ""))
        self.assertTrue(active.wait(DEADLINE))

    def test_a_forked_process_has_to_open_its_own(self) -> None:
        program = self.start(
            """
import os
child = os.fork()
if child == 0:
    sys.exit(f"{license}")
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), license)
"""
        )
        printed, errors = program.communicate(timeout=DEADLINE)
        ended = "<License: closed>\n"
        self.assertEqual((printed, errors), (f"{ended}1 <License: unlicensed>\n{ended}", ended))

    def test_a_license_that_is_open_at_exit_is_closed_silently(self) -> None:
        program = self.start("print(license.refresh().state)")
        printed = program.communicate(timeout=DEADLINE)
        self.assertEqual((*printed, program.returncode), ("unlicensed\n<License: closed>\n", "", 0))
