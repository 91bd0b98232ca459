"""Converts between the library's strings and JSON and Python's values. Knows names and units, and nothing of licenses.

In JSON, members are named in camel case. `currentPeriodEnd` and names that end in `At` are times, those that end in
`Until` are days, and those that end in `Ms` are durations.
"""

import json
import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any, get_args, get_type_hints

from polar_license._error import LicenseError
from polar_license._native import ffi, lib
from polar_license._types import Decision, Explanation, LicenseSettings, Problem, Purchase

_MILLISECOND = timedelta(milliseconds=1)

_SETTINGS = get_type_hints(LicenseSettings)

# the class of each state
_DECISIONS: dict[str, type[Decision]] = {get_args(one.__annotations__["state"])[0]: one for one in get_args(Decision)}

# the class of each kind of purchase
_PURCHASES: dict[str, type[Purchase]] = {get_args(one.__annotations__["kind"])[0]: one for one in get_args(Purchase)}


def text(value: str) -> bytes:
    """Encodes a string for C, where a NUL ends it: a string with a NUL inside becomes invalid UTF-8, which the library
    refuses."""
    return value.encode("utf-8", "surrogatepass").replace(b"\0", b"\xc0\x80")


def string(pointer: Any) -> str:
    """Decodes a string that C returned."""
    return str(ffi.string(pointer), "utf-8")


def milliseconds(duration: timedelta) -> int:
    return duration // _MILLISECOND


def day(built: date | str) -> bytes:
    """Encodes a day, or the day in UTC of a time with a time zone."""
    if isinstance(built, datetime) and built.tzinfo is not None:
        built = built.astimezone(UTC)
    return text(built if isinstance(built, str) else built.isoformat())


def settings_json(settings: Mapping[str, Any]) -> bytes:
    members = {}
    for name, value in settings.items():
        if name not in _SETTINGS:
            raise TypeError(f"License() has no setting `{name}`")
        if _SETTINGS[name] is not timedelta:
            members[_member(name)] = value
        elif isinstance(value, timedelta):
            members[_member(name)] = milliseconds(value)
        elif value is not None:
            raise TypeError(f"`{name}` must be a timedelta")
    return json.dumps(members, default=_plain).encode()


def settings_error(error: LicenseError) -> LicenseError:
    """Returns the same error, with Python's name for the setting in it."""
    names = {_member(name): name for name in _SETTINGS}
    error.detail = re.sub("(?<=^the setting `)[A-Za-z]+", lambda match: names.get(match[0], match[0]), error.detail)
    return error


def decision(pointer: Any) -> Decision:
    """Converts a decision of C's, which the caller still has to free."""
    return _decision(json.loads(string(lib.polar_license_decision_json(pointer))))


def explanation(pointer: Any, feature: str) -> Explanation:
    """Returns why the feature is on or off in a decision of C's, which the caller still has to free."""
    members = lib.polar_license_decision_explain_json(pointer, text(feature))
    if not members:
        # not UTF-8: no configuration names such a feature, so the library explains its ASCII form as an unknown one
        return explanation(pointer, ascii(feature))
    return Explanation(**_values(json.loads(string(members))))


def error(pointer: Any) -> LicenseError:
    """Converts an error of C's, which the caller still has to free."""
    members = json.loads(string(lib.polar_license_error_json(pointer)))
    failure = members.pop("error")
    return LicenseError(**_values(failure), decision=_decision(members) if members else None)


def _member(name: str) -> str:
    """Returns a setting's name in JSON."""
    member = re.sub("_(.)", lambda match: match[1].upper(), name)
    return f"{member}Ms" if _SETTINGS[name] is timedelta else member


def _decision(members: dict[str, Any]) -> Decision:
    return _DECISIONS[members["state"]](**_values(members))


def _values(members: dict[str, Any]) -> dict[str, Any]:
    values = {}
    for member, value in members.items():
        name = re.sub("[A-Z]", lambda match: f"_{match[0].lower()}", member)
        if member.endswith("At") or member == "currentPeriodEnd":
            values[name] = value and datetime.fromisoformat(value)
        elif member.endswith("Until"):
            values[name] = value and date.fromisoformat(value)
        elif member.endswith("Ms"):
            values[name.removesuffix("_ms")] = None if value is None else value * _MILLISECOND
        elif member == "problem":
            values[name] = value and Problem(**_values(value))
        elif member == "purchase":
            values[name] = value and _PURCHASES[value["kind"]](**_values(value))
        else:
            values[name] = value
    return values


def _plain(value: object) -> object:
    """Converts mappings and sequences of the app's own types."""
    if isinstance(value, Mapping):
        return dict(value)
    if hasattr(value, "__iter__"):
        return list(value)
    raise TypeError(f"{type(value).__name__} cannot be in the settings of a license")
