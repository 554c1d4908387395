"""Mapped texts: the record from which comparisons, time courses and tables are made."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import attrs
import numpy as np
import numpy.typing as npt

from emotopy.errors import InputError, ShapeError, listed, nearest
from emotopy.records.axes import BoolArray, FloatArray, IntArray, axes
from emotopy.records.regions import RegionAxis
from emotopy.records.text import Clusters, Corpus, Intensities, Level, RegionMapping, UnitWeights
from emotopy.wording import worded

FIELDS = ("group", "unit", "time", "id")
"""Columns of every table of texts that can be used like a kept column; a kept column of the same name takes
precedence.
"""

By = str | Sequence[Any]
"""Name of a column, or a value per input row."""


def _one_each(mapped: Mapped) -> IntArray:
    return np.ones(len(mapped.scored), dtype=np.int64)


def _all_true(mapped: Mapped) -> BoolArray:
    return np.ones(len(mapped.scored), dtype=bool)


def _scored_or_empty(mapped: Mapped) -> tuple[str, ...]:
    status = np.full(len(mapped.corpus), "empty", dtype=object)
    status[mapped.scored] = "scored"
    return tuple(status.tolist())


def _unknown_each(mapped: Mapped) -> tuple[str | None, ...]:
    return (None,) * len(mapped.corpus)


def _product(mapped: Mapped) -> FloatArray:
    return np.asarray(mapped.mapping.assignment * mapped.intensities.values[:, None])


def _no_places(mapped: Mapped) -> FloatArray:
    return np.full((len(mapped.scored), 2), np.nan)


@attrs.frozen(eq=False, repr=False)
class Mapped:
    """Texts of a corpus, mapped onto an atlas.

    There are two row axes: `n_rows` counts input rows, and `n_texts` counts the rows with text. Arrays have one entry
    per text; `labels`, `values`, and methods and properties that end in `_by_row` have one entry per row.

    Parameters
    ----------
    corpus
        The input rows. Their texts are empty after `without_texts` and in results that were read from a folder.
    scored : (n_texts,)
        Indices of the rows with text, ascending.
    text_rank : (n_texts,)
        Rank of each text among the sorted distinct texts, which orders rows without a unit when the texts are removed.
        In results that were read from a folder, it is the order of the rows.
    n_words : (n_texts,)
        Number of words of each text.
    mapping, intensities
        Output of the region mapper and the intensity scorer, at full precision: word-weighted means over the segments
        of each text. Results that were read from a folder have no evidence (NaN) and no emotions.
    clusters
        Cluster of each text, namely the cluster of most of its words. None if new texts couldn't be placed, and in
        results that were read from a folder.
    axis, level
        Region axis, and whether the columns of `mapping` are regions or nodes.
    n_resamples, confidence_level
        Number of bootstrap resamples over units, and nominal confidence level, for the intervals.
    seed
        Seed of the run.
    provenance
        Provenance of the run that mapped the texts: versions, plugin owners, configuration, input hashes and notes;
        JSON-serialisable.
    source
        Description of the input in the provenance of a comparison.
    reporters
        Reporters that write the results, as names or tables with `use`.
    unit_weights
        Weighting of means over texts: ``words`` or ``texts``.
    has_intensity : (n_texts,)
        Which texts the intensity scorer can read; the others don't contribute to intensities.
    status, language : (n_rows,)
        Status of each row: ``scored``, ``empty``, ``unknown-language`` or ``unknown-words``; and the language of its
        text: ``unknown`` if it can't be detected, None if it wasn't checked.
    n_segments : (n_texts,)
        Number of segments of each text.
    weighted_intensity : (n_texts, n_regions)
        Word-weighted mean of assignment times intensity over the segments of each text. This isn't the product of the
        two means, so the result doesn't depend on how words are divided into texts. It isn't needed for texts that
        weren't segmented.
    map_xy : (n_texts, 2)
        Positions on the text map: the first two principal components of the reduced points, as word-weighted means over
        the segments of each text. NaN, the default, if a text has no point, if groups were fitted separately, or if the
        results come from an older version.

    Examples
    --------
    >>> import emotopy
    >>> quick = {"reducer": "pca", "clusterer": {"use": "kmeans", "n_clusters": 2}}
    >>> mapped = emotopy.map_texts(["I was afraid.", "", "We danced all night."], config=quick).mapped
    >>> (mapped.n_rows, mapped.n_texts, mapped.status)
    (3, 2, ('scored', 'empty', 'scored'))
    """

    corpus: Corpus
    scored: IntArray = attrs.field(validator=axes("texts"))
    text_rank: IntArray = attrs.field(validator=axes("texts"))
    n_words: IntArray = attrs.field(validator=axes("texts"))
    mapping: RegionMapping
    intensities: Intensities
    clusters: Clusters | None
    axis: RegionAxis
    level: Level
    n_resamples: int
    confidence_level: float
    seed: int
    provenance: Mapping[str, Any]
    source: Mapping[str, Any]
    reporters: tuple[Any, ...] = ()
    unit_weights: UnitWeights = "words"
    has_intensity: BoolArray = attrs.field(default=attrs.Factory(_all_true, takes_self=True), validator=axes("texts"))
    status: tuple[str, ...] = attrs.field(default=attrs.Factory(_scored_or_empty, takes_self=True))
    language: tuple[str | None, ...] = attrs.field(default=attrs.Factory(_unknown_each, takes_self=True))
    n_segments: IntArray = attrs.field(default=attrs.Factory(_one_each, takes_self=True), validator=axes("texts"))
    weighted_intensity: FloatArray = attrs.field(default=attrs.Factory(_product, takes_self=True))
    map_xy: FloatArray = attrs.field(default=attrs.Factory(_no_places, takes_self=True))

    def __attrs_post_init__(self) -> None:
        lengths = {"mapping": len(self.mapping.assignment), "intensities": len(self.intensities.values)}
        lengths["weighted_intensity"] = len(self.weighted_intensity)
        lengths["map_xy"] = len(self.map_xy)
        for name in ("status", "language"):
            if len(getattr(self, name)) != self.n_rows:
                raise ShapeError(f"{name}: wanted one per row, {self.n_rows}, got {len(getattr(self, name))}")
        if self.clusters is not None:
            lengths["clusters"] = len(self.clusters.labels)
        for name, length in lengths.items():
            if length != self.n_texts:
                raise ShapeError(f"{name}: wanted a row per text, {self.n_texts}, got {length}")

    def __repr__(self) -> str:
        return (
            f"Mapped({self.n_texts:,} texts in {self.n_rows:,} rows, {len(self.targets)} {self.level}s of "
            f"{self.axis.atlas})"
        )

    # Axes

    @property
    def n_rows(self) -> int:
        """Number of input rows."""
        return len(self.corpus)

    @property
    def n_texts(self) -> int:
        """Number of rows with text."""
        return len(self.scored)

    @property
    def targets(self) -> tuple[str, ...]:
        """Names of the regions or nodes of the mapping."""
        return self.mapping.targets

    @property
    def region_of(self) -> Mapping[str, str]:
        """The region of each node, by the node's name."""
        return self.axis.region_of

    @property
    def is_scored(self) -> BoolArray:
        """Which rows are mapped, (n_rows,): those with text that the stages can read."""
        found = np.zeros(self.n_rows, dtype=bool)
        found[self.scored] = True
        return found

    @property
    def text_groups(self) -> tuple[str | None, ...]:
        """The group of each text, (n_texts,)."""
        return tuple(self.corpus.group[row] for row in self.scored)

    @property
    def notes(self) -> tuple[str, ...]:
        """Notes for readers, as recorded in the provenance."""
        return tuple(self.provenance.get("notes", ()))

    @property
    def weights(self) -> FloatArray:
        """Weight of each text in means over texts, (n_texts,): its number of words (at least 1), or 1."""
        if self.unit_weights == "texts":
            return np.ones(self.n_texts)
        return np.maximum(self.n_words, 1).astype(np.float64)

    @property
    def intensity_assignment(self) -> FloatArray:
        """Assignment of texts with an intensity, (n_texts, n_regions); 0 for the others."""
        return self.mapping.assignment * self.has_intensity[:, None]

    @property
    def region_intensity(self) -> FloatArray:
        """Intensity of each text in each region, (n_texts, n_regions).

        It is a mean over the segments of a text, weighted by their assignment.

        NaN if no segment is assigned to the region, and for texts without an intensity.
        """
        assignment = self.intensity_assignment
        missing = np.full(assignment.shape, np.nan)
        return np.asarray(np.divide(self.weighted_intensity, assignment, out=missing, where=assignment > 0))

    # Values as the table of texts holds them, so that Python and the command line agree to the last digit

    def by_row(self, values: FloatArray) -> npt.NDArray[np.float32]:
        """Expand values per text to values per row.

        Parameters
        ----------
        values : ndarray, (n_texts, ...)
            One or more values per text.

        Returns
        -------
        ndarray of float32, (n_rows, ...)
            NaN in rows without text.
        """
        found = np.full((self.n_rows, *np.shape(values)[1:]), np.nan, dtype=np.float32)
        found[self.scored] = values
        return found

    @property
    def profile_by_row(self) -> FloatArray:
        """Standardised profiles as stored, (n_rows, n_regions)."""
        return self.by_row(self.mapping.profile).astype(np.float64)

    @property
    def assignment_by_row(self) -> FloatArray:
        """Assignments as stored, (n_rows, n_regions)."""
        return self.by_row(self.mapping.assignment).astype(np.float64)

    @property
    def weighted_intensity_by_row(self) -> FloatArray:
        """Assignment times intensity as stored, (n_rows, n_regions); 0 if a text has none in the region."""
        product = self.assignment_by_row * self.by_row(self.region_intensity).astype(np.float64)
        return np.asarray(np.where(self.intensity_assignment_by_row == 0, 0.0, product))

    @property
    def intensity_assignment_by_row(self) -> FloatArray:
        """Assignments of texts with an intensity as stored, (n_rows, n_regions); 0 for the others."""
        return self.by_row(self.intensity_assignment).astype(np.float64)

    @property
    def intensity_by_row(self) -> FloatArray:
        """Intensities as stored, (n_rows,); NaN for texts without one."""
        return self.by_row(np.where(self.has_intensity, self.intensities.values, np.nan)).astype(np.float64)

    @property
    def weights_by_row(self) -> FloatArray:
        """Weight of each text, (n_rows,); NaN for rows without text."""
        found = np.full(self.n_rows, np.nan)
        found[self.scored] = self.weights
        return found

    @property
    def n_words_by_row(self) -> FloatArray:
        """Numbers of words, (n_rows,)."""
        found = np.full(self.n_rows, np.nan)
        found[self.scored] = self.n_words
        return found

    @property
    def kept(self) -> tuple[str, ...]:
        """Names of the columns that were kept from the input."""
        return tuple(self.corpus.columns)

    def column(self, name: str) -> tuple[str | None, ...]:
        """Return a column of the corpus as in the table of texts.

        Parameters
        ----------
        name : str
            One of `FIELDS`.

        Returns
        -------
        tuple of str or None, (n_rows,)
            One string per row; None where missing.
        """
        return as_strings(getattr(self.corpus, name))

    def labels(self, by: By, what: str) -> tuple[str | None, ...]:
        """Return one name per row, from a column or as given.

        Parameters
        ----------
        by : str or sequence
            Name of a kept column or of one of `FIELDS`, or a name per row (None where missing).
        what : str
            Name of the parameter, for messages.

        Returns
        -------
        tuple of str or None, (n_rows,)
            The names.

        Raises
        ------
        InputError
            The column doesn't exist, or the number of values differs from the number of rows.
        """
        if not isinstance(by, str):
            if len(by) != self.n_rows:
                raise InputError(f"{what}: wanted a value per row of the input, {self.n_rows}, got {len(by)}")
            return tuple(map(_label, by))
        if by not in self.kept and by in FIELDS:
            return tuple(map(_label, self.column(by)))
        return tuple(map(_label, self.values(by, what)))

    def values(self, name: str, what: str) -> tuple[float | str | None, ...]:
        """Return a kept column.

        Parameters
        ----------
        name : str
            Name of the column.
        what : str
            Name of the parameter, for messages.

        Returns
        -------
        tuple, (n_rows,)
            Floats (NaN where missing), or strings for columns that aren't numeric.

        Raises
        ------
        InputError
            The column wasn't kept.
        """
        if name not in self.kept:
            there = f" Kept: {listed(self.kept)}." if self.kept else " None was kept."
            raise InputError(
                f"{what}: there is no kept column "
                f"{name!r}.{nearest(name, [*self.kept, *FIELDS])}{there} Columns must be kept when the "
                f"texts are mapped: {worded(f'--keep {name}', f'map_texts(..., keep=[{name!r}])')}"
            )
        values = self.corpus.columns[name]
        return values if all(isinstance(value, float) for value in values) else as_strings(values)

    # Units

    def unit_codes(self, places: IntArray | None = None) -> IntArray:
        """Number the units of texts in an order that doesn't depend on the order of the rows.

        Named units come first, sorted by name. A text without a unit is its own unit, sorted by its rank.

        Parameters
        ----------
        places : (n_places,)
            Which texts, as places among `n_texts`; all of them by default.

        Returns
        -------
        (n_places,) codes from 0.
        """
        chosen = np.arange(self.n_texts) if places is None else places
        units = [self.corpus.unit[row] for row in self.scored[chosen]]
        ranks = enumerate(self.text_rank[chosen].tolist())
        keys = [
            (0, unit) if unit is not None else (1, "", rank, i) for unit, (i, rank) in zip(units, ranks, strict=True)
        ]
        code_of = {key: code for code, key in enumerate(sorted(set(keys)))}
        return np.array([code_of[key] for key in keys], dtype=np.int64)

    # Changes

    def without_texts(self) -> Mapped:
        """Return the record with empty strings instead of the input texts.

        Returns
        -------
        Mapped
            The record, otherwise unchanged.
        """
        return attrs.evolve(self, corpus=attrs.evolve(self.corpus, text=("",) * self.n_rows))


def as_strings(values: Sequence[Any]) -> tuple[str | None, ...]:
    """Return values as a column of strings holds them.

    >>> as_strings([2.0, None, "a"])
    ('2.0', None, 'a')
    """
    return tuple(None if value is None else str(value) for value in values)


def _label(value: float | str | None) -> str | None:
    """Return a stored value as a name; None where missing or blank.

    >>> [_label(value) for value in (7.0, 7.5, float("nan"), "7.0", " ", None)]
    ['7', '7.5', None, '7.0', None, None]
    """
    if isinstance(value, float):
        if np.isnan(value):
            return None
        return str(int(value)) if value.is_integer() else str(value)
    return value if value is not None and value.strip() else None
