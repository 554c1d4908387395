"""A text with a volume a line, read line by line: the forms of `matrices`, without looking ahead.

A header is optional. Names in it say which column is which region; a column called `volume` (`vol`, `scan`, `frame`,
`tr`, …) numbers the volumes. Lines that start with `#` are comments; the line `# end` ends the run.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence

import attrs
import numpy as np

from emotopy.errors import InputError
from emotopy.readers.cell_values import described
from emotopy.readers.column_names import is_called, is_missing_number
from emotopy.readers.delimited import described_name, named
from emotopy.readers.matrices import is_comment, names_in_comment, number_in, row_cells, separator_of
from emotopy.records.axes import FloatArray

VOLUME_NUMBER = (
    "volume", "vol", "volume_number", "volume_index", "scan", "frame", "timepoint", "time_point", "tr", "tr_index",
)  # fmt: skip
"""What columns that number the volumes are called."""
_END = re.compile(r"#\s*end\s*", re.IGNORECASE)
_UNNAMED = ("", "Unnamed: 0")


@attrs.frozen(eq=False)
class Volume:
    """A volume of a text: `values` (n_regions,), NaN where a cell says that it is missing.

    `number` counts from 0 where the text numbers its volumes; `line` is its line, counted from 1.
    """

    values: FloatArray
    line: int
    number: int | None = None


@attrs.frozen
class _Layout:
    """How rows are cut, and in which columns regions and the volume's number stand."""

    separator: str | None
    has_decimal_commas: bool
    n_columns: int
    regions: tuple[int, ...]
    number: int | None = None


@attrs.define(eq=False)
class VolumeLines:
    """Volumes of a text whose regions are known by name.

    Parameters
    ----------
    name
        Of the file, for messages; its ending says how cells are likely to be separated.
    regions
        The regions that are wanted, in the order of the volumes' values.
    header
        Whether the first row names the columns; None finds out: it does if a cell is no number, or all regions'
        names are among its cells.
    notify
        Is told what was assumed.
    """

    name: str
    regions: tuple[str, ...]
    header: bool | None = None
    notify: Callable[[str], None] = attrs.field(default=lambda message: None, repr=False)
    _names: list[str] | None = None
    _head_line: str = attrs.field(default="", repr=False)
    _comment: str = attrs.field(default="", repr=False)
    _layout: _Layout | None = None
    _first_number: int | None = None

    def volumes(self, lines: Iterable[tuple[int, str]]) -> Iterator[Volume]:
        """Yield a volume per row of the numbered lines, until their end or the line `# end`.

        Raises InputError, which names line and column, for a region that no column has, a cell that is no number, a
        row of another length, and a number of a volume that isn't whole.
        """
        for number, line in lines:
            if is_comment(line):
                if _END.fullmatch(line.strip()):
                    return
                self._comment = line.strip()
            elif line.strip() or self._is_row_of_tabs(line):
                volume = self._read(number, line)
                if volume is not None:
                    yield volume

    def _is_row_of_tabs(self, line: str) -> bool:
        """Whether an empty line is a volume without values."""
        layout = self._layout
        return layout is not None and layout.separator == "\t" and line.count("\t") == layout.n_columns - 1 > 0

    def _read(self, number: int, line: str) -> Volume | None:
        if self._layout is None:
            if self._names is None and self._is_header(line):
                return None
            self._layout = self._laid_out(number, line)
        layout = self._layout
        cells = row_cells(line.strip("\r"), layout.separator)
        if len(cells) == layout.n_columns + 1 and not cells[-1]:  # a separator at the end
            cells = cells[:-1]
        if len(cells) != layout.n_columns:
            raise InputError.at(self.name, line=number, wanted=f"{layout.n_columns} cells", got=str(len(cells)))
        values = np.array([self._value(cells[column], number, column) for column in layout.regions])
        if layout.number is None:
            return Volume(values, number)
        given = self._value(cells[layout.number], number, layout.number)
        if not float(given).is_integer():
            raise InputError.at(
                self.name,
                line=number,
                column=self._title(layout.number),
                wanted="the whole number of a volume",
                got=described(cells[layout.number]),
            )
        if self._first_number is None:
            self._first_number = int(given)
        return Volume(values, number, int(given) - self._first_number)

    def _value(self, cell: str, line: int, column: int) -> float:
        assert self._layout is not None
        if is_missing_number(cell):
            return float("nan")
        value = number_in(cell.replace(",", ".") if self._layout.has_decimal_commas else cell)
        if value is None:
            raise InputError.at(
                self.name,
                line=line,
                column=self._title(column),
                wanted="a number",
                got=described(cell),
                advice="write n/a in every region of a missing volume",
            )
        return value

    def _title(self, column: int) -> str:
        return described_name(self._names[column]) if self._names is not None else str(column + 1)

    def _is_header(self, line: str) -> bool:
        """Keep the first row where it names the columns; whether it does."""
        if self.header is False:
            return False
        cells = row_cells(line, separator_of(self._ending, [(1, line)])[0])
        has_words = any(not is_missing_number(cell) and number_in(cell.replace(",", ".")) is None for cell in cells)
        if self.header is None and not has_words and not set(self.regions) <= set(cells):
            return False
        self._names, self._head_line = cells, line
        return True

    @property
    def _ending(self) -> str:
        return f".{self.name.rpartition('.')[2].lower()}" if "." in self.name else ""

    def _laid_out(self, number: int, line: str) -> _Layout:
        """Find out how the first volume's row is cut, and what its columns are."""
        lines = [(1, self._head_line), (2, line)] if self._names is not None else [(1, line)]
        separator, has_decimal_commas = separator_of(self._ending, lines)
        cells = row_cells(line, separator)
        if self._names is not None:
            self._names = row_cells(self._head_line, separator)
            if len(self._names) > 1 and not self._names[-1]:  # a separator at the end
                del self._names[-1]
        elif self._comment:
            names = names_in_comment(self._comment, separator)
            names = [one.lstrip("#").strip() for one in names]
            if len(names) == len(cells) and set(self.regions) <= set(names):
                self._names = names
        if self._names is None:
            if len(cells) == len(self.regions) + 1 and not cells[-1]:
                del cells[-1]
            if len(cells) != len(self.regions):
                raise InputError.at(
                    self.name,
                    line=number,
                    wanted=f"a number for each of {len(self.regions)} regions, or a header that names the columns",
                    got=f"{len(cells)} cells",
                )
            self.notify(
                f"{self.name}: there is no header, so its columns are read as the regions of the decoder, "
                "in their order."
            )
            return _Layout(separator, has_decimal_commas, len(cells), tuple(range(len(cells))))
        if len(self._names) == len(cells) - 1 and cells[-1]:  # R names no column of row names
            self._names = ["", *self._names]
        return self._by_name(self._names, separator, has_decimal_commas)

    def _by_name(self, names: Sequence[str], separator: str | None, has_decimal_commas: bool) -> _Layout:
        if lacking := [region for region in self.regions if region not in names]:
            raise InputError.at(
                self.name,
                line=1,
                column=described_name(lacking[0]),
                wanted=f"a column for each of the decoder's {len(self.regions)} regions",
                got=f"none for {named(lacking[:6])}",
                advice="use the atlas of the decoder for the series",
            )
        if twice := [region for region in self.regions if names.count(region) > 1]:
            raise InputError.at(
                self.name, line=1, column=described_name(twice[0]), wanted="a region's name once", got="it twice"
            )
        columns = [names.index(region) for region in self.regions]
        others = [i for i, name in enumerate(names) if name not in self.regions]
        number = next((i for i in others if is_called(names[i], VOLUME_NUMBER)), None)
        left_out = [names[i] for i in others if i != number and names[i] not in _UNNAMED]
        if left_out:
            self.notify(f"{self.name}: columns that aren't the decoder's regions are left out: {named(left_out[:6])}.")
        if columns != sorted(columns):
            self.notify(
                f"{self.name}: its regions are in a different order from those of the decoder; they are "
                "matched by name."
            )
        return _Layout(separator, has_decimal_commas, len(names), tuple(columns), number)
