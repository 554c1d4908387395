"""What flows through the text pathway, from texts to regions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Literal

import attrs
import numpy as np

from emotopy.errors import ShapeError
from emotopy.records.axes import FloatArray, IntArray, axes, names_of

Level = Literal["region", "node"]
AUTO_LANGUAGE, ANY_LANGUAGE = "auto", "any"
"""In place of a language's code: set aside what a stage can't read; or map it all the same."""
UnitWeights = Literal["words", "texts"]
"""What the mean over a person's or document's texts counts: every word, or every text, alike."""
ALL_TEXTS = "all"
"""The name of the group that holds every text."""

_INVISIBLE = dict.fromkeys(map(ord, "\0\u200b\u200e\u200f\ufeff"))
"""Characters that are no text by themselves: null, zero-width space, direction and byte-order marks."""


def _tuple(values: Iterable[Any]) -> tuple[Any, ...]:
    return tuple(values)


def _names(values: Iterable[Any]) -> tuple[Any, ...]:
    """Return names, equal ones as the same string: most stand many times."""
    seen: dict[Any, Any] = {}
    return tuple(seen.setdefault(value, value) for value in values)


@attrs.frozen(eq=False, repr=False)
class Corpus:
    """Texts with who said them: `n_texts` rows in input order; `None` stands for "not given" in every column.

    `text` is empty where a row has no text. `unit` is the person or document that a row belongs to, the thing that
    statistics count; without units every text is its own. `columns` holds further columns of the input that were asked
    for, by name: floats or strings, for covariates, pairs and other groupings. `notes` say what was assumed in reading.
    With `by_position` the course that was asked for runs along each text, from its beginning to its end.
    """

    text: tuple[str, ...] = attrs.field(converter=_tuple)
    id: tuple[str, ...] = attrs.field(converter=_tuple)
    group: tuple[str | None, ...] = attrs.field(converter=_names)
    unit: tuple[str | None, ...] = attrs.field(converter=_names)
    time: tuple[Any, ...] = attrs.field(converter=_tuple)
    columns: Mapping[str, tuple[float | str | None, ...]] = attrs.field(factory=dict)
    notes: tuple[str, ...] = ()
    by_position: bool = False

    def __attrs_post_init__(self) -> None:
        named = {name: getattr(self, name) for name in ("id", "group", "unit", "time")}
        for name, values in [*named.items(), *((f"columns[{key!r}]", held) for key, held in self.columns.items())]:
            if len(values) != len(self.text):
                raise ShapeError(f"{name}: needs one entry per text, {len(self.text)}, got {len(values)}")

    def __len__(self) -> int:
        return len(self.text)

    def __repr__(self) -> str:
        """Counts alone: whoever prints a corpus needn't be allowed to read it."""
        n_units = len({unit for unit in self.unit if unit is not None})
        counts = f"{len(self.scored):,} texts in {len(self):,} rows, {len(self.groups):,} groups, {n_units:,} units"
        return f"<Corpus: {counts}>"

    def take(self, rows: slice | Iterable[int]) -> Corpus:
        """Return these rows, in this order."""

        def chosen(values: tuple[Any, ...]) -> tuple[Any, ...]:
            return values[rows] if isinstance(rows, slice) else tuple(map(values.__getitem__, rows))

        if not isinstance(rows, slice):
            rows = [int(row) for row in rows]
        named: dict[str, Any] = {name: chosen(getattr(self, name)) for name in ("text", "id", "group", "unit", "time")}
        return attrs.evolve(self, **named, columns={name: chosen(held) for name, held in self.columns.items()})

    @property
    def scored(self) -> IntArray:
        """Row numbers of the rows that hold text."""
        return np.array([i for i, text in enumerate(self.text) if text.translate(_INVISIBLE).strip()], dtype=np.int64)

    @property
    def groups(self) -> tuple[str, ...]:
        """The names of the groups, sorted."""
        return tuple(sorted({group for group in self.group if group is not None}))


@attrs.frozen(eq=False)
class Clusters:
    """Which cluster each text is in: `labels` (n_texts,) as the clusterer numbers them, −1 = none.

    `membership` (n_texts, n_clusters) where the clusterer gives soft membership and it was asked for, else None.
    """

    labels: IntArray = attrs.field(validator=axes("texts"))
    membership: FloatArray | None = None

    @property
    def n_clusters(self) -> int:
        """How many clusters there are; noise is none of them."""
        return int(self.labels.max(initial=-1)) + 1


@attrs.frozen(eq=False)
class Intensities:
    """How emotional each text is: `values` (n_texts,), `by_emotion` (n_texts, n_emotions), `coverage` (n_texts,).

    `values` is the scalar intensity in the scorer's own unit (its documentation says which). `emotions` (n_emotions,)
    names the columns of `by_emotion`, which is zero-filled. `coverage` is the share of a text's tokens that the scorer
    knows, 0 to 1; a score on thin coverage is a weak score.
    """

    emotions: tuple[str, ...] = attrs.field(converter=names_of)
    values: FloatArray = attrs.field(validator=axes("texts"))
    by_emotion: FloatArray = attrs.field(validator=axes("texts", "emotions"))
    coverage: FloatArray = attrs.field(validator=axes("texts"))


@attrs.frozen(eq=False)
class RegionMapping:
    """Texts on regions; rows are scored texts, columns are `targets` (regions, or nodes).

    `assignment` rows sum to one. `profile` is standardised per region against `reference` (mean 0, sd 1 there).
    `evidence` is the same before standardisation, in the mapper's own unit (log-odds for `evidence`), NaN where the
    mapper has none.
    """

    targets: tuple[str, ...] = attrs.field(converter=names_of)
    assignment: FloatArray = attrs.field()
    profile: FloatArray = attrs.field()
    evidence: FloatArray = attrs.field()
    reference: str
    reference_share: FloatArray

    def __attrs_post_init__(self) -> None:
        n_texts, n_targets = len(self.assignment), len(self.targets)
        for name in ("assignment", "profile", "evidence"):
            if getattr(self, name).shape != (n_texts, n_targets):
                raise ShapeError(f"{name}: wanted shape {(n_texts, n_targets)}, got {getattr(self, name).shape}")
