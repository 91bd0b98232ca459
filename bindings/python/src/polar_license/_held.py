"""Values that stay in the library, and Python's handles for these values."""

import os
import weakref
from typing import Any, Protocol

from polar_license import _convert as convert
from polar_license._native import lib
from polar_license._types import Decision


class Reply:
    """A reply from the library. The values behind its handles stay in memory until this object is freed or garbage
    collected.
    """

    def __init__(self, pointer: Any) -> None:
        address = lib.polar_license_reply_address(pointer)
        self.address = convert.string(address) if address else ""
        self.free = weakref.finalize(self, _free, pointer, os.getpid())


def _free(pointer: Any, process: int) -> None:
    # a forked process does not free the reply, because a lock of the library may be held there for ever
    if process == os.getpid():
        lib.polar_license_reply_free(pointer)


class License(Protocol):
    """The license that a portal belongs to."""

    def current(self) -> Decision:
        """Returns the decision at this instant."""


class Held:
    """The base class of objects that refer to a value in the library. A copy of such an object no longer refers to the
    value.
    """

    _reply: Reply | None = None
    _license: License | None = None
    _number = 0

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in vars(self).items() if name not in vars(Held)}

    def _hold(self, reply: Reply, license: License, number: int) -> None:
        # a plain assignment would fail, because data classes are frozen
        for name, value in (("_reply", reply), ("_license", license), ("_number", number)):
            object.__setattr__(self, name, value)
