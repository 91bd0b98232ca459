"""The computers of a scenario, and the texts that users carry between them. Computer A has a store of the app's own,
whose bytes a scenario can edit. Every other computer has a folder, because a license with a store of the app's own
cannot act for another computer.
"""

import re
import tempfile
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from reading import Object

A = "A"
"""The computer of all steps that name no other one."""

FOR_ANOTHER = {"offlineAnswer", "offlineRelease"}
"""The operations with which a computer acts for another one."""

Records = Mapping[str, bytes]
"""The records of a computer, by the names of their files. The record of computer A has no file: its name is empty."""


class Folders:
    """The folders of the computers other than A."""

    def __init__(self, ends: ExitStack) -> None:
        self.ends = ends
        self.paths: dict[str, Path] = {}

    def of(self, computer: str) -> Path:
        if computer not in self.paths:
            self.paths[computer] = Path(self.ends.enter_context(tempfile.TemporaryDirectory()))
        return self.paths[computer]

    def records(self, computer: str) -> Records:
        """Returns the records in the folder. Locks are not among them, because a lock ends with its process."""
        return {path.name: path.read_bytes() for path in sorted(self.of(computer).glob("*.license"))}

    def replace(self, computer: str, records: Records) -> None:
        folder = self.of(computer)
        for path in folder.glob("*.license"):
            path.unlink()
        for name, record in records.items():
            (folder / name).write_bytes(record)


def copied(text: str, how: Object) -> str:
    """Returns a text as a user has copied it."""
    letters = list(text)
    if "change" in how:
        at = how["change"]
        letters[at] = "9" if letters[at] == "7" else "7"
    if "skip" in how:
        del letters[how["skip"]]
    if "double" in how:
        letters.insert(how["double"], letters[how["double"]])
    text = "".join(letters[: how.get("first")])
    if "lines" not in how:
        return text
    lines = re.findall(f".{{1,{how['lines']}}}", text.lower())
    return " \r\n ".join(lines)


def referred(value: Any, texts: Mapping[str, Any]) -> Any:
    """Replaces references to texts, such as `{request}`."""
    if isinstance(value, dict):
        return {name: referred(one, texts) for name, one in value.items()}
    if isinstance(value, str):
        return re.sub(r"\{(\w+)\}", lambda match: str(texts.get(match[1], match[0])), value)
    return value
