"""Connectivity `static`: one correlation of every pair of regions over the whole run."""

from __future__ import annotations

from collections.abc import Mapping

from emotopy.hookspecs import hookimpl
from emotopy.roles import Connectivity, Factory


@hookimpl
def register_connectivity() -> Mapping[str, Factory[Connectivity]]:
    return {"static": static}


def static(fisher: bool = True, high_pass_hz: float | None = 1 / 128) -> Connectivity:
    """Correlate every pair of regions over the whole run; (1, n_edges), Fisher z.

    A description of a run: one row can't follow a story, so nothing is decoded from it.
    """
    from emotopy_plugins.connectivity.measures import Static

    return Static(fisher=fisher, high_pass_hz=high_pass_hz)
