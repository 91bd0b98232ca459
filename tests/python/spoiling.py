"""Tests the scenario runner, with every way in which one expectation or exchange of a scenario's own steps can be
wrong."""

from collections.abc import Iterator
from copy import deepcopy
from typing import Any

from reading import Object

OPPOSITES = {"present": "absent", "absent": "present", "changed": "unchanged", "unchanged": "changed"}


def spoilt_ones(scenario: Object) -> Iterator[tuple[str, Object]]:
    """Yields each spoilt scenario with a description of its mistake."""
    for number, step in enumerate(scenario["steps"]):
        place = f"of step {number + 1}"
        for name, value in step.get("expect", {}).items():
            wrong = deepcopy(scenario)
            wrong["steps"][number]["expect"][name] = spoilt(name, value)
            yield f"`{name}` {place}", wrong
        for index, exchange in enumerate(step.get("polar", [])):
            # if other events happen during an exchange, the operation may do without the exchange, so it is not left
            # out
            if "during" not in exchange:
                wrong = deepcopy(scenario)
                del wrong["steps"][number]["polar"][index]
                yield f"an exchange {place} left out", wrong
            for name, value in exchange.get("body", {}).items():
                wrong = deepcopy(scenario)
                wrong["steps"][number]["polar"][index]["body"][name] = spoilt(name, value)
                yield f"`{name}` of an exchange {place}", wrong


def spoilt(name: str, value: Any) -> Any:
    if name == "store":
        return OPPOSITES[value]
    if isinstance(value, dict):
        if "contains" in value or "not" in value:
            return {"contains": "nobody says this"}
        if "oneOf" in value:
            return {"oneOf": ["none of these"]}
        if "from" in value:
            return {"from": "2000-01-01T00:00:00Z", "to": "2000-01-02T00:00:00Z"}
        if value:
            last = max(value)
            return value | {last: spoilt(last, value[last])}
    if isinstance(value, bool):
        return not value
    if isinstance(value, int | float):
        return -1
    return "2000-01-01T00:00:00Z" if isinstance(value, str) and name.endswith("At") else "wrong"
