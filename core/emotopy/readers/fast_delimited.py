"""Large tables of separated values through Arrow's reader, where it surely reads what `delimited` would.

Arrow is several times as fast as the csv module, and laxer: it takes quotes that don't close properly. So it gets
only files in which every quote stands where quotes must. Whatever Arrow refuses, and every file with a doubt, goes the
strict way, which also says what is wrong and where.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

FEWEST_CHARACTERS = 1 << 20
"""Smaller files are read in no time anyway."""
BLOCK_BYTES = 64 << 20
"""How much Arrow reads at once; no row may be longer."""


def arrow_columns(
    content: str, separator: str, *, quoted: bool, encoded: bytes | None = None
) -> list[npt.NDArray[np.object_]] | None:
    """Return the columns of a table, the header their first cell, as arrays of strings; None where in doubt.

    Blank lines are no rows; rows of blank cells are. There are two columns or more. Without `quoted` quotes are plain
    characters. `encoded` is the content as UTF-8, where it is there already.
    """
    from pyarrow import ArrowException, csv, py_buffer, string

    if "\x00" in content or (quoted and '"' in content and not _quotes_are_proper(content, separator)):
        return None
    header = first_line(content)
    width = header.count(separator) + 1
    if width == 1 or '"' in header or "\r" in header:
        return None
    names = [f"f{i}" for i in range(width)]
    try:
        table = csv.read_csv(
            py_buffer(content.encode() if encoded is None else encoded),
            read_options=csv.ReadOptions(autogenerate_column_names=True, block_size=BLOCK_BYTES),
            parse_options=csv.ParseOptions(
                delimiter=separator,
                quote_char='"' if quoted else False,
                double_quote=True,
                escape_char=False,
                newlines_in_values=quoted,
                ignore_empty_lines=True,
            ),
            convert_options=csv.ConvertOptions(
                column_types=dict.fromkeys(names, string()), strings_can_be_null=False, check_utf8=False
            ),
        )
    except (ArrowException, OSError, ValueError):
        return None
    if table.column_names != names:
        return None
    columns: list[Any] = [column.to_numpy(zero_copy_only=False) for column in table.columns]
    return columns


def _quotes_are_proper(content: str, separator: str) -> bool:
    """Whether every quote belongs to a cell that is quoted from its beginning to its end, quotes within written twice.

    The csv module and Arrow differ in all else: a quote in a cell that isn't quoted, letters behind a closing one.
    """
    edge = re.escape(separator) + "\r\n"
    quoted_cell = rf'(?<![^{edge}])"[^"]*+(?:""[^"]*+)*+"(?![^{edge}])'
    return re.fullmatch(rf'[^"]*+(?:{quoted_cell}[^"]*+)*+', content) is not None


def first_line(content: str) -> str:
    """Return the first line that isn't empty; of a text of some 100 MB no copy is made."""
    start = next((at for at, char in enumerate(content) if char not in "\r\n"), 0)
    end = content.find("\n", start)
    return content[start : end if end >= 0 else None].rstrip("\r")
