"""Rows of separated values, with cells as long as they are.

The csv module refuses cells above a limit, which is one for the whole process and the host's: it isn't touched here.
Where a cell is above it, the content is read by the parser below, which knows no limit, and takes and refuses what the
module does (RFC 4180; the module's own states, in Modules/_csv.c of CPython).
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from itertools import islice

_LINE_END = re.compile("\r\n|\n|\r")
_BLANKS = re.compile(" *")
_QUOTED = re.compile('"([^"]*+(?:""[^"]*+)*+)"')


class DamagedRow(ValueError):
    """A row whose quotes don't close as they must; `line` is where it starts, counted from 1."""

    def __init__(self, reason: str, line: int) -> None:
        super().__init__(reason)
        self.line = line


def separated_rows(
    content: str, separator: str, *, quoted: bool = True, strict: bool = False, skip_blanks: bool = False
) -> Iterator[tuple[list[str], int]]:
    r"""Yield each row's cells, and the number of the line in which it ends, from 1; a blank line has no cells.

    Without `quoted` quotes are plain characters. `strict` refuses quotes that don't close and characters behind a
    closing one, by DamagedRow. `skip_blanks` takes blanks off the beginning of a cell.

    >>> list(separated_rows('a,"b\n1"\n\n,c', ","))
    [(['a', 'b\n1'], 2), ([], 3), (['', 'c'], 4)]
    """
    reader = csv.reader(
        io.StringIO(content, newline=""),
        delimiter=separator,
        quoting=csv.QUOTE_MINIMAL if quoted else csv.QUOTE_NONE,
        strict=strict,
        skipinitialspace=skip_blanks,
    )
    n_rows, line = 0, 1
    try:
        for row in reader:
            line = reader.line_num + 1
            yield row, line - 1
            n_rows += 1
    except csv.Error as error:
        if "limit" not in str(error):
            raise DamagedRow(str(error), line) from error
        rows = rows_of_any_length(content, separator, quoted=quoted, strict=strict, skip_blanks=skip_blanks)
        yield from islice(rows, n_rows, None)


def cells_of(line: str, separator: str, *, skip_blanks: bool = False) -> list[str]:
    """Return the cells of one line; what stands behind a line end in it is no part of it.

    >>> cells_of('1,"a, b"', ",")
    ['1', 'a, b']
    """
    return next((row for row, _ in separated_rows(line, separator, skip_blanks=skip_blanks)), [])


def rows_of_any_length(
    content: str, separator: str, *, quoted: bool = True, strict: bool = False, skip_blanks: bool = False
) -> Iterator[tuple[list[str], int]]:
    """Yield what `separated_rows` does, without the csv module."""
    plain = re.compile(f"[^{re.escape(separator)}\r\n]*")
    at, line = 0, 1
    while at < len(content):
        start, row = at, []
        while not (at == start and content[at] in "\r\n"):  # a blank line has no cells
            if skip_blanks:
                at = _end(_BLANKS, content, at)
            if quoted and content.startswith('"', at):
                cell, at = _quoted_cell(content, at, separator, plain, line, strict=strict)
            else:
                end = _end(plain, content, at)
                cell, at = content[at:end], end
            row.append(cell)
            if not content.startswith(separator, at):
                break
            at += 1
        if (ending := _LINE_END.match(content, at)) is not None:
            at = ending.end()
        n_ends = sum(1 for _ in _LINE_END.finditer(content, start, at))
        last = line + n_ends - (content[at - 1] in "\r\n")
        yield row, last
        line = last + 1


def _quoted_cell(
    content: str, at: int, separator: str, plain: re.Pattern[str], line: int, *, strict: bool
) -> tuple[str, int]:
    """Return a cell that starts with a quote, and where it ends."""
    found = _QUOTED.match(content, at)
    if found is None:
        if strict:
            raise DamagedRow("unexpected end of data", line)
        return content[at + 1 :].replace('""', '"'), len(content)
    cell, at = found[1].replace('""', '"'), found.end()
    end = _end(plain, content, at)
    if end > at and strict:
        raise DamagedRow(f"{separator!r} expected after '\"'", line)
    return cell + content[at:end], end


def _end(pattern: re.Pattern[str], content: str, at: int) -> int:
    found = pattern.match(content, at)
    assert found is not None  # it may be empty
    return found.end()
