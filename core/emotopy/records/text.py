"""Records of the text pathway, from texts to regions."""

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
    """Texts with ids, groups, units and times: `n_texts` rows in input order. `None` means "not given" in every column.

    Parameters
    ----------
    text : iterable of str, (n_texts,)
        The texts; empty strings for rows without text.
    id : iterable, (n_texts,)
        Unique id of each row.
    group : iterable of str or None, (n_texts,)
        Group of each row.
    unit : iterable of str or None, (n_texts,)
        Person or document of each row: the unit of the statistics. Without units, every text is its own unit.
    time : iterable, (n_texts,)
        Time of each text: dates, clock times or numbers.
    columns : mapping of str to tuple, optional
        Further input columns by name, as floats or strings, for covariates, pairs and other groupings.
    notes : tuple of str, default ()
        Assumptions made in reading the input.
    by_position : bool, default False
        Whether time courses run along each text, from its beginning to its end.

    Raises
    ------
    ShapeError
        The length of a column differs from the number of texts.

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
        """Show only counts, because texts may be confidential."""
        n_units = len({unit for unit in self.unit if unit is not None})
        counts = f"{len(self.scored):,} texts in {len(self):,} rows, {len(self.groups):,} groups, {n_units:,} units"
        return f"<Corpus: {counts}>"

    def take(self, rows: slice | Iterable[int]) -> Corpus:
        """Return the selected rows in the given order.

        Parameters
        ----------
        rows : slice or iterable of int
            Row indices, from 0.

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
        """Indices of the rows with text."""
        return np.array([i for i, text in enumerate(self.text) if text.translate(_INVISIBLE).strip()], dtype=np.int64)

    @property
    def groups(self) -> tuple[str, ...]:
        """The names of the groups, sorted."""
        return tuple(sorted({group for group in self.group if group is not None}))


@attrs.frozen(eq=False)
class Clusters:
    """The cluster of each text.

    Parameters
    ----------
    labels : ndarray of int, (n_texts,)
        Cluster numbers from the clusterer; −1 means no cluster.
    membership : ndarray, (n_texts, n_clusters), optional
        Degree of membership of each text in each cluster, if the clusterer provides it and it was requested.

    Examples
    --------
    >>> Clusters(np.array([0, 1, -1, 1])).n_clusters
    2
    """

    labels: IntArray = attrs.field(validator=axes("texts"))
    membership: FloatArray | None = None

    @property
    def n_clusters(self) -> int:
        """Number of clusters, without noise."""
        return int(self.labels.max(initial=-1)) + 1


@attrs.frozen(eq=False)
class Intensities:
    """Emotional intensity of each text.

    Parameters
    ----------
    emotions : sequence of str, (n_emotions,)
        Names of the columns of `by_emotion`.
    values : ndarray, (n_texts,)
        Overall intensity, in the unit that the documentation of the scorer states.
    by_emotion : ndarray, (n_texts, n_emotions)
        Intensity of each emotion; 0 if there is none.
    coverage : ndarray, (n_texts,)
        Share of the tokens of a text that the scorer knows, 0 to 1. Scores with low coverage are less reliable.

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
    """Assignment and profile of texts; rows are scored texts, and columns are `targets`.

    Parameters
    ----------
    targets : sequence of str, (n_targets,)
        Names of the regions or nodes.
    assignment : ndarray, (n_texts, n_targets)
        The share of each text that each target is assigned; rows sum to one.
    profile : ndarray, (n_texts, n_targets)
        Evidence, standardised per region against `reference` (where it has mean 0 and SD 1).
    evidence : ndarray, (n_texts, n_targets)
        Evidence before standardisation, in the mapper's own unit (log-odds for `evidence`); NaN if the mapper has none.
    reference : str
        Description of the reference of the standardisation.
    reference_share : ndarray, (n_targets,)
        Share of the reference that is assigned to each target.

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
