"""Tests the installed package on two computers, one of which is never online, with the local Polar at
`POLAR_LICENSE_POLAR`. The stories of such computers are in tests/scenarios/air-gap.json.
"""

import copy
import logging
import threading
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import local_polar as polar
from polar_license import License, OfflineAnswer, Request, Response
from test_http import DEADLINE, Memory, OverHttp


def no_network(request: Request) -> Response:
    raise AssertionError(f"a computer without a network sent a request to {request.url}")


class TwoComputers(OverHttp):
    def a(self, **settings: Any) -> License:
        """Opens the license of the computer without a network. Its records are in a folder that B does not see."""
        return self.open(**{"storage": Memory(), "transport": no_network} | self.common("computer A") | settings)

    def b(self, **settings: Any) -> License:
        return self.open(**self.common("computer B") | settings)

    def common(self, device: str) -> dict[str, Any]:
        return {"device_id": device, "app_secret": "hush", "air_gap_days": 365}

    def answer(self, a: License, key: str) -> OfflineAnswer:
        return self.b().offline_answer(a.offline_request(), key)


class Life(TwoComputers):
    def test_a_license_goes_to_a_computer_without_a_network_and_back(self) -> None:
        key = polar.new_key(limit_activations=1)
        a, b = self.a(), self.b()
        request = a.offline_request()
        answer = b.offline_answer(request, f"  {key}\n")
        self.assertEqual((answer.decision.state, answer.decision.display_key), ("active", f"****-{key[-6:]}"))
        self.assertEqual(b.current().state, "unlicensed")
        imported = a.offline_import(answer.text)
        assert imported.confirmed_at is not None and imported.offline_ends_at is not None
        self.assertTrue(a.allows("export") and imported.air_gapped and imported == a.refresh())
        self.assertEqual((imported.offline_ends_at - imported.confirmed_at).days, 365)

        returned = a.offline_return()
        assert returned.text is not None
        self.assertEqual(returned.decision, a.current())
        self.assertEqual(a.offline_return(), returned)
        released = b.offline_release(returned.text)
        self.assertEqual((released.deactivated, released.decision.state), ("released", "unlicensed"))
        self.assertEqual(polar.ask(f"/keys/{key}")["activations"], [])

    def test_a_license_without_a_seat_has_no_text_to_return(self) -> None:
        a = self.a()
        a.offline_import(self.answer(a, polar.new_key()).text)
        self.assertIsNone(a.offline_return().text)
        self.fails("not_activated", a.offline_return)


class Secrets(TwoComputers):
    def test_a_text_is_not_shown_in_a_repr_a_log_or_an_error(self) -> None:
        key = polar.new_key(limit_activations=1)
        a = self.a()
        with self.assertLogs("polar_license", logging.DEBUG) as logged:
            answer = self.answer(a, key)
            a.offline_import(answer.text)
            returned = a.offline_return()
            error = self.fails("invalid_argument", lambda: a.offline_import(answer.text))
        assert returned.text is not None
        places = [repr(answer), str(returned), repr([copy.copy(answer), returned]), "".join(logged.output)]
        for shown in [*places, repr(error), error.message, error.detail]:
            for secret in (answer.text, returned.text, key):
                self.assertNotIn(secret, shown)
        self.assertEqual(copy.deepcopy(answer), answer)


class Mistakes(TwoComputers):
    def test_a_text_at_the_wrong_place_is_named(self) -> None:
        a = self.a()
        request = a.offline_request()
        error = self.fails("invalid_argument", lambda: a.offline_import(request))
        self.assertIn("This text is a request", error.message)
        self.assertEqual(error.decision, a.current())
        for text in ("", "REQUEST1-", "ä\0", "A" * 100_000, request[:-1]):
            self.refuses_text(text)

    def refuses_text(self, text: str) -> None:
        self.fails("invalid_argument", lambda: self.a().offline_import(text))
        self.fails("invalid_argument", lambda: self.b().offline_answer(text, "A-KEY"))
        self.fails("invalid_argument", lambda: self.b().offline_release(text))

    def test_the_settings_and_the_store_must_fit(self) -> None:
        self.fails("invalid_config", self.open().offline_request)
        request, other = self.a().offline_request(), self.b(storage=Memory())
        self.fails("invalid_config", lambda: other.offline_answer(request, "A-KEY"))

    def test_a_closed_license_raises_an_error(self) -> None:
        a = self.a()
        a.close()
        for use in (a.offline_request, a.offline_return, lambda: a.offline_import("ANSWER1-0")):
            with self.assertRaises(ValueError):
                use()


class Threads(TwoComputers):
    def test_many_threads_get_the_same_request(self) -> None:
        a = self.a()
        with ThreadPoolExecutor(4) as threads:
            requests = [threads.submit(a.offline_request) for _ in range(20)]
            self.assertEqual(len({request.result(DEADLINE) for request in requests}), 1)

    def test_other_threads_run_while_one_answers(self) -> None:
        key, request, b = polar.new_key(), self.a().offline_request(), self.b()
        polar.ask("/requests", method="DELETE")
        polar.ask("/faults", {"fault": "stall"})
        answers: list[OfflineAnswer] = []
        waiting = threading.Thread(target=lambda: answers.append(b.offline_answer(request, key)))
        waiting.start()
        polar.wait_for_requests(1)
        self.assertTrue(not b.current().allowed and waiting.is_alive())
        polar.ask("/faults", method="DELETE")
        waiting.join(DEADLINE)
        self.assertEqual(len(answers), 1)

    def test_cancelling_or_closing_ends_an_answer_of_another_thread(self) -> None:
        request = self.a().offline_request()
        polar.ask("/faults", {"fault": "stall"})
        for end in (License.cancel, License.close):
            b = self.b()
            polar.ask("/requests", method="DELETE")
            with ThreadPoolExecutor(1) as thread:
                answering = thread.submit(b.offline_answer, request, "A-KEY")
                polar.wait_for_requests(1)
                end(b)
                self.fails("cancelled", partial(answering.result, DEADLINE))
