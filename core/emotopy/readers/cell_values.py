"""Cells of a table as texts, names, or numbers."""

from __future__ import annotations

import datetime as dt
import math
import numbers
import re
import unicodedata
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

import numpy as np

OBJECT = np.dtype(object)
"""The type of columns of cells as they are. Where pandas gets a name such as `object` instead, it swaps the warning
filters of the whole process to find the type."""
WHOLE = 2**53
"""Whole numbers up to here are what they were after a float has held them."""
BLOCK = 10_000
"""How many cells are looked at together; what they hold stays in the processor's cache."""
LONGEST_QUOTED = 12
"""The longest word that a message quotes of a cell."""
FIGURES = re.compile(r"(?:[\d\s.,:;/+%>-]|T(?=\d)|Z$|[AaPp]\.?[Mm]\b\.?){1,40}")
"""Numbers, dates and times of day in figures."""


def as_values(cells: Iterable[Any]) -> tuple[float, ...] | tuple[str | None, ...]:
    """Return cells as floats (NaN where missing) if all of them are plain numbers, else as strings (None).

    Strings count as numbers where they are written as one, but "007", "nan" and whole numbers beyond 2⁵³, which a
    float can't hold, are names.

    >>> as_values(["31", "", "28.5"])
    (31.0, nan, 28.5)
    >>> as_values(["007", None, "12"])
    ('007', None, '12')
    """
    cells = [None if is_missing(cell) or (isinstance(cell, str) and not cell.strip()) else cell for cell in cells]
    if all(cell is None or _is_plain_number(cell) for cell in cells):
        return tuple(math.nan if cell is None else float(cell) for cell in cells)
    return as_labels(cells)


def as_labels(cells: Iterable[Any]) -> tuple[str | None, ...]:
    """Return each cell `as_label`.

    >>> as_labels(["w01", " ", 7.0])
    ('w01', None, '7')
    """
    cells = list(cells)
    if not _are_strings(cells):
        return tuple(as_label(cell) for cell in cells)
    whole = "\x00".join(cells)
    if not whole.isascii():  # most names stand many times
        label_of = {cell: as_label(cell) for cell in set(cells)}
        return tuple(map(label_of.__getitem__, cells))
    if all(cells) and len(whole.split(maxsplit=1)) == 1 and whole == whole.strip():  # no white space anywhere
        return tuple(cells)
    return tuple(cell.strip() or None for cell in cells)


def as_texts(cells: Iterable[Any]) -> tuple[tuple[str, ...], bool]:
    """Return each cell `as_text`, and whether words are surely parted by one blank each, in all of them.

    The latter is found out of all texts at once, in a small part of the time that splitting them takes: beside the
    blank no white space is printable, nor is half of a surrogate pair.

    >>> as_texts(["so be it", None, 7]), as_texts(["so  be it"])
    ((('so be it', '', '7'), False), (('so  be it',), False))
    >>> as_texts(["so be it", ""])
    (('so be it', ''), True)
    """
    cells = list(cells)
    if not _are_strings(cells):
        return tuple(as_text(cell) for cell in cells), False
    found = [_single_blanks(cells[start : start + BLOCK]) for start in range(0, len(cells), BLOCK)]
    if None in found:
        return tuple(map(strip_surrogates, cells)), False
    return tuple(cells), all(found)


def _single_blanks(cells: list[str]) -> bool | None:
    """Whether words are parted by one blank each in all cells; None where one may not be encodable."""
    whole = " ".join(filter(None, cells))
    if whole.isascii():
        codes = np.frombuffer(whole.encode(), dtype=np.uint8)
        is_blank = codes == ord(" ")
        is_single = not (is_blank[1:] & is_blank[:-1]).any() and codes.min(initial=127) >= ord(" ")
    elif whole.isprintable():
        is_single = "  " not in whole
    else:
        return None
    return bool(is_single) and whole == whole.strip(" ")


def _are_strings(cells: list[Any]) -> bool:
    return set(map(type, cells)) == {str}


def as_label(value: Any) -> str | None:
    """Return a cell as a name, None where missing or blank; a whole number is written as one.

    Blanks at its ends aren't part of a name, and letters with accents have one form (Unicode's NFC).
    """
    if is_missing(value) or (isinstance(value, str) and not value.strip()):
        return None
    if isinstance(value, Decimal) and value.is_finite():  # 0.5 and 0.50 are one: Arrow pads a column's to one scale
        return str(int(value)) if value == value.to_integral_value() else f"{value.normalize():f}"
    if isinstance(value, numbers.Real) and not isinstance(value, numbers.Integral) and float(value).is_integer():
        return str(int(float(value)))
    return unicodedata.normalize("NFC", strip_surrogates(str(value))).strip()


def as_text(value: Any) -> str:
    """Return a cell as a text, empty where missing."""
    return "" if is_missing(value) else strip_surrogates(str(value))


def is_missing(value: Any) -> bool:
    """Whether a cell is None, NaN or one of pandas' marks for missing; a string never is."""
    import pandas as pd

    if isinstance(value, str):
        return False
    if value is None or value is pd.NA or value is pd.NaT:
        return True
    if isinstance(value, Decimal):
        return value.is_nan()
    return isinstance(value, numbers.Real) and math.isnan(value)


def is_number(word: str) -> bool:
    """Whether a cell's string is written as a number, or blank."""
    if not word.strip():
        return True  # an empty cell says nothing
    try:
        float(word)
    except ValueError:
        return False
    return not word.strip().isalpha()  # "nan" and "inf" are words here


def _is_plain_number(cell: Any) -> bool:
    """Whether a cell is a number that a float holds whole, and is no code such as "007"."""
    if isinstance(cell, str):
        word = cell.strip().lstrip("+-")
        if not is_number(cell) or (len(word) > 1 and word[0] == "0" and word[1].isdigit()) or "_" in word:
            return False
        return math.isfinite(float(cell)) and (not word.isdigit() or int(word) <= WHOLE)
    if isinstance(cell, Decimal):
        return math.isfinite(cell) and (abs(cell) <= WHOLE or cell != cell.to_integral_value())
    if isinstance(cell, bool) or not isinstance(cell, numbers.Real):
        return False
    return math.isfinite(float(cell)) and (not isinstance(cell, numbers.Integral) or abs(int(cell)) <= WHOLE)


def described(cell: Any, *, quotes: bool = True) -> str:
    """Say what a cell holds, for a message: figures or one short word as they are, of all else only what it is.

    A cell that isn't what its column should hold is often a text that slipped there, and messages go into logs.

    >>> described("31.02.2024"), described("noon"), described("I am afraid"), described(["I am", "afraid"])
    ("'31.02.2024'", "'noon'", 'a text of 11 characters', 'a list')
    """
    if isinstance(cell, (bool, numbers.Real, Decimal, dt.date, dt.time)):
        return str(cell)
    if isinstance(cell, str):
        is_short = len(cell) <= LONGEST_QUOTED and len(cell.split()) <= 1
        if not is_short and FIGURES.fullmatch(cell) is None:
            return f"a text of {len(cell):,} characters"
        return repr(cell) if quotes else cell
    kind = "None" if cell is None else type(cell).__name__
    return {"dict": "a dict", "list": "a list"}.get(kind, kind)


def strip_surrogates(text: str) -> str:
    """Replace halves of surrogate pairs, which JSON lets through and no encoder takes."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-8", "replace").decode()
    return text
