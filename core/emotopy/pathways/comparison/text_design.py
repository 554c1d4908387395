"""The design of texts: groups, units, lengths. What a reader of intervals and comparisons has to know of it.

Everything here is known before a text is embedded, or paid for.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import attrs
import numpy as np

from emotopy.records import ALL_TEXTS, Corpus, FloatArray, IntArray

FEW_UNITS = 10
"""A group of fewer units gets a note."""
UNEVEN = 4.0
"""Groups differ much where one has this many times as many units, texts per unit, or words per text as another."""
LONGER = 1.5
"""A comparison tells of texts that are this many times as long in one group as in another."""
MOST_NAMED = 5
"""Groups that a note names."""

Keys = Sequence[Any]


@attrs.frozen
class GroupDesign:
    """A group's texts: how many, of how many units, and how long.

    `n_units` is None where no unit was given. `texts_per_unit` and `words` (of a text) are medians, NaN in a group
    without texts; `words_least` and `words_most` are the shortest and the longest text's.
    """

    name: str
    n_units: int | None
    n_texts: int
    texts_per_unit: float
    words: float
    words_least: int
    words_most: int

    @classmethod
    def of(cls, name: str, units: Keys, n_words: FloatArray | IntArray, *, has_units: bool) -> GroupDesign:
        """Describe texts by the unit of each, (n_texts,), None where it has none of its own, and numbers of words."""
        counts = Counter(unit if unit is not None else (row,) for row, unit in enumerate(units))
        return cls.of_counts(name, list(counts.values()), n_words, has_units=has_units)

    @classmethod
    def of_counts(
        cls, name: str, texts_of_unit: Sequence[int] | IntArray, n_words: FloatArray | IntArray, *, has_units: bool
    ) -> GroupDesign:
        """Describe texts by the number of texts of each unit, (n_units,), and the numbers of words, (n_texts,)."""
        n_words = np.asarray(n_words, dtype=np.float64)
        known = n_words[np.isfinite(n_words)]
        return cls(
            name=name,
            n_units=len(texts_of_unit) if has_units else None,
            n_texts=len(n_words),
            texts_per_unit=float(np.median(texts_of_unit)) if len(texts_of_unit) else float("nan"),
            words=float(np.median(known)) if len(known) else float("nan"),
            words_least=int(known.min()) if len(known) else 0,
            words_most=int(known.max()) if len(known) else 0,
        )

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON holds it; None for what is unknown."""
        plain = attrs.asdict(self)
        return {name: None if isinstance(value, float) and np.isnan(value) else value for name, value in plain.items()}


def group_designs(corpus: Corpus, scored: IntArray, n_words: IntArray) -> tuple[GroupDesign, ...]:
    """Describe all texts as group `all`, then each group's; `n_words` (n_texts,) are those of the scored rows."""
    units = [corpus.unit[row] for row in scored]
    places: dict[str, list[int]] = {ALL_TEXTS: list(range(len(units))), **{name: [] for name in corpus.groups}}
    for place, row in enumerate(scored):
        group = corpus.group[row]
        if group is not None:
            places[group].append(place)
    has_units = any(unit is not None for unit in corpus.unit)
    return tuple(
        GroupDesign.of(name, [units[i] for i in own], n_words[own], has_units=has_units) for name, own in places.items()
    )


def design_notes(corpus: Corpus, scored: IntArray, n_words: IntArray, n_empty: int) -> list[str]:
    """Return what a reader of the intervals has to know; `n_empty` counts the rows without text.

    Rows without text, units that aren't there or say nothing, groups of few units, groups that differ much in size or
    length.
    """
    pairs = [(corpus.group[row], corpus.unit[row]) for row in scored]
    units = [unit for _, unit in pairs if unit is not None]
    is_own = len(units) == len(pairs) > 1 and len(set(units)) == len(units)
    designs = group_designs(corpus, scored, n_words)
    return notes_on_designs(
        designs,
        set(pairs),
        has_own_units=is_own,
        n_without_unit=len(pairs) - len(units),
        n_empty=n_empty,
        n_rows=len(corpus),
    )


def notes_on_designs(
    designs: Sequence[GroupDesign],
    pairs: Iterable[tuple[str | None, str | None]],
    *,
    has_own_units: bool,
    n_without_unit: int,
    n_empty: int,
    n_rows: int,
) -> list[str]:
    """Return the notes of `design_notes`.

    Parameters
    ----------
    designs
        All texts, then each group.
    pairs
        The distinct pairs of a text's group and unit.
    has_own_units
        Whether every text has a unit of its own that was given.
    n_without_unit
        Texts without a unit.
    n_empty, n_rows
        Rows without text, and all rows.
    """
    notes = []
    if n_empty:
        notes.append(f"{n_empty} of {n_rows} rows have no text; they have status empty and are excluded.")
    groups = [one for one in designs[1:] if one.n_texts]
    n_without_group = designs[0].n_texts - sum(one.n_texts for one in groups)
    if groups and n_without_group:
        notes.append(
            f"Texts without a group, while others have one: {n_without_group:,} of {designs[0].n_texts:,}. "
            "They count only in the group 'all'."
        )
    if len(groups) == 1:
        notes.append(f"All texts with a group are in the same group, {groups[0].name!r}, so groups can't be compared.")
    if designs[0].n_units is None:
        notes.append(
            "No unit (person or document) was given, so intervals treat every text as a unit; they are "
            "too narrow if several texts come from one person."
        )
    else:
        if n_without_unit:
            notes.append(
                f"Texts without a unit, while others have one: {n_without_unit:,} of {designs[0].n_texts:,}. Intervals "
                "count each of them as a separate unit, and comparisons leave them out; complete the column if you can."
            )
        notes += _unit_notes(pairs, designs, has_own_units=has_own_units)
    return [*notes, *uneven_notes(groups)]


def _unit_notes(
    pairs: Iterable[tuple[str | None, str | None]], designs: Sequence[GroupDesign], *, has_own_units: bool
) -> list[str]:
    """Return notes on what units tell: nothing where they repeat the groups or the rows, little where they are few."""
    if same_partition(pairs):
        note = (
            "Groups and units are the same: every group is a single unit, so there are no intervals and the groups "
            "can't be compared. If another column identifies persons or documents, name it as the unit."
        )
        return [note]
    notes = []
    if has_own_units:
        notes.append(
            "Every text has its own unit, as if none were given; if several texts come from one person "
            "or document, name the column that identifies it."
        )
    few = [group for group in designs[1:] if group.n_units is not None and group.n_units < FEW_UNITS]
    return notes + [
        f"Group {group.name!r} has {group.n_units} units; with fewer than 10 its intervals are rough, "
        "with fewer than 5 there are none."
        for group in few
    ]


def same_partition(pairs: Iterable[tuple[str | None, str | None]]) -> bool:
    """Whether groups and units are the same up to renaming, two of them or more.

    >>> same_partition([("a", "1"), ("a", "1"), ("b", "2")]), same_partition([("a", "1"), ("a", "2"), ("b", "3")])
    (True, False)
    """
    kinds = {pair for pair in pairs if pair != (None, None)}
    if len(kinds) < 2 or any(None in pair for pair in kinds):
        return False
    return len({group for group, _ in kinds}) == len({unit for _, unit in kinds}) == len(kinds)


def uneven_notes(groups: Sequence[GroupDesign]) -> list[str]:
    """Return notes on groups that differ four-fold in number of units, texts per unit, or words per text."""
    notes = []
    if all(one.n_units is not None for one in groups):
        notes += _uneven(groups, "n_units", "in number of units", "units")
        notes += _uneven(groups, "texts_per_unit", "in texts per unit", "texts (median)")
    else:
        notes += _uneven(groups, "n_texts", "in number of texts", "texts")
    return notes + _uneven(groups, "words", "in length", "words a text (median)")


def comparison_notes(groups: Sequence[GroupDesign]) -> list[str]:
    """Return notes on groups compared, of which one has four times as many units or longer texts, with the medians."""
    units = _uneven(groups, "n_units", "in number of units", "units") if groups[0].n_units is not None else []
    return units + _uneven(groups, "words", "in the length of their texts", "words a text (median)", factor=LONGER)


def _uneven(groups: Sequence[GroupDesign], field: str, what: str, of: str, *, factor: float = UNEVEN) -> list[str]:
    sizes = {one.name: float(getattr(one, field)) for one in groups}
    known = {name: size for name, size in sizes.items() if np.isfinite(size)}
    if len(known) < 2 or max(known.values()) < factor * max(min(known.values()), 1.0):
        return []
    ranked = sorted(known.items(), key=lambda one: one[1])
    shown = ranked if len(ranked) <= MOST_NAMED else [ranked[0], ranked[-1]]
    told = ", ".join(f"{name!r} {size:,g}" for name, size in shown)
    between = "" if len(ranked) <= MOST_NAMED else f"; {len(ranked) - 2} groups lie between"
    return [f"Groups differ {what}: {told} {of}{between}."]


def varying_units(values: Sequence[Any], units: Keys) -> tuple[int, int]:
    """Return within how many units a column varies, and how many units have a value; missing values don't count.

    >>> varying_units([30.0, 31.0, 40.0, None], ["p", "p", "q", "q"])
    (1, 2)
    """
    seen: dict[Any, set[Any]] = {}
    for value, unit in zip(values, units, strict=True):
        if unit is not None and value is not None and value == value:  # noqa: PLR0124 (NaN)
            seen.setdefault(unit, set()).add(value)
    return sum(len(kinds) > 1 for kinds in seen.values()), len(seen)


def covariate_notes(columns: Mapping[str, Sequence[Any]], units: Keys) -> list[str]:
    """Return a note for each covariate that varies within units, whose mean is held constant then."""
    notes = []
    for name, values in columns.items():
        n_varying, n_units = varying_units(values, units)
        if n_varying:
            notes.append(
                f"Covariate {name} varies within {n_varying:,} of {n_units:,} units; the mean over the "
                "texts of a unit is held constant."
            )
    return notes
