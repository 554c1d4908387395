"""What provenance says of mapped texts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from emotopy.records import Corpus, IntArray, Level, RegionAxis
from emotopy.roles import Atlas, NamesOverlaps
from emotopy.storage.cache import hash_texts


def input_of(corpus: Corpus, rows: IntArray, distinct: Sequence[str]) -> dict[str, Any]:
    """Return what provenance says of the texts."""
    return {
        "n_rows": len(corpus),
        "n_scored": len(rows),
        "n_distinct": len(distinct),
        "texts_sha256": hash_texts(corpus.text),
        "groups": list(corpus.groups),
        **({"kept": list(corpus.columns)} if corpus.columns else {}),
    }


def overlaps(mapper: Any) -> dict[str, Any]:
    """Return the pairs of nodes that the mapper's data can't tell apart, where it knows."""
    return {"overlapping_nodes": list(mapper.overlapping_nodes)} if isinstance(mapper, NamesOverlaps) else {}


def nodes_of(axis: RegionAxis, level: Level) -> dict[str, Any]:
    """Return the region of each node where values are per node, so that regions can be made of them later."""
    return {"nodes": axis.region_of} if level == "node" else {}


def axis_of(atlas: Atlas) -> RegionAxis:
    """Return the region axis of an atlas, under the name that the atlas gives itself, else its class's."""
    name = str(getattr(atlas, "name", type(atlas).__name__))
    return RegionAxis(name, tuple(atlas.regions), tuple(atlas.nodes))
