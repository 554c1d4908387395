"""Region mapper `nearest`: each cluster to the nearest node, as published in arXiv 2508.09337."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from emotopy.hookspecs import hookimpl
from emotopy.roles import Factory, Host, RegionMapper


@hookimpl
def register_region_mappers() -> Mapping[str, Factory[RegionMapper]]:
    return {"nearest": nearest}


def nearest(matching: Literal["greedy", "optimal"] = "greedy", host: Host | None = None) -> RegionMapper:
    """Each cluster centre, in a 3-d space, to the nearest free node of the atlas; its texts go there whole.

    `matching`: "greedy" (as published) serves clusters in the order of their numbers; "optimal" takes the matching
    with the smallest sum of squared distances. The published method reads the units of the reduced space as MNI
    millimetres; so does this. It needs `reducer.n_components = 3`.
    """
    from emotopy_plugins.region_mappers.nearest_mapper import NearestMapper

    return NearestMapper(matching=matching, host=host)
