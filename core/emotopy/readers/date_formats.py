"""Dates as people's tables have them, brought to ISO form: days or months first, a spreadsheet's serials, Unix time.

A form is taken where the column itself leaves no other reading; else a format has to be given, and the error says so.
What was taken stands in a note.
"""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import attrs

from emotopy.errors import InputError
from emotopy.readers.cell_values import as_labels, described
from emotopy.records.reprs import counted
from emotopy.wording import flag

FORMATS = ("day-first", "month-first", "year-first", "excel", "unix", "unix-ms", "number")
WANTED = f"{', '.join(FORMATS)}, or a pattern such as %d.%m.%Y"
ORDERS = {"day-first": (0, 1, 2), "month-first": (1, 0, 2), "year-first": (2, 1, 0)}
"""Where day, month and year stand."""
DATE = re.compile(
    r"(\d{1,4})([./-])(\d{1,2})\2(\d{1,4})\.?"
    r"(?:(?:,?\s+|T)(\d{1,2}):([0-5]\d)(?::([0-5]\d)(?:[.,](\d{1,9}))?)?(?:\s?([AaPp])\.?\s?[Mm]\.?)?)?"
)
"""A date in figures, perhaps with a time of day."""
FIRST, LAST = 631_152_000, 4_102_444_800
"""1990 and 2100 in Unix seconds: numbers between them are hardly anything else in a column of times."""
SERIAL_EPOCH = dt.datetime(1899, 12, 30)  # noqa: DTZ001 (spreadsheets know no zones)
FIRST_SERIAL, LAST_SERIAL = 61, 2_958_465
"""1 March 1900, before which spreadsheets count a 29 February that there wasn't, and the end of 9999."""
PLAUSIBLE_SERIALS = (32_874, 73_051)
"""1990 and 2100 as serials."""


@attrs.frozen
class _Labels:
    """The cells of a column that hold a time: rows counted from 0, and what stands there."""

    n_rows: int
    given: tuple[tuple[int, str], ...] = attrs.field(repr=counted)
    column: str

    def mapped(self, read: Callable[[str], dt.datetime | None], wanted: str) -> tuple[str | None, ...]:
        """Return every label in ISO form; raises InputError with the row of one that `read` gives None for."""
        values: list[str | None] = [None] * self.n_rows
        for row, label in self.given:
            try:
                stamp = read(label)
            except (ValueError, OverflowError):
                stamp = None
            if stamp is None:
                raise InputError(
                    f"time: row {row + 1}: {described(label)} isn't {wanted}; correct it, or give "
                    f"another {flag('--date-format')}",
                    row=row + 1,
                    column=self.column,
                    wanted=wanted,
                    got=described(label, quotes=False),
                    advice=f"another {flag('--date-format')}",
                )
            values[row] = stamp.isoformat()
        return tuple(values)


def iso_times(
    cells: Iterable[Any], date_format: str | None = None, *, column: str = "time"
) -> tuple[tuple[str | None, ...], tuple[str, ...]]:
    """Return a column's labels, those that are dates of a known form as ISO dates, and notes on what was taken.

    `date_format` says what the form is: one of `FORMATS`, or a pattern of `datetime.strptime`. Without it, dates in
    figures are read where a day above 12 shows its place, and numbers as Unix time where all lie between 1990 and 2100;
    all else stays as it is.

    Raises InputError for an unknown format, a cell that isn't of it (names the row), and dates in figures whose order
    can't be told.
    """
    cells = list(cells)
    labels = as_labels(cells)
    given = tuple((row, label) for row, label in enumerate(labels) if label is not None and not _is_missing(label))
    typed = [row for row, _ in given if isinstance(cells[row], dt.date)]
    if typed and len(typed) < len(given):
        mixed = next(row for row, _ in given if row not in set(typed))
        raise InputError(
            f"time: row {typed[0] + 1} is a date, but row {mixed + 1} is text "
            f"({described(labels[mixed])}); a spreadsheet may have taken some days for months: use the "
            "table as it was before",
            row=mixed + 1,
            column=column,
            wanted="dates of one kind",
            got=described(labels[mixed], quotes=False),
            advice="go back to the table as it was before a spreadsheet opened it",
        )
    found = _Labels(len(labels), given, column)
    if date_format is not None:
        return (labels if typed else _by_format(found, date_format, labels)), ()
    if not given or typed:
        return labels, ()
    return _detected(found) or (labels, _doubts([label for _, label in given]))


def read_date(label: str, order: str) -> dt.datetime | None:
    """Return a date in figures in the order that is given; two figures of a year are 1969 to 2068.

    >>> read_date("31.12.24, 11:59 pm", "day-first")
    datetime.datetime(2024, 12, 31, 23, 59)
    >>> read_date("31.12.2024", "month-first") is None
    True
    """
    match = DATE.fullmatch(label.strip())
    if match is None:
        return None
    first, _, second, third, hour, minute, second_, fraction, half = match.groups()
    parts = (first, second, third)
    day, month, year = (int(parts[place]) for place in ORDERS[order])
    n_figures = len(parts[ORDERS[order][2]])
    if n_figures == 3:
        return None
    if n_figures <= 2:
        year += 1900 if year >= 69 else 2000
    hours = int(hour or 0)
    if half is not None:
        if not 1 <= hours <= 12:
            return None
        hours = hours % 12 + (12 if half in "pP" else 0)
    try:
        return dt.datetime(  # noqa: DTZ001 (without a zone, as it stands there)
            year, month, day, hours, int(minute or 0), int(second_ or 0), int(f"{fraction or 0:0<6}"[:6])
        )
    except ValueError:
        return None


def order_of(dates: Sequence[tuple[int, str]]) -> tuple[str | None, int, int]:
    """Return the order in which dates in figures are written, if that is certain, and the rows that show it.

    `dates` are rows and labels, all of which `DATE` matches. The rows are those of a first figure above 12 and of a
    second one, −1 where there is none; without an order, both or neither are.
    """
    first = second = -1
    for row, label in dates:
        match = DATE.fullmatch(label.strip())
        if match is None:
            continue
        if first < 0 and int(match[1]) > 12:
            first = row
        if second < 0 and int(match[3]) > 12:
            second = row
    order = None
    if (first < 0) != (second < 0):
        order = "day-first" if first >= 0 else "month-first"
    return order, first, second


def _detected(found: _Labels) -> tuple[tuple[str | None, ...], tuple[str, ...]] | None:
    labels = [label for _, label in found.given]
    matches = [DATE.fullmatch(label) for label in labels]
    if all(match is not None and (match[2] != "-" or len(match[1]) <= 2) for match in matches):
        return _in_figures(found, [match for match in matches if match is not None])
    try:
        numbers = [float(label) for label in labels]
    except ValueError:
        return None
    scales = [next((scale for scale in (1, 1000) if FIRST * scale <= one <= LAST * scale), None) for one in numbers]
    if None not in scales and len(set(scales)) > 1:
        row, label = found.given[next(i for i, scale in enumerate(scales) if scale != scales[0])]
        raise InputError(
            f"time: row {found.given[0][0] + 1} and row {row + 1} ({labels[0]}, {label}) look like Unix time in "
            "seconds and in milliseconds; wanted one of them in the whole column",
            row=row + 1,
            column=found.column,
            wanted="seconds or milliseconds",
            got=label,
        )
    for scale, unit in ((1, "seconds"), (1000, "milliseconds")):
        if all(FIRST * scale <= number <= LAST * scale for number in numbers):
            read = _from_unix(scale)
            values = found.mapped(read, f"Unix {unit}")
            shown = next(value for value in values if value is not None)
            note = (
                f"time: numbers such as {labels[0]} were read as Unix {unit}, {shown}; if they are "
                f"plain numbers, set {flag('--date-format', 'number')}."
            )
            return values, (note,)
    return None


def _in_figures(found: _Labels, matches: Sequence[re.Match[str]]) -> tuple[tuple[str | None, ...], tuple[str, ...]]:
    example = matches[0][0]
    if all(len(match[1]) == 4 for match in matches):
        values = found.mapped(lambda label: read_date(label, "year-first"), "a date year/month/day")
        return values, (f"time: dates such as {example} were read as year, month, day.",)
    if not all(len(match[4]) == 4 for match in matches):
        raise _undecided(found, example, "the years have two digits and could be days")
    order, first, second = order_of(found.given)
    if order is None and first >= 0:
        raise _undecided(
            found, example, f"row {first + 1} has a day above 12 in the first place, row {second + 1} in the second"
        )
    if order is None:
        raise _undecided(found, example, "no day is above 12, so days and months can't be distinguished")
    values = found.mapped(lambda label: read_date(label, order), f"a date, {order}")
    place, row = ("first", first) if order == "day-first" else ("second", second)
    words = "day, month, year" if order == "day-first" else "month, day, year"
    note = (
        f"time: dates such as {example} were read as {words}: in row {row + 1} the {place} number is "
        "above 12, and in no row the other."
    )
    return values, (note,)


def _undecided(found: _Labels, example: str, why: str) -> InputError:
    return InputError(
        f"time: dates such as {example}: {why}; set {flag('--date-format', 'day-first')}, month-first, "
        "or a pattern such as %d.%m.%y",
        row=found.given[0][0] + 1,
        column=found.column,
        wanted=WANTED,
        got=example,
        advice=flag("--date-format"),
    )


def _by_format(found: _Labels, date_format: str, labels: tuple[str | None, ...]) -> tuple[str | None, ...]:
    if date_format == "number":
        return labels
    if date_format in ORDERS:
        return found.mapped(lambda label: read_date(label, date_format), f"a date, {date_format}")
    if date_format in ("unix", "unix-ms"):
        return found.mapped(_from_unix(1000 if date_format == "unix-ms" else 1), "Unix time")
    if date_format == "excel":
        return found.mapped(_from_serial, "a spreadsheet's serial date, such as 45657")
    if "%" not in date_format:
        raise InputError(
            f"date_format: wanted {WANTED}, got {date_format!r}", column=found.column, wanted=WANTED, got=date_format
        )
    return found.mapped(lambda label: dt.datetime.strptime(label, date_format), date_format)  # noqa: DTZ007


def _from_unix(scale: int) -> Callable[[str], dt.datetime]:
    return lambda label: dt.datetime.fromtimestamp(float(label) / scale, tz=dt.UTC)


def _from_serial(label: str) -> dt.datetime | None:
    days = float(label)
    if not FIRST_SERIAL <= days <= LAST_SERIAL:
        return None
    return SERIAL_EPOCH + dt.timedelta(seconds=round(days * 86_400))


def _doubts(labels: Sequence[str]) -> tuple[str, ...]:
    """Note numbers that may be dates, where nothing but the writer can tell."""
    try:
        numbers = [float(label) for label in labels]
    except ValueError:
        return ()
    if not all(PLAUSIBLE_SERIALS[0] <= number <= PLAUSIBLE_SERIALS[1] for number in numbers):
        return ()
    note = (
        f"time: numbers such as {labels[0]} were read as plain numbers; if they are spreadsheet dates "
        f"({_day(numbers[0])}), set {flag('--date-format', 'excel')}."
    )
    return (note,)


def _day(serial: float) -> str:
    return (SERIAL_EPOCH + dt.timedelta(days=math.floor(serial))).date().isoformat()


def _is_missing(label: str) -> bool:
    return label.lower() in {"nan", "nat", "none", "<na>"}
