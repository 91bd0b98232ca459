"""Converts between Python's values and the library's strings and JSON. This module contains no licensing logic.

In JSON, the names of members are in camel case, and the names of durations end in `Ms`.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from polar_license._error import LicenseError
from polar_license._native import ffi, lib
from polar_license._types import Decision, Explanation, LicenseSettings

_MILLISECOND = timedelta(milliseconds=1)

_SETTINGS = get_type_hints(LicenseSettings)


def text(value: str) -> bytes:
    """Encodes a string for C. C ends a string at the first NUL, so a NUL inside is encoded as invalid UTF-8, which the
    library refuses."""
    return value.encode("utf-8", "surrogatepass").replace(b"\0", b"\xc0\x80")


def string(pointer: Any) -> str:
    """Decodes a string that the library has returned."""
    return str(ffi.string(pointer), "utf-8")


def milliseconds(duration: timedelta) -> int:
    return duration // _MILLISECOND


def day(built: date | str) -> bytes:
    """Encodes a day. For a time with a time zone, encodes its day in UTC."""
    if isinstance(built, datetime) and built.tzinfo is not None:
        built = built.astimezone(UTC)
    return text(built if isinstance(built, str) else built.isoformat())


def settings_json(settings: Mapping[str, Any]) -> bytes:
    members = {}
    for name, value in settings.items():
        if name not in _SETTINGS:
            raise TypeError(f"License() has no setting `{name}`")
        if _SETTINGS[name] is not timedelta:
            members[_member(name, _SETTINGS[name])] = value
        elif isinstance(value, timedelta):
            members[_member(name, _SETTINGS[name])] = milliseconds(value)
        elif value is not None:
            raise TypeError(f"`{name}` must be a timedelta")
    return json.dumps(members, default=_plain).encode()


def settings_error(error: LicenseError) -> LicenseError:
    """In the error's `detail`, replaces a setting's name in JSON with its name in Python. Returns the same error."""
    names = {_member(name, hint): name for name, hint in _SETTINGS.items()}
    error.detail = re.sub("(?<=^the setting `)[A-Za-z]+", lambda match: names.get(match[0], match[0]), error.detail)
    return error


def decision(pointer: Any) -> Decision:
    """Converts a decision from the library. The caller still has to free the original."""
    converted: Decision = _READER.value(Decision, json.loads(string(lib.polar_license_decision_json(pointer))))
    return converted


def explanation(pointer: Any, feature: str) -> Explanation:
    """Returns why the feature is on or off, according to a decision from the library. The caller still has to free the
    decision."""
    members = lib.polar_license_decision_explain_json(pointer, text(feature))
    if not members:
        # A name that cannot be encoded as UTF-8 is not in any configuration. Its escaped form is not either, so this
        # returns the explanation for an unknown feature.
        return explanation(pointer, ascii(feature))
    converted: Explanation = _READER.instance(Explanation, json.loads(string(members)))
    return converted


def taken_error(pointer: Any) -> LicenseError:
    """Converts an error from the library, and frees the original."""
    try:
        members = json.loads(string(lib.polar_license_error_json(pointer)))
    finally:
        lib.polar_license_error_free(pointer)
    failure = members.pop("error")
    converted: LicenseError = _READER.instance(LicenseError, failure | {"decision": members or None})
    return converted


class Reader:
    """Converts JSON to values of Python's annotated types."""

    def value(self, of: Any, value: Any) -> Any:
        """Converts a value to one of the types in `of`. If the value already has one of these types, returns it."""
        types = get_args(of) if get_origin(of) in (Union, UnionType) else (of,)
        if isinstance(value, list):
            return tuple(self.value(get_args(of)[0], one) for one in value)
        if isinstance(value, dict):
            classes = (one for one in types if is_dataclass(one) and _fits(one, value))
            return next((self.instance(one, value) for one in classes), value)
        if isinstance(value, int) and timedelta in types:
            return value * _MILLISECOND
        if isinstance(value, str):
            times = (one for one in (datetime, date) if one in types)
            return next((one.fromisoformat(value) for one in times), value)
        return value

    def instance(self, of: Any, members: Mapping[str, Any]) -> Any:
        """Converts a JSON object to a data class."""
        return of(**{name: self.value(hint, members[member]) for name, member, hint in _members(of)})


_READER = Reader()


def _fits(of: Any, members: Mapping[str, Any]) -> bool:
    """Returns whether the class fits the JSON object. The class may have members that allow only one value. It fits if
    each of these members has that value in the object.
    """
    constants = ((member, get_args(hint)) for _, member, hint in _members(of) if get_origin(hint) is Literal)
    return all(len(values) > 1 or members[member] == values[0] for member, values in constants)


@cache
def _members(of: Any) -> Sequence[tuple[str, str, Any]]:
    """Returns the name, the name in JSON, and the type of each member of a data class."""
    hints = get_type_hints(of)
    return [(field.name, _member(field.name, hints[field.name]), hints[field.name]) for field in fields(of)]


def _member(name: str, hint: Any) -> str:
    """Returns the name that a member has in JSON."""
    member = re.sub("_(.)", lambda match: match[1].upper(), name)
    return f"{member}Ms" if timedelta in (hint, *get_args(hint)) else member


def _plain(value: object) -> object:
    """Converts the app's own mappings and sequences to `dict` and `list`."""
    if isinstance(value, Mapping):
        return dict(value)
    if hasattr(value, "__iter__"):
        return list(value)
    raise TypeError(f"{type(value).__name__} cannot be in the settings of a license")
