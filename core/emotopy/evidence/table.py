"""The evidence table: terms × regions and terms × nodes, with how many studies stand behind each term.

On disk it is one wide CSV, a row a term, and beside it a JSON of the same stem that says what it was made from. The
same studies, nodes and terms give the same bytes: values are rounded to six decimals, keys are sorted, no time is kept.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import attrs
import numpy as np

from emotopy.errors import InputError, OutputError, ShapeError
from emotopy.evidence.terms import Term, read_text
from emotopy.readers.cell_values import described
from emotopy.readers.separated import DamagedRow, separated_rows
from emotopy.records import FloatArray, IntArray, axes
from emotopy.records.axes import names_of

DECIMALS = 6
HEAD = ("term", "synonyms", "missing_synonyms", "n_studies", "replicability")
REGION, NODE = "region:", "node:"


def _lists(values: Iterable[Iterable[str]]) -> tuple[tuple[str, ...], ...]:
    return tuple(tuple(value) for value in values)


def _per_term(record: EvidenceTable, attribute: attrs.Attribute[Any], value: tuple[tuple[str, ...], ...]) -> None:
    if len(value) != len(record.terms):
        raise ShapeError(f"{attribute.name}: wanted an entry per term, {len(record.terms)}, got {len(value)}")


@attrs.frozen(eq=False)
class EvidenceTable:
    """How strongly each term is tied to each place, in log-odds; made by `emotopy.evidence.build.build_table`.

    `synonyms` and `missing` hold, per term, its other words and those of its words that no abstract could use, since
    the vocabulary lacks them. `n_studies` (n_terms,) counts the studies that use the term; `replicability` (n_terms,)
    is the correlation over regions between two random halves of the studies, NaN (an empty cell) for a term that has
    none. `at_regions` (n_terms, n_regions) and `at_nodes` (n_terms, n_nodes) are the evidence: 0 says that studies with
    the term report a place as often as others.
    """

    terms: tuple[str, ...] = attrs.field(converter=names_of)
    regions: tuple[str, ...] = attrs.field(converter=names_of)
    nodes: tuple[str, ...] = attrs.field(converter=names_of)
    synonyms: tuple[tuple[str, ...], ...] = attrs.field(converter=_lists, validator=_per_term)
    missing: tuple[tuple[str, ...], ...] = attrs.field(converter=_lists, validator=_per_term)
    n_studies: IntArray = attrs.field(validator=axes("terms"))
    replicability: FloatArray = attrs.field(validator=axes("terms", finite=False))
    at_regions: FloatArray = attrs.field(validator=axes("terms", "regions"))
    at_nodes: FloatArray = attrs.field(validator=axes("terms", "nodes"))
    provenance: Mapping[str, Any] = attrs.field(factory=dict)

    @property
    def words(self) -> tuple[tuple[str, ...], ...]:
        """Per term, the term itself and its synonyms: what its anchor is made from."""
        return tuple(Term(t, s).words for t, s in zip(self.terms, self.synonyms, strict=True))

    @property
    def checksum(self) -> str:
        """SHA-256 of the table as CSV."""
        return hashlib.sha256(self.to_csv().encode()).hexdigest()

    def to_csv(self) -> str:
        """Return the table as CSV, a row a term, lines ending in a newline."""
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow([*HEAD, *(REGION + name for name in self.regions), *(NODE + name for name in self.nodes)])
        for row, term in enumerate(self.terms):
            values = [self.replicability[row], *self.at_regions[row], *self.at_nodes[row]]
            words = ("; ".join(self.synonyms[row]), "; ".join(self.missing[row]))
            writer.writerow([term, *words, int(self.n_studies[row]), *(_decimal(value) for value in values)])
        return out.getvalue()

    def write(self, path: Path) -> None:
        """Write the CSV to `path` and the provenance beside it, with the ending .json.

        Raises OutputError where either can't be written.
        """
        content = json.dumps(dict(self.provenance), indent=1, sort_keys=True, ensure_ascii=False) + "\n"
        try:
            path.write_bytes(self.to_csv().encode())
            path.with_suffix(".json").write_bytes(content.encode())
        except OSError as error:
            raise OutputError(f"{path} can't be written: {error.strerror}") from error


def read_table(path: Path) -> EvidenceTable:
    """Read an evidence table; without a JSON of the same stem its provenance is empty.

    Raises InputError for a file that is absent, not UTF-8 or not of the form: columns missing, unknown, twice or in
    another order; a cell that is no finite number (replicability may be empty); a term that occurs twice; no terms,
    no regions.
    """
    return parse_table(read_text(path), path.name, lambda: _provenance(path.with_suffix(".json")))


def parse_table(text: str, name: str, provenance: Callable[[], Mapping[str, Any]]) -> EvidenceTable:
    """Read the text of an evidence table; `name` is what messages call it, `provenance` says where it is from.

    Raises InputError as `read_table` does.
    """
    try:
        rows = [row for row, _ in separated_rows(text, ",", strict=True) if row]
    except DamagedRow as error:
        raise InputError.at(name, line=error.line, wanted="an evidence table", got=f"a damaged row: {error}") from error
    header = rows[0] if rows else []
    regions, nodes = _places(header, name)
    body = rows[1:]
    if not body:
        raise InputError(f"{name}: wanted a row per term, got none")
    for number, row in enumerate(body, 2):
        if len(row) != len(header):
            raise InputError(
                f"{name}, row {number}: wanted {len(header)} cells, got {len(row)}",
                file=name,
                row=number,
                wanted=f"{len(header)} cells",
                got=f"{len(row)} cells",
            )
    values = np.array([[_number(cell, name, n, header[c]) for c, cell in enumerate(row[3:], 3)]
                       for n, row in enumerate(body, 2)])  # fmt: skip
    end = 2 + len(regions)
    try:
        return EvidenceTable(
            terms=[row[0] for row in body],
            regions=regions,
            nodes=nodes,
            synonyms=[_words(row[1]) for row in body],
            missing=[_words(row[2]) for row in body],
            n_studies=values[:, 0].astype(np.int64),
            replicability=values[:, 1],
            at_regions=values[:, 2:end],
            at_nodes=values[:, end:],
            provenance=provenance(),
        )
    except ShapeError as error:
        raise InputError(f"{name}: {error}") from error


def _places(header: list[str], name: str) -> tuple[list[str], list[str]]:
    """Return the regions and nodes that the header names."""
    if tuple(header[: len(HEAD)]) != HEAD:
        raise InputError(f"{name}: wanted the columns {', '.join(HEAD)} first, got {', '.join(header[: len(HEAD)])}")
    places = header[len(HEAD) :]
    regions = [place.removeprefix(REGION) for place in places if place.startswith(REGION)]
    nodes = [place.removeprefix(NODE) for place in places if place.startswith(NODE)]
    if [*(REGION + r for r in regions), *(NODE + n for n in nodes)] != places or not regions:
        raise InputError(f"{name}: wanted columns region:NAME, at least one, and then node:NAME, and no others")
    return regions, nodes


def _number(cell: str, name: str, row: int, column: str) -> float:
    if column == "replicability" and not cell:
        return float("nan")
    try:
        value = float(cell)
    except ValueError:
        value = float("nan")
    if not np.isfinite(value):
        raise InputError(
            f"{name}, row {row}, column {column}: wanted a finite number, got {described(cell)}",
            file=name,
            row=row,
            column=column,
            wanted="a finite number",
            got=described(cell),
        )
    return value


def _provenance(path: Path) -> dict[str, Any]:
    if not path.is_file():
        return {}
    try:
        found = json.loads(read_text(path))
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path.name}: wanted JSON, but {error}") from error
    if not isinstance(found, dict):
        raise InputError(f"{path.name}: wanted a JSON object, got a {type(found).__name__}")
    return found


def _words(cell: str) -> tuple[str, ...]:
    return tuple(word.strip() for word in cell.split(";") if word.strip())


def _decimal(value: float) -> str:
    """Write a number with six decimals and without a negative zero; NaN as an empty cell.

    >>> _decimal(-1e-9), _decimal(0.25), _decimal(float("nan"))
    ('0.000000', '0.250000', '')
    """
    return "" if np.isnan(value) else f"{round(float(value), DECIMALS) + 0.0:.{DECIMALS}f}"
