"""Everything around the library in a scenario: clocks, the store, the connection to Polar, and processes that start and
end. Carries out a scenario's steps, and collects what differs from the expectations.
"""

import json
import re
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field, fields
from datetime import date, datetime, timedelta
from typing import Any

from computers import FOR_ANOTHER, A, Folders, Records, copied, referred
from polar_license import Decision, License, LicenseError, Request, Response, TransportError
from reading import START, Object, differences, duration, time
from replies import answer

REQUEST = "600ms"
"""The time that every request takes. It is so long that at most two requests start within one second, so the library
does not have to pause between them, and no test waits."""

OTHERS = {"error", "store", "deactivated", "text", "allows", "covers"}
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
    stored_when_killed: Records = field(default_factory=dict)
    killed: bool = False


class Process:
    """A process of the app, with its store, its clock and its connection to Polar."""

    def __init__(self, world: "World", computer: str, name: str, config: Object, device: str) -> None:
        self.world = world
        self.computer = computer
        self.config = config
        self.device = device
        self.doing = Exchanges(f"start of {name}", {}, [])
        settings: Object = {
            snake_case(member): timedelta(milliseconds=value) if member.endswith("Ms") else value
            for member, value in config.items()
        }
        self.license: License | None = None
        place: Object = {"storage": self} if computer == A else {"directory": world.folders.of(computer)}
        self.license = License(**place, transport=self.send, clock=self, device_id=device, **settings)
        world.ends.enter_context(self.license)

    def now(self) -> datetime:
        return self.world.wall(self.computer)

    def monotonic(self) -> timedelta:
        return self.world.passed - self.world.slept.get(self.computer, timedelta())

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
        world.move_clocks({"pass": REQUEST}, self.computer)
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
            doing.killed, doing.stored_when_killed = True, world.records(self.computer)
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
    text: str | None = None
    """The text for another computer."""
    is_of_call: bool = False


@dataclass
class World:
    common: Object
    scenario: Object
    place: str
    ends: ExitStack
    failures: list[str] = field(default_factory=list)
    processes: dict[tuple[str, str], Process] = field(default_factory=dict)
    """The running processes by computer and name, and those that were killed and have not been started again."""
    walls: dict[str, datetime] = field(default_factory=dict)
    """The wall clocks of the computers that differ from Polar's clock."""
    polar: datetime = START
    passed: timedelta = timedelta()
    slept: dict[str, timedelta] = field(default_factory=dict)
    """The time for which the monotonic clock of each computer stood still."""
    stored: bytes | None = None
    """The record of computer A."""
    kept: dict[tuple[str, str], Records] = field(default_factory=dict)
    fails: str = "nothing"
    values: Object = field(default_factory=dict)
    """The texts, and the replies of the portal and of the local Polar, that steps have stored."""

    def __post_init__(self) -> None:
        self.folders = Folders(self.ends)

    def wall(self, computer: str) -> datetime:
        return self.walls.get(computer, self.polar)

    def records(self, computer: str) -> Records:
        """Returns what a computer stores."""
        if computer != A:
            return self.folders.records(computer)
        return {} if self.stored is None else {"": self.stored}

    def replace_records(self, computer: str, records: Records) -> None:
        if computer == A:
            self.stored = records.get("")
        else:
            self.folders.replace(computer, records)

    def write(self, record: bytes | None) -> None:
        if self.fails != "nothing":
            raise OSError("the disk is broken")
        self.stored = record

    def fail(self, place: str, what: str) -> None:
        self.failures.append(f"{self.place}: {place}: {what}")

    def step(self, step: Object, place: str) -> None:
        computer, name = step.get("on", A), step.get("as", "main")
        self.move_clocks(step.get("clock", {}), computer)
        self.edit_store(step.get("store", {}), computer)
        if "restart" in step:
            self.start(computer, name, step["restart"])
        self.prepare(step, place)
        if not step.keys() & {"do", "call", "expect"}:
            return
        process = self.processes.get((computer, name)) or self.start(computer, name, {})
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

    def start(self, computer: str, name: str, restart: Object) -> Process:
        before = self.processes.get((computer, name))
        if before is not None and before.license is not None:
            before.license.close()
        config = before.config if before else overlaid(self.common["config"], self.scenario.get("config", {}))
        usual: Any = computer if computer != A else self.scenario.get("device", self.common["device"])
        device = restart.get("device", before.device if before else usual)
        config = overlaid(config, restart.get("config", {}))
        process = self.processes[computer, name] = Process(self, computer, name, config, device)
        return process

    def carry_out(self, process: Process, step: Object) -> None:
        assert process.license is not None
        doing, before, expected = process.doing, self.records(process.computer), step.get("expect", {})
        process.watch("at the start")
        outcome = self.call(process, step) if "call" in step else self.operate(process, step)
        for exchange in doing.script:
            self.fail(doing.place, f"request: expected {exchange['request']}, got none")
        if doing.killed:
            # restores the store as it was when the request left, because a killed process does nothing after that
            self.replace_records(process.computer, doing.stored_when_killed)
            process.license.close()
            if expected.keys() - {"store"}:
                self.fail(doing.place, "a killed process shows nothing; only `store` can be expected")
        else:
            self.check_at_rest(process.license, outcome, doing.place, for_another=step.get("do") in FOR_ANOTHER)
            self.compare(expected, process.license, outcome, doing.place)
            process.watch("at the end")
        self.compare_store(expected, process.computer, before, doing.place)

    def operate(self, process: Process, step: Object) -> Outcome:
        """Runs an operation, and stores its text."""
        assert process.license is not None
        if "text" in step:
            step = step | {"text": copied(self.texts_in(step["text"]), step.get("copy", {}))}
        before = process.license.current()
        outcome = operate(process.license, step)
        if step.get("do") in FOR_ANOTHER and (after := process.license.current()) != before:
            self.fail(process.doing.place, f"this computer's own decision changed from {before} to {after}")
        if "name" in step:
            self.values[step["name"]] = outcome.text
        return outcome

    def texts_in(self, value: Any) -> Any:
        """Replaces references to texts of other computers."""
        return referred(value, self.values)

    def move_clocks(self, clock: Object, computer: str = A) -> None:
        """Moves the clocks. Time passes on every computer, but only the clocks of `computer` stand still or are set."""
        passed, held, slept = (duration(clock.get(name, "0s")) for name in ("pass", "hold", "sleep"))
        wall = self.wall(computer) + passed + slept
        if "wall" in clock:
            wall = time(clock["wall"]) or wall + duration(clock["wall"])
        every = passed + held + slept
        self.polar += every
        self.passed += every
        self.slept[computer] = self.slept.get(computer, timedelta()) + slept
        self.walls = {name: at + every for name, at in self.walls.items()} | {computer: wall}

    def edit_store(self, edit: Object, computer: str = A) -> None:
        self.fails = edit.get("fails", self.fails)
        if "keep" in edit:
            self.kept[computer, edit["keep"]] = self.records(computer)
        if "put" in edit:
            self.replace_records(computer, self.kept[computer, edit["put"]])
        if edit.get("remove"):
            self.replace_records(computer, {})
        if computer == A:
            self.edit_record(edit)
        elif not edit.keys() <= {"keep", "put", "remove"}:
            raise ValueError(f"the folder of computer {computer} cannot be edited like this: {edit}")

    def edit_record(self, edit: Object) -> None:
        if "text" in edit:
            self.stored = edit["text"].encode()
        if edit.keys() & {"flip", "set", "truncate"}:
            if self.stored is None:
                raise ValueError("nothing is stored that could be edited")
            record = bytearray(self.stored[: edit.get("truncate")])
            if "flip" in edit:
                record[edit["flip"]] ^= 1
            if "set" in edit:
                record[edit["set"][0]] = edit["set"][1]
            self.stored = bytes(record)

    def check_at_rest(self, license: License, outcome: Outcome, place: str, *, for_another: bool = False) -> None:
        """Checks what must hold after every step, even if the step does not mention it. If the operation was
        `for_another` computer, its decision is about that computer."""
        current, common = members_of(license.current()), self.common
        for name in ("allowed", "state", "features"):
            if outcome.decision[name] != current[name] and not for_another:
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
        texts = [outcome.text] if outcome.text else []
        for secret in [*common["personal"], *common["sold"], *self.scenario.get("sold", {}), *texts]:
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
        if "text" in expected:
            for wrong in differences({"text": self.texts_in(expected["text"])}, {"text": outcome.text}):
                self.fail(place, wrong)
        for feature, on in expected.get("allows", {}).items():
            allows, explained = license.allows(feature), license.explain(feature).allowed
            if not allows == explained == on:
                self.fail(place, f"allows `{feature}`: expected {on}, got {allows}, and {explained} by its explanation")
        for built, covered in expected.get("covers", {}).items():
            if license.covers(built) != covered:
                self.fail(place, f"covers `{built}`: expected {covered}, got {not covered}")

    def compare_store(self, expected: Object, computer: str, before: Records, place: str) -> None:
        after = self.records(computer)
        same = after == before
        # a record of at most 120 bytes contains nothing but the times of requests and of a pause
        absent = all(len(record) <= 120 for record in after.values())
        holds = {
            "present": not absent,
            "absent": absent,
            "unchanged": same,
            "changed": not same,
        }
        if "store" in expected and not holds[expected["store"]]:
            self.fail(place, f"store: expected {expected['store']}, got {after!r} where {before!r} was")


def operate(license: License, step: Object) -> Outcome:
    """Runs an operation, and returns its outcome."""
    deactivated = text = None
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
            case "offlineRequest":
                text = license.offline_request()
                decision = license.current()
            case "offlineAnswer":
                answer = license.offline_answer(step["text"], step["key"])
                decision, text = answer.decision, answer.text
            case "offlineImport":
                decision = license.offline_import(step["text"])
            case "offlineReturn":
                returned = license.offline_return()
                decision, text = returned.decision, returned.text
            case "offlineRelease":
                released = license.offline_release(step["text"])
                decision, deactivated = released.decision, released.deactivated
            case other:
                raise ValueError(f"there is no operation `{other}`")
    except LicenseError as error:
        assert error.decision is not None
        members = {item.name: getattr(error, item.name) for item in fields(error) if item.name != "decision"}
        return Outcome(members_of(error.decision), json_of(members))
    return Outcome(members_of(decision), None, deactivated, text)


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
    if not certain["allowed"] and reason not in ("no_license", "trial_ended") and not decision["notice"]:
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
    return ": ".join([step[name] for name in ("on", "as") if name in step] + [str(what)])
