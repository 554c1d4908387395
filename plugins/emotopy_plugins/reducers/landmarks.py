"""Landmarks: the texts that a map is made of, chosen by content, and the places of all other texts among them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from hashlib import sha256
from typing import Any, get_args

import attrs
import numpy as np

from emotopy.records.axes import FloatArray, IntArray
from emotopy.storage.container_specs import Array
from emotopy.storage.saved_state import check_floats
from emotopy.storage.state_fields import Fields
from emotopy_plugins.reducers.nearest_neighbours import Metric, Neighbours, NeighbourSearch, comparable
from emotopy_plugins.reducers.umap_layout import Curve, fuzzy_graph, lay_out, place, uncounted


def content_keys(rows: FloatArray) -> IntArray:
    """Return a number for each row, (n_rows,) uint64, that depends on its numbers alone: equal rows, equal keys.

    The keys are the first eight bytes of a SHA-256, so their order is as good as random, and the same in any corpus.

    >>> one, two, same = content_keys(np.array([[1.0, 0.0], [2.0, 0.0], [1.0, -0.0]]))
    >>> one == same, one == two
    (np.True_, np.False_)
    """
    # adding zero turns −0 into 0
    digests = b"".join(sha256((row + 0.0).tobytes()).digest()[:8] for row in rows)
    return np.frombuffer(digests, dtype="<u8").astype(np.uint64)


def distinct(rows: FloatArray) -> tuple[IntArray, IntArray]:
    """Return where each distinct row stands first, in the order of the keys, and which of them each row equals.

    The first n are n landmarks: neither the order of the rows, nor copies of them, nor a seed changes them, and where
    rows are added few are exchanged.
    """
    _, first, inverse = np.unique(content_keys(rows), return_index=True, return_inverse=True)
    return first, inverse


@attrs.frozen
class LayoutOptions:
    """What a map is made with; the options of the reducer `umap`."""

    n_components: int
    n_neighbors: int
    min_dist: float
    metric: Metric
    n_pca: int | None


@attrs.frozen(eq=False)
class LandmarkMap:
    """A map of landmarks, and all that is needed to place further rows on it: plain arrays, and options.

    Attributes
    ----------
    options
        What it was made with.
    mean : (n_dims,)
        Subtracted from rows first.
    axes : (n_dims, n_axes)
        Principal axes that rows are brought to then; None: rows stay as they are.
    scale
        Rows are divided by it, so that their squares stay in the range of single precision.
    landmarks : (n_landmarks, n_axes)
        The landmarks after that, made `comparable`, float32.
    points : (n_landmarks, n_components)
        Their places, float32.
    """

    options: LayoutOptions
    mean: FloatArray
    axes: FloatArray | None
    scale: float
    landmarks: FloatArray
    points: FloatArray
    _curve: Curve = attrs.Factory(lambda self: Curve.of(self.options.min_dist), takes_self=True)
    _search: NeighbourSearch = attrs.field(init=False, repr=False)

    def __attrs_post_init__(self) -> None:
        object.__setattr__(self, "_search", NeighbourSearch.of(self.landmarks, self.options.metric))

    @classmethod
    def of(
        cls,
        rows: FloatArray,
        options: LayoutOptions,
        n_epochs: int,
        generator: np.random.Generator,
        advance: Callable[[int], None] = uncounted,
    ) -> LandmarkMap:
        """Lay out the landmarks, rows (n_landmarks, n_dims) in the order of `distinct`: different, in random order."""
        wide = rows.astype(np.float64)
        centred = wide - wide.mean(axis=0)
        keeps_direction = options.n_pca is None and options.metric in ("cosine", "correlation")
        mean = np.zeros(wide.shape[1]) if keeps_direction else wide.mean(axis=0)
        axes = None
        if options.n_pca is not None and min(rows.shape) > options.n_pca:
            axes = principal_axes(centred, options.n_pca)
        projected = wide - mean if axes is None else centred @ axes
        scale = float(np.abs(projected).max())
        landmarks = comparable(projected / scale, options.metric)
        # a row is its own nearest neighbour; of rows that single precision can't tell apart, another one may be
        found = NeighbourSearch.of(landmarks, options.metric).nearest(landmarks, options.n_neighbors)
        graph = fuzzy_graph(without_self(found), options.n_neighbors)
        start = first_places(centred if axes is None else projected, options.n_components, generator)
        points = lay_out(graph, start, Curve.of(options.min_dist), n_epochs, generator, advance)
        return cls(options, mean, axes, scale, landmarks, points)

    def state(self) -> tuple[dict[str, Array], dict[str, Any]]:
        """Return the map as a file holds it."""
        arrays = {name: np.asarray(getattr(self, name)) for name in ("mean", "landmarks", "points")}
        if self.axes is not None:
            arrays["axes"] = self.axes
        return arrays, {"scale": self.scale, "curve": attrs.asdict(self._curve), "options": attrs.asdict(self.options)}

    @classmethod
    def from_state(cls, arrays: Mapping[str, Array], values: Mapping[str, Any]) -> LandmarkMap:
        """Make the map of what a file holds.

        Raises ContainerError for what doesn't hold together.
        """
        fields = Fields(values)
        given, curve = fields.table("options"), fields.table("curve")
        metric = given.text("metric")
        if metric not in get_args(Metric):
            given.refuse("metric", f"one of {', '.join(get_args(Metric))}", ascii(metric)[:60])
        options = LayoutOptions(
            n_components=given.whole("n_components", least=1),
            n_neighbors=given.whole("n_neighbors", least=1),
            min_dist=given.number("min_dist", above=-1, most=1),
            metric=metric,  # type: ignore[arg-type]
            n_pca=None if given.values.get("n_pca", 0) is None else given.whole("n_pca", least=1),
        )
        reduced = ("axes",) if "axes" in arrays else ("dims",)
        axes = {"axes": ("dims", "axes")} if "axes" in arrays else {}
        check_floats(
            arrays,
            {"mean": ("dims",), "landmarks": ("landmarks", *reduced), "points": ("landmarks", "components"), **axes},
        )
        n_landmarks, n_components = arrays["points"].shape
        if n_components != options.n_components:
            given.refuse("n_components", f"{n_components}, as the points have", str(options.n_components))
        if not 0 < options.n_neighbors <= max(1, n_landmarks - 1):
            given.refuse("n_neighbors", f"up to {n_landmarks - 1}, as there are landmarks", str(options.n_neighbors))
        return cls(
            options,
            arrays["mean"],
            arrays.get("axes"),
            fields.number("scale", above=0),
            arrays["landmarks"],
            arrays["points"],
            curve=Curve(curve.number("a", above=0), curve.number("b", above=0)),
        )

    def place(self, rows: FloatArray) -> FloatArray:
        """Place rows (n_rows, n_dims) among the landmarks; return (n_rows, n_components), float32.

        A row's place doesn't depend on the others; a landmark, or a copy of one, is placed where it is on the map.
        """
        # in double precision, since products in single precision depend on how many rows there are
        wide = rows.astype(np.float64) - self.mean
        wide = (wide if self.axes is None else wide @ self.axes) / self.scale
        found = self._search.nearest(comparable(wide, self.options.metric), self.options.n_neighbors)
        return place(found, self.points, self._curve, self.options.n_neighbors)


def principal_axes(centred: FloatArray, n: int) -> FloatArray:
    """Return the first n principal axes of centred rows (n_rows, n_dims), (n_dims, n), orthonormal.

    The largest number of each axis is positive, as the sign is arbitrary.
    """
    if len(centred) < centred.shape[1]:
        values, vectors = np.linalg.eigh(centred @ centred.T)
        axes = centred.T @ (vectors[:, ::-1][:, :n] / np.sqrt(np.maximum(values[::-1][:n], np.finfo(float).tiny)))
    else:
        axes = np.linalg.eigh(centred.T @ centred)[1][:, ::-1][:, :n]
    largest = np.take_along_axis(axes, np.abs(axes).argmax(axis=0)[np.newaxis], axis=0)
    return axes * np.where(largest < 0, -1.0, 1.0)


def without_self(found: Neighbours) -> Neighbours:
    """Return the neighbours of rows that were sought among themselves, each row left out of its own.

    Where it isn't among them, since others are as near, the last is left out.
    """
    n_rows, k = found.indices.shape
    is_self = found.indices == np.arange(n_rows)[:, np.newaxis]
    is_self[~is_self.any(axis=1), -1] = True
    return Neighbours(found.indices[~is_self].reshape(n_rows, k - 1), found.distances[~is_self].reshape(n_rows, k - 1))


def first_places(centred: FloatArray, n_components: int, generator: np.random.Generator) -> FloatArray:
    """Return where the layout starts, (n_rows, n_components): the first principal components, between −10 and 10.

    A bit of noise parts equal rows, and fills components that the rows have no dimension for.
    """
    kept = min(n_components, *centred.shape)
    start = generator.normal(scale=1e-4, size=(len(centred), n_components))
    components = centred @ principal_axes(centred, kept)
    largest = np.abs(components).max()
    if largest > 0:
        start[:, :kept] += 10 * components / largest
    return start
