"""Tables of an image's labels, in the forms in which atlases come: which number means which region, in which network.

With a header: BIDS' `_dseg.tsv` and all that is like it (`column_names` says what columns are called). Without one:
`index name`, with colours behind (FreeSurfer, MRtrix, Schaefer's `_order.txt`), AAL's `1 Precentral_L 2001` and
`FAG Precentral_L 2001`, label descriptions of ITK-SNAP, label lists of the Connectome Workbench, XML of FSL and SPM.

A table may have several columns of numbers: each is a reading of it, and the image says which one it is numbered by.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path
from xml.etree import ElementTree as ET

import attrs

from emotopy.errors import InputError
from emotopy.readers.cell_values import described
from emotopy.readers.column_names import (
    BACKGROUND,
    NETWORK,
    NO_NETWORK,
    REGION_INDEX,
    REGION_NAME,
    folded,
    is_missing_number,
)
from emotopy.readers.delimited import SEPARATORS, named
from emotopy.readers.encodings import decode_detected
from emotopy.readers.numeric_columns import as_number
from emotopy.readers.separated import cells_of
from emotopy.readers.text_io import read_bounded
from emotopy.records.reprs import counted
from emotopy_plugins.atlases.node_table import identifier

MOST_BYTES = 16 << 20
"""The largest table that is read; FreeSurfer's of all its labels has about 100 KB."""
LARGEST_LABEL = 10_000_000
FORMS = (
    "a table with the columns index, name (a TSV or CSV with a header), lines such as `1 Precentral_L`, a colour table "
    "of FreeSurfer, MRtrix or ITK-SNAP, or XML of FSL or SPM"
)
NUMBER = "a whole number from 0"
COLOURS = ("r", "g", "b", "a", "red", "green", "blue", "alpha", "color", "colour")
NAMELESS = "label_{}"
"""What a label without a name is called."""
Row = tuple[int, str, str | None]
"""A label's number, its name, its network."""
Line = tuple[int, list[str]]
"""A line's number and its cells."""


@attrs.frozen
class LabelTable:
    """What a table says: by each column that may number the labels (its name) the rows; what was assumed.

    `zeros` are the regions that stand at number 0, the background of every image, by column.
    """

    name: str
    readings: tuple[tuple[str, list[Row]], ...] = attrs.field(repr=counted)
    notes: tuple[str, ...] = ()
    zeros: Mapping[str, str] = attrs.field(factory=dict, repr=False)

    def rows_for(self, labels: Collection[int]) -> tuple[list[Row], tuple[str, ...]]:
        """Return the rows by the first column that has all labels of an image, and a note where others were there.

        Raises InputError naming the labels that have no row.
        """
        lacking = [sorted(set(labels) - {number for number, _, _ in rows}) for _, rows in self.readings]
        fitting = [reading for reading, missing in zip(self.readings, lacking, strict=True) if not missing]
        if not fitting:
            fewest = min(lacking, key=len)
            shown = ", ".join(map(str, fewest[:8])) + (" …" if len(fewest) > 8 else "")
            raise InputError.at(
                self.name,
                wanted="a name for every label of the image",
                got=f"none for {len(fewest)}: {shown}",
                advice="check that the table belongs to this version of the atlas",
            )
        column, rows = fitting[0]
        told: tuple[str, ...] = ()
        if column in self.zeros:
            doubt = "If the table counts from 0 and the image from 1, all names are shifted by one."
            told = (
                (f"{self.name}: number 0, the background of every image, has the name {self.zeros[column]!r}. {doubt}"),
            )
        if len(self.readings) == 1:
            return rows, told
        used = {number: name for number, name, _ in rows if number in labels}
        doubtful = [
            other for other, its in fitting[1:] if {number: name for number, name, _ in its if number in labels} != used
        ]
        if doubtful:
            also = f"; {named(doubtful)} contains all of them too, with other names"
        else:
            others = [other for other, _ in self.readings if other != column]
            also = f", not by {named(others)}"
        return rows, (*told, f"{self.name}: labels are numbered by {column}{also}.")


def read_label_table(path: Path) -> LabelTable:
    """Read a table of labels; the background (0) is left out.

    A region whose name is missing is called by its number, and a note tells so. Raises InputError naming the line of a
    cell that can't be used.
    """
    data = read_bounded(path, MOST_BYTES)
    if data.startswith((b"PK\x03\x04", b"\x1f\x8b")):
        raise InputError.at(path.name, wanted=FORMS, got="a workbook or an archive", advice="save it as TSV")
    content, notes = decode_detected(data, path.name)
    if content.lstrip().startswith("<"):
        return _from_xml(content, path.name, notes)
    content = content.replace("\r\n", "\n").replace("\r", "\n")
    lines = [(number, line) for number, line in enumerate(content.split("\n"), start=1) if line.strip(" \t,;|")]
    if not lines:
        raise InputError.at(path.name, wanted=FORMS, got="an empty file")
    found = _from_header(lines, path, notes)
    if found is not None:
        return found
    rows = [(number, line) for number, line in lines if not _is_comment(line)]
    if not rows:
        raise InputError.at(path.name, wanted=FORMS, got="comments alone")
    return _from_pairs_of_lines(rows, path.name, notes) or _without_header(rows, path.name, notes)


def _is_comment(line: str) -> bool:
    return line.lstrip().startswith(("#", "//", "%"))


# With a header -----------------------------------------------------------------------------------------------------


def _from_header(lines: Sequence[tuple[int, str]], path: Path, notes: tuple[str, ...]) -> LabelTable | None:
    """Return a table whose first line, a comment or not, names columns; None where no line does."""
    for place, (number, line) in enumerate(lines):
        for separator in _separators(line, path):
            header = [cell.strip() for cell in _cells(line.lstrip("# \ufeff"), separator)]
            names = [folded(cell) for cell in header]
            if not _may_be_header(names):
                continue
            body = [(at, text, _cells(text, separator)) for at, text in lines[place + 1 :]]
            # A colour, #ff0000, may stand first in a row.
            rows = [
                (at, [cell.strip() for cell in cells])
                for at, text, cells in body
                if not _is_comment(text) or len(cells) == len(header)
            ]
            # Blanks part names, too (FreeSurfer's `#No. Label Name: R G B A`), and comments are prose.
            is_doubtful = separator == "" or _is_comment(line)
            if is_doubtful and any(len(cells) != len(header) for _, cells in rows):
                continue
            if separator or all(name in (*REGION_INDEX, *REGION_NAME, *NETWORK, *COLOURS) for name in names):
                return _by_columns(path.name, number, header, rows, notes)
        if not _is_comment(line):
            break
    return None


def _may_be_header(names: Sequence[str]) -> bool:
    """Whether there is a column of numbers and another of names."""
    n_known = sum(name in REGION_NAME or name in REGION_INDEX for name in names)
    return n_known >= 2 and any(name in REGION_NAME for name in names)


def _separators(line: str, path: Path) -> list[str]:
    likely = {".tsv": "\t", ".csv": ","}.get(path.suffix.lower(), "\t")
    return [*sorted((one for one in SEPARATORS if one in line), key=lambda one: one != likely), ""]


def _cells(line: str, separator: str) -> list[str]:
    """Split a line by a separator, or by blanks where that is empty; quotes hold a cell together."""
    text = line if separator else " ".join(line.split())
    return cells_of(text, separator or " ")


def _by_columns(
    table: str, header_line: int, header: list[str], rows: list[Line], notes: tuple[str, ...]
) -> LabelTable:
    names = [folded(cell) for cell in header]
    for at, cells in rows:
        if len(cells) != len(header):
            raise InputError.at(
                table, line=at, wanted=f"{len(header)} cells as in the header", got=f"{len(cells)} cells"
            )
    twice = next((name for i, name in enumerate(names) if name and name in names[:i]), None)
    if twice is not None:
        raise InputError.at(table, line=header_line, wanted="columns of different names", got=f"{twice!r} twice")
    numeric = {name: all(_is_numeric(cells[at]) for _, cells in rows) for at, name in enumerate(names)}
    indices = [name for name in REGION_INDEX if name in names and (numeric[name] or name == "index")]
    indices += [name for name in REGION_NAME if name in names and name not in indices and numeric[name]]
    titles = [name for name in REGION_NAME if name in names and not numeric[name]] or [
        name for name in REGION_NAME if name in names and name not in indices[:1]
    ]
    if not indices or not titles:
        wrong = next((name for name in REGION_INDEX if name in names), None)
        if wrong is not None:
            column = names.index(wrong)
            _labelled(table, [(at, cells[column], "", "") for at, cells in rows], header[column])
        raise InputError.at(
            table, line=header_line, wanted="the columns index, name", got=f"the columns {named(header)}"
        )
    title, told = _own_names(titles, names, rows, table)
    at_name = names.index(title)
    network = next((name for name in NETWORK if name in names and name not in (title, *indices[:1])), None)
    at_network = names.index(network) if network else None
    groups = [cells[at_network] if at_network is not None else "" for _, cells in rows]
    readings = []
    failed: list[InputError] = []
    for index in [name for name in indices if name != title]:
        column = names.index(index)
        entries = [(at, cells[column], cells[at_name], group) for (at, cells), group in zip(rows, groups, strict=True)]
        try:
            readings.append((f"the column {header[column]!r}", _labelled(table, entries, header[column])))
        except InputError as error:
            failed.append(error)
    if failed and (not readings or indices[0] == "index" == folded(failed[0].column or "")):
        raise failed[0]
    marks = [group for group in groups if group and _is_no_network(group)]
    notes = (*notes, *told)
    if marks:
        shown = named([repr(mark) for mark in dict.fromkeys(marks)])
        column_name = header[at_network or 0]
        notes = (*notes, f"{table}: regions without a network: {len(marks):,} ({shown} in column {column_name!r}).")
    if "0" in groups and all(_whole(group) is not None for group in groups if not _is_no_network(group)):
        column_name = header[at_network or 0]
        n_zeros = groups.count("0")
        what = f"0 in column {column_name!r} ({n_zeros:,} regions)"
        zero = f"{table}: {what} is treated as a network; if it means no network, write n/a."
        notes = (*notes, zero)
    return _table(table, readings, notes)


def _own_names(
    titles: Sequence[str], names: Sequence[str], rows: Sequence[Line], table: str
) -> tuple[str, tuple[str, ...]]:
    """Return the first column in which every region has a name of its own, and a note where it isn't the first."""
    for title in titles:
        cells = [cells[names.index(title)] for _, cells in rows]
        there = [identifier(cell) for cell in cells if not is_missing_number(cell)]
        if there and len(set(there)) == len(there):
            if title == titles[0]:
                return title, ()
            told = (
                f"{table}: the names of regions are taken from column {title!r}, because names in "
                f"{titles[0]!r} aren't unique."
            )
            return title, (told,)
    return titles[0], ()


# Without a header --------------------------------------------------------------------------------------------------


def _without_header(lines: Sequence[tuple[int, str]], table: str, notes: tuple[str, ...]) -> LabelTable:
    """Read lines whose cells stand in one of `ORDERS`, else a number and a name of several words."""
    failed: InputError | None = None
    for separator in [*(one for one in SEPARATORS if all(one in line for _, line in lines)), ""]:
        rows = [(at, _trimmed(_cells(text, separator))) for at, text in lines]
        places = _places(_shape(rows[0][1]), has_separator=bool(separator))
        odd = next(
            ((at, cells) for at, cells in rows if _places(_shape(cells), has_separator=bool(separator)) != places), None
        )
        if places is not None and odd is None:
            break
        if places is not None and odd is not None:
            wanted, got = "numbers and names in the order of the first row", f"{len(odd[1])} cells of another order"
            failed = failed or InputError.at(table, line=odd[0], wanted=wanted, got=got)
    else:
        n_before = _n_before_names([text.split() for _, text in lines])
        rows = [(at, [text.split()[0], text.split(maxsplit=n_before)[-1]]) for at, text in lines]
        places = ((0,), 1)
        if not all(_is_numeric(text.split()[0]) and not _is_numeric(text.split()[-1]) for _, text in lines):
            raise failed or _no_form(table, *lines[0])
    indices, title = places
    names = [cells[title] for _, cells in rows]
    if title == SECOND_NAME:
        if len(set(map(identifier, names))) < len(names):  # two words, not a short name and the name
            names = [" ".join(cells[1:3]) for _, cells in rows]
        else:
            notes = (*notes, f"{table}: rows have two names; the second is used, such as {names[0]!r:.60}.")
    readings = [
        (
            f"column {i + 1}",
            _labelled(table, [(at, row[i], name, "") for (at, row), name in zip(rows, names, strict=True)]),
        )
        for i in indices
    ]
    return _table(table, readings, notes)


def _n_before_names(rows: Sequence[Sequence[str]]) -> int:
    """Return how many numbers stand in front of every name: the label's, or also a colour, as in FSL's .lut files.

    >>> _n_before_names([["1", "0.4", "0", "0.5", "Left", "V1"]]), _n_before_names([["1", "Area", "44"]])
    (4, 1)
    """
    n_numbers = {next((i for i, cell in enumerate(cells) if not _is_numeric(cell)), len(cells)) for cells in rows}
    return n_numbers.pop() if n_numbers in ({4}, {5}) else 1


SECOND_NAME = 2
ORDERS: tuple[tuple[str, tuple[int, ...], int], ...] = (
    ("in(i{3,})?", (0,), 1),  # and colours, and whatever numbers stand behind them
    ("ini", (0, 2), 1),  # AAL: the place in the list, the name, the number in images of other versions
    ("nni", (2,), 1),  # AAL: an abbreviation, the name, the number
    ("ni", (1,), 0),
    ("inni{3,4}", (0,), SECOND_NAME),  # MRtrix: the number, a short name, the name, colours
    ("iiiin", (0,), 4),  # FSL: the number, a colour, the name
    ("iiiiin", (0,), 5),
    ("iiiiiiin", (0,), 7),  # ITK-SNAP: the number, colours, visibility, the name
)
"""Orders of numbers (i) and names (n) in a line, which cells may be the label's number, and which is its name."""


def _places(shape: str, *, has_separator: bool = False) -> tuple[tuple[int, ...], int] | None:
    """Return which cells of a line of this shape may be the label's number, and which is its name.

    Cells that something else than blanks parts may be a short name and the name; else they are a name of two words.

    >>> _places("iniiii"), _places("ini"), _places("nni"), _places("iiiiiiin"), _places("nn")
    (((0,), 1), ((0, 2), 1), ((2,), 1), ((0,), 7), None)
    """
    if shape == "inn" and has_separator:
        return (0,), SECOND_NAME
    return next(((indices, name) for order, indices, name in ORDERS if re.fullmatch(order, shape)), None)


def _trimmed(cells: Iterable[str]) -> list[str]:
    cells = [cell.strip() for cell in cells]
    while cells and not cells[-1]:
        cells.pop()
    return cells


def _shape(cells: Sequence[str]) -> str:
    return "".join("i" if _is_numeric(cell) else "n" for cell in cells)


def _no_form(table: str, line: int, text: str) -> InputError:
    has_number = any(map(_is_numeric, text.split()))
    return InputError.at(
        table,
        line=line,
        wanted=FORMS,
        got="a line of numbers and names in another order" if has_number else "a line without a number",
        advice="make a table with the columns index, name",
    )


def _from_pairs_of_lines(lines: Sequence[tuple[int, str]], table: str, notes: tuple[str, ...]) -> LabelTable | None:
    """Return a label list of the Connectome Workbench: a line with the name, a line `number R G B A`; else None."""
    keys = [(at, text.split()) for at, text in lines[1::2]]
    is_one = len(lines) % 2 == 0 and all(len(cells) == 5 and all(map(_is_numeric, cells)) for _, cells in keys)
    if not is_one or any(len(text.split()) == 5 and all(map(_is_numeric, text.split())) for _, text in lines[::2]):
        return None
    numbered = [(at, cells[0], text.strip()) for (at, cells), (_, text) in zip(keys, lines[::2], strict=True)]
    return _numbered(table, numbered, notes)


def _from_xml(content: str, table: str, notes: tuple[str, ...]) -> LabelTable:
    """Read XML of FSL (`<label index="0" x= y= z=>Name</label>`) or SPM (`<index>`, `<name>`).

    An atlas that FSL calls probabilistic counts its volumes from 0; in its image of most likely labels they count from
    1. One of labels gives the numbers in the image.
    """
    if re.search(r"<!\s*(DOCTYPE|ENTITY)", content, re.IGNORECASE):
        raise InputError.at(table, wanted=FORMS, got="XML with a document type", advice="save it as TSV")
    try:
        root = ET.fromstring(content)  # noqa: S314 (without a document type there are no entities)
    except (ET.ParseError, ValueError, RecursionError) as error:
        line = getattr(error, "position", (None,))[0]
        raise InputError.at(table, line=line, wanted="XML", got="something that is none") from error
    labels = root.findall(".//label")
    if not labels:
        raise InputError.at(table, wanted="XML of an atlas, with elements `label`", got=f"XML of {described(root.tag)}")
    numbered: list[tuple[int | None, str, str]] = []
    by_attribute = False
    for label in labels:
        if label.get("index") is not None:
            by_attribute = True
            numbered.append((None, label.get("index", ""), (label.text or "").strip()))
        else:
            numbered.append((None, label.findtext("index", ""), label.findtext("name", "").strip()))
    kind = (root.findtext(".//type") or root.get("type") or "").strip().lower()
    if not by_attribute or kind == "label":
        return _numbered(table, numbered, notes)
    if kind not in ("probabilistic", "probabalistic", "statistic"):  # so written in several of FSL's
        raise InputError.at(
            table,
            wanted="<type> Label or Probabilistic, which says whether labels count from 0 or from 1 in the image",
            got=f"<type> {described(kind)}" if kind else "none",
            advice="make a table with the columns index, name",
        )
    shifted = [
        (line, index if value is None else str(value + 1), name)
        for line, index, name in numbered
        for value in [_whole(index)]
    ]
    told = (
        f"{table}: this is a probabilistic atlas, in which index 0 is the first region, which is label "
        "1 in the maximum-probability image."
    )
    return _numbered(table, shifted, (*notes, told))


def _numbered(table: str, rows: Iterable[tuple[int | None, str, str]], notes: tuple[str, ...]) -> LabelTable:
    """Return the table of (line, number, name), all still strings."""
    read = _labelled(table, [(line, index, name, "") for line, index, name in rows])
    return _table(table, [("index", read)], notes)


# Cells -------------------------------------------------------------------------------------------------------------


def _labelled(table: str, entries: Iterable[tuple[int | None, str, str, str]], column: str | None = None) -> list[Row]:
    """Return the rows of (line, number, name, network), all still strings.

    Raises InputError for a number that is none or occurs twice.
    """
    read: dict[int, Row] = {}
    for line, index, name, network in entries:
        value = _whole(index)
        if value is None:
            raise InputError.at(
                table, line=line, column=column, wanted=f"{NUMBER} to {LARGEST_LABEL:,}", got=described(index)
            )
        if value in read:
            raise InputError.at(
                table, line=line, column=column, wanted="a number of its own", got=f"{value}, which occurs twice"
            )
        is_nameless = is_missing_number(name) or not identifier(name)
        group = "" if _is_no_network(network) else identifier(network)
        read[value] = (value, NAMELESS.format(value) if is_nameless else name, group or None)
    return list(read.values())


def _is_no_network(cell: str) -> bool:
    return is_missing_number(cell) or folded(cell) in NO_NETWORK


def _whole(cell: str) -> int | None:
    """Return the whole number that a cell holds, also written as 1.0; None for all else."""
    value = as_number(cell)
    if value is None or not value.is_integer() or not 0 <= value <= LARGEST_LABEL:
        return None
    return int(value)


def _is_numeric(cell: str) -> bool:
    return as_number(cell) is not None


def _table(table: str, readings: Sequence[tuple[str, list[Row]]], notes: tuple[str, ...]) -> LabelTable:
    """Return the table without the background, with a note on labels without a name."""
    rows = readings[0][1]
    nameless = [str(number) for number, name, _ in rows if number and name == NAMELESS.format(number)]
    if nameless:
        shown = named(nameless, most=8)
        notes = (*notes, f"{table}: labels without a name are named by their number, `label_N`: {shown}.")
    zeros = {
        column: name
        for column, its in readings
        for number, name, _ in its
        if not number and name != NAMELESS.format(0) and folded(name) not in BACKGROUND
    }
    kept = tuple((column, [row for row in its if row[0]]) for column, its in readings)
    return LabelTable(table, kept, notes, zeros)
