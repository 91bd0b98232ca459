"""The stories of the customer portal in tests/scenarios/portal. They run in the same world as the other scenarios, but
with the local Polar in place of prepared exchanges.
"""

import http.client
import json
import re
import urllib.error
import urllib.request
from dataclasses import fields, is_dataclass
from datetime import date, timedelta
from typing import Any

import local_polar as polar
from computers import A
from polar_license import License, LicenseError, Request, Response, TransportError
from polar_license.portal import Checkout, PortalSession, Progress
from reading import START, Object, differences, duration
from world import REQUEST, Outcome, Process, World, members_of, snake_case

WAITING = {"follow", "restoreWhenGranted", "restorePurchase"}
"""The operations that report their progress."""

UNWRAPPED = {"licenseKeys": "keys", "usableKeys": "keys", "release": "deactivated"}
"""For each operation whose result Python returns without the object around it, the result's name in that object."""

OF_A_CALL = {"error", "store", "decision", "requests", "mails", "allows"}
"""The members that the expectation of a call may have besides the members of the reply."""

MISSING = object()


class Story(World):
    """The world in which a story happens."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.asked_before = 0
        self.writes: int | None = None
        self.reply: Any = None
        self.outcome = ""
        self.during: Object = {}
        self.waits: Object = {}
        self.reports: list[Progress] = []
        polar.reset()
        polar.ask("/clock", {"freeze": START.isoformat()})

    def step(self, step: Object, place: str) -> None:
        for _ in range(step.get("times", 1)):
            self.reply, self.outcome = None, ""
            super().step(step, place)
            self.check_local_polar(step, place)

    def prepare(self, step: Object, place: str) -> None:
        self.during = self.resolved(step.get("during", {}))
        for control in step.get("control", []):
            self.control(control, place)
        self.asked_before = len(requests())

    def control(self, control: Object, place: str) -> None:
        method = next(name for name in ("get", "post", "patch", "delete") if name in control)
        path, body = self.resolved(control[method]), self.resolved(control.get("body"))
        for _ in range(control.get("times", 1)):
            headers = polar.VENDOR if control.get("vendor") else None
            reply = polar.ask(path, body if method != "get" else None, method.upper(), headers)
            self.values[control.get("name", "")] = reply
            expected = {"reply": self.resolved(control["expect"])} if "expect" in control else {}
            for wrong in differences(expected, {"reply": reply}):
                self.fail(place, f"{method} {path}: {wrong}")

    def move_clocks(self, clock: Object, computer: str = A) -> None:
        super().move_clocks(clock, computer)
        passed = sum((duration(clock.get(name, "0s")) for name in ("pass", "hold", "sleep")), timedelta())
        if passed:
            polar.ask("/clock", {"advance_seconds": passed.total_seconds()})

    def edit_store(self, edit: Object, computer: str = A) -> None:
        super().edit_store(edit, computer)
        if "fails" in edit:
            self.writes = None
        self.writes = edit.get("writes", self.writes)

    def write(self, record: bytes | None) -> None:
        if self.writes is not None:
            if self.writes == 0:
                self.move_clocks({"pass": "60s"})
                raise OSError("the disk is full")
            self.writes -= 1
        super().write(record)

    def call(self, process: Process, step: Object) -> Outcome:
        """Calls a method of the portal, of a session or of a checkout."""
        license = process.license
        assert license is not None
        name, arguments = step["call"], self.resolved(step["with"])
        self.waits, self.reports = dict(step.get("waits", {})), []
        of: Any = arguments.pop("session", None) or arguments.pop("checkout", None) or license.portal()
        if "withinMs" in arguments:
            arguments["withinMs"] = timedelta(milliseconds=arguments["withinMs"])
        if name == "rotate":
            arguments.setdefault("confirmedByUser", None)
        if name in WAITING:
            arguments["onProgress"] = lambda progress: self.report(license, progress, process.doing.place)
        try:
            result = getattr(of, snake_case(name))(**{snake_case(key): value for key, value in arguments.items()})
        except LicenseError as error:
            assert error.decision is not None
            outcome = Outcome(members_of(error.decision), shown(error), is_of_call=True)
        else:
            self.reply = {UNWRAPPED[name]: result} if name in UNWRAPPED else result
            self.values[step.get("name", "")] = self.reply
            outcome = Outcome(members_of(license.current()), is_of_call=True)
        self.compare_reports(step.get("waits", {}), process.doing.place)
        return outcome

    def report(self, license: License, progress: Progress, place: str) -> None:
        self.reports.append(progress)
        if progress.waited >= duration(self.waits.get("after", "0s")):
            for control in self.waits.pop("control", []):
                self.control(control, place)
        self.move_clocks({"pass": f"{progress.next_in // timedelta(milliseconds=1)}ms"})
        if self.waits.get("cancelAt") == len(self.reports):
            license.cancel()

    def compare_reports(self, waits: Object, place: str) -> None:
        stages = {progress.stage for progress in self.reports}
        if "stage" in waits and stages != {waits["stage"]}:
            self.fail(place, f"stage: expected {waits['stage']}, got {stages}")
        waited = self.reports[-1].waited if self.reports else timedelta()
        least, most = duration(waits.get("atLeast", "0s")), duration(waits.get("atMost", "9999d"))
        if not least <= waited <= most:
            self.fail(place, f"it waited {waited}, not from {least} to {most}")

    def exchange(self, process: Process, request: Request) -> Response:
        """Sends a request to the local Polar. Carries out the events that the story has before the reply, and returns
        the reply."""
        self.move_clocks({"pass": REQUEST})
        if "polar-version" in {name.lower() for name in request.headers}:
            self.fail(process.doing.place, "a request names a version")
        response = sent(request)
        endpoint = requests()[-1]["endpoint"]
        for number, step in enumerate(self.during.pop(endpoint, [])):
            World.step(self, step, f"{process.doing.place}: during {endpoint}: step {number + 1}")
        return response

    def compare(self, expected: Object, license: License, outcome: Outcome, place: str) -> None:
        expected = self.resolved(expected)
        if not outcome.is_of_call:
            super().compare(
                {name: expected[name] for name in expected.keys() - {"requests", "mails"}}, license, outcome, place
            )
            return
        reply = shown(self.reply)
        # a reply can contain an `error` too, which then belongs to the reply and not to the call
        of_a_call = OF_A_CALL - reply.keys()
        common = {name: expected[name] for name in expected.keys() & of_a_call & {"error", "allows"}}
        super().compare(common | expected.get("decision", {}), license, outcome, place)
        rest = {name: value for name, value in expected.items() if name not in of_a_call}
        for wrong in differences(rest, reply):
            self.fail(place, wrong)

    def check_at_rest(self, license: License, outcome: Outcome, place: str, *, for_another: bool = False) -> None:
        super().check_at_rest(license, outcome, place, for_another=for_another)
        self.outcome = json.dumps([outcome.decision, outcome.error], ensure_ascii=False)

    def check_local_polar(self, step: Object, place: str) -> None:
        """Compares the requests and mails of a step, and checks that no secret is in a place where it must not be."""
        asked, before, expected = requests(), self.asked_before, self.resolved(step.get("expect", {}))
        names = [request["endpoint"] for request in asked[before:]]
        if "requests" in expected and expected["requests"] != names:
            self.fail(place, f"requests: expected {expected['requests']}, got {names}")
        mails = polar.ask("/mails")
        if "mails" in expected and expected["mails"] != len(mails):
            self.fail(place, f"mails: expected {expected['mails']}, got {len(mails)}")
        tokens = {token(request) for request in asked} - {""}
        for request in asked[before:]:
            if token(request) and request["endpoint"] in ("validate", "activate", "deactivate"):
                self.fail(place, f"a token was sent with {request['endpoint']}")
        secrets = tokens | {mail["code"] for mail in mails if mail["code"]}
        stored = (self.stored or b"").decode("utf-8", "replace")
        for secret in [*secrets, *self.common["personal"]]:
            if secret in stored:
                self.fail(place, f"`{secret}` is stored")
        text = self.outcome + json.dumps({**shown(self.reply), "address": "", "clientSecret": ""})
        # an error may name the beginning of every checkout's secret
        if re.search(r"polar_c_\w", stored + text):
            self.fail(place, "a checkout's secret is shown or stored")
        for secret in [*secrets, *(key["key"] for key in polar.ask("/keys"))]:
            if secret in text:
                self.fail(place, f"`{secret}` is shown")

    def resolved(self, value: Any) -> Any:
        """Replaces references to kept replies, such as `{full/devices/devices/0}`."""
        if isinstance(value, dict):
            return {name: self.resolved(one) for name, one in value.items()}
        if isinstance(value, list):
            return [self.resolved(one) for one in value]
        if not isinstance(value, str):
            return value
        whole = re.fullmatch(r"\{([^{}]+)\}", value)
        if whole and (found := self.referred(whole[1])) is not MISSING:
            return found
        return re.sub(r"\{([^{}]+)\}", lambda match: self.text_of(match), value)

    def text_of(self, match: "re.Match[str]") -> str:
        found = self.referred(match[1])
        return match[0] if found is MISSING else str(found)

    def referred(self, reference: str) -> Any:
        if reference == "url":
            return polar.URL
        if reference == "code":
            return polar.ask("/mails")[-1]["code"]
        name, *parts = reference.split("/")
        value = self.values.get(name, MISSING)
        if value is MISSING:
            return MISSING
        for part in parts:
            if isinstance(value, list | tuple):
                value = value[-1 if part == "last" else int(part)]
            elif isinstance(value, dict):
                value = value[part]
            else:
                value = value.address.rpartition("/")[2] if part == "clientSecret" else getattr(value, snake_case(part))
        return value


def sent(request: Request) -> Response:
    """Sends a request without following redirects."""
    body = request.body if request.method == "POST" else None
    out = urllib.request.Request(request.url, body, dict(request.headers), method=request.method)
    try:
        try:
            reply = OPENER.open(out, timeout=600)
        except urllib.error.HTTPError as error:
            reply = error
        with reply:
            return Response(status=reply.status, headers=dict(reply.headers), body=reply.read())
    except (OSError, http.client.HTTPException) as error:
        raise TransportError("network", repr(error), maybe_sent=True) from error


def requests() -> list[Object]:
    asked: list[Object] = polar.ask("/requests")
    return asked


def token(request: Object) -> str:
    return str(request["headers"].get("authorization", "")).removeprefix("Bearer ")


def shown(value: Any) -> Any:
    """Converts a result to JSON, with the names that the scenarios use."""
    if isinstance(value, LicenseError):
        return {name: one for name, one in members(value).items() if name != "decision"}
    if isinstance(value, Checkout):
        return {"address": value.address, "clientSecret": value.address.rpartition("/")[2]}
    if value is None or isinstance(value, PortalSession):
        return {}
    if is_dataclass(value):
        return members(value)
    if isinstance(value, dict):
        return {name: shown_member(one) for name, one in value.items()}
    return value


def members(value: Any) -> Object:
    result = {}
    for item in fields(value):
        name = re.sub("_(.)", lambda match: match[1].upper(), item.name)
        member = getattr(value, item.name)
        if item.name == "retry_after":
            result["retryAfterMs"] = None if member is None else member // timedelta(milliseconds=1)
        else:
            result[name] = shown_member(member)
    return result


def shown_member(value: Any) -> Any:
    if isinstance(value, date):
        return value.isoformat().replace("+00:00", "Z")
    if isinstance(value, list | tuple):
        return [shown_member(one) for one in value]
    return shown(value) if is_dataclass(value) else value


class NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:
        return None


OPENER = urllib.request.build_opener(NoRedirect())
