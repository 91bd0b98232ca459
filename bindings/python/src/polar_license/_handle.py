"""The library's licenses, each freed once, when nothing uses it any longer.

Freeing a license waits for the library. But garbage may be collected at any instant, also in a callback while locks
of the library are held. Therefore collected licenses are listed here, and freed when another one is opened or
closed, and at the end.
"""

from collections import deque
from typing import Any

from polar_license._native import lib

_unused: deque[Any] = deque()


class Handle:
    """A license's pointer. A caller of the library keeps this in a variable during the call, because another thread may
    close the license between reading the pointer and the call.
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
