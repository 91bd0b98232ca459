"""Pointers to the library's licenses. Each license is freed once, when nothing uses it any longer.

Freeing a license can block until the library's threads end. But Python may collect garbage at any instant, for example
in a callback while locks of the library are held. Therefore garbage collection only puts the license's pointer on a
list. The license is freed later: when another license is opened or closed, or when the program ends.
"""

from collections import deque
from typing import Any

from polar_license._native import lib

_unused: deque[Any] = deque()


class Handle:
    """The pointer to a license. A function that calls the library must keep this object in a variable until the call
    returns. Otherwise another thread that closes the license could free the pointer before the call.
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
