"""Optional capabilities of atlases, connectivity measures and neural decoders."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from emotopy.records.axes import FloatArray, IntArray

if TYPE_CHECKING:
    from emotopy.inference.crossval import CrossValidated, CrossValidator
    from emotopy.inference.splits import Fold, Plan


@runtime_checkable
class CleansSignal(Protocol):
    """A connectivity measure that needs its own signal cleaning, such as its own high-pass filter.

    Examples
    --------
    >>> import emotopy
    >>> registry = emotopy.Registry.load(plugins=False)
    >>> isinstance(registry.make("connectivity", "sliding-window"), CleansSignal)
    True
    """

    def clean(self, series: FloatArray, tr_s: float, confounds: FloatArray | None = None) -> FloatArray:
        """Return the cleaned series (n_volumes, n_regions) for `features`; rows of NaN stay.

        If given, `confounds` (n_volumes, n_confounds) are regressed out.
        """
        ...


class FeatureStream(Protocol):
    """Computes features of a series that arrives volume by volume.

    Examples
    --------
    >>> import numpy as np
    >>> import emotopy
    >>> measure = emotopy.Registry.load(plugins=False).make("connectivity", "sliding-window", causal=True)
    >>> stream: FeatureStream = measure.stream(n_regions=3, tr_s=2.0)
    >>> stream.update(np.array([0.1, 0.2, 0.3])) is None  # the first window isn't full
    True
    """

    def update(self, volume: FloatArray) -> FloatArray | None:
        """Take a volume (n_regions,), NaN if missing; return the features (n_edges,) of the window that it ends.

        Returns None until a window is full, and if a window has too many missing volumes.
        """
        ...


@runtime_checkable
class StreamsFeatures(Protocol):
    """A connectivity measure that can run during a scan if created with its option `causal`.

    Streamed features equal those that `clean` and `features` return for the whole run, in windows that start at every
    volume.

    Attributes
    ----------
    causal : bool
        Whether a window depends on no later volume.

    Examples
    --------
    >>> import emotopy
    >>> measure = emotopy.Registry.load(plugins=False).make("connectivity", "sliding-window", causal=True)
    >>> isinstance(measure, StreamsFeatures), measure.causal
    (True, True)
    """

    causal: bool

    def stream(self, n_regions: int, tr_s: float) -> FeatureStream:
        """Return a stream that has received no volume yet. Raises ConfigError if the measure isn't causal."""
        ...


@runtime_checkable
class LinearDecoder(Protocol):
    """A neural decoder that may be linear; its predictions are then features @ coefficients + intercept.

    Examples
    --------
    >>> import emotopy
    >>> decoder = emotopy.Registry.load(plugins=False).make("neural_decoder", "kernel-ridge")
    >>> isinstance(decoder, LinearDecoder), decoder.is_linear
    (True, True)
    """

    @property
    def is_linear(self) -> bool:
        """Whether the decoder is linear with its options; available before the fit."""
        ...

    def linear_form(self) -> tuple[FloatArray, FloatArray]:
        """Return coefficients (n_edges, n_targets) and intercept (n_targets,) of the last fit."""
        ...


@runtime_checkable
class Explains(Protocol):
    """A cross-validator of a linear decoder that returns the fitted values of its models, for Haufe patterns.

    Examples
    --------
    >>> class Nothing:
    ...     def predict(self, values):
    ...         raise NotImplementedError
    ...     def fitted(self, values, chosen):
    ...         yield from ()
    >>> isinstance(Nothing(), Explains)
    True
    """

    def predict(self, values: FloatArray) -> CrossValidated:
        """As `emotopy.inference.crossval.CrossValidator`."""
        ...

    def fitted(self, values: FloatArray, chosen: IntArray) -> Iterator[tuple[Fold, FloatArray]]:
        """Yield each fold and its model's fitted values on its own training rows, (n_train, n_columns)."""
        ...


@runtime_checkable
class HasCoefficients(Protocol):
    """A cross-validator of a linear decoder that returns the coefficients of its models, for few features.

    Patterns of surrogates are then computed from sums of products, without fitted values.

    Examples
    --------
    >>> class ShorterOtherwise:
    ...     def coefficients(self, values, chosen):
    ...         return None
    >>> isinstance(ShorterOtherwise(), HasCoefficients)
    True
    """

    def coefficients(self, values: FloatArray, chosen: IntArray) -> Sequence[tuple[Fold, FloatArray]] | None:
        """Return each fold and its model's coefficients, (1 + n_edges, n_columns), the intercept first.

        The intercept refers to features centred on their mean over all rows. Returns None if fitted values are faster.
        `chosen` (n_folds, n_columns) is what `predict` returned.
        """
        ...


@runtime_checkable
class HasReadouts(Protocol):
    """A cross-validator of a linear decoder that sums the components of patterns over its folds.

    Examples
    --------
    >>> class ShorterOtherwise:
    ...     def readouts(self, values, chosen):
    ...         return None
    >>> isinstance(ShorterOtherwise(), HasReadouts)
    True
    """

    def readouts(self, values: FloatArray, chosen: IntArray) -> FloatArray | None:
        """Return the matrix (n_rows, n_columns) by which features are multiplied to get the mean pattern over folds.

        It is Σ (ŷ − mean ŷ) / n_train over the folds that train on a row, divided by Σ var ŷ over all folds; folds with
        a constant prediction are ignored. Returns None if coefficients are faster. `chosen` (n_folds, n_columns) is
        what `predict` returned.
        """
        ...


@runtime_checkable
class ExpectsColumns(Protocol):
    """A cross-validator that uses different algorithms for many and for few columns.

    Examples
    --------
    >>> class Planned:
    ...     def expect(self, n_columns):
    ...         self.n_columns = n_columns
    >>> isinstance(Planned(), ExpectsColumns)
    True
    """

    def expect(self, n_columns: int) -> None:
        """Announce the total number of columns for which `predict` will be called, before the first call."""
        ...


@runtime_checkable
class ExactCrossValidation(Protocol):
    """A neural decoder that cross-validates without refitting, with the same results as refitting.

    Other decoders are refitted for every fold by `RefitCrossValidator`, which has the same interface.

    Examples
    --------
    >>> import emotopy
    >>> decoder = emotopy.Registry.load(plugins=False).make("neural_decoder", "kernel-ridge")
    >>> isinstance(decoder, ExactCrossValidation)
    True
    """

    def cross_validator(
        self, features: FloatArray | Sequence[FloatArray], plan: Plan, moment: IntArray
    ) -> CrossValidator:
        """Return an object that predicts any targets of these rows; its `predict` may be called often.

        `features` is an array (n_rows, n_edges), or one array per block of rows, in order. `plan` defines the test and
        training rows. `moment` (n_rows,) gives, for each row, the row of the values that holds its targets: subjects
        who share a story share its moments; otherwise each row has its own.
        """
        ...


@runtime_checkable
class NamesOverlaps(Protocol):
    """A stage that knows which nodes are too close together for its data to distinguish them.

    Examples
    --------
    >>> class TwoNuclei:
    ...     overlapping_nodes = [{"one": "locus_coeruleus_left", "other": "locus_coeruleus_right", "overlap": 0.4}]
    >>> isinstance(TwoNuclei(), NamesOverlaps)
    True
    """

    @property
    def overlapping_nodes(self) -> Sequence[Any]:
        """Pairs of nodes with their overlap: mappings with `one`, `other` and `overlap`, JSON-serialisable."""
        ...
