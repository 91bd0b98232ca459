"""Reads the texts of tests/scenarios, as their README describes them, and compares expected with actual values. A
member that the README does not describe is an error.
"""

import json
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent / "scenarios"

START = datetime(2026, 11, 21, 12, tzinfo=UTC)
"""The moment at which every scenario starts, on all clocks."""

SLACK = timedelta(minutes=1)
"""The tolerance for times. Requests take a while, so times are compared to the minute."""

MEMBERS = {
    "common": {"names", "localPolar", "config", "device", "sold", "given", "licenseKey", "personal"},
    "file": {"about", "scenarios"},
    "scenario": {"name", "why", "shows", "broken", "config", "device", "sold", "given", "steps"},
    "step": {
        "as", "do", "key", "replacePrevious", "count", "restart", "clock", "store", "polar", "always", "expect",
        "control", "call", "with", "name", "waits", "during", "times", "on", "text", "copy",
    },
    "copy": {"change", "skip", "double", "first", "lines"},
    "control": {"get", "post", "patch", "delete", "vendor", "body", "times", "expect", "name"},
    "waits": {"after", "control", "cancelAt", "stage", "atLeast", "atMost"},
    "restart": {"config", "device"},
    "clock": {"pass", "hold", "sleep", "wall"},
    "store": {"flip", "set", "truncate", "text", "keep", "put", "remove", "fails", "writes"},
    "exchange": {"request", "body", "reply", "during"},
    "reply": {
        "confirmed", "half", "denied", "malformed", "status", "retryAfter", "body", "fail", "sent", "killed",
        "cancelled",
    },
}  # fmt: skip

UNITS = {
    "ms": timedelta(milliseconds=1),
    "s": timedelta(seconds=1),
    "m": timedelta(minutes=1),
    "h": timedelta(hours=1),
    "d": timedelta(days=1),
    "y": timedelta(days=365),
}

Object = dict[str, Any]


def read_common(folder: Path) -> Object:
    """Returns the values that all scenarios of a folder share."""
    text = (folder / "common.json").read_text("utf-8")
    names = json.loads(text)["names"]
    common = named(text, names)
    known("common", common)
    for steps in common["given"].values():
        check_steps(steps)
    members = json.loads((ROOT / "members.json").read_text("utf-8"))
    return {"sold": {}} | common | {"names": names, "members": members}


def read_scenarios(folder: Path, common: Object) -> Iterator[tuple[str, Object]]:
    """Yields each scenario with the name of its file."""
    for path in sorted(folder.glob("*.json")):
        if path.name not in ("common.json", "members.json"):
            file = named(path.read_text("utf-8"), common["names"])
            known("file", file)
            for scenario in file["scenarios"]:
                known("scenario", scenario)
                check_steps(scenario["steps"])
                yield path.name, scenario


def named(text: str, names: Mapping[str, str]) -> Object:
    """Replaces each string that is exactly a name by the value for which the name stands."""
    for name, value in names.items():
        text = text.replace(f'"{name}"', f'"{value}"')
    file: Object = json.loads(text)
    return file


def check_steps(steps: list[Object]) -> None:
    for step in steps:
        known("step", step)
        for name in ("restart", "clock", "store", "waits", "copy"):
            known(name, step.get(name, {}))
        for control in step.get("control", []):
            known("control", control)
        for steps_during in step.get("during", {}).values():
            check_steps(steps_during)
        for exchange in step.get("polar", []):
            known("exchange", exchange)
            known("reply", exchange["reply"])
            check_steps(exchange.get("during", []))


def known(kind: str, members: Object) -> None:
    unknown = members.keys() - MEMBERS[kind]
    if unknown:
        raise ValueError(f"unknown members of a {kind}: {unknown}")


def duration(text: str) -> timedelta:
    """Parses a duration such as `3d`, `-15d`, `+1h30m` or `23h59m59s999ms`."""
    if not re.fullmatch(r"[+-]?(\d+(ms|s|m|h|d|y))+", text):
        raise ValueError(f"`{text}` is not a duration")
    parts = re.findall(r"(\d+)(ms|s|m|h|d|y)", text)
    total = sum((int(number) * UNITS[unit] for number, unit in parts), timedelta())
    return -total if text.startswith("-") else total


def time(value: object) -> datetime | None:
    """Parses a time in the format of RFC 3339. Returns `None` if the value is not such a time."""
    is_time = isinstance(value, str) and re.match(r"\d{4}-\d\d-\d\dT", value)
    return datetime.fromisoformat(str(value)) if is_time else None


def moment(text: str) -> datetime:
    """Parses a date and time. If the text is a duration, it counts from the start of the scenario."""
    return time(text) or START + duration(text)


def differences(expected: Object, actual: Any, *, closed: bool = False) -> list[str]:
    """Returns the differences. Unless `closed` is true, inner objects may have additional members."""
    actual = actual or {}
    return [
        f"{name}: expected {value!r}, got {actual.get(name)!r}"
        for name, value in expected.items()
        if not matches(name, value, actual.get(name), closed)
    ]


def matches(name: str, expected: Any, actual: Any, closed: bool) -> bool:
    if isinstance(expected, dict):
        if "contains" in expected:
            return isinstance(actual, str) and expected["contains"] in actual
        if "oneOf" in expected:
            return any(matches(name, one, actual, closed) for one in expected["oneOf"])
        if "not" in expected:
            return not matches(name, expected["not"], actual, closed)
        if "count" in expected:
            return isinstance(actual, list) and len(actual) == expected["count"]
        if "atLeast" in expected or "atMost" in expected:
            return isinstance(actual, int) and expected.get("atLeast", 0) <= actual <= expected.get("atMost", actual)
        if "from" in expected:
            at = time(actual)
            return at is not None and moment(expected["from"]) <= at <= moment(expected["to"])
        if not isinstance(actual, dict) or (closed and len(expected) != len(actual)):
            return False
        return not differences(expected, actual, closed=closed)
    if isinstance(expected, str) and name.endswith("At"):
        at = time(actual)
        return at is not None and abs(at - moment(expected)) <= SLACK
    if isinstance(expected, list):
        same_length = isinstance(actual, list) and len(expected) == len(actual)
        return same_length and all(
            matches(name, one, other, closed) for one, other in zip(expected, actual, strict=True)
        )
    # In Python, a boolean is also a number, so the types must be equal too.
    return type(expected) is type(actual) and bool(expected == actual)
