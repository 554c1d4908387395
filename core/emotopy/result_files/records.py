"""What is declared of a file that a run writes: its columns, their types, units, ranges and meanings."""

from __future__ import annotations

import re
from typing import Literal

import attrs

ColumnType = Literal["text", "integer", "number", "boolean", "time"]
"""`time` is a date-time, or a number where the times of the input are numbers."""
PLACEHOLDER = re.compile(r"<[^<>]+>")


def matches(declared: str, name: str) -> bool:
    """Whether a declared name, with placeholders in angle brackets, stands for a name.

    >>> matches("emotion_<emotion>", "emotion_joy"), matches("regions.csv", "regions.csv"), matches("p", "p_family")
    (True, True, False)
    """
    pattern = "(.+)".join(map(re.escape, PLACEHOLDER.split(declared)))
    return re.fullmatch(pattern, name, re.DOTALL) is not None


@attrs.frozen
class Column:
    """A column of a table.

    Attributes
    ----------
    name : str
        Its name; `<emotion>` and the like stand for the names of a run: ``emotion_<emotion>``.
    type : {"text", "integer", "number", "boolean", "time"}
        What its cells hold.
    meaning : str
        What a cell says, in one sentence.
    unit : str
        The unit of a number; empty where it has none.
    low, high : float, optional
        The smallest and largest value that is possible; None where there is no bound.
    values : tuple of str
        The only values that a text can have; empty where any is possible.
    empty : str
        When a cell is empty; an empty string where every cell holds a value.
    when : str
        When the column is there; an empty string where it always is.
    """

    name: str
    type: ColumnType
    meaning: str
    unit: str = attrs.field(default="", kw_only=True)
    low: float | None = attrs.field(default=None, kw_only=True)
    high: float | None = attrs.field(default=None, kw_only=True)
    values: tuple[str, ...] = attrs.field(default=(), kw_only=True)
    empty: str = attrs.field(default="", kw_only=True)
    when: str = attrs.field(default="", kw_only=True)

    @property
    def range(self) -> str:
        """The possible values, to be read: ``0 to 1``, ``at least 0``, or the words that can stand there."""
        if self.values:
            return ", ".join(f"`{value}`" for value in self.values)
        low, high = (None if bound is None else f"{bound:g}".replace("-", "−") for bound in (self.low, self.high))
        if low is not None and high is not None:
            return f"{low} to {high}"
        return f"at least {low}" if low is not None else f"at most {high}" if high is not None else ""


def _vagueness(one: Column | ResultFile) -> tuple[bool, int]:
    """Return what sorts whole names before patterns, and patterns that give more of the name before others."""
    given = PLACEHOLDER.sub("", one.name)
    return (given != one.name, -len(given))


@attrs.frozen
class ResultFile:
    """A file of a kind of result.

    Attributes
    ----------
    name : str
        Its name in the results directory; the flag where the user chooses the name (``--segments FILE``).
    meaning : str
        What it holds; of a table, what a row is.
    columns : tuple of Column
        The columns of a table, in order; empty for another file.
    when : str
        When the file is written; an empty string where it always is.
    """

    name: str
    meaning: str
    columns: tuple[Column, ...] = ()
    when: str = attrs.field(default="", kw_only=True)

    def column(self, name: str) -> Column | None:
        """Return the declaration of a column; None where there is none. A whole name goes before a pattern."""
        return next((one for one in sorted(self.columns, key=_vagueness) if matches(one.name, name)), None)


@attrs.frozen
class ResultKind:
    """A kind of result and its files.

    Attributes
    ----------
    kind : str
        Its name, as `emotopy.records.Result.kind` has it.
    title : str
        What a page calls it.
    meaning : str
        Which commands and calls write it.
    files : tuple of ResultFile
        Its files.
    """

    kind: str
    title: str
    meaning: str
    files: tuple[ResultFile, ...]

    def file(self, name: str) -> ResultFile | None:
        """Return the declaration of a file; None where there is none."""
        return next((one for one in sorted(self.files, key=_vagueness) if matches(one.name, name)), None)
