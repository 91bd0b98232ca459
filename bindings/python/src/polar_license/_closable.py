"""The base class for objects that a `with` statement closes. Each subclass documents what its `close` does."""

from types import TracebackType
from typing import Self


class Closable:
    """An object that a `with` statement closes at its end."""

    def close(self) -> None:
        raise NotImplementedError

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()
