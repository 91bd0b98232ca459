"""Everything around the library in a scenario: clocks, the store, the connection to Polar, and processes that start and
end. Carries out a scenario's steps, and collects what differs from the expectations.
"""

import json
import re
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field, fields
from datetime import date, datetime, timedelta
from typing import Any

from polar_license import Decision, License, LicenseError, Request, Response, TransportError
from reading import START, Object, differences, duration, time
from replies import answer

REQUEST = "600ms"
"""The time that every request takes. It is so long that at most two requests start within one second, so the library
does not have to pause between them, and no test waits."""

OTHERS = {"error", "store", "deactivated", "allows", "covers"}
"""The members that an expectation may have besides the members of a decision."""

ENDPOINTS = {
    "validate": {"activation_id", "benefit_id", "customer_id", "increment_usage", "conditions"},
    "activate": {"label", "conditions", "meta"},
    "deactivate": {"activation_id"},
}


def run(common: Object, place: str, scenario: Object, kind: "type[World] | None" = None) -> list[str]:
    """Runs a scenario. Returns every difference from the expectations, each with the step in which it occurred."""
    given = common["given"][scenario["given"]] if "given" in scenario else []
    with ExitStack() as ends:
        world = (kind or World)(common, scenario, place, ends)
        for number, step in enumerate([*given, *scenario["steps"]]):
            world.step(step, f"step {number + 1} ({summary(step)})")
            # later steps would only hide the first failure
            if world.failures:
                break
        return world.failures


@dataclass
class Exchanges:
    """The expectations and the prepared exchanges of a step, while the step is carried out."""

    place: str
    always: Object
    script: list[Object]
    stored_when_killed: bytes | None = None
    killed: bool = False


class Process:
    """A process of the app, with its store, its clock and its connection to Polar."""

    def __init__(self, world: "World", name: str, config: Object, device: str) -> None:
        self.world = world
        self.config = config
        self.device = device
        self.doing = Exchanges(f"start of {name}", {}, [])
        settings: Object = {
            snake_case(member): timedelta(milliseconds=value) if member.endswith("Ms") else value
            for member, value in config.items()
        }
        self.license: License | None = None
        self.license = License(storage=self, transport=self.send, clock=self, device_id=device, **settings)
        world.ends.enter_context(self.license)

    def now(self) -> datetime:
        return self.world.wall

    def monotonic(self) -> timedelta:
        return self.world.passed

    def load(self) -> bytes | None:
        self.watch("before loading")
        if self.world.fails == "reading":
            raise OSError("the disk is broken")
        return self.world.stored

    def save(self, record: bytes, *, durable: bool) -> None:
        self.watch("before saving")
        self.write(record)

    def remove(self) -> None:
        self.watch("before removing")
        self.write(None)

    def write(self, record: bytes | None) -> None:
        self.world.write(record)

    def send(self, request: Request) -> Response:
        try:
            return self.reply_to(request)
        except TransportError:
            raise
        except Exception as error:
            # an exception here is a mistake in the scenario or in the runner, and must not count as a network failure
            self.world.fail(self.doing.place, repr(error))
            raise

    def reply_to(self, request: Request) -> Response:
        world, doing = self.world, self.doing
        if (replied := world.exchange(self, request)) is not None:
            return replied
        world.move_clocks({"pass": REQUEST})
        self.watch("while asking Polar")
        found = re.search(r"/v1/customer-portal/license-keys/(\w+)$", request.url)
        endpoint = found[1] if found else request.url
        body = json.loads(request.body)
        if not doing.script or doing.script[0]["request"] != endpoint:
            expected = doing.script[0]["request"] if doing.script else "none"
            world.fail(doing.place, f"request: expected {expected}, got {endpoint} {body}")
            raise TransportError("network", "no script", maybe_sent=True)
        exchange = doing.script.pop(0)
        for wrong in [
            *malformed(self.config, endpoint, body),
            *differences(exchange.get("body", {}), body, closed=True),
        ]:
            world.fail(doing.place, f"{endpoint}: {wrong}")
        for number, step in enumerate(exchange.get("during", [])):
            world.step(step, f"{doing.place}: during {endpoint}: step {number + 1} ({summary(step)})")
        reply = exchange["reply"]
        if reply.get("killed"):
            doing.killed, doing.stored_when_killed = True, world.stored
            raise TransportError("network", "killed", maybe_sent=True)
        if reply.get("cancelled"):
            # the operation continues without this thread, so after this line the thread must not touch the world
            assert self.license is not None
            self.license.cancel()
            raise TransportError("cancelled", maybe_sent=True)
        if "fail" in reply:
            raise TransportError(reply["fail"], "the connection broke", maybe_sent=reply["sent"] == "maybe")
        return answer(world.common, world.scenario, endpoint, body, reply, world.polar)

    def watch(self, when: str) -> None:
        """Checks the expectations that must hold at every instant."""
        if self.license is not None and self.doing.always:
            for wrong in differences(self.doing.always, members_of(self.license.current())):
                self.world.fail(self.doing.place, f"{when}: {wrong}")


@dataclass
class Outcome:
    decision: Object
    error: Object | None = None
    deactivated: str | None = None
    is_of_call: bool = False


@dataclass
class World:
    common: Object
    scenario: Object
    place: str
    ends: ExitStack
    failures: list[str] = field(default_factory=list)
    processes: dict[str, Process] = field(default_factory=dict)
    """The running processes, and the processes that were killed and have not been started again."""
    wall: datetime = START
    polar: datetime = START
    passed: timedelta = timedelta()
    stored: bytes | None = None
    kept: dict[str, bytes | None] = field(default_factory=dict)
    fails: str = "nothing"

    def write(self, record: bytes | None) -> None:
        if self.fails != "nothing":
            raise OSError("the disk is broken")
        self.stored = record

    def fail(self, place: str, what: str) -> None:
        self.failures.append(f"{self.place}: {place}: {what}")

    def step(self, step: Object, place: str) -> None:
        self.move_clocks(step.get("clock", {}))
        self.edit_store(step.get("store", {}))
        name = step.get("as", "main")
        if "restart" in step:
            self.start(name, step["restart"])
        self.prepare(step, place)
        if not step.keys() & {"do", "call", "expect"}:
            return
        process = self.processes.get(name) or self.start(name, {})
        if process.doing.killed:
            raise ValueError(f"`{name}` was killed and is not running; restart it first")
        # this step may happen during another step, which continues afterwards
        outer = process.doing
        process.doing = Exchanges(place, step.get("always", {}), list(step.get("polar", [])))
        self.carry_out(process, step)
        if not process.doing.killed:
            process.doing = outer

    def prepare(self, step: Object, place: str) -> None:
        """Carries out the events that a story of the customer portal has before an operation."""

    def call(self, process: Process, step: Object) -> "Outcome":
        raise ValueError("only stories have calls")

    def exchange(self, process: Process, request: Request) -> Response | None:
        """Returns the reply of the local Polar if this is a story, otherwise `None`."""
        return None

    def start(self, name: str, restart: Object) -> Process:
        before = self.processes.get(name)
        if before is not None and before.license is not None:
            before.license.close()
        config = before.config if before else overlaid(self.common["config"], self.scenario.get("config", {}))
        device: Any = before.device if before else self.scenario.get("device", self.common["device"])
        config = overlaid(config, restart.get("config", {}))
        self.processes[name] = Process(self, name, config, restart.get("device", device))
        return self.processes[name]

    def carry_out(self, process: Process, step: Object) -> None:
        assert process.license is not None
        doing, before, expected = process.doing, self.stored, step.get("expect", {})
        process.watch("at the start")
        outcome = self.call(process, step) if "call" in step else operate(process.license, step)
        for exchange in doing.script:
            self.fail(doing.place, f"request: expected {exchange['request']}, got none")
        if doing.killed:
            # restores the store as it was when the request left, because a killed process does nothing after that
            self.stored = doing.stored_when_killed
            process.license.close()
            if expected.keys() - {"store"}:
                self.fail(doing.place, "a killed process shows nothing; only `store` can be expected")
        else:
            self.check_at_rest(process.license, outcome, doing.place)
            self.compare(expected, process.license, outcome, doing.place)
            process.watch("at the end")
        self.compare_store(expected, before, doing.place)

    def move_clocks(self, clock: Object) -> None:
        passed, held, slept = (duration(clock.get(name, "0s")) for name in ("pass", "hold", "sleep"))
        self.polar += passed + held + slept
        self.wall += passed + slept
        self.passed += passed + held
        if "wall" in clock:
            self.wall = time(clock["wall"]) or self.wall + duration(clock["wall"])

    def edit_store(self, edit: Object) -> None:
        self.fails = edit.get("fails", self.fails)
        if "keep" in edit:
            self.kept[edit["keep"]] = self.stored
        if "put" in edit:
            self.stored = self.kept[edit["put"]]
        if "text" in edit:
            self.stored = edit["text"].encode()
        if edit.get("remove"):
            self.stored = None
        if edit.keys() & {"flip", "set", "truncate"}:
            if self.stored is None:
                raise ValueError("nothing is stored that could be edited")
            record = bytearray(self.stored[: edit.get("truncate")])
            if "flip" in edit:
                record[edit["flip"]] ^= 1
            if "set" in edit:
                record[edit["set"][0]] = edit["set"][1]
            self.stored = bytes(record)

    def check_at_rest(self, license: License, outcome: Outcome, place: str) -> None:
        """Checks what must hold after every step, even if the step does not mention it."""
        current, common = members_of(license.current()), self.common
        for name in ("allowed", "state", "features"):
            if outcome.decision[name] != current[name]:
                self.fail(place, f"`{name}` of the outcome is {outcome.decision[name]}, of current {current[name]}")
        for decision in (outcome.decision, current):
            for wrong in uncertain(common["members"]["states"][decision["state"]], decision):
                self.fail(place, wrong)
        error = outcome.error
        has_reason = error is not None and error["reason"] is not None
        # refusals by the customer portal have no reason if they are not about a license
        if error and not outcome.is_of_call and has_reason != (error["kind"] in common["members"]["withReason"]):
            self.fail(place, f"the reason of an error of kind {error['kind']} is {error['reason']}")
        shown = json.dumps([outcome.decision, error], ensure_ascii=False)
        for secret in [*common["personal"], *common["sold"], *self.scenario.get("sold", {})]:
            if secret in shown:
                self.fail(place, f"`{secret}` is shown")

    def compare(self, expected: Object, license: License, outcome: Outcome, place: str) -> None:
        if (outcome.error is None) != ("error" not in expected):
            self.fail(place, f"error: expected {expected.get('error')}, got {outcome.error}")
        elif outcome.error is not None:
            for wrong in differences(expected["error"], outcome.error):
                self.fail(place, f"error.{wrong}")
        members = {name: value for name, value in expected.items() if name not in OTHERS}
        for name in members.keys() - outcome.decision.keys():
            self.fail(place, f"`{name}` is not a member of a decision")
        for wrong in differences(members, outcome.decision):
            self.fail(place, wrong)
        if "deactivated" in expected and expected["deactivated"] != outcome.deactivated:
            self.fail(place, f"deactivated: expected {expected['deactivated']}, got {outcome.deactivated}")
        for feature, on in expected.get("allows", {}).items():
            allows, explained = license.allows(feature), license.explain(feature).allowed
            if not allows == explained == on:
                self.fail(place, f"allows `{feature}`: expected {on}, got {allows}, and {explained} by its explanation")
        for built, covered in expected.get("covers", {}).items():
            if license.covers(built) != covered:
                self.fail(place, f"covers `{built}`: expected {covered}, got {not covered}")

    def compare_store(self, expected: Object, before: bytes | None, place: str) -> None:
        same = self.stored == before
        # a record of at most 120 bytes contains nothing but the times of requests and of a pause
        absent = len(self.stored or b"") <= 120
        holds = {
            "present": not absent,
            "absent": absent,
            "unchanged": same,
            "changed": not same,
        }
        if "store" in expected and not holds[expected["store"]]:
            self.fail(place, f"store: expected {expected['store']}, got {self.stored!r} where {before!r} was")


def operate(license: License, step: Object) -> Outcome:
    """Runs an operation, and returns its outcome."""
    deactivated = None
    try:
        match step.get("do", "current"):
            case "current":
                decision = license.current()
            case "validate":
                decision = license.validate()
            case "refresh":
                decision = license.refresh()
            case "consume":
                decision = license.consume(step.get("count", 0))
            case "activate":
                decision = license.activate(step.get("key"), replace_previous=step.get("replacePrevious", False))
            case "deactivate":
                deactivated = license.deactivate()
                decision = license.current()
            case "forget":
                license.forget()
                decision = license.current()
            case "startTrial":
                decision = license.start_trial()
            case other:
                raise ValueError(f"there is no operation `{other}`")
    except LicenseError as error:
        assert error.decision is not None
        members = {item.name: getattr(error, item.name) for item in fields(error) if item.name != "decision"}
        return Outcome(members_of(error.decision), json_of(members))
    return Outcome(members_of(decision), None, deactivated)


def members_of(decision: Decision) -> Object:
    return json_of(asdict(decision))


def json_of(members: Object) -> Object:
    """Returns the members with the names and types that the scenarios use."""
    result = {}
    for name, value in members.items():
        member = re.sub("_(.)", lambda match: match[1].upper(), name)
        if name == "retry_after":
            result["retryAfterMs"] = None if value is None else value // timedelta(milliseconds=1)
        elif isinstance(value, date):
            result[member] = value.isoformat().replace("+00:00", "Z")
        else:
            result[member] = json_of(value) if isinstance(value, dict) and name != "features" else value
    return result


def uncertain(certain: Object, decision: Object) -> list[str]:
    """Returns where a decision differs from what its type says about this state."""
    wrong = [name for name in certain["present"] if decision[name] is None]
    wrong += [name for name in certain["absent"] if decision[name] is not None]
    if decision["allowed"] != certain["allowed"]:
        wrong.append("allowed")
    reason, reasons = decision["reason"], certain["reasons"]
    if reason not in reasons if reasons else reason is not None:
        wrong.append("reason")
    if not certain["allowed"] and reason != "no_license" and not decision["notice"]:
        wrong.append("notice")
    return [f"{name} is {decision[name]} in state {decision['state']}" for name in wrong]


def malformed(config: Object, endpoint: str, body: Object) -> list[str]:
    """Returns what is wrong with a request's body: a required member is missing or wrong, or the body has a member that
    is never sent."""
    known = {"key", "organization_id", *ENDPOINTS[endpoint]}
    wrong = [
        f"Polar knows no member `{name}`, or it is null" for name in body if name not in known or body[name] is None
    ]
    if body.get("organization_id") != config["organizationId"]:
        wrong.append(f"organization_id is {body.get('organization_id')}")
    if not isinstance(body.get("key"), str):
        wrong.append(f"key is {body.get('key')}")
    return wrong


def overlaid(members: Object, by: Object) -> Object:
    """Merges the members. A member whose value is `None` is removed."""
    return {name: value for name, value in (members | by).items() if value is not None}


def snake_case(member: str) -> str:
    return re.sub("[A-Z]", lambda match: f"_{match[0].lower()}", member).removesuffix("_ms")


def summary(step: Object) -> str:
    what = step.get("do") or next((name for name in ("restart", "clock", "store") if name in step), "nothing")
    return f"{step['as']}: {what}" if "as" in step else str(what)
