"""Calls the customer portal. Requests and replies are JSON. Tokens, license keys and the secrets of checkouts stay in
the library.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import fields
from datetime import timedelta
from typing import Any, Protocol

from polar_license import _convert as convert
from polar_license._closable import Closable
from polar_license._held import Held, License, Reply
from polar_license._portal_types import Progress


class Runner(License, Protocol):
    """A license, seen as the object that runs portal operations."""

    def _call_portal(self, request: bytes, report: Callable[[Progress], bool]) -> tuple[Reply, str]:
        """Runs a request. Returns the reply and the reply's JSON. Before each wait, calls `report`, which returns
        whether to continue."""

    def _wait_for_page(self, page: Any, within_ms: int) -> tuple[Reply, str]:
        """Waits until a browser brings a token to the success page. Returns the reply, which is a session, and the
        reply's JSON.
        """


class Caller:
    """An object whose methods are operations of the portal."""

    def __init__(self, runner: Runner) -> None:
        self._runner = runner

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"

    def _call(
        self,
        operation: str,
        result: Any,
        arguments: Mapping[str, object],
        on_progress: Callable[[Progress], object] | None = None,
    ) -> Any:
        """Runs an operation, and returns its result as an object of the type `result`."""
        request = {"call": operation} | {name: self._json(value) for name, value in arguments.items()}
        raised: list[BaseException] = []

        def report(progress: Progress) -> bool:
            try:
                if on_progress is not None:
                    on_progress(progress)
            except BaseException as error:
                raised.append(error)
            return not raised

        try:
            reply, text = self._runner._call_portal(json.dumps(request).encode(), report)
        except Exception:
            if raised:
                raise raised[0] from None
            raise
        members = json.loads(text)
        if isinstance(result, type) and issubclass(result, HeldCaller):
            return result(self._runner, reply, members["handle"])
        return _Reader(self._runner, reply).value(result, members)

    def _json(self, value: object) -> object:
        """Converts an argument to JSON. An object that did not come from this license's portal becomes null, which the
        library refuses.
        """
        if isinstance(value, timedelta):
            return convert.milliseconds(value)
        if isinstance(value, Held):
            return value._number if value._license is self._runner else None
        return value if isinstance(value, str | bool) else None


class HeldCaller(Held, Caller, Closable):
    """The Python object for a value in the library. Its methods are operations of the portal."""

    def __init__(self, runner: Runner, reply: Reply, number: int) -> None:
        super().__init__(runner)
        self._hold(reply, runner, number)

    @property
    def _address(self) -> str:
        return "" if self._reply is None else self._reply.address

    def close(self) -> None:
        """Wipes the secrets of this object. Afterwards its methods fail. Another call of `close` does nothing."""
        if self._reply is not None:
            self._reply.free()


class _Reader(convert.Reader):
    """Converts a reply. An object with a handle keeps the reply alive, because the handle is valid only as long as the
    reply.
    """

    def __init__(self, license: License, reply: Reply) -> None:
        self._license = license
        self._reply = reply

    def instance(self, of: Any, members: Mapping[str, Any]) -> Any:
        # the library's reply lacks the decision, so the license's current decision is added
        if any(field.name == "decision" for field in fields(of)):
            members = {**members, "decision": self._license.current()}
        made = super().instance(of, members)
        if isinstance(made, Held):
            made._hold(self._reply, self._license, members["handle"])
        return made
