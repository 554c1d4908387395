"""Times of texts as numbers on one axis: plain numbers, ISO dates, or clock times of a recording."""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Callable, Iterable
from typing import Any, Literal

import attrs
import numpy as np

from emotopy.errors import InputError
from emotopy.readers.cell_values import described
from emotopy.readers.date_formats import iso_times
from emotopy.records.axes import FloatArray
from emotopy.wording import flag

Kind = Literal["number", "date", "clock"]

WANTED = (
    "numbers, ISO dates such as 2026-11-22 or 2026-11-22T18:30, or clock times of a recording such as "
    "0:12:30; the same kind in the whole column"
)
WORDS = {"number": "a number", "date": "a date", "clock": "a clock time"}
SECONDS_A_DAY = 86_400
EPOCH = dt.datetime(1970, 1, 1)  # noqa: DTZ001 (without a zone, as the dates are)
CLOCK = re.compile(r"(?:(\d+) days?,? )?(\d+):([0-5]\d):([0-5]\d(?:[.,]\d+)?)")
MONTH = re.compile(r"\d{4}-\d{2}")
COMPACT_DATE = re.compile(r"(?:1[5-9]|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])")


@attrs.frozen(eq=False)
class Times:
    """When each row was said or written: `values` (n_rows,) on one axis, NaN where no time is given.

    `kind` says what the values count: the column's own numbers, days of a calendar (`date`), or seconds of a recording
    (`clock`). `has_zone` is true for dates that came with a time zone; they are in UTC. `notes` tell of what may have
    been meant otherwise.
    """

    values: FloatArray
    kind: Kind
    has_zone: bool = False
    notes: tuple[str, ...] = ()

    @property
    def unit(self) -> str:
        """The unit of `values`: ``days``, ``s``, or nothing for the column's own."""
        return {"number": "", "date": "days", "clock": "s"}[self.kind]

    def column(self, values: FloatArray) -> Any:
        """Return values of the axis as a column of a table: floats, or dates to the second."""
        if self.kind != "date":
            return np.asarray(values, dtype=np.float64)
        import pandas as pd

        stamps = np.rint(np.asarray(values) * SECONDS_A_DAY).astype("datetime64[s]")
        return pd.Series(stamps).dt.tz_localize("UTC") if self.has_zone else pd.Series(stamps)


def read_times(cells: Iterable[Any], date_format: str | None = None) -> Times:
    """Read the times of rows; None, NaN and blank cells are rows without a time.

    `date_format` says how dates are written that aren't ISO dates (`date_formats.iso_times`).

    Raises InputError that names the row (from 1) for a time that can't be read, for a column of several kinds, for
    dates of which some have a time zone and some don't, and where no row has a time.
    """
    labels, notes = iso_times(cells, date_format)
    given = [(row, label.strip()) for row, label in enumerate(labels) if label is not None]
    given = [(row, label) for row, label in given if label.lower() not in {"nan", "nat", "none", "<na>"}]
    if not given:
        raise InputError(
            f"time: no row has a time; wanted a column of {WANTED}", column="time", wanted=WANTED, got="none in any row"
        )
    first_row, first = given[0]
    kind = _kind(first, first_row)
    values = np.full(len(labels), np.nan)
    zones: dict[bool, int] = {}
    for row, label in given:
        if kind == "date":
            value, has_zone = _days(label) or (math.nan, False)
            zones.setdefault(has_zone, row)
        else:
            value = READ[kind](label)
        if not math.isfinite(value):
            other = _kind(label, row)
            raise InputError(
                f"time: row {first_row + 1} holds {WORDS[kind]} ({described(first)}), row {row + 1} {WORDS[other]} "
                f"({described(label)}); "
                f"wanted {WANTED}",
                row=row + 1,
                column="time",
                wanted=WORDS[kind],
                got=described(label, quotes=False),
            )
        if kind == "date" and len(zones) > 1:
            raise InputError(
                f"time: row {zones[True] + 1} has a time zone, row {zones[False] + 1} has none; wanted "
                "all with or all without, because otherwise their order is unknown",
                row=row + 1,
                column="time",
                wanted="all with a time zone, or all without",
                got=described(label, quotes=False),
            )
        values[row] = value
    notes = (*notes, *_doubts(kind, [label for _, label in given]))
    return Times(values, kind, has_zone=True in zones, notes=notes)


def _kind(label: str, row: int) -> Kind:
    for kind, read in READ.items():
        if math.isfinite(read(label)):
            return kind
    raise InputError(
        f"time: row {row + 1}: {described(label)} can't be read as a time; wanted {WANTED}; other dates "
        f"need {flag('--date-format')}",
        row=row + 1,
        column="time",
        wanted=WANTED,
        got=described(label, quotes=False),
        advice=flag("--date-format"),
    )


def _number(label: str) -> float:
    try:
        return float(label)
    except ValueError:
        return math.nan


def _seconds(label: str) -> float:
    match = CLOCK.fullmatch(label)
    if match is None:
        return math.nan
    days, hours, minutes, seconds = match.groups(default="0")
    return SECONDS_A_DAY * int(days) + 3600 * int(hours) + 60 * int(minutes) + float(seconds.replace(",", "."))


def _days(label: str) -> tuple[float, bool] | None:
    """Return days since 1970 and whether the label has a time zone; None for what is no ISO date."""
    try:
        stamp = dt.datetime.fromisoformat(f"{label}-01" if MONTH.fullmatch(label) else label)
    except ValueError:
        return None
    has_zone = stamp.tzinfo is not None
    if has_zone:
        stamp = stamp.astimezone(dt.UTC).replace(tzinfo=None)
    return (stamp - EPOCH) / dt.timedelta(days=1), has_zone


READ: dict[Kind, Callable[[str], float]] = {
    "number": _number,
    "clock": _seconds,
    "date": lambda label: (_days(label) or (math.nan,))[0],
}
"""How a label of each kind is read, NaN for one of another; what is both a number and a date is a number."""


def _doubts(kind: Kind, labels: list[str]) -> tuple[str, ...]:
    if kind == "number" and all(COMPACT_DATE.fullmatch(label) for label in labels):
        one = labels[0]
        date = f"{one[:4]}-{one[4:6]}-{one[6:]}"
        return (f"Times such as {one} are read as plain numbers; if they are dates, write {date}.",)
    return ()
