"""Where the regions of a result lie, for pictures of the brain."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from emotopy.errors import EmotopyError, NoFigure
from emotopy.records import Node, Places, RegionAxis, Result
from emotopy.registry import Context, Registry

TABLES = {
    "texts": "regions",
    "comparison": "comparison",
    "decoding": "weights",
    "bridge": "text_weights",
    "experiment": "side_by_side",
}
"""The table of each kind that names the regions."""
ATLAS = (
    ("stages", "atlas"),
    ("mapped", "stages", "atlas"),
    ("presets", "recommended", "stages", "atlas"),
    ("input", "atlas"),
    ("atlas",),
    ("config", "atlas"),
)
"""Where a provenance says which atlas there was.

The last is the atlas of the configuration. Where series came as a table no atlas made them; if each of their regions
has the name of one of this atlas, that one is meant.
"""


def nodes_of(
    result: Result, given: RegionAxis | Sequence[Node] | None = None, registry: Registry | None = None
) -> tuple[Node, ...]:
    """Return the nodes of a result's regions: those given, its own, or those of the atlas that its provenance names.

    Parameters
    ----------
    result
        The result.
    given
        A region axis, or nodes; they have the names that the result has.
    registry
        Where atlases come from; all installed plugins by default.

    Raises
    ------
    NoFigure
        Nothing says where a region lies.
    """
    names = _names(result)
    own = getattr(result, "axis", None)
    if given is not None:
        nodes = tuple(given.nodes if isinstance(given, RegionAxis) else given)
    else:
        nodes = tuple(own.nodes) if own is not None else ()
        if not _place(nodes, names):
            nodes = nodes_of_atlas(result.provenance, registry)[1]
    if not _place(nodes, names):
        raise NoFigure.of("brain", result.kind, "positions of its regions; give nodes=", ())
    return nodes


def _names(result: Result) -> set[str]:
    table = result.tables[TABLES[result.kind]]
    return {str(name) for name in table["node" if "node" in table else "region"]}


def _place(nodes: Sequence[Node], names: set[str]) -> bool:
    """Say whether every name has a node with a place."""
    known = {name for node in nodes if all(map(math.isfinite, node.xyz_mm)) for name in (node.name, node.region)}
    return names <= known


def nodes_of_atlas(provenance: Mapping[str, Any], registry: Registry | None = None) -> tuple[str, tuple[Node, ...]]:
    """Return name and nodes of the atlas that a provenance names; no nodes where it can't be made here."""
    for path in ATLAS:
        entry: Any = provenance
        for key in path:
            entry = entry.get(key) if isinstance(entry, Mapping) else None
        if entry:
            choice = _choice(entry)
            try:
                atlas = (registry or Registry.load()).resolve("atlas", choice, Context(), "atlas")
            except EmotopyError:  # its file isn't here, or the plugin isn't: no places
                return str(choice["use"] if isinstance(choice, Mapping) else choice).rpartition(":")[2], ()
            return str(getattr(atlas, "name", type(atlas).__name__)), tuple(atlas.nodes)
    return "", ()


def _choice(entry: Any) -> Any:
    """Return what a provenance records of a stage, as a choice."""
    if not isinstance(entry, Mapping):
        return str(entry)
    name = str(entry.get("use", ""))
    owner = entry.get("owner")
    options = entry.get("options")
    if not isinstance(options, Mapping) and owner is None:
        return dict(entry)  # as in a configuration
    chosen = dict(options) if isinstance(options, Mapping) else {}
    return {**chosen, "use": f"{owner}:{name}" if owner and ":" not in name else name}


def places(registry: Registry | None = None) -> Places:
    """Return what reporters are given: a result's regions with their places, as far as atlases are installed.

    Parameters
    ----------
    registry : Registry, optional
        Where atlases come from; all installed plugins by default.

    Returns
    -------
    Places
    """

    def axis_of(result: Result) -> RegionAxis | None:
        own: RegionAxis | None = getattr(result, "axis", None)
        if own is not None and own.nodes:
            return own
        if result.kind not in TABLES or TABLES[result.kind] not in result.tables:
            return None
        try:
            nodes = nodes_of(result, registry=registry)
        except NoFigure:
            return None
        return RegionAxis(_atlas_name(result.provenance), tuple(dict.fromkeys(node.region for node in nodes)), nodes)

    return Places(axis_of)


def _atlas_name(provenance: Mapping[str, Any]) -> str:
    """Return what the atlas is called that a provenance names; empty where it names none."""
    for path in ATLAS:
        entry: Any = provenance
        for key in path:
            entry = entry.get(key) if isinstance(entry, Mapping) else None
        if entry:
            name = entry.get("use", "") if isinstance(entry, Mapping) else entry
            return str(name).rpartition(":")[2]
    return ""
