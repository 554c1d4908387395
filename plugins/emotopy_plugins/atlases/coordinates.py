"""Atlas `coordinates`: Dosenbach 160, Seitzman 300, or a table of your own."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from emotopy.errors import ConfigError, UnknownName, listed, nearest
from emotopy.hookspecs import hookimpl
from emotopy.roles import Atlas, Factory, Host

BUNDLED = ("dosenbach160", "seitzman300")


@hookimpl
def register_atlases() -> Mapping[str, Factory[Atlas]]:
    return {"coordinates": coordinates}


def coordinates(
    table: str | Path = "dosenbach160",
    radius_mm: float | None = None,
    level: Literal["region", "node"] = "region",
    host: Host | None = None,
) -> Atlas:
    """Spheres around a table of MNI coordinates.

    `table` is "dosenbach160" (Dosenbach et al. 2010, doi:10.1126/science.1194144), "seitzman300" (Seitzman et al. 2020,
    doi:10.1016/j.neuroimage.2019.116290), both as nilearn bundles them, without a network; or the path of a CSV (or
    TSV) with the columns `name, x_mm, y_mm, z_mm`, optionally `region, radius_mm, network`. `radius_mm` None: the
    table's own radii, 5 mm where it gives none; a number: that for every node. `level = "node"` makes every node a
    region of its own; only a table with a `region` column knows the difference.

    Raises ConfigError for a radius that isn't above 0, UnknownName for a table that is neither bundled nor a file,
    InputError for a file that can't be used (the message gives line and column).
    """
    if radius_mm is not None and not 0 < radius_mm < float("inf"):
        raise ConfigError(f"atlas.radius_mm: wanted a radius above 0 mm, got {radius_mm}")
    from emotopy_plugins.atlases.coordinate_atlas import CoordinateAtlas
    from emotopy_plugins.atlases.node_table import bundled_node_table, read_node_table

    if str(table) in BUNDLED:
        name, placed = str(table), bundled_node_table(str(table), radius_mm)
    elif Path(table).is_file():
        name, placed = Path(table).stem, read_node_table(Path(table), radius_mm)
    else:
        raise UnknownName(
            f"atlas.table: wanted {listed(BUNDLED)} or the path of a CSV, and {str(table)!r} is no file here."
            f"{nearest(str(table), BUNDLED)}"
        )
    return CoordinateAtlas.from_nodes(name, placed, level=level, host=host)
