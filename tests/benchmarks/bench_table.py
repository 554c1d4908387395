"""What a benchmark hands to `bench.py`: tables of figures, ready for JSON and for docs/performance.md.

A benchmark module that `bench.py` runs has

    NAMES = ("decode", "decode-400")                  # its tables; the names of `--only` and of the page's markers
    def tables(settings: Settings) -> list[Table]:    # those of them for which `settings.wants(name)`

and a `main()` of its own that prints the same. `bench.py` finds every file beside it that has both; each module runs in
a process of its own. Cold processes are timed by `processes.in_turn`, work inside this process by
`processes.works_in_turn` under `threadpool_limits`; `machine.gemm_rate` is what the machine's matrix products reach.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import attrs

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
"""Real data, where they lie beside the project."""


@attrs.frozen
class Settings:
    """What a run of the benchmarks was asked for.

    `quick`: the smallest sizes, in seconds, to see that a benchmark runs; its figures mean nothing. `repeats` of every
    measurement, of which the median counts. `threads` (OMP_NUM_THREADS) to report, each in a row or a column of its
    own. `before`: a checkout of the build to compare with, `.venv` inside, None where there is none: then columns of it
    are left out. `data`: the folder of real data; where it is absent, tables that need it are left out, which
    is told on stderr. `peers`: the Python of an environment of its own, by peer (``bertopic``). `only`: names of the
    tables wanted; empty: all.
    """

    quick: bool = False
    repeats: int = 5
    threads: tuple[int, ...] = (1, 2)
    before: Path | None = None
    data: Path = DATA
    peers: Mapping[str, str] = attrs.field(factory=dict)
    only: tuple[str, ...] = ()

    def wants(self, name: str) -> bool:
        """Whether the table of this name is to be made."""
        return not self.only or name in self.only


@attrs.frozen
class Column:
    """A column of a table: its key in the rows, what it says, its unit, and its significant digits."""

    key: str
    title: str
    unit: str = ""
    digits: int = 3

    @property
    def heading(self) -> str:
        """Title and unit, as they head the column."""
        return f"{self.title}, {self.unit}" if self.unit else self.title


@attrs.frozen
class Table:
    """A table of figures: rows are plain values by column key; a missing key and None are shown as a dash.

    `command` makes it again; `note` says what a reader has to know: sizes, what was scaled, what the figures were
    allowed to see.
    """

    name: str
    title: str
    command: str
    columns: tuple[Column, ...] = attrs.field(converter=tuple)
    rows: tuple[Mapping[str, Any], ...] = attrs.field(converter=tuple)
    note: str = ""

    def __attrs_post_init__(self) -> None:
        known = {column.key for column in self.columns}
        for row in self.rows:
            if unknown := sorted(set(row) - known):
                raise ValueError(f"{self.name}: no column for {', '.join(unknown)}")

    def to_markdown(self) -> str:
        """Return the table as the page has it: title, command, rows, note."""
        lines = [f"**{self.title}**", "", f"`{self.command}`", ""]
        lines.append(f"| {' | '.join(column.heading for column in self.columns)} |")
        lines.append(f"|{'|'.join('---' for _ in self.columns)}|")
        for row in self.rows:
            cells = (shown(row.get(column.key), column.digits) for column in self.columns)
            lines.append(f"| {' | '.join(cells)} |")
        return "\n".join([*lines, *(["", self.note] if self.note else [])])

    def to_dict(self) -> dict[str, Any]:
        """Return the table, JSON-ready: NaN and infinities become null."""
        rows = [{key: plain(value) for key, value in row.items()} for row in self.rows]
        columns = [attrs.asdict(column) for column in self.columns]
        said = {"name": self.name, "title": self.title, "command": self.command, "note": self.note}
        return {**said, "columns": columns, "rows": rows}


def plain(value: Any) -> Any:
    """Return a value of NumPy's as Python's; what JSON can't hold as None."""
    value = value.item() if hasattr(value, "item") else value
    return None if isinstance(value, float) and not math.isfinite(value) else value


def shown(value: Any, digits: int = 3) -> str:
    """Return a cell: numbers to so many significant digits, whole ones in full, missing ones as a dash.

    >>> shown(12345.678), shown(0.0123456), shown(2), shown(None), shown(True), shown("umap | pca")
    ('12,346', '0.0123', '2', '–', 'yes', 'umap / pca')
    """
    value = plain(value)
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float) and value != 0:
        magnitude = math.floor(math.log10(abs(value)))
        if not -4 <= magnitude < 15:
            return f"{value:.{digits - 1}e}"
        return f"{value:,.{max(digits - 1 - magnitude, 0)}f}"
    return f"{value:,.0f}" if isinstance(value, (int, float)) else str(value).replace("|", "/").replace("\n", " ")


def growth(sizes: Sequence[float], figures: Sequence[float]) -> list[float | None]:
    """Return the exponent of growth from each size to the next: 1 is linear, 2 is quadratic; None for the first.

    >>> growth([100, 200, 400], [1.0, 2.0, 8.0])
    [None, 1.0, 2.0]
    """
    steps = range(1, len(sizes))
    return [None, *(math.log(figures[i] / figures[i - 1]) / math.log(sizes[i] / sizes[i - 1]) for i in steps)]


def last_slopes(sizes: Sequence[float], figures: Sequence[float]) -> float | None:
    """Return the slope of the last step over that of the one before, (n ≥ 3); above 1 it grows faster than linearly.

    >>> last_slopes([1, 2, 4], [1.0, 2.0, 4.0])
    1.0
    """
    if len(sizes) < 3:
        return None
    (a, b, c), (x, y, z) = sizes[-3:], figures[-3:]
    before = (y - x) / (b - a)
    return None if before <= 0 else (z - y) / (c - b) / before


def goemotions_texts(settings: Settings) -> list[str]:
    """Return the comments of GoEmotions train, 2,000 of them for a quick run; none, and a line on stderr, without."""
    path = settings.data / "goemotions" / "train.tsv"
    if not path.is_file():
        print(f"left out: it needs {path.name} of GoEmotions (--data)", file=sys.stderr)
        return []
    texts = [line.split("\t")[0] for line in path.read_text(encoding="utf-8").splitlines()]
    return texts[:2000] if settings.quick else texts


def names_of(tables: Iterable[Table]) -> list[str]:
    """Return the tables' names, in order."""
    return [table.name for table in tables]
