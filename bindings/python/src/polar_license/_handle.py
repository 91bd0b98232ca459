"""The library's licenses, each freed once, when nothing uses it any longer.

Freeing one waits for the library. Garbage may be collected at any instant, also in a callback while locks of the
library are held; so what is collected is listed here, and freed when a license is opened or closed, and at the end.
"""

from collections import deque
from typing import Any

from polar_license._native import lib

_unused: deque[Any] = deque()


class Handle:
    """Whoever calls the library with the pointer holds this meanwhile, in a variable: another thread may close the
    license between reading the pointer and the call.
    """

    def __init__(self, pointer: Any) -> None:
        self.pointer = pointer

    def __del__(self) -> None:
        _unused.append(self.pointer)


def free_unused() -> None:
    while True:
        try:
            pointer = _unused.popleft()
        except IndexError:
            return
        lib.polar_license_free(pointer)
