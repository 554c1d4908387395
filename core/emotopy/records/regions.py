"""Places on the brain: nodes, and how strongly each emotion loads on each region."""

from __future__ import annotations

from collections.abc import Iterable

import attrs

from emotopy.records.axes import FloatArray, axes, names_of


@attrs.frozen
class Node:
    """A place of an atlas: a sphere around a point in MNI space (millimetres), one side of a region or all of it."""

    name: str
    region: str
    x_mm: float = attrs.field(converter=float)
    y_mm: float = attrs.field(converter=float)
    z_mm: float = attrs.field(converter=float)
    radius_mm: float = attrs.field(default=8.0, converter=float)

    @property
    def xyz_mm(self) -> tuple[float, float, float]:
        """The point as (x, y, z) in millimetres."""
        return (self.x_mm, self.y_mm, self.z_mm)


def _as_tuple(nodes: Iterable[Node]) -> tuple[Node, ...]:
    return tuple(nodes)


@attrs.frozen
class RegionAxis:
    """The region axis of a result: which atlas it comes from, its regions in order, and the nodes that make them up."""

    atlas: str
    regions: tuple[str, ...] = attrs.field(converter=names_of)
    nodes: tuple[Node, ...] = attrs.field(default=(), converter=_as_tuple)

    @property
    def region_of(self) -> dict[str, str]:
        """The region of each node, by the node's name."""
        return {node.name: node.region for node in self.nodes}


@attrs.frozen(eq=False)
class RegionWeights:
    """How strongly each emotion loads on each region; values have shape (n_emotions, n_regions), no unit."""

    emotions: tuple[str, ...] = attrs.field(converter=names_of)
    regions: tuple[str, ...] = attrs.field(converter=names_of)
    values: FloatArray = attrs.field(validator=axes("emotions", "regions"))


def label(region: str) -> str:
    """Make a region's label for people from its name.

    >>> label("nucleus_accumbens_left")
    'nucleus accumbens (left)'
    >>> label("raphe_nuclei")
    'raphe nuclei'
    """
    stem, _, side = region.rpartition("_")
    if side in ("left", "right") and stem:
        return f"{stem.replace('_', ' ')} ({side})"
    return region.replace("_", " ")
