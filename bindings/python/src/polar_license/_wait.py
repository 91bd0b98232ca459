"""Waiting for the library in a way that Ctrl+C ends."""

import threading
from collections.abc import Callable
from concurrent.futures import Future, wait
from typing import Any, TypeVar

T = TypeVar("T")

# An operation that was cancelled ends within milliseconds, unless the disk hangs.
_END_TIMEOUT_S = 5

_running: "set[Future[Any]]" = set()


def interruptible(operation: Callable[[], T], cancel: Callable[[], object]) -> T:
    """The result of the operation. Python handles signals on its main thread, between its own instructions and not
    while that is inside the library; so there the operation runs on another thread, and the main thread waits for it.
    """
    future: Future[T] = Future()
    _running.add(future)
    if threading.current_thread() is not threading.main_thread():
        _run(future, operation)
        return future.result()
    threading.Thread(target=_run, args=(future, operation), name="polar-license", daemon=True).start()
    try:
        return future.result()
    except BaseException:
        # what a signal handler raised, unless the operation did
        if not future.done():
            cancel()
            wait([future], _END_TIMEOUT_S)
        raise


def wait_for_operations() -> None:
    """Waits until operations that were cancelled have ended: until then they may call functions of the app."""
    wait(list(_running), _END_TIMEOUT_S)


def _run(future: "Future[T]", operation: Callable[[], T]) -> None:
    try:
        future.set_result(operation())
    except BaseException as error:
        future.set_exception(error)
    finally:
        _running.discard(future)
