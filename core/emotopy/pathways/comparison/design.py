"""Who is compared with whom: from mapped texts and a specification to units, with a list of exclusions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

import attrs
import numpy as np

from emotopy.errors import InputError, nearest
from emotopy.languages import UNKNOWN
from emotopy.pathways.comparison.spec import ComparisonSpec
from emotopy.pathways.comparison.text_design import GroupDesign, comparison_notes, covariate_notes
from emotopy.pathways.comparison.units import (
    TextValues,
    UnitValues,
    canonical_order,
    covariates_of,
    fold_nodes,
    is_length,
    log_lengths,
    unit_values,
)
from emotopy.readers.corpora import ALL
from emotopy.records import IntArray, Level, Mapped
from emotopy.wording import flag, worded

if TYPE_CHECKING:
    import pandas as pd

Labels = tuple[str | None, ...]
WHY_NOT = {
    "empty": "it holds no text",
    "unknown-language": "it is in a language that the embedder doesn't support",
    "unknown-words": "it contains no word that the embedder knows",
}
EXCLUDED = ("what", "name", "group", "n_texts", "why")
MOST_NAMED = 5
"""Most names that a message lists."""


@attrs.frozen(eq=False)
class Design:
    """Units in an order that neither the order of the rows nor that of the groups changes.

    `names` and `member` (n_units,) are each unit's name and its group as an index into `groups`; with pairs, a unit is
    a pair in one of the groups. `regions` names the columns of `values`, `nodes` too where they are nodes. `described`
    says how many texts of which length the groups have.
    """

    groups: tuple[str, ...]
    names: tuple[str, ...]
    member: IntArray
    values: UnitValues
    covariate_names: tuple[str, ...]
    regions: tuple[str, ...]
    nodes: tuple[str, ...] | None
    has_units: bool
    excluded: pd.DataFrame
    notes: tuple[str, ...]
    described: tuple[GroupDesign, ...]

    @property
    def n_units(self) -> dict[str, int]:
        """How many units each group has."""
        return {name: int((self.member == i).sum()) for i, name in enumerate(self.groups)}

    @property
    def n_texts(self) -> dict[str, int]:
        """How many texts the units of each group have."""
        return {name: int(self.values.n_texts[self.member == i].sum()) for i, name in enumerate(self.groups)}

    def pairs(self) -> tuple[IntArray, IntArray]:
        """Return the units of the first and of the second group, pair by pair."""
        units = [{self.names[i]: i for i in np.flatnonzero(self.member == group)} for group in (0, 1)]
        names = sorted(units[0])
        return np.array([units[0][n] for n in names]), np.array([units[1][n] for n in names])


@attrs.define(eq=False)
class _Exclusions:
    """What was left out, and why, as rows of a table and as notes."""

    rows: list[tuple[str, str, str, int, str]] = attrs.field(factory=list)

    def add(self, what: str, name: str, group: str, n_texts: int, why: str) -> None:
        self.rows.append((what, name, group, n_texts, why))

    def table(self) -> pd.DataFrame:
        import pandas as pd

        return pd.DataFrame(self.rows, columns=list(EXCLUDED)).astype({"n_texts": "int64"})

    def notes(self) -> list[str]:
        counts = Counter((what, why) for what, _, _, _, why in self.rows)
        return [
            f"{n} {what}{'s were' if n > 1 else ' was'} left out: {why} (listed in the table `excluded`)."
            for (what, why), n in counts.items()
        ]


def design_of(mapped: Mapped, spec: ComparisonSpec) -> Design:
    """Find the units of a comparison and their values.

    Raises
    ------
    InputError
        Groups aren't there, have fewer than two units, or share a unit; columns are missing; no pair is complete.
    """
    labels = mapped.labels(spec.group, "group")
    groups = _known_groups(spec.groups, labels)
    if len(mapped.targets) == 0:
        raise InputError("compare: the mapped texts have no regions")
    left_out = _Exclusions()
    notes: list[str] = []
    ids = mapped.labels("id", "id")
    units, what = _units_of(mapped, spec, notes)
    index = {name: i for i, name in enumerate(groups)}
    is_scored = mapped.is_scored
    rows = []
    for row, label in enumerate(labels):
        if label not in index:
            continue
        if not is_scored[row]:
            left_out.add("row", ids[row] or str(row), str(label), 1, WHY_NOT[mapped.status[row]])
        elif units is not None and units[row] is None:
            left_out.add("row", ids[row] or str(row), str(label), 1, f"its {what} is missing while others have one")
        else:
            rows.append(row)
    for name in groups:
        if not any(labels[row] == name for row in rows):
            raise InputError(
                f"group {name!r} has no row that can be compared: {'; '.join(left_out.notes()) or 'it is empty'}"
            )
    if spec.language == "same":
        _check_languages(mapped, groups, labels, rows)
    chosen = np.array(rows)
    covariates, coding = covariates_of(mapped, spec.covariates, chosen)
    described = described_groups(mapped, groups, labels, units, rows)
    notes += [*coding, *comparison_notes(described), *_covariate_notes(mapped, spec, units, rows)]
    texts = TextValues(
        mapped.profile_by_row[chosen],
        mapped.assignment_by_row[chosen],
        mapped.weighted_intensity_by_row[chosen],
        mapped.intensity_assignment_by_row[chosen],
        mapped.weights_by_row[chosen],
        covariates,
    )
    member = np.array([index[str(labels[row])] for row in rows])
    texts, regions, nodes, folding = _at_level(texts, mapped, spec.level)
    if units is None:
        keys, codes = _each_its_own([ids[row] or str(row) for row in rows], member, groups, texts)
    else:
        keys, codes = _by_name([str(units[row]) for row in rows], member, groups)
    values = unit_values(texts, codes)
    kept = _comparable(keys, values, groups, spec, left_out)
    values = values.take(kept)
    design = Design(
        groups=groups,
        names=tuple(keys[i][0] for i in kept),
        member=np.array([index[keys[i][1]] for i in kept], dtype=np.int64),
        values=attrs.evolve(values, covariates=log_lengths(mapped, spec.covariates, values.covariates)),
        covariate_names=spec.covariates,
        regions=regions,
        nodes=nodes,
        has_units=units is not None,
        excluded=left_out.table(),
        notes=(*notes, *folding, *left_out.notes()),
        described=described,
    )
    _check_sizes(design, spec, left_out)
    return design


def described_groups(
    mapped: Mapped, groups: Sequence[str], labels: Labels, units: Labels | None, rows: Sequence[int]
) -> tuple[GroupDesign, ...]:
    """Describe the texts of each group that are compared."""
    n_words, found = mapped.n_words_by_row, []
    for name in groups:
        own = [row for row in rows if labels[row] == name]
        names = [None if units is None else units[row] for row in own]
        found.append(GroupDesign.of(name, names, n_words[own], has_units=units is not None))
    return tuple(found)


def _covariate_notes(mapped: Mapped, spec: ComparisonSpec, units: Labels | None, rows: Sequence[int]) -> list[str]:
    if units is None:
        return []
    columns = {
        name: [mapped.values(name, "covariate")[row] for row in rows]
        for name in spec.covariates
        if not is_length(mapped, name)
    }
    return covariate_notes(columns, [units[row] for row in rows])


def _check_languages(mapped: Mapped, groups: Sequence[str], labels: Labels, rows: Sequence[int]) -> None:
    """Raise InputError where most texts of one group are in another language than those of another group."""
    main = {}
    for name in groups:
        found = Counter(mapped.language[row] for row in rows if labels[row] == name)
        named = [(n, code) for code, n in found.items() if code not in (None, UNKNOWN)]
        if named and max(named)[0] * 2 > sum(n for n, _ in named):
            main[name] = max(named)[1]
    if len(set(main.values())) > 1:
        told = ", ".join(f"{name} {code}" for name, code in main.items())
        raise InputError(
            f"compare: most texts of the groups are in different languages ({told}), and languages "
            "differ in every region whatever the content; compare groups in one language, or set "
            f"{flag('--language', 'any')} ",
            wanted="groups of one language",
            got=told,
            advice=flag("--language", "any"),
        )


def _known_groups(asked: Sequence[str], labels: Labels) -> tuple[str, ...]:
    """Return the groups that were asked for; raise InputError for those that can't be compared."""
    there = sorted({label for label in labels if label is not None})
    if not there:
        raise InputError(
            f"compare: no text has a group; map the texts with {flag('--group', 'COL')}, or "
            f"ask for another "
            f"grouping of this result: result.regroup(...){worded(', or --group with a column that was kept', '')}"
        )
    groups = tuple(str(name) for name in asked)
    for name in groups:
        if name == ALL:
            raise InputError(f"compare: {ALL!r} contains every text, so it shares units with the other group")
        if name not in there:
            shown = ", ".join(there[:30]) + (", ..." if len(there) > 30 else "")
            raise InputError(f"compare: there is no group {name!r}.{nearest(name, there)} Groups: {shown}")
    if len(groups) < 2:
        raise InputError(f"compare: wanted two groups or more, got {len(groups)}; there are: {', '.join(there[:30])}")
    twice = next((name for i, name in enumerate(groups) if name in groups[:i]), None)
    if twice is not None:
        raise InputError(f"compare: group {twice!r} occurs twice; a group can't be compared with itself")
    return groups


def _units_of(mapped: Mapped, spec: ComparisonSpec, notes: list[str]) -> tuple[Labels | None, str]:
    """Return what each row is counted under (None: each row by itself) and what that is called."""
    if spec.paired_by is not None:
        by = spec.paired_by
        if by == "unit" and spec.unit is not None:
            return mapped.labels(spec.unit, "unit"), "unit"
        pairs = mapped.labels(by, "paired_by")
        if not any(pairs):
            raise InputError(f"paired_by: column {by!r} is empty; wanted a name of each row's pair")
        return pairs, "pair"
    units = mapped.labels(spec.unit if spec.unit is not None else "unit", "unit")
    if any(units):
        return units, "unit"
    if spec.unit is not None:
        raise InputError("unit: the column is empty; wanted the name of each row's person or document")
    notes.append(
        "No unit (person or document) was given, so every text counts as a unit; if several texts come "
        "from one person, p-values are too small and intervals too narrow."
    )
    return None, "unit"


def _at_level(
    texts: TextValues, mapped: Mapped, level: Level | None
) -> tuple[TextValues, tuple[str, ...], tuple[str, ...] | None, list[str]]:
    """Bring values to the level that was asked for; return them with the names of regions (and nodes), and notes."""
    if level in (None, mapped.level):
        if mapped.level == "region":
            return texts, mapped.targets, None, []
        return texts, tuple(mapped.region_of.get(name, name) for name in mapped.targets), mapped.targets, []
    if level == "node":
        raise InputError(
            f"level: the texts were mapped by region, which can't be divided into nodes; map again with "
            f"{flag('--level', 'node')}"
        )
    unknown = [name for name in mapped.targets if name not in mapped.region_of]
    if unknown:
        raise InputError(
            f"level: the result doesn't say which region node {unknown[0]!r} belongs to; map again with "
            f"{flag('--level', 'region')}"
        )
    texts, regions = fold_nodes(texts, mapped.targets, mapped.region_of)
    note = (
        "The texts were mapped by node: the assignment of a region is the sum over its nodes, and its "
        "profile is their mean, whose SD in the reference is below 1."
    )
    return texts, tuple(regions), None, [note]


def _each_its_own(
    ids: Sequence[str], member: IntArray, groups: tuple[str, ...], texts: TextValues
) -> tuple[list[tuple[str, str]], IntArray]:
    """Make every text a unit, numbered by group and values; return (name, group) per unit and the unit of each text."""
    by_name = np.array([sorted(groups).index(name) for name in groups])[member]
    order = canonical_order(texts, by_name)
    codes = np.empty(len(order), dtype=np.int64)
    codes[order] = np.arange(len(order))
    return [(ids[i], groups[member[i]]) for i in order], codes


def _by_name(names: Sequence[str], member: IntArray, groups: tuple[str, ...]) -> tuple[list[tuple[str, str]], IntArray]:
    """Gather texts by name within their group; return (name, group) per unit, sorted, and the unit of each text."""
    rows = [(name, groups[i]) for name, i in zip(names, member, strict=True)]
    keys = sorted(set(rows))
    places = {key: i for i, key in enumerate(keys)}
    return keys, np.array([places[row] for row in rows], dtype=np.int64)


def _comparable(
    keys: Sequence[tuple[str, str]],
    values: UnitValues,
    groups: tuple[str, ...],
    spec: ComparisonSpec,
    left_out: _Exclusions,
) -> IntArray:
    """Return which units can be compared; the others are put on the list of exclusions."""
    keep = np.ones(len(keys), dtype=bool)
    shared = {name for name, n_groups in Counter(name for name, _ in set(keys)).items() if n_groups > 1}
    if spec.paired_by is not None:
        for i, (name, group) in enumerate(keys):
            if name not in shared:
                keep[i] = False
                left_out.add("pair", name, group, int(values.n_texts[i]), "the other group has no match")
        if not keep.any():
            first, second = ([name for name, own in keys if own == group] for group in groups)
            raise InputError(
                f"paired_by: {spec.paired_by!r} gives no pairs between {groups[0]!r} and {groups[1]!r}; "
                f"both members of a pair need the same value, but the first group has {_quoted(first)}, "
                f"the second {_quoted(second)}"
            )
    elif shared:
        raise InputError(
            f"unit: {len(shared)} units are in more than one group ({_quoted(sorted(shared))}); if the "
            f"same people were measured twice, use {flag('--paired-by', 'unit')}, otherwise give "
            "different units"
        )
    for column, covariate in enumerate(spec.covariates):
        for i in np.flatnonzero(np.isnan(values.covariates[:, column]) & keep).tolist():
            keep[i] = False
            left_out.add("unit", *keys[i], int(values.n_texts[i]), f"covariate {covariate} is missing")
    return np.flatnonzero(keep)


def _check_sizes(design: Design, spec: ComparisonSpec, left_out: _Exclusions) -> None:
    noun = "pair" if spec.paired_by is not None else "unit"
    if design.has_units and set(design.n_units.values()) == {1} and not left_out.rows and noun == "unit":
        raise InputError(
            "unit: every group is a single unit, so variation between units can't be estimated; give "
            "the person or document that texts belong to",
            wanted="two units or more in each group",
            got="one unit in each group",
            advice="name the column of persons or documents as the unit",
        )
    for name, n_units in design.n_units.items():
        if n_units < 2:
            after = f" after exclusions ({' '.join(left_out.notes())})" if left_out.rows else ""
            had = f"{n_units} {noun}" if n_units == 1 else f"no {noun}"
            raise InputError(
                f"group {name!r} has {had}{after}; a comparison needs at least 2, and at least 10 to be "
                f"informative. Check that {flag('--unit')} is the person or document that texts belong "
                "to."
            )


def _quoted(names: Sequence[str]) -> str:
    shown = ", ".join(repr(name) for name in names[:MOST_NAMED])
    return shown + (f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else "")
