"""A license on this device. Converts arguments, calls the C library, and converts results. Decides nothing about
licenses."""

import atexit
import os
import weakref
from collections.abc import Callable
from datetime import date
from typing import Any, TypeVar, Unpack

from polar_license import _callbacks as callbacks
from polar_license import _convert as convert
from polar_license._closable import Closable
from polar_license._handle import Handle, free_unused
from polar_license._held import Reply
from polar_license._native import ffi, lib
from polar_license._offline import OfflineAnswer, OfflineRelease, OfflineReturn
from polar_license._parts import Clock, Storage, Transport
from polar_license._portal_types import Progress
from polar_license._success_page import Portal
from polar_license._types import Deactivated, Decision, Explanation, LicenseSettings
from polar_license._wait import interruptible, wait_for_operations

T = TypeVar("T")


class License(Closable):
    """A license on this device: activates and validates keys, and says which features are on. Any thread may use it,
    and several threads may use it at once.

    | method | asks Polar | waits at most |
    |---|---|---|
    | `current`, `allows`, `covers`, `explain` | never | not at all |
    | `refresh` | if a request is due or access is not allowed; call it at start | 2 s if access is allowed, else 10 s |
    | `validate` | always | 10 s |
    | `activate`, `consume`, `deactivate` | always | 35 s |
    | `offline_request`, `offline_import`, `offline_return` | never | 10 s |
    | `offline_answer`, `offline_release` | always | 35 s |

    While a method waits, other threads of Python run, and Ctrl+C ends the wait. Operations that change something run
    one after the other. Concurrent calls of `validate` share one request. With asyncio, use
    `await asyncio.to_thread(license.refresh)`.

    Close the license when the app ends, or use it in a `with` statement. After a fork it is closed in the new process:
    open a license in each process.
    """

    def __init__(
        self,
        *,
        directory: str | os.PathLike[str] | None = None,
        storage: Storage | None = None,
        transport: Transport | None = None,
        clock: Clock | None = None,
        **settings: Unpack[LicenseSettings],
    ) -> None:
        """Opens the license that is stored on this device. Sends no request. `LicenseSettings` documents the settings.

        `directory` is the folder in which the license is stored. By default, this is the platform's data directory.
        `storage`, `transport` and `clock` replace the library's own storage, network stack and clock.

        Raises `LicenseError` of kind `invalid_config` if the settings are wrong.
        """
        free_unused()
        options = lib.polar_license_options_from_json(convert.settings_json(settings))
        try:
            if directory is not None:
                lib.polar_license_options_set_directory(options, convert.text(os.fspath(directory)))
            if storage is not None:
                functions = callbacks.load, callbacks.save, callbacks.remove
                held = callbacks.hold(storage)
                lib.polar_license_options_set_store(options, *functions, held, callbacks.released)
            if transport is not None:
                held = callbacks.hold(transport)
                lib.polar_license_options_set_transport(options, callbacks.send, held, callbacks.released)
            if clock is not None:
                held = callbacks.hold(clock)
                lib.polar_license_options_set_clock(options, callbacks.tell_time, held, callbacks.released)
            self._handle: Handle | None = Handle(_opened(options))
        finally:
            lib.polar_license_options_free(options)
        _open.add(self)

    def current(self) -> Decision:
        """Returns the decision at this instant. Never asks Polar, and never waits."""
        return _decision_of(lib.polar_license_current, self._used())

    def allows(self, feature: str) -> bool:
        """Returns whether a feature is on now, and never asks Polar. A feature that is not configured is off."""
        handle = self._used()
        return bool(lib.polar_license_allows(handle.pointer, convert.text(feature)))

    def covers(self, built: date | str) -> bool:
        """Returns whether the license includes a version of the app that was built on the day `built`. Never asks
        Polar. An updater calls this before it offers a version. `built` is a day, or a `datetime` with its time zone,
        or either of them as a string in the format of RFC 3339. A time counts as its day in UTC. Returns `False` only
        if that version would have no access, for the reason `updates_ended`.

        Raises `LicenseError` of kind `invalid_argument` if a string is not a day.
        """
        covered = ffi.new("int32_t *")
        _call(lib.polar_license_covers, self._used(), convert.day(built), covered)
        return bool(covered[0])

    def explain(self, feature: str) -> Explanation:
        """Returns why a feature is on or off at this instant. The explanation has a sentence for the user, for example
        that they need a license or another plan.
        """
        handle = self._used()
        decision = ffi.new("polar_license_decision **")
        lib.polar_license_current(handle.pointer, decision)
        try:
            return convert.explanation(decision[0], feature)
        finally:
            lib.polar_license_decision_free(decision[0])

    def refresh(self) -> Decision:
        """Asks Polar about the license if a refresh is due, or if access is not allowed and Polar was not asked within
        the last five seconds. Call this method when the app starts. If Polar cannot be reached, returns the decision
        that still applies. The decision's `problem` then says what went wrong.
        """
        return self._ask(lib.polar_license_refresh)

    def validate(self) -> Decision:
        """Asks Polar. If Polar cannot be reached, returns the decision that still applies. The decision's `problem`
        then says what went wrong.
        """
        return self._ask(lib.polar_license_validate)

    def activate(self, key: str | None = None, *, replace_previous: bool = False) -> Decision:
        """Activates a license key on this device, and stores it. If `key` is `None`, activates the stored key again.
        Takes a seat only if the key has an activation limit and is not active on this device already. The key is
        validated first, so a mistyped key or a key of another product takes no seat.

        `replace_previous` moves the license to this device: if no seat is free, and the stored record names an older
        seat of this key, that seat is released.

        Raises `LicenseError` of the kind
        - `refused` if Polar or the configuration denies the key; `reason` says why.
        - `storage` if the license cannot be stored. Either no seat was taken, or Polar had already confirmed the
          license when storing failed. In the second case the license works until the app ends, and `maybe_applied` says
          whether it has a seat.
        - `network`, `timeout`, `server` or `rate_limited` if Polar did not answer, or `cancelled` if the app cancelled.
          If `maybe_applied` is true, a seat may have been taken, and the decision keeps reporting that.
        - `invalid_argument` if `key` cannot be a license key.

        After any of these errors, a license that was stored on this device before is unchanged.
        """
        typed = ffi.NULL if key is None else convert.text(key)
        flags = lib.POLAR_LICENSE_REPLACE_PREVIOUS if replace_previous else 0
        return self._change(lib.polar_license_activate_with, typed, flags)

    def consume(self, count: int = 1) -> Decision:
        """Counts `count` uses (1 to 2,147,483,647) of a key that has a usage limit.

        Raises `LicenseError` of the kind
        - `usage_exhausted` if fewer uses are left than `count`.
        - `not_activated` if there is no license on this device.
        - any kind that `activate` raises. If `maybe_applied` is true, Polar may have counted the uses. The license
          never sends them a second time.
        """
        # passes 0 for a count that C cannot represent, because the library refuses 0
        return self._change(lib.polar_license_consume, count if 0 <= count < 2**32 else 0)

    def deactivate(self) -> Deactivated:
        """Releases the seat and removes the license from this device. Returns what happened to the seat.

        Raises `LicenseError` of the kind
        - `not_activated` if there is no license on this device.
        - `network`, `timeout`, `server` or `rate_limited` if Polar did not answer, or `cancelled` if the app cancelled.
          In these cases nothing is removed.
        - `storage` if the license cannot be removed from this device. If `maybe_applied` is true, the seat was
          released; deactivate again to remove the license.
        """
        number = ffi.new("int32_t *")
        self._run(lib.polar_license_deactivate, number)
        return _deactivated(number)

    def forget(self) -> None:
        """Removes the license from this device without asking Polar. A seat stays taken until it is removed in Polar's
        customer portal. To release the seat, call `deactivate` instead.

        Raises `LicenseError` of the kind
        - `storage` if the license cannot be removed from this device.
        - `timeout` if another operation does not end in time, or `cancelled` if the app cancelled.
        """
        self._run(lib.polar_license_forget)

    def start_trial(self) -> Decision:
        """Starts the trial of this device. The app can be used until the decision's `trial_ends_at`, with the features
        that the trial includes. Changes nothing if access is already allowed, by a license or by the trial. A device
        has one trial, which `deactivate` and `forget` do not renew. Never asks Polar. Requires the setting
        `trial_days`.

        Raises `LicenseError` of the kind
        - `refused` if the trial has ended, if a stored license does not allow access, or if the clock of this device
          shows a day before this version of the app was built. `message` says which.
        - `invalid_config` if the settings have no `trial_days`.
        - `storage` if the trial cannot be stored. Then it was not started.
        - `timeout` if another operation does not end in time, or `cancelled` if the app cancelled.
        """
        return self._change(lib.polar_license_start_trial)

    def offline_request(self) -> str:
        """Returns a request for a license, on a computer that is never online. The request is one line of text without
        the license key. A computer with a network that runs the same app turns the request and the key into an answer,
        with `offline_answer`. As long as no answer was imported, every call returns the same request, for as long as a
        license would be valid. Requires the setting `air_gap_days`.

        Raises `LicenseError` of the kind
        - `invalid_config` if the settings have no `air_gap_days`.
        - `storage` if the request cannot be stored. Its answer could not be imported.
        - `timeout` if another operation does not end in time, or `cancelled` if the app cancelled.
        """
        handle = self._used()

        def operation() -> str:
            request = ffi.new("polar_license_offline_text **")
            _call(lib.polar_license_offline_request, handle, request)
            return _taken_text(request)

        return _interruptible(handle, operation)

    def offline_answer(self, request: str, key: str) -> OfflineAnswer:
        """Answers the request of a computer that is never online: activates the key for that computer, and returns the
        text to import there. If the computer already has a seat, uses this seat again. The license of this computer
        does not change. The seats of the other computer are remembered in a record beside the one of this computer.
        Both computers need the same settings.

        Raises `LicenseError` of the kind
        - `invalid_argument` if the text is not a request that this app can answer, or if `key` cannot be a license key.
          `message` says why. Nothing was sent.
        - `invalid_config` if the settings have no `air_gap_days`, or if the license has a store of the app.
        - any kind that `activate` raises. If `maybe_applied` is true, a seat may have been taken. Call this method
          again with the same request: the seat is remembered.
        """
        texts = convert.text(request), convert.text(key)
        text, decision = self._carry(lib.polar_license_offline_answer, *texts)
        return OfflineAnswer(decision=decision, text=text)

    def offline_import(self, answer: str) -> Decision:
        """Imports the answer to the latest request of this computer, which is never online. The license is active at
        once, until `offline_ends_at`. If the same answer is imported again, nothing changes.

        Raises `LicenseError` of the kind
        - `invalid_argument` if the text is damaged, belongs to another device or product, or answers an older request.
          `message` says which. The license on this device is unchanged.
        - `refused` if this app does not accept the license; `reason` says why.
        - `invalid_config` if the settings have no `air_gap_days`.
        - `storage` if the license cannot be stored. It then works until the app ends.
        - `timeout` if another operation does not end in time, or `cancelled` if the app cancelled.
        """
        return self._change(lib.polar_license_offline_import, convert.text(answer))

    def offline_return(self) -> OfflineReturn:
        """Removes the license from this computer, which is never online, and returns a text that gives up its seat. The
        seat is free when a computer with a network has called `offline_release` with the text. If the text is lost,
        call this method again, or remove the device in Polar's customer portal.

        Raises `LicenseError` of the kind
        - `not_activated` if there is no license on this device, and no seat to give up.
        - `storage` if the license cannot be removed from this device. Then it is unchanged.
        - `timeout` if another operation does not end in time, or `cancelled` if the app cancelled.
        """
        text, decision = self._carry(lib.polar_license_offline_return)
        return OfflineReturn(decision=decision, text=text or None)

    def offline_release(self, returned: str) -> OfflineRelease:
        """Releases the seats that a computer without a network has given up with `offline_return`. The license of this
        computer does not change.

        Raises `LicenseError` of the kind
        - `invalid_argument` if the text is not a return that this app can read. `message` says why. Nothing was sent.
        - `invalid_config` if the license has a store of the app.
        - `network`, `timeout`, `server` or `rate_limited` if Polar did not answer, or `cancelled` if the app cancelled.
          Call this method again.
        - `storage` if the record of the other computer cannot be written. Nothing was sent.
        """
        number = ffi.new("int32_t *")
        decision = self._change(lib.polar_license_offline_release, convert.text(returned), number)
        return OfflineRelease(decision=decision, deactivated=_deactivated(number))

    def portal(self) -> Portal:
        """Returns the customer portal, which helps a customer who has lost the key, whose device is dead, or who has
        just bought a license. Sends no request.
        """
        self._used()
        return Portal(self)

    def on_change(self, listener: Callable[[Decision, Decision], object]) -> Callable[[], None]:
        """Calls `listener` at each change, with the new decision and the previous one. The listener runs on a thread of
        the library, so a program with windows has to pass the decision on to its own thread. The listener may use the
        license. If it raises an exception, the exception is logged. Returns a function that removes the listener.

        The decision can also change because time passes, for example when grace ends. In this case, the listener is
        called after the next operation. If the automatic refresh is running, it starts an operation at the moment of
        the change.
        """
        subscription = ffi.new("uint64_t *")
        handle = self._used()
        held = callbacks.hold(listener)
        lib.polar_license_on_change(handle.pointer, callbacks.changed, held, callbacks.released, subscription)

        def stop() -> None:
            handle = self._handle
            if handle is not None:
                lib.polar_license_off_change(handle.pointer, subscription[0])

        return stop

    def start_auto_refresh(self) -> None:
        """Starts the automatic refresh: a thread of the library refreshes the license whenever a refresh is due. This
        is meant for an app that runs for days. If another process stores a change, the app notices the change within
        two seconds.
        """
        self._run(lib.polar_license_start_auto_refresh)
        # keeps the license open even if the app no longer refers to it
        _refreshed.add(self)

    def stop_auto_refresh(self) -> None:
        """Stops the automatic refresh. `refresh` still works."""
        handle = self._used()
        lib.polar_license_stop_auto_refresh(handle.pointer)
        _refreshed.discard(self)

    def cancel(self) -> None:
        """Cancels the operations of other threads. These operations raise `LicenseError` of kind `cancelled`, or return
        the decision with a `problem` of that kind. If a request was sent already, Polar may have applied it, and the
        license remembers that the outcome is unknown.
        """
        handle = self._used()
        lib.polar_license_cancel(handle.pointer)

    def close(self) -> None:
        """Cancels the running operations, removes the listeners, and stops the automatic refresh. The stored license is
        not removed. Another call of `close` does nothing. After `close`, every other method raises `ValueError`.
        """
        handle, self._handle = self._handle, None
        _open.discard(self)
        _refreshed.discard(self)
        if handle is not None:
            lib.polar_license_stop_auto_refresh(handle.pointer)
            lib.polar_license_cancel(handle.pointer)
            # frees the license now, unless an operation on another thread has not returned yet
            del handle
            free_unused()

    def __repr__(self) -> str:
        return "<License: closed>" if self._handle is None else f"<License: {self.current().state}>"

    def _used(self) -> Handle:
        handle = self._handle
        if handle is None:
            raise ValueError("the license is closed")
        return handle

    def _ask(self, function: Callable[[Any, Any], int]) -> Decision:
        """Runs an operation that never fails."""
        handle = self._used()
        return _interruptible(handle, lambda: _decision_of(function, handle))

    def _change(self, function: Callable[..., int], *arguments: Any) -> Decision:
        """Runs an operation that either fails or returns a decision."""
        handle = self._used()

        def operation() -> Decision:
            decision = ffi.new("polar_license_decision **")
            _call(function, handle, *arguments, decision)
            return _taken_decision(decision)

        return _interruptible(handle, operation)

    def _carry(self, function: Callable[..., int], *arguments: Any) -> tuple[str, Decision]:
        """Runs an operation that either fails, or returns a text for another computer and a decision. The text is empty
        if the operation returns none."""
        handle = self._used()

        def operation() -> tuple[str, Decision]:
            text, decision = ffi.new("polar_license_offline_text **"), ffi.new("polar_license_decision **")
            _call(function, handle, *arguments, text, decision)
            return _taken_text(text), _taken_decision(decision)

        return _interruptible(handle, operation)

    def _run(self, function: Callable[..., int], *arguments: Any) -> None:
        """Runs an operation that either fails or returns nothing."""
        handle = self._used()
        _interruptible(handle, lambda: _call(function, handle, *arguments))

    def _call_portal(self, request: bytes, report: Callable[[Progress], bool]) -> tuple[Reply, str]:
        user_data = ffi.new_handle(report)
        return self._reply(lib.polar_license_portal_call, request, callbacks.report, user_data)

    def _wait_for_page(self, page: Any, within_ms: int) -> tuple[Reply, str]:
        return self._reply(lambda license, *rest: lib.polar_license_success_page_wait(page, license, *rest), within_ms)

    def _reply(self, function: Callable[..., int], *arguments: Any) -> tuple[Reply, str]:
        """Runs an operation of the portal. Returns the reply and the reply's JSON."""
        handle = self._used()

        def operation() -> tuple[Reply, str]:
            reply = ffi.new("polar_license_reply **")
            _call(function, handle, *arguments, reply)
            return Reply(reply[0]), convert.string(lib.polar_license_reply_json(reply[0], b""))

        return _interruptible(handle, operation)


def _interruptible(handle: Handle, operation: Callable[[], T]) -> T:
    return interruptible(operation, lambda: lib.polar_license_cancel(handle.pointer))


def _call(function: Callable[..., int], handle: Handle, *arguments: Any) -> None:
    """Calls a function of the library. If the function fails, raises the library's error."""
    error = ffi.new("polar_license_error **")
    if function(handle.pointer, *arguments, error):
        failed = convert.taken_error(error[0])
        if failed.decision is None:
            # the library's error lacks a decision only if an argument is wrong; the current decision then still applies
            failed.decision = _decision_of(lib.polar_license_current, handle)
        raise failed


def _decision_of(function: Callable[[Any, Any], int], handle: Handle) -> Decision:
    decision = ffi.new("polar_license_decision **")
    function(handle.pointer, decision)
    return _taken_decision(decision)


def _taken_decision(decision: Any) -> Decision:
    try:
        return convert.decision(decision[0])
    finally:
        lib.polar_license_decision_free(decision[0])


def _taken_text(text: Any) -> str:
    """Converts a text for another computer, and frees the original, which wipes it."""
    try:
        return convert.string(lib.polar_license_offline_text_string(text[0])) if text[0] else ""
    finally:
        lib.polar_license_offline_text_free(text[0])


def _deactivated(number: Any) -> Deactivated:
    name: Deactivated = convert.string(lib.polar_license_deactivated_name(number[0]))  # type: ignore[assignment]
    return name


def _opened(options: Any) -> Any:
    license, error = ffi.new("polar_license **"), ffi.new("polar_license_error **")
    if lib.polar_license_open(options, license, error):
        raise convert.settings_error(convert.taken_error(error[0]))
    return license[0]


# the open licenses; they are closed when Python ends, because the library's threads must not call an interpreter that
# has ended
_open: "weakref.WeakSet[License]" = weakref.WeakSet()
_refreshed: set[License] = set()


def _leave_to_parent() -> None:
    """Closes all licenses in a forked process without freeing them. Freeing would wait for the library's threads, which
    only the parent process has.
    """
    for license in list(_open):
        if license._handle is not None:
            license._handle.pointer = ffi.NULL
            license._handle = None
    _refreshed.clear()


# not every system has fork
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_leave_to_parent)


@atexit.register
def _close_all() -> None:
    for license in list(_open):
        license.close()
    wait_for_operations()
    free_unused()
