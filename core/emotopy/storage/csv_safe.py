"""CSV that a spreadsheet shows instead of runs, and that comes out the same, byte for byte, every time.

A spreadsheet takes a cell that starts with one of ``= + - @`` for a formula, whoever wrote it; texts, ids, group names
and words come from outside, so such a cell gets a leading apostrophe (OWASP, "CSV injection"). Numbers are numbers and
stay as they are. Every CSV file of emotopy goes through here.
"""

from __future__ import annotations

import csv
import io
import math
import numbers
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import pandas as pd

FORMULA = frozenset("=+-@＝＋－＠﹦﹢﹣﹫−")
"""Characters that make a spreadsheet compute a cell that starts with them."""
SKIPPED = frozenset("'\"`´‘’‚“”„«»‹›＇＂\u200b\u200c\u200d\u200e\u200f\u2060\ufeff")
"""Quotes and invisible characters behind which a formula may hide; white space counts too."""
BREAKS = frozenset("\t\r\n")
"""White space that ends a cell in some import dialogues, so that what follows starts one."""


def safe_text(text: str) -> str:
    r"""Return `text` as a spreadsheet cell that holds text and nothing else.

    A text that starts with a formula character, also behind white space or quotes, or with a tab or a line break, gets
    a leading apostrophe. Null characters go, a lone surrogate becomes ``?`` (UTF-8 has none), and line breaks become
    ``\n``, which the CSV module quotes.

    >>> safe_text("=HYPERLINK(A1)")
    "'=HYPERLINK(A1)"
    >>> safe_text("I am - well - fine")
    'I am - well - fine'
    """
    text = text.replace("\0", "").encode("utf-8", "replace").decode("utf-8")
    dangerous = False
    for character in text:
        if character in FORMULA or character in BREAKS:
            dangerous = True
            break
        if not (character.isspace() or character in SKIPPED):
            break
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return f"'{text}" if dangerous else text


def csv_text(frame: pd.DataFrame, *, digits: int = 6) -> str:
    r"""Return `frame` as CSV: a header, a line per row, ``\n`` line ends, no index.

    Floats get `digits` significant digits (``%.6g``), missing values an empty cell, text and column names what
    `safe_text` makes of them.
    """
    sheet = io.StringIO(newline="")
    writer = csv.writer(sheet, lineterminator="\n")
    writer.writerow([safe_text(str(name)) for name in frame.columns])
    columns = [_cells(frame.iloc[:, i], digits) for i in range(frame.shape[1])]
    writer.writerows(zip(*columns, strict=True))
    return sheet.getvalue()


def write_csv(frame: pd.DataFrame, path: Path, *, digits: int = 6) -> Path:
    """Write what `csv_text` returns to `path`, in UTF-8; return the path."""
    path.write_bytes(csv_text(frame, digits=digits).encode("utf-8"))
    return path


def _cells(column: pd.Series[Any], digits: int) -> Iterable[str]:
    if isinstance(column.dtype, np.dtype) and column.dtype.kind == "f":  # what `_cell` gives, without asking each
        return ["" if math.isnan(value) else f"{value + 0.0:.{digits}g}" for value in column.tolist()]
    missing = column.isna().to_numpy()
    text_cell = lru_cache(maxsize=4096)(safe_text)  # names of regions and emotions come again and again
    # Through `astype(object)`, because iterating over an Int64 or string column costs a scalar lookup per cell.
    return [
        "" if gone else text_cell(value) if type(value) is str else _cell(value, digits)
        for value, gone in zip(column.astype(object), missing, strict=True)
    ]


def _cell(value: Any, digits: int) -> str:
    if isinstance(value, (bool, numbers.Integral)):
        return str(value)
    if isinstance(value, numbers.Real):
        number = float(value)
        return f"{number + 0.0:.{digits}g}" if math.isfinite(number) else str(number)  # + 0.0 makes −0 a plain 0
    return safe_text(str(value))
