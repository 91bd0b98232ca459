"""Waiting for the library in a way that Ctrl+C ends."""

import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

T = TypeVar("T")


def interruptible(operation: Callable[[], T], cancel: Callable[[], object]) -> T:
    """The result of the operation. Python handles signals on its main thread, between its own instructions and not
    while that is inside the library; so there the operation runs on another thread, and the main thread waits for it.
    """
    if threading.current_thread() is not threading.main_thread():
        return operation()
    future: Future[T] = Future()
    threading.Thread(target=_run, args=(future, operation), name="polar-license", daemon=True).start()
    try:
        return future.result()
    except BaseException:
        # what a signal handler raised, unless the operation did
        if not future.done():
            cancel()
        raise


def _run(future: "Future[T]", operation: Callable[[], T]) -> None:
    try:
        future.set_result(operation())
    except BaseException as error:
        future.set_exception(error)
