"""Sums over texts from which the tables of a large corpus are made: of a block of it, and of blocks together.

`combine` adds such sums up. It is associative, and the order of the parts changes nothing but rounding.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import attrs
import numpy as np
import numpy.typing as npt

from emotopy.inference.unit_means import sum_by_unit
from emotopy.pathways.text.cluster_sums import ClusterSums
from emotopy.pathways.text.screening import Kind, Screening
from emotopy.records import FloatArray, IntArray, Mapped

UnitKey = tuple[Any, ...]
"""What units are ordered by: ``(0, name)``; a text without a unit is one of its own, ``(1, text, row)``."""
Hashes = npt.NDArray[np.uint64]
MOST_WAITING = 8
"""Parts whose sums by cluster wait to be combined."""


@attrs.frozen(eq=False, repr=False)
class PartialSums:
    """Sums over the texts of some rows.

    Attributes
    ----------
    targets : (n_regions,)
        Regions or nodes.
    groups : (n_groups,)
        Names of the groups of all rows, sorted; None, for rows without a group, comes last and is always there.
    units : (n_units,)
        Keys of the units of the texts, sorted.
    group, unit : (n_cells,)
        Numbers of group and unit of each cell, a pair that has texts; ascending by group, then unit.
    cell_texts : (n_cells,)
        Numbers of texts.
    cell_sums : (n_cells, 1 + 3 n_regions)
        Sums over each cell's texts of their weight w; w · profile; w · assignment · intensity; and w · assignment of
        the texts that have an intensity.
    group_sums : (n_groups, 2 n_regions)
        Sums over each group's texts of w · assignment, and of w · evidence.
    n_in_region : (n_groups, n_regions)
        Numbers of texts that are assigned to a region at all.
    is_one_hot
        Whether every assignment is 0 or 1.
    lengths : (n_lengths, 3)
        Group, number of words, and how many texts of the group have so many words.
    tally
        How many texts there are of each kind of screening.
    n_rows, n_segments
        Rows, and segments of the texts that are mapped.
    distinct : (n_distinct,)
        64-bit hashes of the distinct texts that are mapped, ascending.
    clusters
        Sums by cluster.
    """

    targets: tuple[str, ...]
    groups: tuple[str | None, ...]
    units: tuple[UnitKey, ...]
    group: IntArray
    unit: IntArray
    cell_texts: IntArray
    cell_sums: FloatArray
    group_sums: FloatArray
    n_in_region: IntArray
    is_one_hot: bool
    lengths: IntArray
    tally: Mapping[Kind, int]
    n_rows: int
    n_segments: int
    distinct: Hashes
    clusters: ClusterSums

    def __repr__(self) -> str:
        return (
            f"PartialSums({self.n_texts:,} texts in {self.n_rows:,} rows, {len(self.groups) - 1:,} groups, "
            f"{len(self.units):,} units)"
        )

    @property
    def n_texts(self) -> int:
        """Number of texts that are mapped."""
        return int(self.cell_texts.sum())

    @property
    def n_with_text(self) -> int:
        """Number of rows that hold text."""
        return sum(self.tally.values())

    @property
    def named_groups(self) -> tuple[str, ...]:
        """Names of the groups, sorted."""
        return tuple(name for name in self.groups if name is not None)

    @property
    def languages(self) -> dict[str, int]:
        """Number of texts by language, in the order of the names."""
        found: Counter[str] = Counter()
        for kind, n in self.tally.items():
            found[kind.language] += n
        return dict(sorted(found.items()))

    @classmethod
    def of(cls, mapped: Mapped, screening: Screening, clusters: ClusterSums, *, first_row: int = 0) -> PartialSums:
        """Sum over the texts of mapped rows.

        Parameters
        ----------
        mapped
            The texts.
        screening
            What became of their rows.
        clusters
            Sums by cluster of the same texts.
        first_row
            Number of the first row in the whole input; it tells texts without units apart.
        """
        groups: tuple[str | None, ...] = (*mapped.corpus.groups, None)
        place = {name: i for i, name in enumerate(groups)}
        group_of = np.array([place[name] for name in mapped.text_groups], dtype=np.int64)
        keys = unit_keys(mapped, first_row)
        units = tuple(sorted(set(keys)))
        number = {key: i for i, key in enumerate(units)}
        unit_of = np.array([number[key] for key in keys], dtype=np.int64)
        cells, cell_of = np.unique(group_of * max(len(units), 1) + unit_of, return_inverse=True)
        mapping, weights = mapped.mapping, mapped.weights[:, None]
        has = mapped.has_intensity[:, None]
        per_cell = np.hstack(
            [
                weights,
                mapping.profile * weights,
                mapped.weighted_intensity * weights * has,
                mapping.assignment * weights * has,
            ]
        )
        per_group = np.hstack([mapping.assignment * weights, mapping.evidence * weights])
        lengths, counts = np.unique(np.column_stack([group_of, mapped.n_words]), axis=0, return_counts=True)
        return cls(
            targets=tuple(mapped.targets),
            groups=groups,
            units=units,
            group=cells // max(len(units), 1),
            unit=cells % max(len(units), 1),
            cell_texts=np.bincount(cell_of, minlength=len(cells)),
            cell_sums=sum_by_unit(per_cell, cell_of),
            group_sums=_by_group(per_group, group_of, len(groups)),
            n_in_region=_by_group((mapping.assignment > 0).astype(np.int64), group_of, len(groups)),
            is_one_hot=bool(((mapping.assignment == 0) | (mapping.assignment == 1)).all()),
            lengths=np.column_stack([lengths, counts]).astype(np.int64).reshape(-1, 3),
            tally=screening.tally,
            n_rows=mapped.n_rows,
            n_segments=int(mapped.n_segments.sum()),
            distinct=np.unique(hashes_of(mapped.corpus.text[row] for row in mapped.scored)),
            clusters=clusters,
        )


def combine(parts: Sequence[PartialSums]) -> PartialSums:
    """Add up the sums of parts that have no row in common, one or more, of the same fit."""
    if len(parts) == 1:
        return parts[0]
    groups: tuple[str | None, ...] = (*sorted(set().union(*(part.named_groups for part in parts))), None)
    units = tuple(sorted(set().union(*(part.units for part in parts))))
    place, number = {name: i for i, name in enumerate(groups)}, {key: i for i, key in enumerate(units)}
    group_of = [np.array([place[name] for name in part.groups], dtype=np.int64) for part in parts]
    unit_of = [np.array([number[key] for key in part.units], dtype=np.int64) for part in parts]
    n_units = max(len(units), 1)
    keys = [g[part.group] * n_units + u[part.unit] for g, u, part in zip(group_of, unit_of, parts, strict=True)]
    cells = np.unique(np.concatenate(keys))
    cell_texts, cell_sums = np.zeros(len(cells), dtype=np.int64), np.zeros((len(cells), parts[0].cell_sums.shape[1]))
    for key, part in zip(keys, parts, strict=True):  # in place: what is summed may be hundreds of megabytes
        rows = np.searchsorted(cells, key)
        cell_texts[rows] += part.cell_texts
        cell_sums[rows] += part.cell_sums
    lengths = np.concatenate(
        [
            np.column_stack([new[part.lengths[:, 0]], part.lengths[:, 1:]])
            for new, part in zip(group_of, parts, strict=True)
        ]
    )
    kinds, kind_of = np.unique(lengths[:, :2], axis=0, return_inverse=True)
    per_group = np.concatenate(group_of)
    return PartialSums(
        targets=parts[0].targets,
        groups=groups,
        units=units,
        group=cells // n_units,
        unit=cells % n_units,
        cell_texts=cell_texts,
        cell_sums=cell_sums,
        group_sums=_by_group(np.concatenate([part.group_sums for part in parts]), per_group, len(groups)),
        n_in_region=_by_group(np.concatenate([part.n_in_region for part in parts]), per_group, len(groups)),
        is_one_hot=all(part.is_one_hot for part in parts),
        lengths=np.column_stack([kinds, sum_by_unit(lengths[:, 2], kind_of.ravel())]).astype(np.int64),
        tally=sum((Counter(part.tally) for part in parts), Counter[Kind]()),
        n_rows=sum(part.n_rows for part in parts),
        n_segments=sum(part.n_segments for part in parts),
        distinct=np.unique(np.concatenate([part.distinct for part in parts])),
        clusters=ClusterSums.combine([part.clusters for part in parts]),
    )


class Accumulator:
    """Sums of a run of parts: `add` each, then `total()`, which is what `combine` gives of all of them.

    Cells are added in place, so that memory follows their number, not that of the parts.
    """

    def __init__(self) -> None:
        self._light: list[PartialSums] = []
        self._group: dict[str | None, int] = {}
        self._unit: dict[UnitKey, int] = {}
        self._row: dict[int, int] = {}
        self._texts = np.zeros(0, dtype=np.int64)
        self._sums = np.zeros((0, 0))

    def add(self, part: PartialSums) -> None:
        """Add the sums of another part."""
        group = np.array([self._group.setdefault(name, len(self._group)) for name in part.groups], dtype=np.int64)
        unit = np.array([self._unit.setdefault(key, len(self._unit)) for key in part.units], dtype=np.int64)
        keys = (group[part.group] << 40) + unit[part.unit]  # a million million units, and groups
        rows = np.array([self._row.setdefault(key, len(self._row)) for key in keys.tolist()], dtype=np.int64)
        if len(rows):
            self._grow(len(self._row), part.cell_sums.shape[1])
            self._texts[rows] += part.cell_texts
            self._sums[rows] += part.cell_sums
        self._light.append(_without_cells(part))
        if len(self._light) == MOST_WAITING:
            self._light = [combine(self._light)]

    def total(self) -> PartialSums:
        """Return the sums of all parts added, one or more; nothing can be added afterwards."""
        light = combine(self._light)
        units = tuple(sorted(self._unit))
        place = {name: i for i, name in enumerate(light.groups)}
        rank = np.empty(len(units), dtype=np.int64)
        rank[[self._unit[key] for key in units]] = np.arange(len(units))
        keys = np.fromiter(self._row, dtype=np.int64, count=len(self._row))
        group = np.array([place[name] for name in self._group], dtype=np.int64)[keys >> 40]
        unit = rank[keys & ((1 << 40) - 1)] if len(keys) else keys
        order = np.lexsort((unit, group))
        sums, self._sums = self._sums[order], np.zeros((0, 0))
        return attrs.evolve(
            light, units=units, group=group[order], unit=unit[order], cell_texts=self._texts[order], cell_sums=sums
        )

    def _grow(self, n_cells: int, n_columns: int) -> None:
        """Make room for cells, with some to spare."""
        if n_cells > len(self._texts):
            more = n_cells + n_cells // 4 - len(self._texts)
            self._texts = np.concatenate([self._texts, np.zeros(more, dtype=np.int64)])
            sums = np.zeros((len(self._texts), n_columns))
            sums[: len(self._sums)] = self._sums.reshape(-1, n_columns)
            self._sums = sums


def _without_cells(part: PartialSums) -> PartialSums:
    none = np.zeros(0, dtype=np.int64)
    return attrs.evolve(part, units=(), group=none, unit=none, cell_texts=none, cell_sums=part.cell_sums[:0].copy())


def unit_keys(mapped: Mapped, first_row: int = 0) -> list[UnitKey]:
    """Return the key of each text's unit, (n_texts,): their order is that of `Mapped.unit_codes`."""
    corpus = mapped.corpus
    return [
        (0, unit) if (unit := corpus.unit[row]) is not None else (1, corpus.text[row], first_row + row)
        for row in mapped.scored.tolist()
    ]


def hashes_of(texts: Iterable[str]) -> Hashes:
    """Return a 64-bit hash of each text, (n_texts,): BLAKE2b of its UTF-8.

    >>> hashes_of(["so", "so", "be it"])[:2].tolist() == [hashes_of(["so"])[0]] * 2
    True
    """
    blake2b = hashlib.blake2b
    return np.array(
        [
            int.from_bytes(blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "little")
            for text in texts
        ],
        dtype=np.uint64,
    )


def _by_group(values: Any, group: IntArray, n_groups: int) -> Any:
    """Sum rows by the group's number; zeros where it has no row."""
    found = np.zeros((n_groups, values.shape[1]), dtype=values.dtype)
    if len(values):
        found[np.unique(group)] = sum_by_unit(values, group)
    return found
