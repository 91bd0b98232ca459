"""Waits for the library, and lets Ctrl+C interrupt the wait."""

import threading
from collections.abc import Callable
from concurrent.futures import Future, wait
from typing import Any, TypeVar

T = TypeVar("T")

# The longest time to wait for a cancelled operation. Such an operation ends within milliseconds, unless the disk hangs.
_END_TIMEOUT_S = 5

_running: "set[Future[Any]]" = set()


def interruptible(operation: Callable[[], T], cancel: Callable[[], object]) -> T:
    """Returns the result of the operation, and lets Ctrl+C interrupt it. Python handles signals only on its main
    thread, and not while that thread is inside the library. Therefore, if the main thread calls this function, the
    operation runs on another thread, and the main thread waits for it.
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
        # If the operation has not ended yet, the exception comes from a signal handler, for example for Ctrl+C.
        if not future.done():
            cancel()
            wait([future], _END_TIMEOUT_S)
        raise


def wait_for_operations() -> None:
    """Waits until the running operations have ended, but no longer than a few seconds. The caller has cancelled the
    operations, but a cancelled operation may still call functions of the app until it has ended.
    """
    wait(list(_running), _END_TIMEOUT_S)


def _run(future: "Future[T]", operation: Callable[[], T]) -> None:
    try:
        future.set_result(operation())
    except BaseException as error:
        future.set_exception(error)
    finally:
        _running.discard(future)
