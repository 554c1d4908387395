"""Brain regions and their nodes, and weights of emotions per region."""

from __future__ import annotations

from collections.abc import Iterable

import attrs

from emotopy.records.axes import FloatArray, axes, names_of


@attrs.frozen
class Node:
    """A node of an atlas: a sphere around a point in MNI space that represents a region or one side of it.

    Parameters
    ----------
    name : str
        Name of the node, such as ``amygdala_left``.
    region : str
        Region of the node, such as ``amygdala``.
    x_mm, y_mm, z_mm : float
        Centre in MNI space, in mm; x increases to the right.
    radius_mm : float, default 8.0
        Radius of the sphere, in mm.

    Examples
    --------
    >>> Node("amygdala_left", "amygdala", -22, -4, -18).xyz_mm
    (-22.0, -4.0, -18.0)
    """

    name: str
    region: str
    x_mm: float = attrs.field(converter=float)
    y_mm: float = attrs.field(converter=float)
    z_mm: float = attrs.field(converter=float)
    radius_mm: float = attrs.field(default=8.0, converter=float)

    @property
    def xyz_mm(self) -> tuple[float, float, float]:
        """The centre as (x, y, z), in mm."""
        return (self.x_mm, self.y_mm, self.z_mm)


def _as_tuple(nodes: Iterable[Node]) -> tuple[Node, ...]:
    return tuple(nodes)


@attrs.frozen
class RegionAxis:
    """The region axis of a result: its atlas, its regions in order, and their nodes.

    Parameters
    ----------
    atlas : str
        Name of the atlas.
    regions : sequence of str, (n_regions,)
        Unique names of the regions.
    nodes : iterable of Node, (n_nodes,), default ()
        Nodes of the regions.

    Examples
    --------
    >>> axis = RegionAxis("mine", ["amygdala"], [Node("amygdala_left", "amygdala", -22, -4, -18)])
    >>> axis.region_of
    {'amygdala_left': 'amygdala'}
    """

    atlas: str
    regions: tuple[str, ...] = attrs.field(converter=names_of)
    nodes: tuple[Node, ...] = attrs.field(default=(), converter=_as_tuple)

    @property
    def region_of(self) -> dict[str, str]:
        """The region of each node, by the node's name."""
        return {node.name: node.region for node in self.nodes}


@attrs.frozen(eq=False)
class RegionWeights:
    """Weights of emotions on regions.

    Parameters
    ----------
    emotions : sequence of str, (n_emotions,)
        Unique names of the emotions.
    regions : sequence of str, (n_regions,)
        Unique names of the regions.
    values : ndarray, (n_emotions, n_regions)
        The weights: finite and unitless.

    Raises
    ------
    ShapeError
        The shape of the values doesn't match the names.

    Examples
    --------
    >>> import numpy as np
    >>> RegionWeights(["fear"], ["amygdala", "insula"], np.array([[0.8, 0.2]])).values.shape
    (1, 2)
    """

    emotions: tuple[str, ...] = attrs.field(converter=names_of)
    regions: tuple[str, ...] = attrs.field(converter=names_of)
    values: FloatArray = attrs.field(validator=axes("emotions", "regions"))


def label(region: str) -> str:
    """Return a readable label for the name of a region.

    Parameters
    ----------
    region : str
        Name of a region or a node.

    Returns
    -------
    str
        The label, with spaces instead of underscores and the side in brackets.

    Examples
    --------
    >>> label("nucleus_accumbens_left")
    'nucleus accumbens (left)'
    >>> label("raphe_nuclei")
    'raphe nuclei'
    """
    stem, _, side = region.rpartition("_")
    if side in ("left", "right") and stem:
        return f"{stem.replace('_', ' ')} ({side})"
    return region.replace("_", " ")


BRAINSTEM = frozenset({"ventral_tegmental_area", "locus_coeruleus", "periaqueductal_gray", "raphe_nuclei"})
"""Regions too small for peaks of studies in standard space: a value there is one of the brainstem, nearest node …"""


def is_brainstem(target: str) -> bool:
    """Whether a value of a region, or of a node of it, stands for the brainstem alone.

    >>> is_brainstem("locus_coeruleus_left"), is_brainstem("amygdala")
    (True, False)
    """
    return target.removesuffix("_left").removesuffix("_right") in BRAINSTEM


def label_of_value(target: str) -> str:
    """Return what a region or node is called beside its value: nuclei of the brainstem are called so.

    >>> label_of_value("raphe_nuclei"), label_of_value("caudate_left")
    ('raphe nuclei (brainstem)', 'caudate (left)')
    """
    return f"{label(target)} (brainstem)" if is_brainstem(target) else label(target)
