"""What readers of a folder assume about its files, told once for all files of which it is assumed."""

from __future__ import annotations

from collections.abc import Callable

Say = Callable[[str], None]


def no_op(message: str) -> None:
    """Ignore the message."""


class Assumptions:
    """What was assumed about which files, in order."""

    def __init__(self) -> None:
        self._files: dict[str, list[str]] = {}

    def add(self, file: str, message: str) -> None:
        """Note what was assumed about a file."""
        self._files.setdefault(message, []).append(file)

    def of(self, file: str) -> Say:
        """Return a function that notes a message about a file."""
        return lambda message: self.add(file, message)

    def tell(self, notify: Say) -> None:
        """Tell each message, with the first of its files and how many there are.

        >>> assumed = Assumptions()
        >>> for file in ("a.csv", "b.csv", "c.csv"):
        ...     assumed.add(file, "the column 'time' was left out")
        >>> assumed.tell(print)
        a.csv and 2 more: the column 'time' was left out
        """
        for message, files in self._files.items():
            notify(f"{files[0]}{f' and {len(files) - 1} more' if len(files) > 1 else ''}: {message}")
