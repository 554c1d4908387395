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

    Parameters
    ----------
    text : iterable of str, (n_texts,)
        The texts; empty where a row has none.
    id : iterable, (n_texts,)
        A label per row.
    group : iterable of str or None, (n_texts,)
        The group of each row.
    unit : iterable of str or None, (n_texts,)
        The person or document that a row belongs to, the thing that statistics count; without units every text is its
        own.
    time : iterable, (n_texts,)
        When each text was said: dates, clock times or numbers.
    columns : mapping of str to tuple, optional
        Further columns of the input that were asked for, by name: floats or strings, for covariates, pairs and other
        groupings.
    notes : tuple of str, default ()
        What was assumed in reading.
    by_position : bool, default False
        Whether the course that was asked for runs along each text, from its beginning to its end.

    Raises
    ------
    ShapeError
        A column has another number of entries than there are texts.

    Examples
    --------
    >>> none = (None,) * 2
    >>> corpus = Corpus(["I was afraid.", ""], ["a", "b"], ["exams", "exams"], none, none)
    >>> corpus.groups, corpus.scored.tolist()
    (('exams',), [0])
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
        """Return these rows, in this order.

        Parameters
        ----------
        rows : slice or iterable of int
            Numbers of rows, from 0.

        Returns
        -------
        Corpus
            The rows.
        """

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
    """Which cluster each text is in.

    Parameters
    ----------
    labels : ndarray of int, (n_texts,)
        Numbers of clusters as the clusterer gives them, −1 = none.
    membership : ndarray, (n_texts, n_clusters), optional
        How much each text belongs to each cluster, where the clusterer says so and it was asked for.

    Examples
    --------
    >>> Clusters(np.array([0, 1, -1, 1])).n_clusters
    2
    """

    labels: IntArray = attrs.field(validator=axes("texts"))
    membership: FloatArray | None = None

    @property
    def n_clusters(self) -> int:
        """How many clusters there are; noise is none of them."""
        return int(self.labels.max(initial=-1)) + 1


@attrs.frozen(eq=False)
class Intensities:
    """How emotional each text is.

    Parameters
    ----------
    emotions : sequence of str, (n_emotions,)
        The columns of `by_emotion`.
    values : ndarray, (n_texts,)
        The scalar intensity in the scorer's own unit (its documentation says which).
    by_emotion : ndarray, (n_texts, n_emotions)
        The intensity of each emotion, 0 where there is none.
    coverage : ndarray, (n_texts,)
        The share of a text's tokens that the scorer knows, 0 to 1; a score on thin coverage is a weak score.

    Raises
    ------
    ShapeError
        The arrays don't agree on their axes, or hold NaN or infinity.

    Examples
    --------
    >>> Intensities(["fear"], np.array([0.5, 0.0]), np.array([[0.5], [0.0]]), np.ones(2)).emotions
    ('fear',)
    """

    emotions: tuple[str, ...] = attrs.field(converter=names_of)
    values: FloatArray = attrs.field(validator=axes("texts"))
    by_emotion: FloatArray = attrs.field(validator=axes("texts", "emotions"))
    coverage: FloatArray = attrs.field(validator=axes("texts"))


@attrs.frozen(eq=False)
class RegionMapping:
    """Texts on regions; rows are scored texts, columns are `targets`.

    Parameters
    ----------
    targets : sequence of str, (n_targets,)
        Regions, or nodes.
    assignment : ndarray, (n_texts, n_targets)
        The share of each text that each target is assigned; rows sum to one.
    profile : ndarray, (n_texts, n_targets)
        The evidence, standardised per region against `reference` (mean 0, SD 1 there).
    evidence : ndarray, (n_texts, n_targets)
        The same before standardisation, in the mapper's own unit (log-odds for `evidence`); NaN where the mapper has
        none.
    reference : str
        What profiles are standardised against, in words.
    reference_share : ndarray, (n_targets,)
        The share of the reference that each target is assigned.

    Raises
    ------
    ShapeError
        The arrays don't agree on their axes.

    Examples
    --------
    >>> share, zero = np.array([[0.25, 0.75]]), np.zeros((1, 2))
    >>> RegionMapping(["amygdala", "insula"], share, zero, zero, "nothing", np.full(2, 0.5)).targets
    ('amygdala', 'insula')
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
