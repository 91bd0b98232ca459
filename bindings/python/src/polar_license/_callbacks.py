"""The callbacks that the C library calls. Each callback calls a part of the app: its store, transport or clock, or a
listener for changes or progress. No exception reaches the C library: if the app's code raises one, the callback logs
the exception and reports a failure.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

from polar_license import _convert as convert
from polar_license._error import TransportError
from polar_license._log import logger
from polar_license._native import ffi, lib
from polar_license._parts import Request
from polar_license._portal_types import Progress

_FAILURES = {
    "network": lib.POLAR_LICENSE_FAILED_NETWORK,
    "timeout": lib.POLAR_LICENSE_FAILED_TIMEOUT,
    "cancelled": lib.POLAR_LICENSE_FAILED_CANCELLED,
}

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

# the objects to which the library has pointers; when it no longer needs an object, it calls `released`
_held: set[Any] = set()


def hold(value: object) -> Any:
    """Returns a pointer to the object, which the C library passes to the callbacks as user data. Pass `released` as the
    destructor: the library calls it once, when it no longer needs the object.
    """
    handle = ffi.new_handle(value)
    _held.add(handle)
    return handle


@ffi.callback("polar_license_destructor")
def released(handle: Any) -> None:
    _held.discard(handle)


def _failed(kind: Any, error: Any, traceback: Any) -> None:
    logger.error("what the app gave to a license raised an exception", exc_info=(kind, error, traceback))


@ffi.callback("polar_license_load_callback", error=1, onerror=_failed)
def load(handle: Any, record: Any) -> int:
    stored = ffi.from_handle(handle).load()
    if stored is not None:
        lib.polar_license_record_set(record, ffi.from_buffer(stored), len(stored))
    return 0


@ffi.callback("polar_license_save_callback", error=1, onerror=_failed)
def save(handle: Any, record: Any, length: int, durable: int) -> int:
    ffi.from_handle(handle).save(bytes(ffi.buffer(record, length)), durable=durable != 0)
    return 0


@ffi.callback("polar_license_remove_callback", error=1, onerror=_failed)
def remove(handle: Any) -> int:
    ffi.from_handle(handle).remove()
    return 0


@ffi.callback("polar_license_clock_callback", onerror=_failed)
def tell_time(handle: Any, wall_ms: Any, mono_ms: Any) -> None:
    clock = ffi.from_handle(handle)
    wall_ms[0] = convert.milliseconds(clock.now() - _EPOCH)
    mono_ms[0] = convert.milliseconds(clock.monotonic())


# if this function raises an exception, the library receives 1, which ends the operation
@ffi.callback("polar_license_progress_callback", error=1, onerror=_failed)
def report(handle: Any, stage: int, waited_ms: int, next_in_ms: int) -> int:
    members = {
        "stage": convert.string(lib.polar_license_stage_name(stage)),
        "waitedMs": waited_ms,
        "nextInMs": next_in_ms,
    }
    return 0 if ffi.from_handle(handle)(convert.Reader().instance(Progress, members)) else 1


@ffi.callback("polar_license_change_callback", onerror=_failed)
def changed(handle: Any, decision: Any, before: Any) -> None:
    ffi.from_handle(handle)(convert.decision(decision), convert.decision(before))


# if this function raises an exception, no response is set, and the library assumes that the request may have been sent
@ffi.callback("polar_license_transport_callback", onerror=_failed)
def send(handle: Any, request: Any, response: Any) -> None:
    try:
        reply = ffi.from_handle(handle)(_request(request))
    except TransportError as error:
        detail = convert.text(str(error))
        lib.polar_license_response_fail(response, _FAILURES[error.kind], error.maybe_sent, detail)
        return
    headers = {name.lower(): convert.text(value) for name, value in reply.headers.items()}
    waits = [headers.get(name, ffi.NULL) for name in ("retry-after", "ratelimit-reset", "date")]
    retry_after = lib.polar_license_retry_after_s(*waits)
    if "location" in headers:
        lib.polar_license_response_set_location(response, headers["location"])
    body = ffi.from_buffer(reply.body)
    lib.polar_license_response_set(response, reply.status, retry_after, body, len(reply.body))


def _request(request: Any) -> Request:
    headers: dict[str, str] = {}
    while name := lib.polar_license_request_header_name(request, len(headers)):
        headers[convert.string(name)] = convert.string(lib.polar_license_request_header_value(request, len(headers)))
    return Request(
        method=convert.string(lib.polar_license_request_method(request)),
        url=convert.string(lib.polar_license_request_url(request)),
        headers=headers,
        body=ffi.string(lib.polar_license_request_body(request)),
        timeout=timedelta(milliseconds=lib.polar_license_request_timeout_ms(request)),
    )
